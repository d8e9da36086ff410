/* neurokit._core.Node, bind() and what they hang on: the stack of graphs, the user's line.
 *
 * Every traced operation comes through here; in Python these steps would be most of its cost.
 */
#include "trace.h"

#include <structmember.h>

PyTypeObject *nk_node_type = NULL;
PyObject *nk_literal = NULL, *nk_input = NULL;
static PyObject *lift = NULL, *inside = NULL; /* of graph.py */
static PyObject *known_name, *infer_name;     /* "known", "infer" */

/* ---- the graphs being traced, innermost last ---- */

static _Thread_local PyObject *graphs = NULL; /* a list; NULL while empty */

PyObject *nk_graph_current(void) {
  return graphs == NULL ? NULL : PyList_GET_ITEM(graphs, PyList_GET_SIZE(graphs) - 1);
}

static PyObject *current_graph(PyObject *module, PyObject *ignored) {
  (void)module;
  (void)ignored;
  PyObject *graph = nk_graph_current();
  return Py_NewRef(graph == NULL ? Py_None : graph);
}

static PyObject *push_graph(PyObject *module, PyObject *graph) {
  (void)module;
  if (graphs == NULL && (graphs = PyList_New(0)) == NULL) return NULL;
  if (PyList_Append(graphs, graph) < 0) {
    if (PyList_GET_SIZE(graphs) == 0) Py_CLEAR(graphs);
    return NULL;
  }
  Py_RETURN_NONE;
}

static PyObject *pop_graph(PyObject *module, PyObject *ignored) {
  (void)module;
  (void)ignored;
  if (graphs == NULL) {
    PyErr_SetString(PyExc_IndexError, "no graph is being traced");
    return NULL;
  }
  Py_ssize_t last = PyList_GET_SIZE(graphs) - 1;
  PyObject *graph = Py_NewRef(PyList_GET_ITEM(graphs, last));
  if (PyList_SetSlice(graphs, last, last + 1, NULL) < 0) Py_CLEAR(graph);
  if (PyList_GET_SIZE(graphs) == 0) Py_CLEAR(graphs);
  return graph;
}

/* ---- the user's line ---- */

#if PY_VERSION_HEX < 0x030C0000
#define PyUnstable_Eval_RequestCodeExtraIndex _PyEval_RequestCodeExtraIndex
#define PyUnstable_Code_GetExtra _PyCode_GetExtra
#define PyUnstable_Code_SetExtra _PyCode_SetExtra
#endif

static _Thread_local PyObject *line_given = NULL; /* what `set_line` put in place of the frame's */
static Py_ssize_t extra = -1;                     /* the number of our mark on code objects */
static char is_inside, is_user;                   /* the marks: their addresses */

/* Whether code belongs to the engine or to NumPy; -1 with an exception set. */
static int code_inside(PyObject *code) {
  void *mark = NULL;
  if (extra >= 0 && PyUnstable_Code_GetExtra(code, extra, &mark) < 0) return -1;
  if (mark != NULL) return mark == &is_inside;
  PyObject *answer = PyObject_CallOneArg(inside, code);
  int result = answer == NULL ? -1 : PyObject_IsTrue(answer);
  Py_XDECREF(answer);
  if (result >= 0 && extra >= 0 &&
      PyUnstable_Code_SetExtra(code, extra, result ? &is_inside : &is_user) < 0)
    return -1;
  return result;
}

/* (code, instruction) of the innermost frame outside the engine and NumPy, else None. */
static PyObject *user_line(void) {
  if (line_given != NULL) return Py_NewRef(line_given);
  PyFrameObject *frame = PyEval_GetFrame();
  Py_XINCREF(frame);
  PyObject *where = NULL;
  while (frame != NULL) {
    PyObject *code = (PyObject *)PyFrame_GetCode(frame);
    int found = code_inside(code);
    if (found == 0) where = Py_BuildValue("Oi", code, PyFrame_GetLasti(frame));
    Py_DECREF(code);
    if (found <= 0) {
      Py_DECREF(frame);
      return where;
    }
    Py_SETREF(frame, PyFrame_GetBack(frame));
  }
  return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *core_user_line(PyObject *module, PyObject *ignored) {
  (void)module;
  (void)ignored;
  return user_line();
}

static PyObject *set_line(PyObject *module, PyObject *where) {
  (void)module;
  PyObject *before = line_given;
  line_given = where == Py_None ? NULL : Py_NewRef(where);
  if (before == NULL) Py_RETURN_NONE;
  return before;
}

/* ---- Node ---- */

static long long last_id = -1;

static PyObject *node_make(PyTypeObject *type, PyObject *prim, PyObject *args, PyObject *params,
                           PyObject *shape, PyObject *dtype, PyObject *graph, PyObject *where,
                           PyObject *weak) {
  nk_node *node = (nk_node *)type->tp_alloc(type, 0);
  if (node == NULL) return NULL;
  node->prim = Py_NewRef(prim);
  node->args = Py_NewRef(args);
  node->params = Py_NewRef(params);
  node->shape = Py_NewRef(shape);
  node->dtype = Py_NewRef(dtype);
  node->graph = Py_NewRef(graph);
  node->where = Py_NewRef(where);
  node->weak = Py_NewRef(weak);
  node->aux = Py_NewRef(Py_None);
  node->swap = Py_NewRef(Py_None);
  node->id = ++last_id;
  return (PyObject *)node;
}

static PyObject *node_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"prim",  "args",  "params", "shape", "dtype",
                          "graph", "where", "weak",   NULL};
  PyObject *a[8] = {NULL, NULL, NULL, NULL, NULL, NULL, Py_None, Py_None};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOOOOO|OO:Node", names, &a[0], &a[1], &a[2],
                                   &a[3], &a[4], &a[5], &a[6], &a[7]))
    return NULL;
  return node_make(type, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7]);
}

static int node_traverse(PyObject *object, visitproc visit, void *arg) {
  nk_node *node = (nk_node *)object;
  Py_VISIT(node->prim);
  Py_VISIT(node->args);
  Py_VISIT(node->params);
  Py_VISIT(node->shape);
  Py_VISIT(node->dtype);
  Py_VISIT(node->graph);
  Py_VISIT(node->where);
  Py_VISIT(node->weak);
  Py_VISIT(node->aux);
  Py_VISIT(node->swap);
  Py_VISIT(node->unbounded);
  return 0;
}

static int node_clear(PyObject *object) {
  nk_node *node = (nk_node *)object;
  Py_CLEAR(node->prim);
  Py_CLEAR(node->args);
  Py_CLEAR(node->params);
  Py_CLEAR(node->shape);
  Py_CLEAR(node->dtype);
  Py_CLEAR(node->graph);
  Py_CLEAR(node->where);
  Py_CLEAR(node->weak);
  Py_CLEAR(node->aux);
  Py_CLEAR(node->swap);
  Py_CLEAR(node->unbounded);
  return 0;
}

static void node_dealloc(PyObject *object) {
  PyObject_GC_UnTrack(object);
  Py_TRASHCAN_BEGIN(object, node_dealloc) node_clear(object);
  Py_TYPE(object)->tp_free(object);
  Py_TRASHCAN_END
}

#define FIELD(name) \
  { #name, T_OBJECT_EX, offsetof(nk_node, name), 0, NULL }
static PyMemberDef node_members[] = {
    FIELD(prim),          FIELD(args),
    FIELD(params),        FIELD(shape),
    FIELD(dtype),         FIELD(graph),
    FIELD(where),         FIELD(weak),
    FIELD(aux),           FIELD(swap),
    FIELD(unbounded),     {"id", T_LONGLONG, offsetof(nk_node, id), READONLY, NULL},
    {NULL, 0, 0, 0, NULL}};
#undef FIELD

static PyObject *get_ndim(PyObject *object, void *closure) {
  (void)closure;
  Py_ssize_t n = PyObject_Size(((nk_node *)object)->shape);
  return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

/* The number of elements, or of bytes where `closure` is not NULL. */
static PyObject *get_size(PyObject *object, void *closure) {
  nk_node *node = (nk_node *)object;
  if (!PyTuple_Check(node->shape) || !PyArray_DescrCheck(node->dtype)) {
    PyErr_SetString(PyExc_TypeError,
                    "a node with neither a tuple as shape nor a dtype has no size");
    return NULL;
  }
  long long n = closure == NULL ? 1 : (long long)PyDataType_ELSIZE((PyArray_Descr *)node->dtype);
  for (Py_ssize_t d = 0; d < PyTuple_GET_SIZE(node->shape); ++d) {
    long long length = PyLong_AsLongLong(PyTuple_GET_ITEM(node->shape, d));
    if (length == -1 && PyErr_Occurred()) return NULL;
    if (__builtin_mul_overflow(n, length, &n)) {
      PyErr_SetString(PyExc_OverflowError, "an array of more than 2^63 bytes");
      return NULL;
    }
  }
  return PyLong_FromLongLong(n);
}

static PyObject *get_is_float(PyObject *object, void *closure) {
  (void)closure;
  PyObject *dtype = ((nk_node *)object)->dtype;
  int type = PyArray_DescrCheck(dtype) ? ((PyArray_Descr *)dtype)->type_num : NPY_VOID;
  return PyBool_FromLong(PyTypeNum_ISFLOAT(type) || PyTypeNum_ISCOMPLEX(type));
}

static char of_bytes[] = "bytes"; /* any address but NULL */
static PyGetSetDef node_getset[] = {
    {"ndim", get_ndim, NULL, "Number of axes.", NULL},
    {"size", get_size, NULL, "Number of elements.", NULL},
    {"nbytes", get_size, NULL, "Number of bytes.", of_bytes},
    {"is_float", get_is_float, NULL,
     "Whether derivatives flow through it: real or complex floating point.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

static PyTypeObject node_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "neurokit._core.Node",
    .tp_basicsize = sizeof(nk_node),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc =
        "Node(prim, args, params, shape, dtype, graph, where=None, weak=None)\n--\n\n"
        "The fields of one value of a graph.",
    .tp_new = node_new,
    .tp_dealloc = node_dealloc,
    .tp_traverse = node_traverse,
    .tp_clear = node_clear,
    .tp_members = node_members,
    .tp_getset = node_getset,
};

/* ---- bind ---- */

static PyObject *node_add(PyObject *graph, PyObject *prim, PyObject *args, PyObject *params,
                          PyObject *shape, PyObject *dtype) {
  PyObject *inferred = NULL, *node = NULL;
  if (shape == NULL) {
    PyObject *infer = PyObject_GetAttr(prim, infer_name);
    if (infer != NULL) inferred = PyObject_CallFunctionObjArgs(infer, args, params, NULL);
    Py_XDECREF(infer);
    if (inferred == NULL) return NULL;
    if (!PyTuple_Check(inferred) || PyTuple_GET_SIZE(inferred) != 2) {
      PyErr_Format(PyExc_TypeError, "%S: infer must give (shape, dtype), got %R", prim, inferred);
      Py_DECREF(inferred);
      return NULL;
    }
    shape = PyTuple_GET_ITEM(inferred, 0);
    dtype = PyTuple_GET_ITEM(inferred, 1);
  }
  PyObject *where = user_line();
  if (where != NULL)
    node = node_make(nk_node_type, prim, args, params, shape, dtype, graph, where, Py_None);
  Py_XDECREF(where);
  Py_XDECREF(inferred);
  return node;
}

PyObject *nk_bind(PyObject *graph, PyObject *prim, PyObject *args, PyObject *params,
                  PyObject *shape, PyObject *dtype) {
  PyObject *known = PyObject_GetAttr(graph, known_name);
  PyObject *key = known == NULL ? NULL : PyTuple_Pack(3, prim, args, params);
  PyObject *node = NULL;
  if (key != NULL) {
    node = Py_XNewRef(PyDict_GetItemWithError(known, key));
    if (node == NULL && !PyErr_Occurred()) {
      node = node_add(graph, prim, args, params, shape, dtype);
      if (node != NULL && PyDict_SetItem(known, key, node) < 0) Py_CLEAR(node);
    }
  }
  Py_XDECREF(key);
  Py_XDECREF(known);
  return node;
}

/* The arguments as seen from `graph`: themselves, or lifted to it. A new reference. */
static PyObject *lifted(PyObject *args, PyObject *graph) {
  Py_ssize_t n = PyTuple_GET_SIZE(args), i = 0;
  for (; i < n; ++i) {
    PyObject *arg = PyTuple_GET_ITEM(args, i);
    if (!PyObject_TypeCheck(arg, &node_type)) {
      PyErr_Format(PyExc_TypeError, "bind: wanted nodes, got %R", arg);
      return NULL;
    }
    PyObject *owner = ((nk_node *)arg)->graph;
    if (owner != graph && owner != Py_None) break;
  }
  if (i == n) return Py_NewRef(args);
  PyObject *out = PyTuple_New(n);
  for (i = 0; out != NULL && i < n; ++i) {
    PyObject *arg = PyObject_CallFunctionObjArgs(lift, PyTuple_GET_ITEM(args, i), graph, NULL);
    if (arg == NULL)
      Py_CLEAR(out);
    else
      PyTuple_SET_ITEM(out, i, arg);
  }
  return out;
}

static PyObject *core_bind(PyObject *module, PyObject *const *args, Py_ssize_t n) {
  (void)module;
  if (n < 2 || n > 3 || !PyTuple_Check(args[1])) {
    PyErr_SetString(PyExc_TypeError, "bind(prim, args, params=()): args is a tuple of nodes");
    return NULL;
  }
  PyObject *graph = nk_graph_current();
  PyObject *nodes = lifted(args[1], graph == NULL ? Py_None : graph);
  if (nodes == NULL) return NULL;
  PyObject *node = NULL, *params = n == 3 ? Py_NewRef(args[2]) : PyTuple_New(0);
  if (graph == NULL)
    PyErr_Format(PyExc_RuntimeError, "%S outside of a traced function", args[0]);
  else if (params != NULL)
    node = nk_bind(graph, args[0], nodes, params, NULL, NULL);
  Py_XDECREF(params);
  Py_DECREF(nodes);
  return node;
}

static PyObject *graph_types(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *node = NULL, *literal = NULL, *input = NULL, *lift_new = NULL, *inside_new = NULL;
  if (!PyArg_ParseTuple(args, "O!OOOO:graph_types", &PyType_Type, &node, &literal, &input,
                        &lift_new, &inside_new))
    return NULL;
  if (!PyType_IsSubtype((PyTypeObject *)node, &node_type)) {
    PyErr_SetString(PyExc_TypeError, "graph_types: wanted a subclass of _core.Node");
    return NULL;
  }
  Py_XSETREF(nk_node_type, (PyTypeObject *)Py_NewRef(node));
  Py_XSETREF(nk_literal, Py_NewRef(literal));
  Py_XSETREF(nk_input, Py_NewRef(input));
  Py_XSETREF(lift, Py_NewRef(lift_new));
  Py_XSETREF(inside, Py_NewRef(inside_new));
  Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"current_graph", current_graph, METH_NOARGS,
     "current_graph()\n--\n\nThe innermost graph being traced in this thread, or None."},
    {"push_graph", push_graph, METH_O, "push_graph(graph)\n--\n\nTrace in `graph` from now on."},
    {"pop_graph", pop_graph, METH_NOARGS,
     "pop_graph()\n--\n\nLeave the innermost graph, and return it."},
    {"user_line", core_user_line, METH_NOARGS,
     "user_line()\n--\n\n(code, instruction) of the innermost frame outside the engine and NumPy."},
    {"set_line", set_line, METH_O,
     "set_line(where)\n--\n\nLet new nodes of this thread carry `where` (None: the line of the\n"
     "frame). Returns what held before."},
    {"bind", (PyCFunction)(void (*)(void))core_bind, METH_FASTCALL,
     "bind(prim, args, params=())\n--\n\n"
     "Add `prim(*args)` to the current graph, or find it there.\n\n"
     "Returns one node; for a primitive with several outputs, the node whose outputs `proj` "
     "picks."},
    {"graph_types", graph_types, METH_VARARGS,
     "graph_types(node_class, literal, input, lift, inside)\n--\n\nWhat `bind` needs of graph.py."},
    {NULL, NULL, 0, NULL}};

int nk_bind_node(PyObject *module) {
  known_name = PyUnicode_InternFromString("known");
  infer_name = PyUnicode_InternFromString("infer");
  if (known_name == NULL || infer_name == NULL) return -1;
  extra = PyUnstable_Eval_RequestCodeExtraIndex(NULL);
  if (PyModule_AddFunctions(module, functions) < 0) return -1;
  return PyModule_AddType(module, &node_type);
}
