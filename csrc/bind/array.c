/* New arrays on cache lines: a vector store that crosses a line costs twice.
 *
 * NumPy aligns to 16 bytes. Arrays from here carry a memory handler of their own, so they own their
 * data like any other. Small ones come from NumPy's cache of free blocks as usual; of the others the
 * last ones freed are kept, since a call that goes on from its own results frees and takes the same
 * sizes each time, and memory that goes back to the system is paid for again page by page.
 */
#include <stdlib.h>
#include <string.h>

#include "bind.h"

enum { SMALL = 1024, N_KEPT = 16, KEPT_BYTES = 1 << 25 };

static PyObject *handler;

/* The kept blocks, oldest first. NumPy calls its handlers with the interpreter's lock held. */
typedef struct block {
  void *data;
  size_t size;
} block;

static block kept[N_KEPT];
static int n_kept;
static size_t kept_bytes;

static void *take_out(int k) {
  void *p = kept[k].data;
  kept_bytes -= kept[k].size;
  memmove(&kept[k], &kept[k + 1], sizeof(block) * (size_t)(--n_kept - k));
  return p;
}

static void *new_memory(void *ctx, size_t size) {
  (void)ctx;
  for (int k = n_kept - 1; k >= 0; --k)
    if (kept[k].size == size) return take_out(k);
  return nk_memory_new(size);
}

static void *new_zeros(void *ctx, size_t count, size_t size) {
  (void)ctx;
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) return NULL;
  void *p = new_memory(NULL, total);
  if (p != NULL) memset(p, 0, total);
  return p;
}

/* Keeps the content; a resized array may lose its alignment, which costs time only. */
static void *resize(void *ctx, void *p, size_t size) {
  (void)ctx;
  return realloc(p, size);
}

static void release(void *ctx, void *p, size_t size) {
  (void)ctx;
#if defined(__SANITIZE_ADDRESS__) /* which finds uses of freed memory only where it is freed */
  free(p);
  (void)size;
#else
  if (p == NULL || size > KEPT_BYTES || (uintptr_t)p % NK_ALIGN != 0) {
    free(p);
    return;
  }
  while (n_kept == N_KEPT || (n_kept > 0 && kept_bytes + size > KEPT_BYTES)) free(take_out(0));
  kept[n_kept++] = (block){p, size};
  kept_bytes += size;
#endif
}

static PyDataMem_Handler aligned = {"neurokit", 1, {NULL, new_memory, new_zeros, resize, release}};

PyObject *nk_array_new(const nk_view *v) {
  npy_intp shape[NK_MAXDIM];
  int64_t n_bytes = nk_dtype_size[v->dtype];
  for (int d = 0; d < v->ndim; ++d) {
    shape[d] = (npy_intp)v->shape[d];
    n_bytes *= v->shape[d];
  }
  const int type = nk_dtype_to_typenum(v->dtype);
  if (n_bytes < SMALL) return PyArray_SimpleNew(v->ndim, shape, type);
  PyObject *before = PyDataMem_SetHandler(handler);
  if (before == NULL) return NULL;
  PyObject *array = PyArray_SimpleNew(v->ndim, shape, type);
  PyObject *type_of = NULL, *error = NULL, *trace = NULL;
  if (array == NULL) PyErr_Fetch(&type_of, &error, &trace);
  Py_XDECREF(PyDataMem_SetHandler(before));
  Py_DECREF(before);
  if (array == NULL) PyErr_Restore(type_of, error, trace);
  return array;
}

int nk_bind_array(PyObject *module) {
  (void)module;
  handler = PyCapsule_New(&aligned, "mem_handler", NULL);
  return handler == NULL ? -1 : 0;
}
