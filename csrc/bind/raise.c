/* nk_status to Python exceptions. */
#include "bind.h"

static PyObject *linalg_error(void) {
  PyObject *module = PyImport_ImportModule("numpy.linalg");
  if (module == NULL) return NULL;
  PyObject *type = PyObject_GetAttrString(module, "LinAlgError");
  Py_DECREF(module);
  return type;
}

PyObject *nk_raise(const nk_error *error, const char *where) {
  PyObject *type = NULL;
  switch (error->status) {
    case NK_ERR_MEMORY: type = PyExc_MemoryError; break;
    case NK_ERR_VALUE: type = PyExc_ValueError; break;
    case NK_ERR_INDEX: type = PyExc_IndexError; break;
    case NK_ERR_TYPE: type = PyExc_TypeError; break;
    case NK_ERR_NAN: type = PyExc_FloatingPointError; break;
    case NK_ERR_CANCELLED: type = PyExc_KeyboardInterrupt; break;
    case NK_ERR_LINALG:
      type = linalg_error();
      if (type == NULL) return NULL;
      break;
    case NK_OK:
    case NK_ERR_INTERNAL: type = PyExc_RuntimeError; break;
  }
  const char *text = error->text[0] != '\0'           ? error->text
                     : error->status == NK_ERR_MEMORY ? "out of memory"
                                                      : "";
  if (where != NULL && where[0] != '\0')
    PyErr_Format(type, "%s: %s", where, text);
  else
    PyErr_SetString(type, text);
  if (error->status == NK_ERR_LINALG) Py_DECREF(type);
  return NULL;
}

PyObject *nk_raise_run(nk_status status, const nk_error *error, const char *where) {
  if (status == NK_ERR_CANCELLED && PyErr_CheckSignals() != 0) return NULL;
  nk_error copy = *error;
  if (copy.status != status) copy.text[0] = '\0'; /* the code that failed left no sentence */
  copy.status = status;
  return nk_raise(&copy, where);
}
