/* Tuples to C: the buffers and instructions of a program, checked as they are read. */
#include "program.h"

static int parse_int64(PyObject *object, int64_t *value) {
  *value = PyLong_AsLongLong(object);
  return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

int nk_parse_int(PyObject *object, int *value) {
  int64_t wide = 0;
  if (parse_int64(object, &wide) < 0) return -1;
  if (wide < INT32_MIN || wide > INT32_MAX) {
    PyErr_Format(PyExc_ValueError, "the number %R is too large here", object);
    return -1;
  }
  *value = (int)wide;
  return 0;
}

bool nk_is_dtype(const PyArray_Descr *descr, nk_dtype dtype) {
  int number = nk_dtype_to_typenum(dtype);
  return descr->type_num == number || PyArray_EquivTypenums(number, descr->type_num);
}

static bool find_dtype(const PyArray_Descr *descr, nk_dtype *dtype) {
  for (int i = 0; i < NK_NDTYPES; ++i)
    if (nk_is_dtype(descr, (nk_dtype)i)) {
      *dtype = (nk_dtype)i;
      return true;
    }
  return false;
}

/* A numpy dtype, or its number in the order of nk_dtype. */
static int parse_dtype(PyObject *object, nk_dtype *dtype) {
  if (PyLong_Check(object)) {
    int number = -1;
    if (nk_parse_int(object, &number) < 0) return -1;
    if (number < 0 || number >= NK_NDTYPES) {
      PyErr_Format(PyExc_TypeError, "there is no element type number %d", number);
      return -1;
    }
    *dtype = (nk_dtype)number;
    return 0;
  }
  PyArray_Descr *descr = NULL;
  if (PyArray_DescrCheck(object)) {
    descr = (PyArray_Descr *)Py_NewRef(object);
  } else if (!PyArray_DescrConverter(object, &descr)) {
    return -1;
  }
  bool found = find_dtype(descr, dtype);
  if (!found) PyErr_Format(PyExc_TypeError, "a program has no arrays of type %R", descr);
  Py_DECREF(descr);
  return found ? 0 : -1;
}

/* A tuple of up to NK_MAXDIM integers; returns how many, or -1. */
static int parse_axes(PyObject *object, int64_t *values, const char *what) {
  if (!PyTuple_Check(object)) {
    PyErr_Format(PyExc_TypeError, "%s must be a tuple, got %R", what, object);
    return -1;
  }
  Py_ssize_t n = PyTuple_GET_SIZE(object);
  if (n > NK_MAXDIM) {
    PyErr_Format(PyExc_ValueError, "%s has %zd axes, the limit is %d", what, n, NK_MAXDIM);
    return -1;
  }
  for (Py_ssize_t d = 0; d < n; ++d)
    if (parse_int64(PyTuple_GET_ITEM(object, d), &values[d]) < 0) return -1;
  return (int)n;
}

static int want_tuple(PyObject *object, Py_ssize_t n, const char *what) {
  if (PyTuple_Check(object) && PyTuple_GET_SIZE(object) == n) return 0;
  PyErr_Format(PyExc_TypeError, "%s must be a tuple of %zd, got %R", what, n, object);
  return -1;
}

static int parse_buffer(PyObject *object, nk_buffer *b) {
  if (!PyTuple_Check(object) || PyTuple_GET_SIZE(object) < 2 ||
      !PyUnicode_Check(PyTuple_GET_ITEM(object, 0))) {
    PyErr_Format(PyExc_TypeError, "a buffer is a tuple (kind, ...), got %R", object);
    return -1;
  }
  PyObject *kind = PyTuple_GET_ITEM(object, 0), *second = PyTuple_GET_ITEM(object, 1);
  *b = (nk_buffer){.input = -1, .output = -1};
  if (PyUnicode_CompareWithASCIIString(kind, "tmp") == 0) {
    b->kind = NK_BUF_TMP;
    return want_tuple(object, 2, "a tmp buffer") < 0 ? -1 : parse_int64(second, &b->n_bytes);
  }
  if (PyUnicode_CompareWithASCIIString(kind, "const") == 0) {
    b->kind = NK_BUF_CONST;
    if (want_tuple(object, 2, "a const buffer") < 0) return -1;
    if (!PyArray_Check(second) || !PyArray_ISCARRAY_RO((PyArrayObject *)second) ||
        PyDataType_REFCHK(PyArray_DESCR((PyArrayObject *)second))) {
      PyErr_SetString(PyExc_TypeError, "a const buffer holds a C-contiguous ndarray of numbers");
      return -1;
    }
    b->source = PyArray_DATA((PyArrayObject *)second);
    b->n_bytes = (int64_t)PyArray_NBYTES((PyArrayObject *)second);
    return 0;
  }
  bool both = PyUnicode_CompareWithASCIIString(kind, "inout") == 0;
  bool in = PyUnicode_CompareWithASCIIString(kind, "in") == 0;
  if (!both && !in && PyUnicode_CompareWithASCIIString(kind, "out") != 0) {
    PyErr_Format(PyExc_ValueError, "a buffer is in, out, inout, tmp or const, got %R", kind);
    return -1;
  }
  if (want_tuple(object, both ? 5 : 4, "an in, out (4) or inout (5) buffer") < 0) return -1;
  b->kind = both ? NK_BUF_INOUT : in ? NK_BUF_IN : NK_BUF_OUT;
  Py_ssize_t at = both ? 3 : 2;
  if (nk_parse_int(second, in || both ? &b->input : &b->output) < 0 ||
      (both && nk_parse_int(PyTuple_GET_ITEM(object, 2), &b->output) < 0) ||
      parse_dtype(PyTuple_GET_ITEM(object, at), &b->view.dtype) < 0)
    return -1;
  b->view.ndim = parse_axes(PyTuple_GET_ITEM(object, at + 1), b->view.shape, "a buffer's shape");
  return b->view.ndim < 0 ? -1 : 0;
}

static int parse_operands(PyObject *list, nk_operand *operand, nk_view *view) {
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i) {
    PyObject *object = PySequence_Fast_GET_ITEM(list, i);
    if (want_tuple(object, 5, "an operand (buffer, dtype, offset, shape, strides)") < 0) return -1;
    nk_view *v = &view[i];
    *v = (nk_view){.data = NULL};
    if (nk_parse_int(PyTuple_GET_ITEM(object, 0), &operand[i].buffer) < 0 ||
        parse_dtype(PyTuple_GET_ITEM(object, 1), &v->dtype) < 0 ||
        parse_int64(PyTuple_GET_ITEM(object, 2), &operand[i].offset) < 0)
      return -1;
    v->ndim = parse_axes(PyTuple_GET_ITEM(object, 3), v->shape, "an operand's shape");
    if (v->ndim < 0) return -1;
    int n_stride = parse_axes(PyTuple_GET_ITEM(object, 4), v->stride, "an operand's strides");
    if (n_stride != v->ndim) {
      if (n_stride >= 0)
        PyErr_Format(PyExc_ValueError, "an operand has %d axes and %d strides", v->ndim, n_stride);
      return -1;
    }
  }
  return 0;
}

/* Everything one instruction tuple needs while it is handed over: one block, cut in pieces. */
typedef struct scratch {
  nk_operand *operand;
  nk_view *view;
  int64_t *ip;
  double *fp;
  nk_program **sub;
  char *block;
  size_t size;
} scratch;

static int scratch_fit(scratch *s, size_t n_operand, size_t n_ip, size_t n_fp, size_t n_sub) {
  size_t need = n_operand * (sizeof(nk_operand) + sizeof(nk_view)) + n_ip * sizeof(int64_t) +
                n_fp * sizeof(double) + n_sub * sizeof(nk_program *);
  if (need > s->size) {
    nk_free(s->block);
    s->size = 0;
    s->block = nk_alloc(2 * need);
    if (s->block == NULL) {
      PyErr_NoMemory();
      return -1;
    }
    s->size = 2 * need;
  }
  s->view = (nk_view *)(void *)s->block;
  s->operand = (nk_operand *)(s->view + n_operand);
  s->ip = (int64_t *)(s->operand + n_operand);
  s->fp = (double *)(s->ip + n_ip);
  s->sub = (nk_program **)(s->fp + n_fp);
  return 0;
}

/* parts: the seven items of an instruction, those that are sequences already fast ones. */
static int fill_spec(nk_program *program, PyObject *const *parts, scratch *s) {
  Py_ssize_t n_out = PySequence_Fast_GET_SIZE(parts[1]), n_in = PySequence_Fast_GET_SIZE(parts[2]);
  Py_ssize_t n_ip = PySequence_Fast_GET_SIZE(parts[3]), n_fp = PySequence_Fast_GET_SIZE(parts[4]);
  Py_ssize_t n_sub = PySequence_Fast_GET_SIZE(parts[6]);
  if (n_out > NK_MAX_LOOP_OPERANDS || n_in > NK_MAX_LOOP_OPERANDS || n_sub > 2) {
    PyErr_SetString(PyExc_ValueError, "an instruction has too many operands or sub-programs");
    return -1;
  }
  if (scratch_fit(s, (size_t)(n_out + n_in), (size_t)n_ip, (size_t)n_fp, (size_t)n_sub) < 0 ||
      parse_operands(parts[1], s->operand, s->view) < 0 ||
      parse_operands(parts[2], s->operand + n_out, s->view + n_out) < 0)
    return -1;
  for (Py_ssize_t i = 0; i < n_ip; ++i)
    if (parse_int64(PySequence_Fast_GET_ITEM(parts[3], i), &s->ip[i]) < 0) return -1;
  for (Py_ssize_t i = 0; i < n_fp; ++i) {
    s->fp[i] = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(parts[4], i));
    if (s->fp[i] == -1.0 && PyErr_Occurred()) return -1;
  }
  for (Py_ssize_t i = 0; i < n_sub; ++i) {
    s->sub[i] = nk_program_of(PySequence_Fast_GET_ITEM(parts[6], i));
    if (s->sub[i] == NULL) return -1;
  }
  nk_instr_spec spec = {.kernel = PyUnicode_AsUTF8(parts[0]),
                        .n_out = (int)n_out,
                        .n_in = (int)n_in,
                        .operand = s->operand,
                        .view = s->view,
                        .n_ip = n_ip,
                        .n_fp = n_fp,
                        .ip = s->ip,
                        .fp = s->fp,
                        .where = PyUnicode_AsUTF8(parts[5]),
                        .n_sub = (int)n_sub,
                        .sub = s->sub};
  if (spec.kernel == NULL || spec.where == NULL) return -1;
  nk_error error = {.status = NK_OK};
  return nk_program_instr(program, &spec, &error) == NK_OK ? 0 : nk_raised(&error);
}

static int add_instr(nk_program *program, PyObject *object, scratch *s) {
  if (want_tuple(object, 7, "an instruction (kernel, outs, ins, ip, fp, where, subs)") < 0)
    return -1;
  PyObject *parts[7] = {NULL};
  int result = 0;
  for (Py_ssize_t i = 0; i < 7 && result == 0; ++i) {
    PyObject *item = PyTuple_GET_ITEM(object, i);
    bool is_text = i == 0 || i == 5;
    if (is_text && !PyUnicode_Check(item)) {
      PyErr_Format(PyExc_TypeError, "an instruction's kernel and where are str, got %R", item);
      result = -1;
    } else {
      parts[i] = is_text ? Py_NewRef(item) : PySequence_Fast(item, "an instruction has sequences");
      if (parts[i] == NULL) result = -1;
    }
  }
  if (result == 0) result = fill_spec(program, parts, s);
  for (int i = 0; i < 7; ++i) Py_XDECREF(parts[i]);
  return result;
}

int nk_assemble(nk_program *program, PyObject *buffers, PyObject *instrs) {
  nk_error error = {.status = NK_OK};
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(buffers); ++i) {
    nk_buffer buffer;
    if (parse_buffer(PySequence_Fast_GET_ITEM(buffers, i), &buffer) < 0) return -1;
    if (nk_program_buffer(program, &buffer, &error) != NK_OK) return nk_raised(&error);
  }
  scratch s = {.block = NULL};
  int result = 0;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(instrs) && result == 0; ++i)
    result = add_instr(program, PySequence_Fast_GET_ITEM(instrs, i), &s);
  nk_free(s.block);
  if (result < 0) return -1;
  return nk_program_finish(program, &error) == NK_OK ? 0 : nk_raised(&error);
}
