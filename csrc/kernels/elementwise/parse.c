/* Reads and checks a micro-program (the integer parameters of kernel `fused`).
 *
 * ip = n_const, (dtype, bits) * n_const, n_ops, (code, dtype, a, b, c) * n_ops, value of each output.
 */
#include "fused.h"

enum { SAME, TEST, SEL, CONV, PACK, UNPACK };
enum { B = 1, I = 2, F = 4, N = 8 };

static const struct {
  const char *name;
  uint8_t arity, result, types;
} op_table[] = {
#define OP(name, arity, result, types) {#name, arity, result, types},
#include "ops.def"
#undef OP
};

int NK_LV(nk_micro_arity)(int64_t code) { return op_table[code].result >= PACK ? 1 : op_table[code].arity; }

static int type_class(int64_t dtype) {
  switch (dtype) {
  case NK_BOOL: return B;
  case NK_I32:
  case NK_I64: return I;
  case NK_F32:
  case NK_F64: return F;
  case NK_I8:
  case NK_U8:
  case NK_I16:
  case NK_U16:
  case NK_U32:
  case NK_U64: return N;
  default: return 0;
  }
}

/* From here on the input is bool, and so is the value whose bits are written. */
static nk_status parse_bits(nk_micro *m, int v, bool unpacks, const int64_t *p, nk_error *error) {
  nk_value *value = m->value + v, *src = m->value + value->src[0];
  const bool is_known = unpacks && src->bits, is_input = value->src[0] < m->n_in;
  if (p[3] < 1 || (m->n_bits != 0 && p[3] != m->n_bits))
    return nk_fail(error, NK_ERR_VALUE, "fused: got bits of %lld elements, wanted %lld",
                   (long long)p[3], (long long)(m->n_bits != 0 ? m->n_bits : 1));
  if (!is_known && (src->bits || src->dtype != (unpacks ? NK_U8 : NK_BOOL) || (unpacks && !is_input)))
    return nk_fail(error, NK_ERR_TYPE, "fused: %s of %s%s", unpacks ? "flags" : "bits",
                   nk_dtype_name[src->dtype], unpacks && !is_input ? " that is no input" : "");
  m->n_bits = p[3];
  value->code = NK_OP_copy;
  if (unpacks) {
    src->dtype = NK_BOOL;
    src->bits = true;
  } else {
    value->bits = true;
  }
  return NK_OK;
}

/* Does an operation read bits as if they were bytes? */
static bool misreads_bits(const nk_micro *m, const int64_t *ops) {
  for (int k = 0; k < m->n_op; k++) {
    const nk_value *value = m->value + m->n_in + m->n_const + k;
    for (int i = 0; i < value->n_src && op_table[ops[5 * k]].result != UNPACK; i++)
      if (m->value[value->src[i]].bits) return true;
  }
  return false;
}

static nk_status parse_op(nk_micro *m, int v, const int64_t *p, nk_error *error) {
  const int64_t code = p[0], dtype = p[1];
  if (code < 0 || code >= NK_OP_TABLE_END)
    return nk_fail(error, NK_ERR_VALUE, "fused: operation code %lld is not in the table",
                   (long long)code);
  const char *name = op_table[code].name;
  if (!(type_class(dtype) & op_table[code].types))
    return nk_fail(error, NK_ERR_TYPE, "fused: %s is not defined for %s", name,
                   dtype >= 0 && dtype < NK_NDTYPES ? nk_dtype_name[dtype] : "this type");
  nk_value *value = m->value + v;
  const int result = op_table[code].result;
  value->code = (int16_t)code;
  value->op_dtype = (uint8_t)dtype;
  value->dtype = result == TEST ? NK_BOOL : (uint8_t)dtype;
  value->n_src = op_table[code].arity;
  for (int k = 0; k < value->n_src; k++) {
    const int64_t src = p[2 + k];
    if (src < 0 || src >= v)
      return nk_fail(error, NK_ERR_VALUE, "fused: operand %d of %s is value %lld, wanted 0 to %d", k,
                     name, (long long)src, v - 1);
    value->src[k] = (int32_t)src;
    const int got = m->value[src].dtype;
    const int want = result == SEL && k == 0 ? NK_BOOL : (int)dtype;
    if (result == PACK || result == UNPACK) return parse_bits(m, v, result == UNPACK, p, error);
    if (result == CONV ? got > NK_F64 : got != want)
      return nk_fail(error, NK_ERR_TYPE, "fused: operand %d of %s is %s, wanted %s", k, name,
                     nk_dtype_name[got], nk_dtype_name[want]);
  }
  return NK_OK;
}

/* m->value has room for n_in + n_const + n_ops values, cleared. */
nk_status NK_LV(nk_micro_parse)(nk_micro *m, const nk_call *call) {
  nk_error *error = call->ctx->error;
  const int64_t *ip = call->ip;
  m->n_in = call->n_in;
  m->n_out = call->n_out;
  m->n_const = (int)ip[0];
  m->constants = ip + 1;
  m->n_op = (int)ip[1 + 2 * m->n_const];
  const int64_t *ops = ip + 2 + 2 * m->n_const;
  m->results = ops + 5 * m->n_op;
  m->n_value = m->n_in + m->n_const + m->n_op;
  for (int k = 0; k < m->n_in; k++) {
    m->value[k].code = -1;
    m->value[k].dtype = (uint8_t)call->in[k].dtype;
  }
  for (int k = 0; k < m->n_const; k++) {
    const int64_t dtype = m->constants[2 * k];
    if ((type_class(dtype) & (B | I | F)) == 0)
      return nk_fail(error, NK_ERR_TYPE, "fused: constant %d has no computation type", k);
    m->value[m->n_in + k].code = -1;
    m->value[m->n_in + k].dtype = (uint8_t)dtype;
  }
  for (int k = 0; k < m->n_op; k++) {
    const nk_status status = parse_op(m, m->n_in + m->n_const + k, ops + 5 * k, error);
    if (status != NK_OK) return status;
  }
  if (misreads_bits(m, ops))
    return nk_fail(error, NK_ERR_VALUE, "fused: bits are read as bytes");
  for (int k = 0; k < m->n_out; k++) {
    const int64_t v = m->results[k];
    if (v < 0 || v >= m->n_value)
      return nk_fail(error, NK_ERR_VALUE, "fused: output %d is value %lld, wanted 0 to %d", k,
                     (long long)v, m->n_value - 1);
    const int dtype = m->value[v].bits ? NK_U8 : m->value[v].dtype;
    if (dtype != (int)call->out[k].dtype || (m->value[v].bits && v < m->n_in))
      return nk_fail(error, NK_ERR_TYPE, "fused: output %d is %s, its value is %s", k,
                     nk_dtype_name[call->out[k].dtype], nk_dtype_name[dtype]);
    const int class = type_class(m->value[v].dtype);
    if (class == 0 || (class == N && v < m->n_in))
      return nk_fail(error, NK_ERR_TYPE, "fused: output %d is an input of %s, which only convert reads", k,
                     nk_dtype_name[m->value[v].dtype]);
  }
  return NK_OK;
}
