/* neurokit._core.elementwise_codes(): the operations of the fused kernel by name. */
#include "bind.h"

#include "../kernels/elementwise/ops.h"

static const char *const names[] = {
#define OP(name, arity, result, types) #name,
#include "../kernels/elementwise/ops.def"
#undef OP
};

static PyObject *codes(PyObject *module, PyObject *ignored) {
  (void)module;
  (void)ignored;
  PyObject *table = PyDict_New();
  for (long i = 0; table != NULL && i < (long)NK_OP_TABLE_END; i++) {
    PyObject *code = PyLong_FromLong(i);
    if (code == NULL || PyDict_SetItemString(table, names[i], code) < 0) Py_CLEAR(table);
    Py_XDECREF(code);
  }
  return table;
}

static PyMethodDef methods[] = {{"elementwise_codes", codes, METH_NOARGS,
                                 "elementwise_codes()\n--\n\n{name: code} of the fused kernel."},
                                {NULL, NULL, 0, NULL}};

int nk_bind_elementwise(PyObject *module) { return PyModule_AddFunctions(module, methods); }
