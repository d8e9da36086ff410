/* neurokit._core.Tracer: what the user's code holds while it is traced, and the short way of
 * ufuncs.
 *
 * A ufunc or operator on traced values whose types have been seen before becomes a node without a
 * line of Python; all else goes to `apply_ufunc` of neurokit/core/trace/ufuncs.py, which says what
 * the short way must do and keeps the plans it goes by.
 */
#include "trace.h"

#include "../base/nk.h"

#include <structmember.h>

#include <math.h>

typedef struct {
  PyObject_HEAD PyObject *node, *base, *read, *write, *seen, *layout, *weakrefs;
  long long checked; /* how many writes, to any tracer, `node` is known to take account of */
  long long born;    /* the number of tracers made when this one was */
} tracer;

static long long writes = 1, made = 0;

static PyTypeObject tracer_type;
/* What ufuncs.py handed over with `ufunc_ways`. */
static PyTypeObject *tracer_class = NULL;
static PyObject *plans = NULL, *to_node = NULL, *operator_way = NULL, *function_way = NULL,
                *call_ufunc = NULL;
static PyObject *call_text; /* "__call__" */

/* ---- the type ---- */

/* Let a tracer stand for `node`, or for none any more; takes over the reference. */
static void stand_for(tracer *self, PyObject *node) {
  PyObject *before = self->node;
  if (node != NULL) ++((nk_node *)node)->held;
  self->node = node;
  if (before != NULL) --((nk_node *)before)->held;
  Py_XDECREF(before);
}

/* A view whose base has a value it has not seen reads it. */
static int look(tracer *self) {
  PyObject *seen = ((tracer *)self->base)->node;
  if (seen == self->seen) return 0;
  Py_INCREF(seen);
  PyObject *node = PyObject_CallOneArg(self->read, seen);
  if (node == NULL) {
    Py_DECREF(seen);
    return -1;
  }
  if (!PyObject_TypeCheck(node, nk_node_type)) {
    PyErr_Format(PyExc_TypeError, "Tracer: reading a view must give a node, got %R", node);
    Py_DECREF(node);
    Py_DECREF(seen);
    return -1;
  }
  stand_for(self, node);
  Py_XSETREF(self->seen, seen);
  return 0;
}

/* The current value, borrowed; a view follows writes to the array it is a view of. Views of views
 * may be thousands deep: those that may have missed a write look one after the other, the outermost
 * first. */
static PyObject *tracer_value(tracer *self) {
  const long long now = writes;
  size_t n = 0;
  for (tracer *t = self; t->base != Py_None && t->checked != now; t = (tracer *)t->base) ++n;
  if (n == 0) return self->node;
  tracer **path = nk_alloc(n * sizeof *path);
  if (path == NULL) return PyErr_NoMemory();
  size_t k = n;
  for (tracer *t = self; k > 0; t = (tracer *)t->base) path[--k] = t;
  while (k < n && look(path[k]) == 0) path[k++]->checked = now;
  nk_free(path);
  return k == n ? self->node : NULL;
}

static PyObject *get_last(PyObject *object, void *closure) {
  (void)closure;
  return Py_NewRef(((tracer *)object)->node);
}

static int set_node(PyObject *object, PyObject *node, void *closure) {
  (void)closure;
  if (node == NULL || !PyObject_TypeCheck(node, nk_node_type)) {
    PyErr_SetString(PyExc_TypeError, "Tracer._node: wanted a node");
    return -1;
  }
  ++writes;
  stand_for((tracer *)object, Py_NewRef(node));
  return 0;
}

static PyObject *get_node(PyObject *object, void *closure) {
  (void)closure;
  return Py_XNewRef(tracer_value((tracer *)object));
}

static PyObject *tracer_make(PyTypeObject *type, PyObject *node) {
  tracer *self = (tracer *)type->tp_alloc(type, 0);
  if (self == NULL) return NULL;
  stand_for(self, Py_NewRef(node));
  self->base = Py_NewRef(Py_None);
  self->read = Py_NewRef(Py_None);
  self->write = Py_NewRef(Py_None);
  self->seen = Py_NewRef(Py_None);
  self->layout = Py_NewRef(Py_None);
  self->born = ++made;
  return (PyObject *)self;
}

static PyObject *tracer_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  static char *names[] = {"node", "base", "read", "write", "layout", NULL};
  PyObject *node, *base = Py_None, *read = Py_None, *write = Py_None, *layout = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOO:Tracer", names, &node, &base, &read,
                                   &write, &layout))
    return NULL;
  if (!PyObject_TypeCheck(node, nk_node_type) ||
      (base != Py_None && !PyObject_TypeCheck(base, &tracer_type))) {
    PyErr_Format(PyExc_TypeError, "Tracer: wanted a node and a tracer or None, got %R and %R", node,
                 base);
    return NULL;
  }
  PyObject *object = tracer_make(type, node);
  if (object == NULL || base == Py_None) return object;
  tracer *self = (tracer *)object;
  Py_SETREF(self->base, Py_NewRef(base));
  Py_SETREF(self->read, Py_NewRef(read));
  Py_SETREF(self->write, Py_NewRef(write));
  Py_SETREF(self->layout, Py_NewRef(layout));
  PyObject *seen = tracer_value((tracer *)base);
  if (seen == NULL) {
    Py_DECREF(object);
    return NULL;
  }
  Py_SETREF(self->seen, Py_NewRef(seen));
  self->checked = writes;
  return object;
}

static int tracer_traverse(PyObject *object, visitproc visit, void *arg) {
  tracer *self = (tracer *)object;
  Py_VISIT(self->node);
  Py_VISIT(self->base);
  Py_VISIT(self->read);
  Py_VISIT(self->write);
  Py_VISIT(self->seen);
  Py_VISIT(self->layout);
  return 0;
}

static int tracer_clear(PyObject *object) {
  tracer *self = (tracer *)object;
  stand_for(self, NULL);
  Py_CLEAR(self->base);
  Py_CLEAR(self->read);
  Py_CLEAR(self->write);
  Py_CLEAR(self->seen);
  Py_CLEAR(self->layout);
  return 0;
}

static void tracer_dealloc(PyObject *object) {
  PyObject_GC_UnTrack(object);
  if (((tracer *)object)->weakrefs != NULL) PyObject_ClearWeakRefs(object);
  tracer_clear(object);
  Py_TYPE(object)->tp_free(object);
}

static PyMemberDef members[] = {
    {"_base", T_OBJECT_EX, offsetof(tracer, base), READONLY, "the tracer this is a view of"},
    {"_read", T_OBJECT_EX, offsetof(tracer, read), READONLY, "node of the base -> own node"},
    {"_write", T_OBJECT_EX, offsetof(tracer, write), READONLY, "(node of the base, own) -> base's"},
    {"_seen", T_OBJECT_EX, offsetof(tracer, seen), 0, "the base's node at that time"},
    {"_layout", T_OBJECT_EX, offsetof(tracer, layout), READONLY, "strides of a view"},
    {"_born", T_LONGLONG, offsetof(tracer, born), READONLY, "its number among all ever made"},
    {NULL, 0, 0, 0, NULL}};

static PyGetSetDef getset[] = {
    {"_node", get_last, set_node, "the value last seen", NULL},
    {"node", get_node, NULL,
     "The current value; a view follows writes to the array it is a view of.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

/* ---- the short way ---- */

/* How a ufunc goes on inputs of given types, a tuple that `_plan` of ufuncs.py makes:
 * build(*nodes), the types it wants, the function that makes a node or number such a type, literals
 * known by number (a dict per input), and, where equal shapes need no rewriting, the primitive, the
 * type of its result, and the primitives of arguments that do need `build`. */
enum { BUILD, WANTED, AS_TYPE, LITERALS, PRIM, RESULT, WATCHED, PLAN_SIZE };
enum { MAX_IN = 2, MAX_LITERALS = 1000 };

typedef struct {
  PyObject *kind; /* borrowed: dtype, or `float` or `int` for a Python number; NULL: not covered */
  PyObject *node; /* owned; NULL for a number not converted yet */
  PyObject *number; /* borrowed; NULL for arrays */
} operand;

static int operand_take(operand *o, PyObject *x) {
  PyTypeObject *type = Py_TYPE(x);
  *o = (operand){NULL, NULL, NULL};
  if (type == tracer_class) {
    o->node = Py_XNewRef(tracer_value((tracer *)x));
  } else if (type == &PyFloat_Type) {
    double value = PyFloat_AS_DOUBLE(x);
    if (!isnan(value) && !(value == 0 && signbit(value))) {
      o->number = x;
      o->kind = (PyObject *)type;
    }
    return 0;
  } else if (type == &PyLong_Type) {
    o->number = x;
    o->kind = (PyObject *)type;
    return 0;
  } else if (type == &PyArray_Type || type == &PyDoubleArrType_Type ||
             type == &PyFloatArrType_Type) {
    o->node = PyObject_CallOneArg(to_node, x);
  } else {
    return 0;
  }
  if (o->node == NULL) return -1;
  nk_node *node = (nk_node *)o->node;
  o->kind = node->weak == Py_None ? node->dtype : NULL;
  return 0;
}

/* The node of an operand in the type the plan wants, owned by the operand. */
static int operand_convert(operand *o, PyObject *plan, Py_ssize_t i) {
  PyObject *wanted = PyTuple_GET_ITEM(PyTuple_GET_ITEM(plan, WANTED), i);
  if (o->node != NULL && ((nk_node *)o->node)->dtype == wanted) return 0;
  PyObject *literals = PyTuple_GET_ITEM(PyTuple_GET_ITEM(plan, LITERALS), i);
  if (o->node == NULL) {
    o->node = Py_XNewRef(PyDict_GetItemWithError(literals, o->number));
    if (o->node != NULL || PyErr_Occurred()) return o->node == NULL ? -1 : 0;
  }
  PyObject *given = o->node != NULL ? o->node : o->number;
  PyObject *node =
      PyObject_CallFunctionObjArgs(PyTuple_GET_ITEM(plan, AS_TYPE), given, wanted, NULL);
  if (node == NULL) return -1;
  Py_XSETREF(o->node, node);
  if (o->number == NULL) return 0;
  if (PyDict_GET_SIZE(literals) >= MAX_LITERALS) PyDict_Clear(literals);
  return PyDict_SetItem(literals, o->number, node);
}

/* Whether the operands become a node of `graph` as they are: their common shape, borrowed. NULL
 * where they are to be broadcast, lifted, folded or rewritten, or with an exception set. */
static PyObject *plain_shape(const operand *o, Py_ssize_t n, PyObject *plan, PyObject *graph) {
  PyObject *shape = NULL, *watched = PyTuple_GET_ITEM(plan, WATCHED);
  if (PyTuple_GET_ITEM(plan, PRIM) == Py_None) return NULL;
  for (Py_ssize_t i = 0; i < n; ++i) {
    nk_node *node = (nk_node *)o[i].node;
    if (PySet_Contains(watched, node->prim) != 0) return NULL;
    if (node->prim == nk_literal) {
      if (o[i].number == NULL || PyObject_RichCompareBool(o[i].number, Py_True, Py_EQ) != 0)
        return NULL;
      continue;
    }
    if (node->graph != graph) return NULL;
    if (shape == NULL)
      shape = node->shape;
    else if (shape != node->shape && PyObject_RichCompareBool(shape, node->shape, Py_EQ) != 1)
      return NULL;
  }
  return shape;
}

static PyObject *build(const operand *o, Py_ssize_t n, PyObject *plan) {
  PyObject *graph = nk_graph_current(), *args = PyTuple_New(n), *result = NULL;
  if (args == NULL) return NULL;
  for (Py_ssize_t i = 0; i < n; ++i) PyTuple_SET_ITEM(args, i, Py_NewRef(o[i].node));
  PyObject *shape = graph == NULL ? NULL : plain_shape(o, n, plan, graph);
  if (shape != NULL) {
    PyObject *none = PyTuple_New(0);
    if (none != NULL)
      result = nk_bind(graph, PyTuple_GET_ITEM(plan, PRIM), args, none, shape,
                       PyTuple_GET_ITEM(plan, RESULT));
    Py_XDECREF(none);
  } else if (!PyErr_Occurred()) {
    result = PyObject_Call(PyTuple_GET_ITEM(plan, BUILD), args, NULL);
  }
  Py_DECREF(args);
  return result;
}

/* The plan for these operands, borrowed; NULL where there is none or an exception is set. */
static PyObject *find_plan(PyObject *ufunc, const operand *o, Py_ssize_t n) {
  for (Py_ssize_t i = 0; i < n; ++i)
    if (o[i].kind == NULL) return NULL;
  PyObject *key =
      n == 1 ? PyTuple_Pack(2, ufunc, o[0].kind) : PyTuple_Pack(3, ufunc, o[0].kind, o[1].kind);
  PyObject *plan = key == NULL ? NULL : PyDict_GetItemWithError(plans, key);
  Py_XDECREF(key);
  return plan;
}

static PyObject *slow(PyObject *way, PyObject *ufunc, PyObject *const *inputs, Py_ssize_t n) {
  PyObject *all = PyTuple_New(n);
  if (all == NULL) return NULL;
  for (Py_ssize_t i = 0; i < n; ++i) PyTuple_SET_ITEM(all, i, Py_NewRef(inputs[i]));
  PyObject *result = PyObject_CallFunctionObjArgs(way, ufunc, all, NULL);
  Py_DECREF(all);
  return result;
}

/* The tracer of ufunc(*inputs). way(ufunc, inputs): the long way there, in Python. */
static PyObject *apply(PyObject *way, PyObject *ufunc, PyObject *const *inputs, Py_ssize_t n) {
  if (n < 1 || n > MAX_IN) return slow(way, ufunc, inputs, n);
  operand o[MAX_IN] = {{NULL, NULL, NULL}, {NULL, NULL, NULL}};
  PyObject *plan = NULL, *node = NULL, *result = NULL;
  int taken = 0;
  for (Py_ssize_t i = 0; taken == 0 && i < n; ++i) taken = operand_take(&o[i], inputs[i]);
  if (taken == 0) plan = Py_XNewRef(find_plan(ufunc, o, n));
  if (plan != NULL) {
    int converted = 0;
    for (Py_ssize_t i = 0; converted == 0 && i < n; ++i)
      converted = operand_convert(&o[i], plan, i);
    if (converted == 0) node = build(o, n, plan);
    if (node != NULL) result = tracer_make(tracer_class, node);
    Py_XDECREF(node);
    Py_DECREF(plan);
  } else if (!PyErr_Occurred()) {
    result = slow(way, ufunc, inputs, n);
  }
  for (Py_ssize_t i = 0; i < n; ++i) Py_XDECREF(o[i].node);
  return result;
}

/* ---- NumPy's protocol and the operators ---- */

static PyObject *array_ufunc(PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *names) {
  (void)self;
  if (n < 2) {
    PyErr_SetString(PyExc_TypeError, "__array_ufunc__(ufunc, method, *inputs, **kwargs)");
    return NULL;
  }
  bool plain = (names == NULL || PyTuple_GET_SIZE(names) == 0) && n <= 2 + MAX_IN;
  if (plain && PyUnicode_Check(args[1]) && PyUnicode_Compare(args[1], call_text) == 0)
    return apply(function_way, args[0], args + 2, n - 2);
  PyObject *result = NULL, *inputs = PyTuple_New(n - 2), *kwargs = PyDict_New();
  for (Py_ssize_t i = 2; inputs != NULL && i < n; ++i)
    PyTuple_SET_ITEM(inputs, i - 2, Py_NewRef(args[i]));
  bool filled = inputs != NULL && kwargs != NULL;
  for (Py_ssize_t i = 0; filled && names != NULL && i < PyTuple_GET_SIZE(names); ++i)
    filled = PyDict_SetItem(kwargs, PyTuple_GET_ITEM(names, i), args[n + i]) == 0;
  if (filled)
    result = PyObject_CallFunctionObjArgs(call_ufunc, args[0], args[1], inputs, kwargs, NULL);
  Py_XDECREF(inputs);
  Py_XDECREF(kwargs);
  return result;
}

static PyMethodDef tracer_methods[] = {{"__array_ufunc__", (PyCFunction)(void (*)(void))array_ufunc,
                                        METH_FASTCALL | METH_KEYWORDS, NULL},
                                       {NULL, NULL, 0, NULL}};

/* Each operator is the ufunc of that name. */
#define OPERATORS(BINARY, UNARY)     \
  BINARY(add, add)                   \
  BINARY(subtract, subtract)         \
  BINARY(multiply, multiply)         \
  BINARY(true_divide, true_divide)   \
  BINARY(floor_divide, floor_divide) \
  BINARY(remainder, remainder)       \
  BINARY(and, bitwise_and)           \
  BINARY(or, bitwise_or)             \
  BINARY(xor, bitwise_xor)           \
  BINARY(lshift, left_shift)         \
  BINARY(rshift, right_shift)        \
  UNARY(negative, negative)          \
  UNARY(positive, positive)          \
  UNARY(absolute, absolute)          \
  UNARY(invert, invert)

#define NUMBER(op, name) UFUNC_##name,
enum { OPERATORS(NUMBER, NUMBER) UFUNC_power, UFUNC_less, UFUNC_END = UFUNC_less + 6 };
#define NAME(op, name) #name,
static const char *const ufunc_names[UFUNC_END] = {
    OPERATORS(NAME, NAME) "power",
    "less",
    "less_equal",
    "equal",
    "not_equal",
    "greater",
    "greater_equal"}; /* comparisons in the order of Py_LT, Py_LE, ... */
static PyObject *ufuncs[UFUNC_END];

#define BINARY(op, name)                                                       \
  static PyObject *number_##op(PyObject *a, PyObject *b) {                     \
    return apply(operator_way, ufuncs[UFUNC_##name], (PyObject *[]){a, b}, 2); \
  }
#define UNARY(op, name)                                      \
  static PyObject *number_##op(PyObject *a) {                \
    return apply(operator_way, ufuncs[UFUNC_##name], &a, 1); \
  }
OPERATORS(BINARY, UNARY)

static PyObject *number_power(PyObject *a, PyObject *b, PyObject *modulus) {
  if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
  return apply(operator_way, ufuncs[UFUNC_power], (PyObject *[]){a, b}, 2);
}

static PyObject *compare(PyObject *a, PyObject *b, int op) {
  return apply(operator_way, ufuncs[UFUNC_less + op], (PyObject *[]){a, b}, 2);
}

#define SLOT(op, name) .nb_##op = number_##op,
static PyNumberMethods numbers = {OPERATORS(SLOT, SLOT).nb_power = number_power};

static PyTypeObject tracer_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "neurokit._core.Tracer",
    .tp_basicsize = sizeof(tracer),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_doc =
        "Tracer(node, base=None, read=None, write=None, layout=None)\n--\n\n"
        "The fields and operators of a traced array.",
    .tp_new = tracer_new,
    .tp_dealloc = tracer_dealloc,
    .tp_traverse = tracer_traverse,
    .tp_clear = tracer_clear,
    .tp_weaklistoffset = offsetof(tracer, weakrefs),
    .tp_members = members,
    .tp_getset = getset,
    .tp_methods = tracer_methods,
    .tp_as_number = &numbers,
    .tp_richcompare = compare,
    .tp_hash = PyObject_HashNotImplemented,
};

static PyObject *ufunc_ways(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *class_new, *a[5];
  if (!PyArg_ParseTuple(args, "O!O!OOOO:ufunc_ways", &PyType_Type, &class_new, &PyDict_Type, &a[0],
                        &a[1], &a[2], &a[3], &a[4]))
    return NULL;
  if (!PyType_IsSubtype((PyTypeObject *)class_new, &tracer_type)) {
    PyErr_SetString(PyExc_TypeError, "ufunc_ways: wanted a subclass of _core.Tracer");
    return NULL;
  }
  PyObject *numpy = PyImport_ImportModule("numpy");
  for (int i = 0; numpy != NULL && i < UFUNC_END; ++i) {
    PyObject *ufunc = PyObject_GetAttrString(numpy, ufunc_names[i]);
    if (ufunc == NULL)
      Py_CLEAR(numpy);
    else
      Py_XSETREF(ufuncs[i], ufunc);
  }
  if (numpy == NULL) return NULL;
  Py_DECREF(numpy);
  Py_XSETREF(tracer_class, (PyTypeObject *)Py_NewRef(class_new));
  Py_XSETREF(plans, Py_NewRef(a[0]));
  Py_XSETREF(to_node, Py_NewRef(a[1]));
  Py_XSETREF(operator_way, Py_NewRef(a[2]));
  Py_XSETREF(function_way, Py_NewRef(a[3]));
  Py_XSETREF(call_ufunc, Py_NewRef(a[4]));
  Py_RETURN_NONE;
}

static PyObject *tracers_made(PyObject *module, PyObject *ignored) {
  (void)module;
  (void)ignored;
  return PyLong_FromLongLong(made);
}

/* Whether `node` is among `computed` or `known`, or at most `steps` operations away from them. */
static int is_near(PyObject *object, PyObject *computed, PyObject *known, int steps) {
  nk_node *node = (nk_node *)object;
  if (node->prim == nk_literal) return 1;
  int near = PySequence_Contains(computed, object);
  if (near == 0) near = PySequence_Contains(known, object);
  if (near != 0 || steps == 0) return near;
  const Py_ssize_t n = PyTuple_GET_SIZE(node->args);
  near = n > 0;
  for (Py_ssize_t i = 0; i < n && near > 0; ++i)
    near = is_near(PyTuple_GET_ITEM(node->args, i), computed, known, steps - 1);
  return near;
}

static PyObject *held_near(PyObject *module, PyObject *args) {
  (void)module;
  PyObject *nodes, *computed, *known;
  if (!PyArg_ParseTuple(args, "O!OO:held_near", &PyList_Type, &nodes, &computed, &known))
    return NULL;
  PyObject *found = PyList_New(0);
  for (Py_ssize_t i = 0; found != NULL && i < PyList_GET_SIZE(nodes); ++i) {
    PyObject *node = PyList_GET_ITEM(nodes, i);
    if (!PyObject_TypeCheck(node, nk_node_type)) {
      PyErr_Format(PyExc_TypeError, "held_near: wanted nodes, got %R", node);
      Py_CLEAR(found);
    } else if (((nk_node *)node)->held > 0) {
      int wanted = PySequence_Contains(known, node);
      if (wanted == 0)
        wanted = is_near(node, computed, known, 2);
      else if (wanted > 0)
        wanted = 0;
      if (wanted < 0 || (wanted > 0 && PyList_Append(found, node) < 0)) Py_CLEAR(found);
    }
  }
  return found;
}

static PyMethodDef functions[] = {
    {"held_near", held_near, METH_VARARGS,
     "held_near(nodes, computed, known)\n--\n\n"
     "Those of a list of nodes that tracers stand for and that are not in the set or dict\n"
     "`known`, but in `computed` or at most two operations away from both."},
    {"tracers_made", tracers_made, METH_NOARGS,
     "tracers_made()\n--\n\nHow many there were so far."},
    {"ufunc_ways", ufunc_ways, METH_VARARGS,
     "ufunc_ways(tracer_class, plans, to_node, operator, function, call_ufunc)\n--\n\n"
     "What the operators of traced values need of ufuncs.py."},
    {NULL, NULL, 0, NULL}};

int nk_bind_tracer(PyObject *module) {
  call_text = PyUnicode_InternFromString("__call__");
  if (call_text == NULL || PyModule_AddFunctions(module, functions) < 0) return -1;
  return PyModule_AddType(module, &tracer_type);
}
