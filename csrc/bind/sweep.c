/* neurokit._core.sweep(): one program, many sets of inputs, over threads. */
#include "bind.h"

#include "../base/cancel.h"
#include "../base/pool.h"
#include "../engine/frame.h"

static const nk_view *signature(const nk_program *p, int buffer) {
  return &nk_buffers(p)[buffer].view;
}

/* An array as the program wants it: of its type, contiguous, of its shape, or of its shape after
 * an axis of n sets. Says how far apart sets lie (0: shared). */
static int take(PyObject *object, const nk_view *wanted, int64_t n, Py_ssize_t k, char **data,
                int64_t *step) {
  PyArrayObject *array = (PyArrayObject *)object;
  if (!PyArray_Check(object) || !PyArray_ISCARRAY_RO(array) ||
      nk_dtype_of(array, "input") != (int)wanted->dtype) {
    if (!PyErr_Occurred())
      PyErr_Format(PyExc_TypeError, "input %zd must be a C-contiguous array of %s", k,
                   nk_dtype_name[wanted->dtype]);
    return -1;
  }
  int lead = PyArray_NDIM(array) - wanted->ndim;
  bool same = lead == 0 || (lead == 1 && PyArray_DIM(array, 0) == n);
  int64_t size = nk_dtype_size[wanted->dtype];
  for (int d = 0; same && d < wanted->ndim; ++d) {
    same = PyArray_DIM(array, lead + d) == wanted->shape[d];
    size *= wanted->shape[d];
  }
  if (!same) {
    PyErr_Format(PyExc_ValueError, "input %zd has another shape than the program's", k);
    return -1;
  }
  *data = PyArray_DATA(array);
  *step = lead == 1 ? size : 0;
  return 0;
}

static PyObject *new_output(const nk_view *v, int64_t n, char **data, int64_t *step) {
  npy_intp shape[NK_MAXDIM + 1] = {(npy_intp)n};
  *step = nk_dtype_size[v->dtype];
  for (int d = 0; d < v->ndim; ++d) {
    shape[d + 1] = (npy_intp)v->shape[d];
    *step *= v->shape[d];
  }
  PyObject *out = PyArray_SimpleNew(v->ndim + 1, shape, nk_dtype_to_typenum(v->dtype));
  if (out != NULL) *data = PyArray_DATA((PyArrayObject *)out);
  return out;
}

/* Each thread gets the memory of an earlier run where there is some, and all leave theirs. */
static nk_status run_sets(PyObject *program, nk_sweep *sweep, const nk_ctx *ctx, int flags) {
  sweep->runs = nk_alloc_zero((size_t)ctx->n_threads * sizeof(nk_run *));
  if (sweep->runs == NULL) return nk_fail(ctx->error, NK_ERR_MEMORY, "out of memory");
  for (int i = 0; i < ctx->n_threads; ++i) sweep->runs[i] = nk_program_spare(program);
  nk_status status;
  Py_BEGIN_ALLOW_THREADS
  status = nk_sweep_run(sweep, ctx, flags);
  Py_END_ALLOW_THREADS
  for (int i = 0; i < ctx->n_threads; ++i) nk_program_keep(program, sweep->runs[i]);
  nk_free(sweep->runs);
  return status;
}

static PyObject *run(PyObject *program, PyObject *inputs, int64_t n, int threads, int flags,
                     char **data, int64_t *step) {
  const nk_program *p = nk_program_of(program);
  for (int k = 0; k < p->n_in; ++k)
    if (take(PySequence_Fast_GET_ITEM(inputs, k), signature(p, p->in_buffer[k]), n, k, &data[k],
             &step[k]) < 0)
      return NULL;
  PyObject *outs = PyList_New(p->n_out);
  for (int j = 0; outs != NULL && j < p->n_out; ++j) {
    PyObject *out =
        new_output(signature(p, p->out_buffer[j]), n, &data[p->n_in + j], &step[p->n_in + j]);
    if (out == NULL)
      Py_CLEAR(outs);
    else
      PyList_SET_ITEM(outs, j, out);
  }
  if (outs == NULL) return NULL;
  nk_error error = {.status = NK_OK};
  nk_sweep sweep = {.program = p, .n = n, .data = data, .step = step};
  nk_ctx ctx = {.n_threads = threads, .cancel = nk_cancel_begin(), .error = &error};
  nk_status status = run_sets(program, &sweep, &ctx, flags);
  nk_cancel_end(ctx.cancel);
  if (status == NK_OK) return outs;
  Py_DECREF(outs);
  return nk_raise_run(status, &error, NULL);
}

static PyObject *sweep(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *object, *list;
  long long n;
  int threads, flags = 0;
  if (!PyArg_ParseTuple(args, "OOLi|i:sweep", &object, &list, &n, &threads, &flags)) return NULL;
  const nk_program *p = nk_program_of(object);
  if (p == NULL) return NULL;
  if (n < 0 || threads < 1) {
    PyErr_SetString(PyExc_ValueError, "sweep: wanted n >= 0 and threads >= 1");
    return NULL;
  }
  if (threads > n) threads = n > 1 ? (int)n : 1;
  if (threads > NK_MAX_THREADS) threads = NK_MAX_THREADS;
  PyObject *inputs = PySequence_Fast(list, "inputs must be a sequence of arrays"), *outs = NULL;
  if (inputs == NULL) return NULL;
  size_t n_operand = (size_t)(p->n_in + p->n_out);
  char **data = nk_alloc(n_operand * (sizeof(char *) + sizeof(int64_t)) + 1);
  if (PySequence_Fast_GET_SIZE(inputs) != p->n_in)
    PyErr_Format(PyExc_ValueError, "got %zd inputs, wanted %d", PySequence_Fast_GET_SIZE(inputs),
                 p->n_in);
  else if (data == NULL)
    PyErr_NoMemory();
  else
    outs = run(object, inputs, n, threads, flags, data, (int64_t *)(void *)(data + n_operand));
  nk_free(data);
  Py_DECREF(inputs);
  return outs;
}

static PyMethodDef methods[] = {
    {"sweep", sweep, METH_VARARGS,
     "sweep(program, inputs, n, threads, flags=0)\n--\n\n"
     "Run a program n times: an input with a leading axis of length n gives each run its row, "
     "others\n"
     "are shared. Returns the outputs, stacked. The numbers do not depend on threads."},
    {NULL, NULL, 0, NULL}};

int nk_bind_sweep(PyObject *module) { return PyModule_AddFunctions(module, methods); }
