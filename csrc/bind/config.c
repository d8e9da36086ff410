/* What was built and what is in use: info, kernels, threads; the allocator's hooks for tests. */
#include "bind.h"

#include "../base/blas.h"
#include "../base/pages.h"
#include "../base/pool.h"

#ifndef NEUROKIT_VERSION
#define NEUROKIT_VERSION "unknown"
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

static PyObject *py_info(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  PyObject *levels = PyList_New(0);
  if (levels == NULL) return NULL;
  for (int i = 0; i < nk_kernel_n_levels(); i++) {
    PyObject *name = PyUnicode_FromString(nk_kernel_level_name(i));
    int failed = name == NULL || PyList_Append(levels, name) < 0;
    Py_XDECREF(name);
    if (failed) {
      Py_DECREF(levels);
      return NULL;
    }
  }
  return Py_BuildValue("{s:s, s:s, s:s, s:N, s:s, s:s, s:i}", "version", NEUROKIT_VERSION,
                       "compiler", COMPILER, "cpu_level", nk_kernel_level(), "levels", levels,
                       "blas", scipy_openblas_get_config(), "blas_core",
                       scipy_openblas_get_corename(), "threads", nk_threads_get());
}

static PyObject *py_kernels(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  PyObject *names = PyList_New(0);
  if (names == NULL) return NULL;
  const nk_kernel *kernel;
  for (int64_t i = 0; (kernel = nk_kernel_at(i)) != NULL; i++) {
    PyObject *name = PyUnicode_FromString(kernel->name);
    int failed = name == NULL || PyList_Append(names, name) < 0;
    Py_XDECREF(name);
    if (failed) {
      Py_DECREF(names);
      return NULL;
    }
  }
  return names;
}

static PyObject *py_get_threads(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyLong_FromLong(nk_threads_get());
}

static PyObject *py_set_threads(PyObject *module, PyObject *arg) {
  (void)module;
  long n = PyLong_AsLong(arg);
  if (n == -1 && PyErr_Occurred()) return NULL;
  if (n < 0 || n > NK_MAX_THREADS)
    return PyErr_Format(PyExc_ValueError, "n: expected 0 (default) to %d, got %ld", NK_MAX_THREADS,
                        n);
  nk_threads_set((int)n);
  Py_RETURN_NONE;
}

static PyObject *py_threads_here(PyObject *module, PyObject *arg) {
  (void)module;
  const long n = PyLong_AsLong(arg);
  if (n == -1 && PyErr_Occurred()) return NULL;
  return PyLong_FromLong(nk_threads_here(n < 0 ? 0 : n > NK_MAX_THREADS ? NK_MAX_THREADS : (int)n));
}

static PyObject *py_alloc_fail_at(PyObject *module, PyObject *arg) {
  (void)module;
  long long n = PyLong_AsLongLong(arg);
  if (n == -1 && PyErr_Occurred()) return NULL;
  nk_alloc_fail_at(n);
  Py_RETURN_NONE;
}

static PyObject *py_alloc_live(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyLong_FromLongLong(nk_alloc_live());
}

static PyObject *py_code_live(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  return PyLong_FromLongLong(nk_pages_live());
}

static PyMethodDef methods[] = {
    {"info", py_info, METH_NOARGS, "info()\n--\n\nBuild and machine as a dict."},
    {"kernels", py_kernels, METH_NOARGS, "kernels()\n--\n\nNames of all kernels."},
    {"get_threads", py_get_threads, METH_NOARGS,
     "get_threads()\n--\n\nThreads used when a call does not say."},
    {"threads_here", py_threads_here, METH_O,
     "threads_here(n)\n--\n\nSet the number for calls from this thread, 0 for the default; return "
     "the one before."},
    {"set_threads", py_set_threads, METH_O,
     "set_threads(n)\n--\n\nSet the default number of threads; 0 returns to the machine's."},
    {"alloc_fail_at", py_alloc_fail_at, METH_O,
     "alloc_fail_at(n)\n--\n\nMake the n-th allocation from now fail (tests); 0 turns it off."},
    {"alloc_live", py_alloc_live, METH_NOARGS,
     "alloc_live()\n--\n\nBlocks of the core's allocator that are alive (tests)."},
    {"code_live", py_code_live, METH_NOARGS,
     "code_live()\n--\n\nGroups of operations that are machine code at present (tests)."},
    {NULL, NULL, 0, NULL}};

int nk_bind_config(PyObject *module) { return PyModule_AddFunctions(module, methods); }
