/* neurokit._core: the module, put together from the parts in this folder. */
#define NK_IMPORT_ARRAY
#include "bind.h"

#include "../base/blas.h"

#include <stdlib.h>

/* One line per file that adds something to the module. */
static int (*const parts[])(PyObject *) = {
    nk_bind_array,
    nk_bind_call,
    nk_bind_config,
    nk_bind_elementwise,
    nk_bind_node,
    nk_bind_program,
    nk_bind_structure,
    nk_bind_sweep,
    nk_bind_tracer,
    nk_bind_walk,
};

static struct PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "neurokit._core",
    .m_doc = "The C core of neurokit.",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void) {
  import_array();
  nk_error error = {.status = NK_OK, .text = ""};
  if (nk_kernel_select(getenv("NEUROKIT_CPU"), &error) != NK_OK) {
    PyErr_SetString(PyExc_ImportError, error.text);
    return NULL;
  }
  scipy_openblas_set_num_threads(1);
  PyObject *module = PyModule_Create(&definition);
  if (module == NULL) return NULL;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    if (parts[i](module) < 0) {
      Py_DECREF(module);
      return NULL;
    }
  }
  return module;
}
