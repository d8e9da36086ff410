/* neurokit._core.add_rows(): what each node of a walk is, in a list that serves as a key. */
#include "trace.h"

#include <math.h>

static PyObject *structural_text; /* "structural" */

typedef struct {
  PyObject *number, *rows; /* {node: its number}, and what makes it, one after the other */
  Py_ssize_t next;         /* the next number */
  bool lines;              /* whether the user's lines count */
  PyObject *args_of;       /* gives the arguments of a node where not NULL */
  PyObject *numbers;       /* where not NULL, `variable` literals go here, not their values */
} key;

static int put(key *k, PyObject *item) { return PyList_Append(k->rows, item); }

static int put_new(key *k, PyObject *item) {
  if (item == NULL) return -1;
  int failed = put(k, item);
  Py_DECREF(item);
  return failed;
}

/* The value of a literal; 0.0 and -0.0 differ, as do NaNs. */
static int put_value(key *k, PyObject *value) {
  if (PyFloat_CheckExact(value)) {
    double x = PyFloat_AS_DOUBLE(value);
    unsigned long long bits;
    memcpy(&bits, &x, sizeof bits);
    return put_new(k, PyLong_FromUnsignedLongLong(bits));
  }
  return put_new(k, PyObject_Repr(value));
}

/* A parameter; what says itself what tells it from others is not one of the plain types. */
static PyObject *structural(PyObject *param) {
  if (PyLong_CheckExact(param) || PyUnicode_CheckExact(param) || PyTuple_CheckExact(param) ||
      PyFloat_CheckExact(param) || PyBool_Check(param) || param == Py_None ||
      PyArray_DescrCheck(param))
    return Py_NewRef(param);
  PyObject *own = PyObject_GetAttr(param, structural_text);
  if (own == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
    PyErr_Clear();
    return Py_NewRef(param);
  }
  return own;
}

static int put_params(key *k, PyObject *params) {
  const Py_ssize_t n = PyTuple_GET_SIZE(params);
  if (n == 0) return put(k, params);
  PyObject *own = PyTuple_New(n);
  for (Py_ssize_t i = 0; own != NULL && i < n; ++i) {
    PyObject *param = structural(PyTuple_GET_ITEM(params, i));
    if (param == NULL)
      Py_CLEAR(own);
    else
      PyTuple_SET_ITEM(own, i, param);
  }
  return put_new(k, own);
}

static int put_args(key *k, PyObject *args) {
  const Py_ssize_t n = PyTuple_GET_SIZE(args);
  if (put_new(k, PyLong_FromSsize_t(n)) < 0) return -1;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject *arg = PyTuple_GET_ITEM(args, i), *number = PyDict_GetItemWithError(k->number, arg);
    if (number == NULL && !PyErr_Occurred())
      PyErr_Format(PyExc_RuntimeError, "structure: %R comes after its user", arg);
    if (number == NULL || put(k, number) < 0) return -1;
  }
  return 0;
}

/* A number that another may stand for: rules ask at most whether it is 0 or infinite. */
static bool variable(PyObject *value) {
  if (!PyFloat_CheckExact(value)) return false;
  const double x = PyFloat_AS_DOUBLE(value);
  return isfinite(x) && x != 0;
}

static int put_node(key *k, nk_node *node) {
  if (put(k, node->prim) < 0) return -1;
  if (node->prim == nk_literal) {
    if (put(k, node->dtype) < 0) return -1;
    PyObject *value = PyTuple_GET_ITEM(node->params, 0);
    if (k->numbers == NULL || !variable(value)) return put_value(k, value);
    return put(k, Py_None) < 0 ? -1 : PyList_Append(k->numbers, (PyObject *)node);
  }
  PyObject *args = k->args_of == NULL ? Py_NewRef(node->args)
                                      : PyObject_CallOneArg(k->args_of, (PyObject *)node);
  if (args == NULL) return -1;
  int failed = put_args(k, args);
  Py_DECREF(args);
  if (failed < 0 || put_params(k, node->params) < 0 || put(k, node->shape) < 0 ||
      put(k, node->dtype) < 0)
    return -1;
  return k->lines ? put(k, node->where) : 0;
}

static int add(key *k, PyObject *object) {
  if (!PyObject_TypeCheck(object, nk_node_type)) {
    PyErr_Format(PyExc_TypeError, "add_rows: wanted nodes, got %R", object);
    return -1;
  }
  int known = PyDict_Contains(k->number, object);
  if (known != 0) return known < 0 ? -1 : 0;
  if (((nk_node *)object)->prim == nk_input) {
    PyErr_Format(PyExc_RuntimeError, "structure: %R is not among the inputs", object);
    return -1;
  }
  if (put_node(k, (nk_node *)object) < 0) return -1;
  PyObject *number = PyLong_FromSsize_t(k->next);
  int failed = number == NULL ? -1 : PyDict_SetItem(k->number, object, number);
  Py_XDECREF(number);
  ++k->next;
  return failed;
}

static PyObject *add_rows(PyObject *module, PyObject *args) {
  (void)module;
  key k = {0};
  PyObject *order, *args_of, *numbers;
  int lines;
  if (!PyArg_ParseTuple(args, "O!O!O!npOO:add_rows", &PyList_Type, &order, &PyDict_Type, &k.number,
                        &PyList_Type, &k.rows, &k.next, &lines, &args_of, &numbers))
    return NULL;
  if (numbers != Py_None && !PyList_Check(numbers)) {
    PyErr_Format(PyExc_TypeError, "add_rows: numbers: wanted a list or None, got %R", numbers);
    return NULL;
  }
  k.numbers = numbers == Py_None ? NULL : numbers;
  k.lines = lines;
  k.args_of = args_of == Py_None ? NULL : args_of;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE(order); ++i)
    if (add(&k, PyList_GET_ITEM(order, i)) < 0) return NULL;
  return PyLong_FromSsize_t(k.next);
}

static PyMethodDef functions[] = {
    {"add_rows", add_rows, METH_VARARGS,
     "add_rows(order, number, rows, next, lines, args_of, numbers)\n--\n\n"
     "Number the nodes that have no number, and append to `rows` what each is made of: the\n"
     "primitive, the arguments by number, the parameters, shape, dtype and, where `lines`, the\n"
     "user's line. Finite floating-point literals other than 0 are appended to the list\n"
     "`numbers` instead, if it is one. Returns the next number."},
    {NULL, NULL, 0, NULL}};

int nk_bind_structure(PyObject *module) {
  structural_text = PyUnicode_InternFromString("structural");
  return structural_text == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
