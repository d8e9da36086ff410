/* Rewrites a micro-program before it is compiled: aliases, superinstructions, dead values.
 *
 * Every rewrite keeps the bits: a chain does all roundings of the operations it replaces, and a
 * comparison is repeated inside the selection that wants it. A step costs its loads, its store and
 * about 20 cycles per block, so fewer and longer ones pay.
 */
#include "combine.h"

static int chain_first(int code) {
  switch (code) {
  case NK_OP_add: return NK_CHAIN_ADD;
  case NK_OP_sub: return NK_CHAIN_SUB;
  case NK_OP_mul: return NK_CHAIN_MUL;
  case NK_OP_div: return NK_CHAIN_DIV;
  default: return -1;
  }
}

/* The second operation of a chain whose operand `side` is the first one's result. */
static int chain_second(int code, int side) {
  if (side == 0) return chain_first(code);
  if (code == NK_OP_sub) return NK_CHAIN_RSUB;
  return code == NK_OP_add || code == NK_OP_mul ? chain_first(code) : -1;
}

static bool is_float(int dtype) {
  return dtype == NK_F32 || dtype == NK_F64;
}

/* A value that is another one: copies, conversions to the own type, rounding of integers. */
static int same_as(const nk_micro *m, int v) {
  const nk_value *value = m->value + v;
  if (value->code < 0) return v;
  const int from = value->src[0];
  const bool whole = !is_float(value->dtype);
  const bool same =
      value->code == NK_OP_copy ||
      (value->code == NK_OP_convert && m->value[from].dtype == value->dtype) ||
      (value->code == NK_OP_abs && value->dtype == NK_BOOL) ||
      (whole && (value->code == NK_OP_floor || value->code == NK_OP_ceil ||
                 value->code == NK_OP_trunc));
  return same ? from : v;
}

/* Counts uses and marks what the outputs need. `alias[v]` is the value v stands for. */
void NK_LV(nk_combine_alias)(nk_micro *m, int32_t *alias) {
  for (int v = 0; v < m->n_value; v++) {
    nk_value *value = m->value + v;
    for (int k = 0; k < value->n_src; k++) value->src[k] = alias[value->src[k]];
    const int to = same_as(m, v);
    alias[v] = to == v ? v : alias[to];
  }
  for (int k = 0; k < m->n_out; k++) {
    m->value[alias[m->results[k]]].output = true;
    m->value[alias[m->results[k]]].live = true;
  }
  for (int v = m->n_value - 1; v >= 0; v--) {
    nk_value *value = m->value + v;
    if (!value->live) continue;
    for (int k = 0; k < value->n_src; k++) {
      m->value[value->src[k]].live = true;
      m->value[value->src[k]].uses++;
    }
  }
}

static void release(nk_micro *m, int v) {
  nk_value *value = m->value + v;
  if (--value->uses > 0 || value->output) return;
  value->live = false;
  for (int k = 0; k < value->n_src; k++) release(m, value->src[k]);
}

static void swap_first(nk_value *value) {
  const int32_t a = value->src[0];
  value->src[0] = value->src[1];
  value->src[1] = a;
}

/* (a op1 b) op2 c as one step when op1's result has no other reader. */
static void try_chain(nk_micro *m, int v) {
  nk_value *value = m->value + v;
  if (value->uniform || !is_float(value->dtype) || chain_first(value->code) < 0) return;
  for (int side = 0; side < 2; side++) {
    const nk_value *first = m->value + value->src[side];
    const int second = chain_second(value->code, side);
    const int op1 = first->code < 0 ? -1 : chain_first(first->code);
    if (op1 < 0 || second < 0 || first->uniform || first->uses != 1 || first->output) continue;
    const int32_t other = value->src[1 - side], gone = value->src[side];
    value->code = (int16_t)NK_CHAIN_CODE(op1, second);
    value->n_src = 3;
    value->src[0] = first->src[0];
    value->src[1] = first->src[1];
    value->src[2] = other;
    m->value[gone].live = false; /* its operands' uses pass to the chain */
    m->value[gone].uses = 0;
    return;
  }
}

/* fma(a - b, c, e) as one step when the difference has no other reader: a driving force. */
static void try_sub_fma(nk_micro *m, int v) {
  nk_value *value = m->value + v;
  if (value->code != NK_OP_fma || value->uniform || !is_float(value->dtype)) return;
  for (int side = 0; side < 2; side++) {
    nk_value *first = m->value + value->src[side];
    if (first->code != NK_OP_sub || first->uniform || first->uses != 1 || first->output) continue;
    value->code = NK_OP_SUB_FMA;
    value->n_src = 4;
    value->src[3] = value->src[2];
    value->src[2] = value->src[1 - side];
    value->src[0] = first->src[0];
    value->src[1] = first->src[1];
    first->live = false; /* its operands' uses pass to the chain */
    first->uses = 0;
    return;
  }
}

/* The value as the second half of a larger step: it has no other reader and computes in `dtype`. */
static nk_value *absorbed(nk_micro *m, int v, int code, int dtype) {
  nk_value *value = m->value + v;
  const bool fits = value->code == code && !value->uniform && value->uses == 1 && !value->output &&
                    value->op_dtype == dtype;
  return fits ? value : NULL;
}

/* Its operands' uses pass to the step that took it. */
static void take_over(nk_value *value) {
  value->live = false;
  value->uses = 0;
}

/* fma(r - b, c, d - e) with r and d one value each: leak and conductance in one step. */
static void try_sub_fma_sub(nk_micro *m, int v) {
  nk_value *value = m->value + v;
  if (value->code != NK_OP_SUB_FMA || !m->value[value->src[0]].uniform ||
      m->value[value->src[1]].uniform || m->value[value->src[2]].uniform)
    return;
  nk_value *last = absorbed(m, value->src[3], NK_OP_sub, value->op_dtype);
  if (last == NULL || !m->value[last->src[0]].uniform || m->value[last->src[1]].uniform) return;
  value->code = NK_OP_SUB_FMA_SUB;
  value->n_src = 5;
  value->src[3] = last->src[0];
  value->src[4] = last->src[1];
  take_over(last);
}

/* fma(a, b, c * d) as one step: leaky integration, gated sums. */
static void try_mul_fma(nk_micro *m, int v) {
  nk_value *value = m->value + v;
  if (value->code != NK_OP_fma || value->uniform || !is_float(value->dtype)) return;
  nk_value *last = absorbed(m, value->src[2], NK_OP_mul, value->op_dtype);
  if (last == NULL) return;
  const int swap = m->value[last->src[0]].uniform; /* one value stands second */
  value->code = NK_OP_MUL_FMA;
  value->n_src = 4;
  value->src[2] = last->src[swap];
  value->src[3] = last->src[1 - swap];
  take_over(last);
}

static int mirrored(int compare) {
  switch (compare) {
  case NK_OP_lt: return NK_OP_gt;
  case NK_OP_le: return NK_OP_ge;
  case NK_OP_gt: return NK_OP_lt;
  case NK_OP_ge: return NK_OP_le;
  default: return compare;
  }
}

static bool is_shape(const nk_micro *m, const nk_value *op, int c, int d) {
  return !m->value[op->src[c]].uniform && m->value[op->src[d]].uniform;
}

/* A comparing selection takes over the sum or fma that it may choose. */
static bool take_branch(nk_micro *m, int v, int no, int op, int code) {
  nk_value *value = m->value + v;
  nk_value *sum = absorbed(m, value->src[2 + no], code, value->dtype);
  if (sum == NULL) return false;
  const int c = op != NK_BRANCH_SUB && m->value[sum->src[0]].uniform ? 1 : 0, d = 1 - c;
  if (!is_shape(m, sum, c, d) || (op == NK_BRANCH_FMA && m->value[sum->src[2]].uniform))
    return false;
  value->code = (int16_t)NK_BRANCH_CODE(value->code - NK_OP_CMP_SELECT + NK_OP_lt, no, op);
  value->n_src = op == NK_BRANCH_FMA ? 6 : 5;
  value->src[2] = value->src[3 - no];
  value->src[3] = sum->src[c];
  value->src[4] = sum->src[d];
  if (op == NK_BRANCH_FMA) value->src[5] = sum->src[2];
  take_over(sum);
  return true;
}

static void try_branch(nk_micro *m, int v) {
  static const int code[NK_BRANCH_OPS] = {NK_OP_add, NK_OP_sub, NK_OP_fma};
  const nk_value *value = m->value + v;
  const int compare = value->code - NK_OP_CMP_SELECT + NK_OP_lt;
  if (compare < NK_OP_lt || compare > NK_OP_ge || !is_float(value->dtype) ||
      value->op_dtype != value->dtype)
    return;
  for (int no = 0; no < 2; no++)
    for (int op = 0; op < NK_BRANCH_OPS; op++)
      if (take_branch(m, v, no, op, code[op])) return;
}

/* select(a cmp b, x, y) as one step when both types have one size. */
static void try_compare_select(nk_micro *m, int v) {
  nk_value *value = m->value + v;
  if (value->code != NK_OP_select || value->uniform) return;
  const int32_t test = value->src[0];
  const nk_value *compare = m->value + test;
  if (compare->code < NK_OP_lt || compare->code > NK_OP_ne || compare->uniform) return;
  if (compare->op_dtype == NK_BOOL ||
      nk_dtype_size[compare->op_dtype] != nk_dtype_size[value->dtype])
    return;
  const int32_t x = value->src[1], y = value->src[2];
  int32_t a = compare->src[0], b = compare->src[1];
  int code = compare->code;
  if (m->value[a].uniform) {
    const int32_t swap = a;
    a = b;
    b = swap;
    code = mirrored(code);
  }
  m->value[a].uses++;
  m->value[b].uses++;
  value->code = (int16_t)(NK_OP_CMP_SELECT + code - NK_OP_lt);
  value->op_dtype = compare->op_dtype;
  value->n_src = 4;
  value->src[0] = a;
  value->src[1] = b;
  value->src[2] = x;
  value->src[3] = y;
  release(m, test);
  try_branch(m, v);
}

/* Can `reader` compute its operand v, an affine value, itself? */
static bool fits_affine(const nk_micro *m, const nk_value *reader, int v) {
  const int32_t *src = reader->src;
  const bool one = (src[0] == v) != (src[1] == v); /* it stands on one side, not on both */
  if (!one || reader->uniform || reader->op_dtype != m->value[v].dtype) return false;
  const int other = src[0] == v ? src[1] : src[0];
  if (m->value[other].uniform) return false;
  if (reader->code == NK_CHAIN_CODE(NK_CHAIN_MUL, NK_CHAIN_RSUB))
    return src[2] != v && !m->value[src[2]].uniform;
  const int compare = reader->code - NK_OP_CMP_SELECT + NK_OP_lt;
  return compare >= NK_OP_lt && compare <= NK_OP_ge && reader->dtype == reader->op_dtype &&
         m->value[src[2]].uniform && m->value[src[3]].uniform;
}

static void take_affine(nk_value *reader, const nk_value *affine, int v) {
  const int side = reader->src[1] == v;
  const int32_t other = reader->src[1 - side], third = reader->src[2], last = reader->src[3];
  if (reader->code == NK_CHAIN_CODE(NK_CHAIN_MUL, NK_CHAIN_RSUB)) {
    reader->code = NK_OP_AFFINE_RSUB;
    reader->n_src = 5;
  } else {
    int compare = reader->code - NK_OP_CMP_SELECT + NK_OP_lt;
    if (side == 0) compare = mirrored(compare);
    reader->code = (int16_t)(NK_OP_CMP_AFFINE + compare - NK_OP_lt);
    reader->n_src = 6;
    reader->src[5] = last;
  }
  reader->src[0] = other;
  for (int k = 0; k < 3; k++) reader->src[1 + k] = affine->src[k];
  reader->src[4] = third;
}

/* fma(x, p, q), p and q one value each, goes into its readers when all of them can take it. */
static void try_affine(nk_micro *m, int v) {
  nk_value *affine = m->value + v;
  if (affine->code != NK_OP_fma || !affine->live || affine->uniform || affine->output ||
      !is_shape(m, affine, 0, 1) || !m->value[affine->src[2]].uniform)
    return;
  for (int pass = 0; pass < 2; pass++) /* look, then take */
    for (int u = v + 1, left = affine->uses; u < m->n_value && left > 0; u++) {
      nk_value *reader = m->value + u;
      bool reads = false;
      for (int k = 0; k < reader->n_src; k++) reads |= reader->live && reader->src[k] == v;
      if (!reads) continue;
      if (pass == 0 && !fits_affine(m, reader, v)) return;
      if (pass == 1) take_affine(reader, affine, v);
      left--;
    }
  take_over(affine);
}

void NK_LV(nk_combine)(nk_micro *m) {
  for (int v = m->n_in + m->n_const; v < m->n_value; v++) {
    nk_value *value = m->value + v;
    if (!value->live) continue;
    value->uniform = true;
    for (int k = 0; k < value->n_src; k++) value->uniform &= m->value[value->src[k]].uniform;
    try_chain(m, v);
    try_sub_fma(m, v);
    try_sub_fma_sub(m, v);
    try_mul_fma(m, v);
    try_compare_select(m, v);
    const bool commutes = value->code == NK_OP_fma || value->code == NK_OP_MUL_FMA ||
                          (value->code >= NK_CHAIN_CODE(NK_CHAIN_ADD, 0) &&
                           value->code < NK_CHAIN_CODE(NK_CHAIN_SUB, 0)) ||
                          (value->code >= NK_CHAIN_CODE(NK_CHAIN_MUL, 0) &&
                           value->code < NK_CHAIN_CODE(NK_CHAIN_DIV, 0));
    if (commutes && m->value[value->src[0]].uniform) swap_first(value);
  }
  for (int v = m->n_in + m->n_const; v < m->n_value; v++) try_affine(m, v);
}
