/* Looks inside a program: its memory plan, what a profile counted, its instructions as text. */
#include "program.h"

#include <string.h>

static void add_times(nk_frame *f, nk_counter **at) {
  const nk_program *p = f->program;
  for (int i = 0; i < p->n_instr; ++i) {
    const nk_instr *instr = &nk_instrs(p)[i];
    (*at)->calls += f->counter[i].calls;
    (*at)->ns += f->counter[i].ns;
    ++*at;
    for (int s = 0; s < instr->n_sub; ++s) add_times(&f->sub[instr->sub + s], at);
  }
  memset(f->counter, 0, sizeof(nk_counter) * (size_t)p->n_instr);
}

static size_t count_times(const nk_program *p) {
  size_t n = (size_t)p->n_instr;
  for (int s = 0; s < p->n_sub; ++s) n += count_times(nk_subs(p)[s]);
  return n;
}

int nk_keep_times(nk_program_object *self, nk_run *run) {
  size_t n = count_times(self->program);
  if (self->times == NULL) self->times = nk_alloc_zero(sizeof(nk_counter) * (n + 1));
  nk_counter *at = self->times;
  if (at == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  add_times(&run->frame, &at);
  return 0;
}

static PyObject *get_arena_bytes(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLongLong(((nk_program_object *)object)->program->arena_bytes);
}

static PyObject *get_tmp_bytes(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLongLong(((nk_program_object *)object)->program->tmp_bytes);
}

static PyObject *get_n_instr(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLong(((nk_program_object *)object)->program->n_instr);
}

PyObject *nk_program_plan(PyObject *object, PyObject *ignored) {
  (void)ignored;
  const nk_program *p = ((nk_program_object *)object)->program;
  PyObject *list = PyList_New(p->n_buffer);
  for (int i = 0; list != NULL && i < p->n_buffer; ++i) {
    const nk_buffer *b = &nk_buffers(p)[i];
    PyObject *row = Py_BuildValue("LLiii", b->kind == NK_BUF_TMP ? (long long)b->offset : -1LL,
                                  (long long)b->n_bytes, b->first, b->last, b->host);
    if (row == NULL)
      Py_CLEAR(list);
    else
      PyList_SET_ITEM(list, i, row);
  }
  return list;
}

/* Bytes a call reads and writes: each element of an operand once, however often it is stretched. */
static int64_t bytes_of(const nk_program *p, const nk_instr *instr) {
  int64_t total = 0;
  for (int k = 0; k < instr->n_out + instr->n_in; ++k) {
    const nk_view *v = nk_views(p) + instr->operand + k;
    int64_t n = (int64_t)nk_dtype_size[v->dtype];
    for (int d = 0; d < v->ndim; ++d)
      if (v->stride[d] != 0 || v->shape[d] == 0) n *= v->shape[d];
    total += n;
  }
  return total;
}

/* Rows in the order of the instructions, those of a loop's body below it. Counters return to 0. */
static int list_times(PyObject *list, const nk_program *p, nk_counter **at, int depth) {
  for (int i = 0; i < p->n_instr; ++i) {
    const nk_instr *instr = &nk_instrs(p)[i];
    PyObject *row =
        Py_BuildValue("issLLL", depth, instr->kernel->name, nk_where(p, instr),
                      (long long)(*at)->calls, (long long)(*at)->ns, (long long)bytes_of(p, instr));
    *(*at)++ = (nk_counter){0, 0};
    if (row == NULL || PyList_Append(list, row) < 0) {
      Py_XDECREF(row);
      return -1;
    }
    Py_DECREF(row);
    for (int s = 0; s < instr->n_sub; ++s)
      if (list_times(list, nk_subs(p)[instr->sub + s], at, depth + 1) < 0) return -1;
  }
  return 0;
}

PyObject *nk_program_profile(PyObject *object, PyObject *ignored) {
  (void)ignored;
  nk_program_object *self = (nk_program_object *)object;
  PyObject *list = PyList_New(0);
  nk_counter *at = self->times;
  if (list != NULL && at != NULL && list_times(list, self->program, &at, 0) < 0) Py_CLEAR(list);
  return list;
}

static int describe(PyObject *lines, const nk_program *p, int depth) {
  for (int i = 0; i < p->n_instr; ++i) {
    const nk_instr *instr = &nk_instrs(p)[i];
    const nk_view *view = nk_views(p) + instr->operand;
    const nk_operand *operand = nk_operands(p) + instr->operand;
    char indent[64];
    snprintf(indent, sizeof indent, "%*s", 2 * depth, "");
    PyObject *line = PyUnicode_FromFormat("%s%s", indent, instr->kernel->name);
    const nk_repeat *repeat = instr->is_loop ? instr->prep : NULL;
    if (line != NULL && repeat != NULL)
      Py_SETREF(line, PyUnicode_FromFormat("%U (%d steps at a time)", line, repeat->turns));
    for (int k = 0; line != NULL && k < instr->n_out + instr->n_in; ++k) {
      char text[200];
      nk_view_text(&view[k], text, sizeof text);
      PyObject *more = PyUnicode_FromFormat("%U%s #%d %s", line, k == instr->n_out ? " <-" : "",
                                            operand[k].buffer, text);
      Py_SETREF(line, more);
    }
    if (line != NULL) {
      PyObject *more = PyUnicode_FromFormat("%U  [%s]", line, nk_where(p, instr));
      Py_SETREF(line, more);
    }
    if (line == NULL || PyList_Append(lines, line) < 0) {
      Py_XDECREF(line);
      return -1;
    }
    Py_DECREF(line);
    for (int s = 0; s < instr->n_sub; ++s)
      if (describe(lines, nk_subs(p)[instr->sub + s], depth + 1) < 0) return -1;
  }
  return 0;
}

PyObject *nk_program_describe(PyObject *object, PyObject *ignored) {
  (void)ignored;
  PyObject *lines = PyList_New(0), *text = NULL, *newline = PyUnicode_FromString("\n");
  if (lines != NULL && newline != NULL &&
      describe(lines, ((nk_program_object *)object)->program, 0) == 0)
    text = PyUnicode_Join(newline, lines);
  Py_XDECREF(lines);
  Py_XDECREF(newline);
  return text;
}

PyGetSetDef nk_program_getset[] = {
    {"arena_bytes", get_arena_bytes, NULL, "Bytes of working memory of one run.", NULL},
    {"tmp_bytes", get_tmp_bytes, NULL, "Sum of all temporaries of this level.", NULL},
    {"n_instr", get_n_instr, NULL, "Number of instructions of this level.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};
