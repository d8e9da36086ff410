/* neurokit._core.Program: builds an immutable flat program from tuples and runs it on ndarrays. */
#include "bind.h"

#include "../base/cancel.h"
#include "../base/pool.h"
#include "../engine/frame.h"

#include <string.h>

enum { STACK_OPERANDS = 64, KEEP_ARENA = 64 << 20, KEEP_RUNS = 32 };

typedef struct {
  PyObject_HEAD
  nk_program *program;
  nk_run *spare[KEEP_RUNS]; /* memory of finished runs, taken by the next */
  int n_spare;
  nk_counter *times; /* what profiled runs added up, in order of a walk; NULL before the first */
} program_object;

static PyTypeObject program_type;
static nk_progress progress; /* of the runs that tell it; the latest to do so is seen */

static int fail(const nk_error *error) {
  nk_raise(error, NULL);
  return -1;
}

/* ---- tuples to C ---- */

static int parse_int64(PyObject *object, int64_t *value) {
  *value = PyLong_AsLongLong(object);
  return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

static int parse_int(PyObject *object, int *value) {
  int64_t wide = 0;
  if (parse_int64(object, &wide) < 0) return -1;
  if (wide < INT32_MIN || wide > INT32_MAX) {
    PyErr_Format(PyExc_ValueError, "the number %R is too large here", object);
    return -1;
  }
  *value = (int)wide;
  return 0;
}

static bool is_dtype(const PyArray_Descr *descr, nk_dtype dtype) {
  int number = nk_dtype_to_typenum(dtype);
  return descr->type_num == number || PyArray_EquivTypenums(number, descr->type_num);
}

static bool find_dtype(const PyArray_Descr *descr, nk_dtype *dtype) {
  for (int i = 0; i < NK_NDTYPES; ++i)
    if (is_dtype(descr, (nk_dtype)i)) {
      *dtype = (nk_dtype)i;
      return true;
    }
  return false;
}

/* A numpy dtype, or its number in the order of nk_dtype. */
static int parse_dtype(PyObject *object, nk_dtype *dtype) {
  if (PyLong_Check(object)) {
    int number = -1;
    if (parse_int(object, &number) < 0) return -1;
    if (number < 0 || number >= NK_NDTYPES) {
      PyErr_Format(PyExc_TypeError, "there is no element type number %d", number);
      return -1;
    }
    *dtype = (nk_dtype)number;
    return 0;
  }
  PyArray_Descr *descr = NULL;
  if (PyArray_DescrCheck(object)) {
    descr = (PyArray_Descr *)Py_NewRef(object);
  } else if (!PyArray_DescrConverter(object, &descr)) {
    return -1;
  }
  bool found = find_dtype(descr, dtype);
  if (!found) PyErr_Format(PyExc_TypeError, "a program has no arrays of type %R", descr);
  Py_DECREF(descr);
  return found ? 0 : -1;
}

/* A tuple of up to NK_MAXDIM integers; returns how many, or -1. */
static int parse_axes(PyObject *object, int64_t *values, const char *what) {
  if (!PyTuple_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s must be a tuple, got %R", what, object);
    return -1;
  }
  Py_ssize_t n = PyTuple_GET_SIZE(object);
  if (n > NK_MAXDIM) {
    PyErr_Format(PyExc_ValueError, "%s has %zd axes, the limit is %d", what, n, NK_MAXDIM);
    return -1;
  }
  for (Py_ssize_t d = 0; d < n; ++d)
    if (parse_int64(PyTuple_GET_ITEM(object, d), &values[d]) < 0) return -1;
  return (int)n;
}

static int want_tuple(PyObject *object, Py_ssize_t n, const char *what) {
  if (PyTuple_Check(object) && PyTuple_GET_SIZE(object) == n) return 0;
  PyErr_Format(PyExc_TypeError, "%s must be a tuple of %zd, got %R", what, n, object);
  return -1;
}

static int parse_buffer(PyObject *object, nk_buffer *b) {
  if (!PyTuple_Check(object) || PyTuple_GET_SIZE(object) < 2 ||
      !PyUnicode_Check(PyTuple_GET_ITEM(object, 0))) {
    PyErr_Format(PyExc_TypeError, "a buffer is a tuple (kind, ...), got %R", object);
    return -1;
  }
  PyObject *kind = PyTuple_GET_ITEM(object, 0), *second = PyTuple_GET_ITEM(object, 1);
  *b = (nk_buffer){.input = -1, .output = -1};
  if (PyUnicode_CompareWithASCIIString(kind, "tmp") == 0) {
    b->kind = NK_BUF_TMP;
    return want_tuple(object, 2, "a tmp buffer") < 0 ? -1 : parse_int64(second, &b->n_bytes);
  }
  if (PyUnicode_CompareWithASCIIString(kind, "const") == 0) {
    b->kind = NK_BUF_CONST;
    if (want_tuple(object, 2, "a const buffer") < 0) return -1;
    if (!PyArray_Check(second) || !PyArray_ISCARRAY_RO((PyArrayObject *)second) ||
        PyDataType_REFCHK(PyArray_DESCR((PyArrayObject *)second))) {
      PyErr_SetString(PyExc_TypeError, "a const buffer holds a C-contiguous ndarray of numbers");
      return -1;
    }
    b->source = PyArray_DATA((PyArrayObject *)second);
    b->n_bytes = (int64_t)PyArray_NBYTES((PyArrayObject *)second);
    return 0;
  }
  bool both = PyUnicode_CompareWithASCIIString(kind, "inout") == 0;
  bool in = PyUnicode_CompareWithASCIIString(kind, "in") == 0;
  if (!both && !in && PyUnicode_CompareWithASCIIString(kind, "out") != 0) {
    PyErr_Format(PyExc_ValueError, "a buffer is in, out, inout, tmp or const, got %R", kind);
    return -1;
  }
  if (want_tuple(object, both ? 5 : 4, "an in, out (4) or inout (5) buffer") < 0) return -1;
  b->kind = both ? NK_BUF_INOUT : in ? NK_BUF_IN : NK_BUF_OUT;
  Py_ssize_t at = both ? 3 : 2;
  if (parse_int(second, in || both ? &b->input : &b->output) < 0 ||
      (both && parse_int(PyTuple_GET_ITEM(object, 2), &b->output) < 0) ||
      parse_dtype(PyTuple_GET_ITEM(object, at), &b->view.dtype) < 0)
    return -1;
  b->view.ndim = parse_axes(PyTuple_GET_ITEM(object, at + 1), b->view.shape, "a buffer's shape");
  return b->view.ndim < 0 ? -1 : 0;
}

static int parse_operands(PyObject *list, nk_operand *operand, nk_view *view) {
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i) {
    PyObject *object = PySequence_Fast_GET_ITEM(list, i);
    if (want_tuple(object, 5, "an operand (buffer, dtype, offset, shape, strides)") < 0) return -1;
    nk_view *v = &view[i];
    *v = (nk_view){.data = NULL};
    if (parse_int(PyTuple_GET_ITEM(object, 0), &operand[i].buffer) < 0 ||
        parse_dtype(PyTuple_GET_ITEM(object, 1), &v->dtype) < 0 ||
        parse_int64(PyTuple_GET_ITEM(object, 2), &operand[i].offset) < 0)
      return -1;
    v->ndim = parse_axes(PyTuple_GET_ITEM(object, 3), v->shape, "an operand's shape");
    if (v->ndim < 0) return -1;
    int n_stride = parse_axes(PyTuple_GET_ITEM(object, 4), v->stride, "an operand's strides");
    if (n_stride != v->ndim) {
      if (n_stride >= 0)
        PyErr_Format(PyExc_ValueError, "an operand has %d axes and %d strides", v->ndim, n_stride);
      return -1;
    }
  }
  return 0;
}

/* Everything one instruction tuple needs while it is handed over: one block, cut in pieces. */
typedef struct scratch {
  nk_operand *operand;
  nk_view *view;
  int64_t *ip;
  double *fp;
  nk_program **sub;
  char *block;
  size_t size;
} scratch;

static int scratch_fit(scratch *s, size_t n_operand, size_t n_ip, size_t n_fp, size_t n_sub) {
  size_t need = n_operand * (sizeof(nk_operand) + sizeof(nk_view)) + n_ip * sizeof(int64_t) +
                n_fp * sizeof(double) + n_sub * sizeof(nk_program *);
  if (need > s->size) {
    nk_free(s->block);
    s->size = 0;
    s->block = nk_alloc(2 * need);
    if (s->block == NULL) {
      PyErr_NoMemory();
      return -1;
    }
    s->size = 2 * need;
  }
  s->view = (nk_view *)(void *)s->block;
  s->operand = (nk_operand *)(s->view + n_operand);
  s->ip = (int64_t *)(s->operand + n_operand);
  s->fp = (double *)(s->ip + n_ip);
  s->sub = (nk_program **)(s->fp + n_fp);
  return 0;
}

/* parts: the seven items of an instruction, those that are sequences already fast ones. */
static int fill_spec(nk_program *program, PyObject *const *parts, scratch *s) {
  Py_ssize_t n_out = PySequence_Fast_GET_SIZE(parts[1]), n_in = PySequence_Fast_GET_SIZE(parts[2]);
  Py_ssize_t n_ip = PySequence_Fast_GET_SIZE(parts[3]), n_fp = PySequence_Fast_GET_SIZE(parts[4]);
  Py_ssize_t n_sub = PySequence_Fast_GET_SIZE(parts[6]);
  if (n_out > NK_MAX_LOOP_OPERANDS || n_in > NK_MAX_LOOP_OPERANDS || n_sub > 2) {
    PyErr_SetString(PyExc_ValueError, "an instruction has too many operands or sub-programs");
    return -1;
  }
  if (scratch_fit(s, (size_t)(n_out + n_in), (size_t)n_ip, (size_t)n_fp, (size_t)n_sub) < 0 ||
      parse_operands(parts[1], s->operand, s->view) < 0 ||
      parse_operands(parts[2], s->operand + n_out, s->view + n_out) < 0)
    return -1;
  for (Py_ssize_t i = 0; i < n_ip; ++i)
    if (parse_int64(PySequence_Fast_GET_ITEM(parts[3], i), &s->ip[i]) < 0) return -1;
  for (Py_ssize_t i = 0; i < n_fp; ++i) {
    s->fp[i] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(parts[4], i));
    if (s->fp[i] == -1.0 && PyErr_Occurred()) return -1;
  }
  for (Py_ssize_t i = 0; i < n_sub; ++i) {
    PyObject *sub = PySequence_Fast_GET_ITEM(parts[6], i);
    if (!PyObject_TypeCheck(sub, &program_type)) {
      PyErr_Format(PyExc_TypeError, "a sub-program must be a Program, got %R", sub);
      return -1;
    }
    s->sub[i] = ((program_object *)sub)->program;
  }
  nk_instr_spec spec = {.kernel = PyUnicode_AsUTF8(parts[0]),
                        .n_out = (int)n_out,
                        .n_in = (int)n_in,
                        .operand = s->operand,
                        .view = s->view,
                        .n_ip = n_ip,
                        .n_fp = n_fp,
                        .ip = s->ip,
                        .fp = s->fp,
                        .where = PyUnicode_AsUTF8(parts[5]),
                        .n_sub = (int)n_sub,
                        .sub = s->sub};
  if (spec.kernel == NULL || spec.where == NULL) return -1;
  nk_error error = {.status = NK_OK};
  return nk_program_instr(program, &spec, &error) == NK_OK ? 0 : fail(&error);
}

static int add_instr(nk_program *program, PyObject *object, scratch *s) {
  if (want_tuple(object, 7, "an instruction (kernel, outs, ins, ip, fp, where, subs)") < 0)
    return -1;
  PyObject *parts[7] = {NULL};
  int result = 0;
  for (Py_ssize_t i = 0; i < 7 && result == 0; ++i) {
    PyObject *item = PyTuple_GET_ITEM(object, i);
    bool is_text = i == 0 || i == 5;
    if (is_text && !PyUnicode_Check(item)) {
      PyErr_Format(PyExc_TypeError, "an instruction's kernel and where are str, got %R", item);
      result = -1;
    } else {
      parts[i] = is_text ? Py_NewRef(item) : PySequence_Fast(item, "an instruction has sequences");
      if (parts[i] == NULL) result = -1;
    }
  }
  if (result == 0) result = fill_spec(program, parts, s);
  for (int i = 0; i < 7; ++i) Py_XDECREF(parts[i]);
  return result;
}

static int build(nk_program *program, PyObject *buffers, PyObject *instrs) {
  nk_error error = {.status = NK_OK};
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(buffers); ++i) {
    nk_buffer buffer;
    if (parse_buffer(PySequence_Fast_GET_ITEM(buffers, i), &buffer) < 0) return -1;
    if (nk_program_buffer(program, &buffer, &error) != NK_OK) return fail(&error);
  }
  scratch s = {.block = NULL};
  int result = 0;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(instrs) && result == 0; ++i)
    result = add_instr(program, PySequence_Fast_GET_ITEM(instrs, i), &s);
  nk_free(s.block);
  if (result < 0) return -1;
  return nk_program_finish(program, &error) == NK_OK ? 0 : fail(&error);
}

static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"buffers", "instrs", "n_in", "n_out", NULL};
  PyObject *buffers, *instrs;
  int n_in, n_out;
  nk_error error = {.status = NK_OK};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOii:Program", names, &buffers, &instrs, &n_in,
                                   &n_out))
    return NULL;
  program_object *self = (program_object *)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  buffers = PySequence_Fast(buffers, "buffers must be a sequence");
  instrs = buffers == NULL ? NULL : PySequence_Fast(instrs, "instrs must be a sequence");
  int result = instrs == NULL ? -1 : 0;
  if (result == 0 && nk_program_new(&self->program, n_in, n_out, &error) != NK_OK)
    result = fail(&error);
  if (result == 0) result = build(self->program, buffers, instrs);
  Py_XDECREF(buffers);
  Py_XDECREF(instrs);
  if (result < 0) Py_CLEAR(self);
  return (PyObject *)self;
}

static void program_dealloc(PyObject *object) {
  program_object *self = (program_object *)object;
  while (self->n_spare > 0) nk_run_free(self->spare[--self->n_spare]);
  nk_free(self->times);
  nk_program_release(self->program);
  Py_TYPE(object)->tp_free(object);
}

/* ---- run ---- */

static const nk_view *signature(const nk_program *p, int buffer) {
  return &nk_buffers(p)[buffer].view;
}

static int raise_shape(Py_ssize_t k, PyArrayObject *array, const nk_view *wanted) {
  char text[200];
  nk_view_text(wanted, text, sizeof text);
  PyObject *shape = PyObject_GetAttrString((PyObject *)array, "shape");
  if (shape != NULL)
    PyErr_Format(PyExc_ValueError, "input %zd: got %S %S, wanted %s", k, PyArray_DESCR(array),
                 shape, text);
  Py_XDECREF(shape);
  return -1;
}

/* The input as the program wants it, a new reference: itself, or a native contiguous copy. */
static PyArrayObject *take_input(PyObject *object, Py_ssize_t k, const nk_view *wanted) {
  PyArrayObject *array = (PyArrayObject *)(PyArray_Check(object)
                                               ? Py_NewRef(object)
                                               : PyArray_FromAny(object, NULL, 0, 0, 0, NULL));
  if (array == NULL) return NULL;
  bool same = PyArray_NDIM(array) == wanted->ndim;
  for (int d = 0; same && d < wanted->ndim; ++d) same = PyArray_DIM(array, d) == wanted->shape[d];
  bool typed = is_dtype(PyArray_DESCR(array), wanted->dtype);
  if (typed && same && PyArray_ISCARRAY_RO(array)) return array;
  PyArrayObject *native = NULL;
  PyArray_Descr *descr = PyArray_DescrFromType(nk_dtype_to_typenum(wanted->dtype));
  if (!same) {
    raise_shape(k, array, wanted);
  } else if (!typed) {
    PyErr_Format(PyExc_TypeError, "input %zd: got %S, wanted %s", k, PyArray_DESCR(array),
                 nk_dtype_name[wanted->dtype]);
  } else {
    Py_INCREF(descr);
    native = (PyArrayObject *)PyArray_FromArray(array, descr, NPY_ARRAY_CARRAY_RO);
  }
  Py_DECREF(descr);
  Py_DECREF(array);
  return native;
}

nk_run *nk_program_spare(PyObject *object) {
  program_object *self = (program_object *)object;
  return self->n_spare > 0 ? self->spare[--self->n_spare] : NULL;
}

static nk_run *run_take(program_object *self) {
  nk_run *run = nk_program_spare((PyObject *)self);
  nk_error error = {.status = NK_OK};
  if (run == NULL && nk_run_new(self->program, &run, &error) != NK_OK) fail(&error);
  return run;
}

void nk_program_keep(PyObject *object, nk_run *run) {
  program_object *self = (program_object *)object;
  if (run != NULL && self->n_spare < KEEP_RUNS &&
      self->program->arena_bytes <= KEEP_ARENA / (self->n_spare + 1))
    self->spare[self->n_spare++] = run;
  else
    nk_run_free(run);
}

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

static int keep_times(program_object *self, nk_run *run) {
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

static int execute(program_object *self, char **ins, char **outs, int threads, int flags) {
  nk_run *run = run_take(self);
  if (run == NULL) return -1;
  nk_error error = {.status = NK_OK};
  nk_status status;
  nk_ctx ctx = {.n_threads = threads > 0 ? threads : nk_threads_get(),
                .cancel = nk_cancel_begin(),
                .error = &error};
  if (flags & NK_RUN_PROGRESS) {
    atomic_store(&progress.done, 0);
    atomic_store(&progress.total, 0);
  }
  Py_BEGIN_ALLOW_THREADS
  status = nk_run_execute(run, ins, outs, &ctx, flags,
                          (flags & NK_RUN_PROGRESS) ? &progress : NULL);
  Py_END_ALLOW_THREADS
  nk_cancel_end(ctx.cancel);
  int result = 0;
  if (flags & NK_RUN_PROFILE) result = keep_times(self, run);
  nk_program_keep((PyObject *)self, run);
  if (status == NK_OK) return result;
  if (result == 0) nk_raise_run(status, &error, NULL);
  return -1;
}

/* Output j: the caller's array where `into` has one, else a new one. */
static PyObject *take_output(const nk_view *v, PyObject *into, Py_ssize_t j) {
  PyObject *number = into == NULL ? NULL : PyLong_FromSsize_t(j);
  PyObject *given = number == NULL ? NULL : PyDict_GetItemWithError(into, number);
  Py_XDECREF(number);
  if (given == NULL) return PyErr_Occurred() ? NULL : nk_array_new(v);
  PyArrayObject *array = (PyArrayObject *)given;
  bool fits = PyArray_Check(given) && is_dtype(PyArray_DESCR(array), v->dtype) &&
              PyArray_ISNOTSWAPPED(array) && PyArray_ISCARRAY(array) &&
              PyArray_NDIM(array) == v->ndim;
  for (int d = 0; fits && d < v->ndim; ++d) fits = PyArray_DIM(array, d) == v->shape[d];
  if (fits) return Py_NewRef(given);
  char text[200];
  nk_view_text(v, text, sizeof text);
  PyErr_Format(PyExc_ValueError, "output %zd: wanted a writeable C-contiguous %s", j, text);
  return NULL;
}

typedef struct run_options {
  int threads, flags;
  PyObject *into; /* borrowed dict {output: array}, or NULL */
} run_options;

/* held: room for n_in + n_out references; pointers likewise. Fills them and runs. */
static PyObject *run_arrays(program_object *self, PyObject *inputs, const run_options *options,
                            PyObject **held, char **pointers) {
  const nk_program *p = self->program;
  for (Py_ssize_t k = 0; k < p->n_in; ++k) {
    held[k] = (PyObject *)take_input(PySequence_Fast_GET_ITEM(inputs, k), k,
                                     signature(p, p->in_buffer[k]));
    if (held[k] == NULL) return NULL;
    pointers[k] = PyArray_DATA((PyArrayObject *)held[k]);
  }
  PyObject *outs = PyList_New(p->n_out);
  if (outs == NULL) return NULL;
  for (Py_ssize_t j = 0; j < p->n_out; ++j) {
    PyObject *out = take_output(signature(p, p->out_buffer[j]), options->into, j);
    if (out == NULL) {
      Py_DECREF(outs);
      return NULL;
    }
    PyList_SET_ITEM(outs, j, out);
    pointers[p->n_in + j] = PyArray_DATA((PyArrayObject *)out);
  }
  if (execute(self, pointers, pointers + p->n_in, options->threads, options->flags) < 0)
    Py_CLEAR(outs);
  return outs;
}

static int parse_option(const char *name, PyObject *object, run_options *options) {
  if (strcmp(name, "threads") == 0) return parse_int(object, &options->threads);
  if (strcmp(name, "flags") == 0) return parse_int(object, &options->flags);
  if (strcmp(name, "into") == 0 && (object == Py_None || PyDict_Check(object))) {
    options->into = object == Py_None ? NULL : object;
    return 0;
  }
  PyErr_Format(PyExc_TypeError, "run() has no argument '%s'", name);
  return -1;
}

static PyObject *program_run(PyObject *object, PyObject *const *args, Py_ssize_t n_args,
                             PyObject *names) {
  program_object *self = (program_object *)object;
  const nk_program *p = self->program;
  run_options options = {0, 0, NULL};
  if (n_args < 1 || n_args > 3) {
    PyErr_SetString(PyExc_TypeError, "run(inputs, threads=0, flags=0, *, into=None)");
    return NULL;
  }
  if ((n_args > 1 && parse_int(args[1], &options.threads) < 0) ||
      (n_args > 2 && parse_int(args[2], &options.flags) < 0))
    return NULL;
  for (Py_ssize_t i = 0; names != NULL && i < PyTuple_GET_SIZE(names); ++i) {
    const char *name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(names, i));
    if (name == NULL || parse_option(name, args[n_args + i], &options) < 0) return NULL;
  }
  PyObject *inputs = PySequence_Fast(args[0], "inputs must be a sequence of arrays");
  if (inputs == NULL) return NULL;
  if (PySequence_Fast_GET_SIZE(inputs) != p->n_in) {
    PyErr_Format(PyExc_ValueError, "got %zd inputs, wanted %d", PySequence_Fast_GET_SIZE(inputs),
                 p->n_in);
    Py_DECREF(inputs);
    return NULL;
  }
  PyObject *held_small[STACK_OPERANDS], **held = held_small;
  char *pointers_small[STACK_OPERANDS], **pointers = pointers_small;
  size_t n = (size_t)(p->n_in + p->n_out);
  if (n > STACK_OPERANDS) {
    held = nk_alloc(n * (sizeof(PyObject *) + sizeof(char *)));
    if (held == NULL) {
      Py_DECREF(inputs);
      return PyErr_NoMemory();
    }
    pointers = (char **)(held + n);
  }
  memset(held, 0, n * sizeof *held);
  PyObject *outs = run_arrays(self, inputs, &options, held, pointers);
  for (int k = 0; k < p->n_in; ++k) Py_XDECREF(held[k]);
  if (held != held_small) nk_free(held);
  Py_DECREF(inputs);
  return outs;
}

/* ---- looking inside ---- */

static PyObject *get_arena_bytes(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLongLong(((program_object *)object)->program->arena_bytes);
}

static PyObject *get_tmp_bytes(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLongLong(((program_object *)object)->program->tmp_bytes);
}

static PyObject *get_n_instr(PyObject *object, void *closure) {
  (void)closure;
  return PyLong_FromLong(((program_object *)object)->program->n_instr);
}

static PyObject *program_plan(PyObject *object, PyObject *ignored) {
  (void)ignored;
  const nk_program *p = ((program_object *)object)->program;
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
    PyObject *row = Py_BuildValue("issLLL", depth, instr->kernel->name, nk_where(p, instr),
                                  (long long)(*at)->calls, (long long)(*at)->ns,
                                  (long long)bytes_of(p, instr));
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

static PyObject *program_profile(PyObject *object, PyObject *ignored) {
  (void)ignored;
  program_object *self = (program_object *)object;
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

static PyObject *program_describe(PyObject *object, PyObject *ignored) {
  (void)ignored;
  PyObject *lines = PyList_New(0), *text = NULL, *newline = PyUnicode_FromString("\n");
  if (lines != NULL && newline != NULL &&
      describe(lines, ((program_object *)object)->program, 0) == 0)
    text = PyUnicode_Join(newline, lines);
  Py_XDECREF(lines);
  Py_XDECREF(newline);
  return text;
}

static PyMethodDef methods[] = {
    {"run", (PyCFunction)(void (*)(void))program_run, METH_FASTCALL | METH_KEYWORDS,
     "run(inputs, threads=0, flags=0, *, into=None)\n--\n\n"
     "Run on ndarrays of the exact types and shapes of the signature; return the outputs.\n"
     "flags: 1 raises FloatingPointError at the first NaN, 2 counts time for profile(), 4 tells\n"
     "progress(). into: {number of an output: array to write it to}."},
    {"plan", program_plan, METH_NOARGS,
     "plan()\n--\n\nOne (offset, n_bytes, first, last, host) per buffer: the memory plan.\n"
     "offset is -1 outside the arena; host is the buffer whose place it took over, or -1."},
    {"profile", program_profile, METH_NOARGS,
     "profile()\n--\n\nRows (depth, kernel, where, calls, ns, bytes per call) of the runs with flag 2\n"
     "since the last profile()."},
    {"describe", program_describe, METH_NOARGS,
     "describe()\n--\n\nThe instructions as text, one per line."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef getset[] = {
    {"arena_bytes", get_arena_bytes, NULL, "Bytes of working memory of one run.", NULL},
    {"tmp_bytes", get_tmp_bytes, NULL, "Sum of all temporaries of this level.", NULL},
    {"n_instr", get_n_instr, NULL, "Number of instructions of this level.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyTypeObject program_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "neurokit._core.Program",
    .tp_basicsize = sizeof(program_object),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "Program(buffers, instrs, n_in, n_out)\n--\n\n"
              "An immutable flat program of kernels over planned memory.",
    .tp_new = program_new,
    .tp_dealloc = program_dealloc,
    .tp_methods = methods,
    .tp_getset = getset,
};

static PyObject *core_progress(PyObject *module, PyObject *ignored) {
  (void)module;
  (void)ignored;
  return Py_BuildValue("LL", (long long)atomic_load(&progress.done),
                       (long long)atomic_load(&progress.total));
}

static PyMethodDef functions[] = {
    {"progress", core_progress, METH_NOARGS,
     "progress()\n--\n\n(steps done, steps in all) of the outermost loop of a run with flag 4."},
    {NULL, NULL, 0, NULL}};

const nk_program *nk_program_of(PyObject *object) {
  if (PyObject_TypeCheck(object, &program_type)) return ((program_object *)object)->program;
  PyErr_Format(PyExc_TypeError, "wanted a Program, got %R", object);
  return NULL;
}

int nk_bind_program(PyObject *module) {
  if (PyModule_AddFunctions(module, functions) < 0) return -1;
  return PyModule_AddType(module, &program_type);
}
