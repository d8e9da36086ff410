/* What the binding files share: Python and NumPy headers, errors, ndarray to nk_view.
 *
 * Only csrc/bind includes Python.h. Each file there adds its functions or types with one
 * nk_bind_<topic>(module), listed once in module.c.
 */
#ifndef NK_BIND_H
#define NK_BIND_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL neurokit_array_api
#ifndef NK_IMPORT_ARRAY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include "../base/nk.h"
#include "../engine/kernel.h"

int nk_bind_array(PyObject *module);
int nk_bind_call(PyObject *module);
int nk_bind_config(PyObject *module);
int nk_bind_elementwise(PyObject *module);
int nk_bind_node(PyObject *module);
int nk_bind_program(PyObject *module);
int nk_bind_structure(PyObject *module);
int nk_bind_sweep(PyObject *module);
int nk_bind_tracer(PyObject *module);
int nk_bind_walk(PyObject *module);

/* Sets the Python exception of `error`, prefixed by `where` ("file:line op") unless NULL or "".
 * Returns NULL. The one place that maps nk_status to Python. */
PyObject *nk_raise(const nk_error *error, const char *where);

/* After a run with status != NK_OK: Python's own handler goes first, so that Ctrl-C looks as
 * everywhere else. Returns NULL with an exception set. */
PyObject *nk_raise_run(nk_status status, const nk_error *error, const char *where);

/* The element type of an array, or -1 with TypeError set (`name` is the argument's). */
int nk_dtype_of(PyArrayObject *array, const char *name);
int nk_dtype_to_typenum(nk_dtype dtype);

/* The program of a neurokit._core.Program, or NULL with TypeError set. */
struct nk_program *nk_program_of(PyObject *object);
/* Memory that a run of it left behind, or NULL; and giving memory back: kept for the next run while
 * all that is kept is not much. Both under the GIL. */
struct nk_run *nk_program_spare(PyObject *object);
void nk_program_keep(PyObject *object, struct nk_run *run);

/* A new C-contiguous array of the dtype and shape of a view. */
PyObject *nk_array_new(const nk_view *v);

/* Fills a view of native, aligned memory; -1 with an exception set if the array is something else.
 */
int nk_view_of(nk_view *view, PyObject *object, const char *name);

#endif
