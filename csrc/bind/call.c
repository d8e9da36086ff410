/* _core.call: runs one kernel of the table on ndarrays, without the GIL. */
#include "bind.h"

#include "../base/cancel.h"
#include "../base/pool.h"

#include <string.h>

/* Everything one call owns; on the stack but for the parameters. */
typedef struct request {
  nk_view out[NK_MAX_OPERANDS], in[NK_MAX_OPERANDS];
  int8_t alias[NK_MAX_OPERANDS];
  int64_t *ip;
  double *fp;
} request;

static int views_of(nk_view *views, PyObject *list, const char *what) {
  Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
  if (n > NK_MAX_OPERANDS) {
    PyErr_Format(PyExc_ValueError, "%s: at most %d arrays, got %zd", what, NK_MAX_OPERANDS, n);
    return -1;
  }
  for (Py_ssize_t i = 0; i < n; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s[%d]", what, (int)i);
    PyObject *item = PySequence_Fast_GET_ITEM(list, i);
    if (nk_view_of(&views[i], item, name) < 0) return -1;
    if (what[0] == 'o' && !PyArray_ISWRITEABLE((PyArrayObject *)item)) {
      PyErr_Format(PyExc_ValueError, "%s: read-only array", name);
      return -1;
    }
  }
  return (int)n;
}

/* Copies a sequence of numbers; the memory is freed with PyMem_Free. */
static Py_ssize_t integers_of(int64_t **values, PyObject *sequence) {
  PyObject *list = PySequence_Fast(sequence, "ip: expected a sequence of integers");
  if (list == NULL) return -1;
  Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
  *values = PyMem_Malloc((size_t)(n > 0 ? n : 1) * sizeof(int64_t));
  if (*values == NULL) PyErr_NoMemory();
  for (Py_ssize_t i = 0; i < n && !PyErr_Occurred(); i++)
    (*values)[i] = PyLong_AsLongLong(PySequence_Fast_GET_ITEM(list, i));
  Py_DECREF(list);
  return PyErr_Occurred() ? -1 : n;
}

static Py_ssize_t floats_of(double **values, PyObject *sequence) {
  PyObject *list = PySequence_Fast(sequence, "fp: expected a sequence of floats");
  if (list == NULL) return -1;
  Py_ssize_t n = PySequence_Fast_GET_SIZE(list);
  *values = PyMem_Malloc((size_t)(n > 0 ? n : 1) * sizeof(double));
  if (*values == NULL) PyErr_NoMemory();
  for (Py_ssize_t i = 0; i < n && !PyErr_Occurred(); i++)
    (*values)[i] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(list, i));
  Py_DECREF(list);
  return PyErr_Occurred() ? -1 : n;
}

/* Bytes [low, high) that a view touches; false when it has no elements. */
static bool extent_of(const nk_view *view, const char **low, const char **high) {
  *low = view->data;
  *high = view->data + nk_dtype_size[view->dtype];
  for (int i = 0; i < view->ndim; i++) {
    if (view->shape[i] == 0) return false;
    int64_t span = (view->shape[i] - 1) * view->stride[i];
    if (span < 0)
      *low += span;
    else
      *high += span;
  }
  return true;
}

static bool overlap(const nk_view *a, const nk_view *b) {
  const char *a_low, *a_high, *b_low, *b_high;
  return extent_of(a, &a_low, &a_high) && extent_of(b, &b_low, &b_high) && a_low < b_high &&
         b_low < a_high;
}

static bool same_layout(const nk_view *a, const nk_view *b) {
  if (a->data != b->data || a->dtype != b->dtype || a->ndim != b->ndim) return false;
  for (int i = 0; i < a->ndim; i++)
    if (a->shape[i] != b->shape[i] || (a->shape[i] > 1 && a->stride[i] != b->stride[i]))
      return false;
  return true;
}

/* An output may lie on an input only exactly, and only where the kernel says it can. */
static int find_aliases(request *r, const nk_kernel *kernel, int n_out, int n_in) {
  for (int i = 0; i < n_out; i++) {
    r->alias[i] = -1;
    for (int k = 0; k < i; k++) {
      if (!overlap(&r->out[i], &r->out[k])) continue;
      PyErr_Format(PyExc_ValueError, "%s: outs[%d] and outs[%d] overlap", kernel->name, k, i);
      return -1;
    }
    for (int j = 0; j < n_in; j++) {
      if (!overlap(&r->out[i], &r->in[j])) continue;
      bool allowed = (kernel->flags & NK_INPLACE_ANY) != 0 ||
                     ((kernel->flags & NK_INPLACE_FIRST) != 0 && i == 0 && j == 0);
      if (!allowed || !same_layout(&r->out[i], &r->in[j])) {
        PyErr_Format(PyExc_ValueError, "%s: outs[%d] overlaps ins[%d]", kernel->name, i, j);
        return -1;
      }
      if (r->alias[i] < 0) r->alias[i] = (int8_t)j;
    }
  }
  return 0;
}

/* check and run, with the data pointers hidden from check. */
static nk_status run_kernel(const nk_kernel *kernel, nk_call *call, request *r) {
  char *out_data[NK_MAX_OPERANDS], *in_data[NK_MAX_OPERANDS];
  for (int i = 0; i < call->n_out; i++) out_data[i] = r->out[i].data, r->out[i].data = NULL;
  for (int i = 0; i < call->n_in; i++) in_data[i] = r->in[i].data, r->in[i].data = NULL;
  nk_status status = kernel->check(call);
  for (int i = 0; i < call->n_out; i++) r->out[i].data = out_data[i];
  for (int i = 0; i < call->n_in; i++) r->in[i].data = in_data[i];
  if (status == NK_OK && call->work_size > 0) {
    call->work = nk_alloc(call->work_size);
    if (call->work == NULL)
      status = nk_fail(call->ctx->error, NK_ERR_MEMORY, "%s: no memory for %zu bytes of workspace",
                       kernel->name, call->work_size);
  }
  if (status == NK_OK) status = kernel->run(call);
  nk_free(call->work);
  if (kernel->release != NULL && call->prep != NULL) kernel->release(call->prep);
  return status;
}

static PyObject *call_kernel(const char *name, PyObject *outs, PyObject *ins, PyObject *ip,
                             PyObject *fp, int threads) {
  const nk_kernel *kernel = nk_kernel_find(name);
  if (kernel == NULL) return PyErr_Format(PyExc_ValueError, "no kernel named '%s'", name);
  request r = {.ip = NULL, .fp = NULL};
  Py_ssize_t n_ip = 0, n_fp = 0;
  PyObject *result = NULL;
  int n_out = views_of(r.out, outs, "outs");
  int n_in = n_out < 0 ? -1 : views_of(r.in, ins, "ins");
  if (n_in < 0 || find_aliases(&r, kernel, n_out, n_in) < 0) return NULL;
  if (ip != NULL && (n_ip = integers_of(&r.ip, ip)) < 0) goto done;
  if (fp != NULL && (n_fp = floats_of(&r.fp, fp)) < 0) goto done;

  nk_error error = {.status = NK_OK, .text = ""};
  const atomic_int *cancel = nk_cancel_begin();
  nk_ctx ctx = {
      .n_threads = threads > 0 ? threads : nk_threads_get(), .cancel = cancel, .error = &error};
  nk_call call = {.n_out = n_out,
                  .n_in = n_in,
                  .out = r.out,
                  .in = r.in,
                  .n_ip = n_ip,
                  .ip = r.ip,
                  .n_fp = n_fp,
                  .fp = r.fp,
                  .alias = r.alias,
                  .ctx = &ctx};
  nk_status status;
  Py_BEGIN_ALLOW_THREADS status = run_kernel(kernel, &call, &r);
  Py_END_ALLOW_THREADS nk_cancel_end(cancel);
  result = status == NK_OK ? Py_NewRef(Py_None) : nk_raise_run(status, &error, kernel->name);
done:
  PyMem_Free(r.ip);
  PyMem_Free(r.fp);
  return result;
}

PyDoc_STRVAR(call_doc,
             "call(name, outs, ins, ip=(), fp=(), threads=0)\n--\n\n"
             "Run one kernel: writes into the arrays `outs`. `threads` 0 means the default.");

static PyObject *py_call(PyObject *module, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"name", "outs", "ins", "ip", "fp", "threads", NULL};
  const char *name;
  PyObject *outs, *ins, *ip = NULL, *fp = NULL;
  int threads = 0;
  (void)module;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "sOO|OOi", names, &name, &outs, &ins, &ip, &fp,
                                   &threads))
    return NULL;
  PyObject *result = NULL;
  outs = PySequence_Fast(outs, "outs: expected a sequence of arrays");
  ins = outs != NULL ? PySequence_Fast(ins, "ins: expected a sequence of arrays") : NULL;
  if (ins != NULL) result = call_kernel(name, outs, ins, ip, fp, threads);
  Py_XDECREF(ins);
  Py_XDECREF(outs);
  return result;
}

static PyMethodDef methods[] = {
    {"call", (PyCFunction)(void (*)(void))py_call, METH_VARARGS | METH_KEYWORDS, call_doc},
    {NULL, NULL, 0, NULL}};

int nk_bind_call(PyObject *module) { return PyModule_AddFunctions(module, methods); }
