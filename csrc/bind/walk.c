/* neurokit._core.reachable(): what computing some nodes takes, in an order to compute it. */
#include "trace.h"

#include "../base/nk.h"

static long long last_walk = 0; /* nodes with this mark were met in the present walk */

typedef struct {
  nk_node *node;
  Py_ssize_t left; /* arguments not visited yet; the last goes first */
} step;

typedef struct {
  step *steps;
  size_t n, room;
} path;

static int enter(path *p, PyObject *object, PyObject *stop) {
  if (!PyObject_TypeCheck(object, nk_node_type)) {
    PyErr_Format(PyExc_TypeError, "reachable: wanted nodes, got %R", object);
    return -1;
  }
  nk_node *node = (nk_node *)object;
  if (node->mark == last_walk) return 0;
  node->mark = last_walk;
  int known = stop == NULL ? 0 : PySequence_Contains(stop, object);
  if (known != 0) return known < 0 ? -1 : 0;
  if (p->n == p->room) {
    size_t room = p->room == 0 ? 256 : 2 * p->room;
    step *more = nk_alloc(room * sizeof *more);
    if (more == NULL) {
      PyErr_NoMemory();
      return -1;
    }
    if (p->n > 0) memcpy(more, p->steps, p->n * sizeof *more);
    nk_free(p->steps);
    p->steps = more;
    p->room = room;
  }
  p->steps[p->n++] = (step){node, PyTuple_GET_SIZE(node->args)};
  return 0;
}

/* Appends to `order` what `output` depends on and was not met yet, then `output` itself. */
static int visit(path *p, PyObject *output, PyObject *stop, PyObject *order) {
  if (enter(p, output, stop) < 0) return -1;
  while (p->n > 0) {
    step *top = &p->steps[p->n - 1];
    if (top->left > 0) {
      if (enter(p, PyTuple_GET_ITEM(top->node->args, --top->left), stop) < 0) return -1;
      continue;
    }
    if (PyList_Append(order, (PyObject *)top->node) < 0) return -1;
    --p->n;
  }
  return 0;
}

/* No Python code runs between the marks and their use, so that walks do not meet: nodes are told
 * apart by identity. */
static PyObject *reachable(PyObject *module, PyObject *const *args, Py_ssize_t n) {
  (void)module;
  if (n < 1 || n > 2) {
    PyErr_SetString(PyExc_TypeError, "reachable(outputs, stop=())");
    return NULL;
  }
  PyObject *outputs = PySequence_Fast(args[0], "reachable: outputs must be a sequence of nodes");
  PyObject *stop = n == 2 ? args[1] : NULL;
  PyObject *order = PyList_New(0);
  path p = {NULL, 0, 0};
  bool done = outputs != NULL && order != NULL;
  ++last_walk;
  for (Py_ssize_t i = 0; done && i < PySequence_Fast_GET_SIZE(outputs); ++i)
    done = visit(&p, PySequence_Fast_GET_ITEM(outputs, i), stop, order) == 0;
  nk_free(p.steps);
  Py_XDECREF(outputs);
  if (!done) Py_CLEAR(order);
  return order;
}

static PyMethodDef functions[] = {
    {"reachable", (PyCFunction)(void (*)(void))reachable, METH_FASTCALL,
     "reachable(outputs, stop=())\n--\n\n"
     "All nodes that `outputs` depend on, arguments before users; nodes in `stop`, a set or a\n"
     "dict, are left out."},
    {NULL, NULL, 0, NULL}};

int nk_bind_walk(PyObject *module) { return PyModule_AddFunctions(module, functions); }
