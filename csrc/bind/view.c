/* ndarray to nk_view. */
#include "bind.h"

static const int typenum[NK_NDTYPES] = {
    NPY_BOOL,  NPY_INT8,   NPY_UINT8,   NPY_INT16,   NPY_UINT16,    NPY_INT32,     NPY_UINT32,
    NPY_INT64, NPY_UINT64, NPY_FLOAT32, NPY_FLOAT64, NPY_COMPLEX64, NPY_COMPLEX128};

int nk_dtype_to_typenum(nk_dtype dtype) { return typenum[dtype]; }

int nk_dtype_of(PyArrayObject *array, const char *name) {
  int number = PyArray_TYPE(array);
  for (int i = 0; i < NK_NDTYPES; i++)
    if (typenum[i] == number) return i;
  /* C has two names for some integer widths; compare by kind and size. */
  char kind = PyArray_DESCR(array)->kind;
  npy_intp size = PyArray_ITEMSIZE(array);
  if (kind == 'i' || kind == 'u')
    for (int i = NK_I8; i <= NK_U64; i++)
      if (nk_dtype_size[i] == size && (nk_dtype_name[i][0] == kind)) return i;
  PyErr_Format(PyExc_TypeError, "%s: unsupported dtype %S", name, (PyObject *)PyArray_DESCR(array));
  return -1;
}

int nk_view_of(nk_view *view, PyObject *object, const char *name) {
  if (!PyArray_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s: expected an ndarray, got %s", name,
                 Py_TYPE(object)->tp_name);
    return -1;
  }
  PyArrayObject *array = (PyArrayObject *)object;
  int dtype = nk_dtype_of(array, name);
  if (dtype < 0) return -1;
  if (!PyArray_ISBEHAVED_RO(array)) {
    PyErr_Format(PyExc_ValueError, "%s: expected aligned memory in native byte order", name);
    return -1;
  }
  int ndim = PyArray_NDIM(array);
  if (ndim > NK_MAXDIM) {
    PyErr_Format(PyExc_ValueError, "%s: at most %d dimensions, got %d", name, NK_MAXDIM, ndim);
    return -1;
  }
  view->data = PyArray_BYTES(array);
  view->dtype = (nk_dtype)dtype;
  view->ndim = ndim;
  for (int i = 0; i < ndim; i++) {
    view->shape[i] = PyArray_DIM(array, i);
    view->stride[i] = PyArray_STRIDE(array, i);
  }
  return 0;
}
