/* neurokit._core.Program: an immutable flat program, made from tuples and run on ndarrays. */
#include "program.h"

#include "../base/cancel.h"
#include "../base/pool.h"

#include <string.h>

enum { STACK_OPERANDS = 64, KEEP_ARENA = 64 << 20 };

static PyTypeObject program_type;
static nk_progress progress; /* of the runs that tell it; the latest to do so is seen */

static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"buffers", "instrs", "n_in", "n_out", NULL};
  PyObject *buffers, *instrs;
  int n_in, n_out;
  nk_error error = {.status = NK_OK};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOii:Program", names, &buffers, &instrs, &n_in,
                                   &n_out))
    return NULL;
  nk_program_object *self = (nk_program_object *)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  buffers = PySequence_Fast(buffers, "buffers must be a sequence");
  instrs = buffers == NULL ? NULL : PySequence_Fast(instrs, "instrs must be a sequence");
  int result = instrs == NULL ? -1 : 0;
  if (result == 0 && nk_program_new(&self->program, n_in, n_out, &error) != NK_OK)
    result = nk_raised(&error);
  if (result == 0) result = nk_assemble(self->program, buffers, instrs);
  Py_XDECREF(buffers);
  Py_XDECREF(instrs);
  if (result < 0) Py_CLEAR(self);
  return (PyObject *)self;
}

static void program_dealloc(PyObject *object) {
  nk_program_object *self = (nk_program_object *)object;
  while (self->n_spare > 0) nk_run_free(self->spare[--self->n_spare]);
  nk_free(self->times);
  nk_program_release(self->program);
  Py_TYPE(object)->tp_free(object);
}

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
  PyArrayObject *array =
      (PyArrayObject *)(PyArray_Check(object) ? Py_NewRef(object)
                                              : PyArray_FromAny(object, NULL, 0, 0, 0, NULL));
  if (array == NULL) return NULL;
  bool same = PyArray_NDIM(array) == wanted->ndim;
  for (int d = 0; same && d < wanted->ndim; ++d) same = PyArray_DIM(array, d) == wanted->shape[d];
  bool typed = nk_is_dtype(PyArray_DESCR(array), wanted->dtype);
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
  nk_program_object *self = (nk_program_object *)object;
  return self->n_spare > 0 ? self->spare[--self->n_spare] : NULL;
}

static nk_run *run_take(nk_program_object *self) {
  nk_run *run = nk_program_spare((PyObject *)self);
  nk_error error = {.status = NK_OK};
  if (run == NULL && nk_run_new(self->program, &run, &error) != NK_OK) nk_raised(&error);
  return run;
}

void nk_program_keep(PyObject *object, nk_run *run) {
  nk_program_object *self = (nk_program_object *)object;
  if (run != NULL && self->n_spare < NK_KEEP_RUNS &&
      self->program->arena_bytes <= KEEP_ARENA / (self->n_spare + 1))
    self->spare[self->n_spare++] = run;
  else
    nk_run_free(run);
}

static int execute(nk_program_object *self, char **ins, char **outs, int flags) {
  nk_run *run = run_take(self);
  if (run == NULL) return -1;
  nk_error error = {.status = NK_OK};
  nk_status status;
  nk_ctx ctx = {.n_threads = nk_threads_get(), .cancel = nk_cancel_begin(), .error = &error};
  if (flags & NK_RUN_PROGRESS) {
    atomic_store(&progress.done, 0);
    atomic_store(&progress.total, 0);
  }
  Py_BEGIN_ALLOW_THREADS status =
      nk_run_execute(run, ins, outs, &ctx, flags, (flags & NK_RUN_PROGRESS) ? &progress : NULL);
  Py_END_ALLOW_THREADS nk_cancel_end(ctx.cancel);
  int result = 0;
  if (flags & NK_RUN_PROFILE) result = nk_keep_times(self, run);
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
  bool fits = PyArray_Check(given) && nk_is_dtype(PyArray_DESCR(array), v->dtype) &&
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
  int flags;
  PyObject *into; /* borrowed dict {output: array}, or NULL */
} run_options;

/* held: room for n_in + n_out references; pointers likewise. Fills them and runs. */
static PyObject *run_arrays(nk_program_object *self, PyObject *inputs, const run_options *options,
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
  if (execute(self, pointers, pointers + p->n_in, options->flags) < 0) Py_CLEAR(outs);
  return outs;
}

static int parse_option(const char *name, PyObject *object, run_options *options) {
  if (strcmp(name, "flags") == 0) return nk_parse_int(object, &options->flags);
  if (strcmp(name, "into") == 0 && (object == Py_None || PyDict_Check(object))) {
    options->into = object == Py_None ? NULL : object;
    return 0;
  }
  PyErr_Format(PyExc_TypeError, "run() has no argument '%s'", name);
  return -1;
}

static PyObject *program_run(PyObject *object, PyObject *const *args, Py_ssize_t n_args,
                             PyObject *names) {
  nk_program_object *self = (nk_program_object *)object;
  const nk_program *p = self->program;
  run_options options = {0, NULL};
  if (n_args < 1 || n_args > 2) {
    PyErr_SetString(PyExc_TypeError, "run(inputs, flags=0, *, into=None)");
    return NULL;
  }
  if (n_args > 1 && nk_parse_int(args[1], &options.flags) < 0) return NULL;
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

static PyMethodDef methods[] = {
    {"run", (PyCFunction)(void (*)(void))program_run, METH_FASTCALL | METH_KEYWORDS,
     "run(inputs, flags=0, *, into=None)\n--\n\n"
     "Run on ndarrays of the exact types and shapes of the signature; return the outputs.\n"
     "flags: 1 raises FloatingPointError at the first NaN, 2 counts time for profile(), 4 tells\n"
     "progress(). into: {number of an output: array to write it to}."},
    {"plan", nk_program_plan, METH_NOARGS,
     "plan()\n--\n\nOne (offset, n_bytes, first, last, host) per buffer: the memory plan.\n"
     "offset is -1 outside the arena; host is the buffer whose place it took over, or -1."},
    {"profile", nk_program_profile, METH_NOARGS,
     "profile()\n--\n\nRows (depth, kernel, where, calls, ns, bytes per call) of the runs with "
     "flag 2\n"
     "since the last profile()."},
    {"describe", nk_program_describe, METH_NOARGS,
     "describe()\n--\n\nThe instructions as text, one per line."},
    {NULL, NULL, 0, NULL}};

static PyTypeObject program_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "neurokit._core.Program",
    .tp_basicsize = sizeof(nk_program_object),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc =
        "Program(buffers, instrs, n_in, n_out)\n--\n\n"
        "An immutable flat program of kernels over planned memory.",
    .tp_new = program_new,
    .tp_dealloc = program_dealloc,
    .tp_methods = methods,
    .tp_getset = nk_program_getset,
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

nk_program *nk_program_of(PyObject *object) {
  if (PyObject_TypeCheck(object, &program_type)) return ((nk_program_object *)object)->program;
  PyErr_Format(PyExc_TypeError, "wanted a Program, got %R", object);
  return NULL;
}

int nk_bind_program(PyObject *module) {
  if (PyModule_AddFunctions(module, functions) < 0) return -1;
  return PyModule_AddType(module, &program_type);
}
