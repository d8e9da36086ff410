/* Comparisons, selection, everything on bool, and conversions between types. */
#include "emit.h"

enum { S0 = NK_EMIT_SCRATCH, S1, S2, S3, MASK = 7 };

static const uint32_t AND = NK_INS(1, 0, 0, 0x54), ANDN = NK_INS(1, 0, 0, 0x55),
                      OR = NK_INS(1, 0, 0, 0x56), XOR = NK_INS(1, 0, 0, 0x57);
static const uint32_t KAND = NK_INS(1, 0, 0, 0x41), KANDN = NK_INS(1, 0, 0, 0x42),
                      KNOT = NK_INS(1, 0, 0, 0x44), KOR = NK_INS(1, 0, 0, 0x45),
                      KXNOR = NK_INS(1, 0, 0, 0x46), KXOR = NK_INS(1, 0, 0, 0x47);

static void put(nk_emit *e, uint32_t ins, int length, int reg, int second, nk_rm rm) {
  nk_code_vector(&e->code, ins, length, reg, second, rm, NK_NO_IMM);
}

static nk_rm ones(nk_emit *e) { return nk_code_pool(&e->code, ~(uint64_t)0); }

int nk_emit_lanes(nk_emit *e, int reg, int bytes, int scratch) {
  if (bytes == e->lane_bytes) return reg;
  nk_code_vector(&e->code, NK_INS(3, 1, 0, 0x39), 1, reg, 0, nk_rm_reg(scratch), 1);
  nk_code_vector(&e->code, NK_INS(1, 0, 0, 0xC6), 0, scratch, reg, nk_rm_reg(scratch), 0x88);
  return scratch;
}

void nk_emit_widen(nk_emit *e, int dst, int bytes) {
  if (bytes != e->lane_bytes) put(e, NK_INS(2, 1, 0, 0x25), 1, dst, 0, nk_rm_reg(dst));
}

/* AVX2: `not` of a vector bool, all lanes. */
static void invert(nk_emit *e, int dst, int x) { put(e, XOR, 1, dst, x, ones(e)); }

static void compare_float(nk_emit *e, const nk_site *s, int predicate) {
  const int a = nk_emit_fetch(e, s, 0, S0);
  nk_code_vector(&e->code, NK_INS(1, s->wide, s->wide, 0xC2), s->length, s->dst, a,
                 nk_emit_operand(e, s, 1, S1), predicate);
  if (!NK_NATIVE_EVEX) nk_emit_widen(e, s->dst, s->wide ? 8 : 4);
}

static void compare_int(nk_emit *e, const nk_site *s) {
  static const uint8_t predicate[] = {1, 2, 6, 5, 0, 4}; /* lt le gt ge eq ne */
  const int which = s->value->code - NK_OP_lt;
  const int a = nk_emit_fetch(e, s, 0, S0);
  if (NK_NATIVE_EVEX) {
    nk_code_vector(&e->code, NK_INS(3, 1, s->wide, 0x1F), s->length, s->dst, a,
                   nk_emit_operand(e, s, 1, S1), predicate[which]);
    return;
  }
  const int b = nk_emit_fetch(e, s, 1, S1);
  const uint32_t equal = s->wide ? NK_INS(2, 1, 0, 0x29) : NK_INS(1, 1, 0, 0x76);
  const uint32_t greater = s->wide ? NK_INS(2, 1, 0, 0x37) : NK_INS(1, 1, 0, 0x66);
  const int code = s->value->code;
  const bool mirrored = code == NK_OP_lt || code == NK_OP_ge;
  if (code == NK_OP_eq || code == NK_OP_ne)
    put(e, equal, s->length, s->dst, a, nk_rm_reg(b));
  else
    put(e, greater, s->length, s->dst, mirrored ? b : a, nk_rm_reg(mirrored ? a : b));
  nk_emit_widen(e, s->dst, s->wide ? 8 : 4);
  if (code == NK_OP_ne || code == NK_OP_le || code == NK_OP_ge) invert(e, s->dst, s->dst);
}

/* Of bools, false < true; mask registers here, vectors below. */
static bool mask_op(nk_emit *e, const nk_site *s, int code) {
  nk_code *c = &e->code;
  const int a = nk_emit_fetch(e, s, 0, MASK);
  if (s->value->n_src == 1) {
    nk_code_vex(c, KNOT, 0, s->dst, 0, nk_rm_reg(a), NK_NO_IMM);
    return code == NK_OP_not || code == NK_OP_invert;
  }
  const int b = nk_emit_fetch(e, s, 1, 0);
  const bool mirrored = code == NK_OP_gt || code == NK_OP_le;
  uint32_t ins = KANDN;
  if (code == NK_OP_and || code == NK_OP_mul || code == NK_OP_minimum) ins = KAND;
  if (code == NK_OP_or || code == NK_OP_add || code == NK_OP_maximum) ins = KOR;
  if (code == NK_OP_xor || code == NK_OP_ne) ins = KXOR;
  if (code == NK_OP_eq) ins = KXNOR;
  nk_code_vex(c, ins, 1, s->dst, mirrored ? b : a, nk_rm_reg(mirrored ? a : b), NK_NO_IMM);
  if (code == NK_OP_le || code == NK_OP_ge)
    nk_code_vex(c, KNOT, 0, s->dst, 0, nk_rm_reg(s->dst), NK_NO_IMM);
  return true;
}

static bool vector_op(nk_emit *e, const nk_site *s, int code) {
  const int a = nk_emit_fetch(e, s, 0, S0);
  if (s->value->n_src == 1) {
    invert(e, s->dst, a);
    return code == NK_OP_not || code == NK_OP_invert;
  }
  const int b = nk_emit_fetch(e, s, 1, S1);
  const bool mirrored = code == NK_OP_gt || code == NK_OP_le;
  uint32_t ins = ANDN;
  if (code == NK_OP_and || code == NK_OP_mul || code == NK_OP_minimum) ins = AND;
  if (code == NK_OP_or || code == NK_OP_add || code == NK_OP_maximum) ins = OR;
  if (code == NK_OP_xor || code == NK_OP_ne || code == NK_OP_eq) ins = XOR;
  put(e, ins, 1, s->dst, mirrored ? b : a, nk_rm_reg(mirrored ? a : b));
  if (code == NK_OP_le || code == NK_OP_ge || code == NK_OP_eq) invert(e, s->dst, s->dst);
  return true;
}

bool nk_emit_bool(nk_emit *e, const nk_site *s) {
  return NK_NATIVE_EVEX ? mask_op(e, s, s->value->code) : vector_op(e, s, s->value->code);
}

bool nk_emit_compare(nk_emit *e, const nk_site *s) {
  static const uint8_t predicate[] = {0x01, 0x02, 0x0E, 0x0D, 0x00, 0x04}; /* lt le gt ge eq ne */
  const int code = s->value->code;
  if (code >= NK_OP_lt && code <= NK_OP_ne) {
    if (s->dtype == NK_BOOL) return nk_emit_bool(e, s);
    if (s->dtype == NK_I32 || s->dtype == NK_I64)
      compare_int(e, s);
    else
      compare_float(e, s, predicate[code - NK_OP_lt]);
    return true;
  }
  const int x = nk_emit_fetch(e, s, 0, S0);
  nk_rm other = nk_rm_reg(x);
  int from = x, test = 0x03;
  if (code != NK_OP_isnan) { /* |x| against infinity */
    from = S1;
    put(e, AND, s->length, S1, x,
        nk_code_pool(&e->code, s->wide ? 0x7FFFFFFFFFFFFFFFu : 0x7FFFFFFF7FFFFFFFu));
    other = nk_code_pool(&e->code, s->wide ? 0x7FF0000000000000u : 0x7F8000007F800000u);
    test = code == NK_OP_isinf ? 0x00 : 0x01;
  }
  nk_code_vector(&e->code, NK_INS(1, s->wide, s->wide, 0xC2), s->length, s->dst, from, other, test);
  if (!NK_NATIVE_EVEX) nk_emit_widen(e, s->dst, s->wide ? 8 : 4);
  return true;
}

/* c ? x : y on bools as y ^ (c & (x ^ y)): two scratch masks suffice. */
static void select_mask(nk_emit *e, const nk_site *s) {
  nk_code *c = &e->code;
  const int x = nk_emit_fetch(e, s, 1, MASK), y = nk_emit_fetch(e, s, 2, 0);
  nk_code_vex(c, KXOR, 1, MASK, x, nk_rm_reg(y), NK_NO_IMM);
  nk_code_vex(c, KAND, 1, MASK, MASK, nk_rm_reg(nk_emit_fetch(e, s, 0, 0)), NK_NO_IMM);
  nk_code_vex(c, KXOR, 1, s->dst, MASK, nk_rm_reg(nk_emit_fetch(e, s, 2, 0)), NK_NO_IMM);
}

bool nk_emit_select(nk_emit *e, const nk_site *s) {
  if (NK_NATIVE_EVEX && s->dtype == NK_BOOL) {
    select_mask(e, s);
    return true;
  }
  if (NK_NATIVE_EVEX) {
    const int k = nk_emit_fetch(e, s, 0, MASK), no = nk_emit_fetch(e, s, 2, S2);
    nk_code_masked(&e->code, NK_INS(2, 1, s->wide, 0x65), s->length, s->dst, no,
                   nk_emit_operand(e, s, 1, S1), NK_NO_IMM, k, false);
    return true;
  }
  const int bytes = s->dtype == NK_BOOL ? e->lane_bytes : nk_dtype_size[s->dtype];
  const int length = s->dtype == NK_BOOL ? 1 : s->length;
  const int k = nk_emit_lanes(e, nk_emit_fetch(e, s, 0, S0), bytes, S3);
  const int no = nk_emit_fetch(e, s, 2, S2);
  nk_code_vector(&e->code, NK_INS(3, 1, 0, 0x4A), length, s->dst, no, nk_emit_operand(e, s, 1, S1),
                 k << 4);
  return true;
}

static void from_bool(nk_emit *e, const nk_site *s) {
  const uint64_t one = s->dtype == NK_F32   ? 0x3F8000003F800000u
                       : s->dtype == NK_F64 ? 0x3FF0000000000000u
                       : s->dtype == NK_I32 ? 0x0000000100000001u
                                            : 1u;
  if (NK_NATIVE_EVEX) {
    const int k = nk_emit_fetch(e, s, 0, MASK);
    nk_code_masked(&e->code, NK_INS(1, s->wide, s->wide, 0x10), s->length, s->dst, 0,
                   nk_code_pool(&e->code, one), NK_NO_IMM, k, true);
    return;
  }
  const int k = nk_emit_lanes(e, nk_emit_fetch(e, s, 0, S0), s->wide ? 8 : 4, S3);
  put(e, AND, s->length, s->dst, k, nk_code_pool(&e->code, one));
}

static void to_bool(nk_emit *e, const nk_site *s, int source) {
  const int wide = nk_dtype_size[source] == 8, length = nk_emit_length(e, nk_dtype_size[source]);
  const int x = nk_emit_fetch(e, s, 0, S0);
  const bool is_float = source == NK_F32 || source == NK_F64;
  const nk_rm zero = nk_code_pool(&e->code, 0);
  if (is_float)
    nk_code_vector(&e->code, NK_INS(1, wide, wide, 0xC2), length, s->dst, x, zero, 0x04);
  else if (NK_NATIVE_EVEX)
    put(e, NK_INS(2, 1, wide, 0x27), length, s->dst, x, nk_rm_reg(x));
  else
    put(e, wide ? NK_INS(2, 1, 0, 0x29) : NK_INS(1, 1, 0, 0x76), length, s->dst, x, zero);
  if (NK_NATIVE_EVEX) return;
  nk_emit_widen(e, s->dst, wide ? 8 : 4);
  if (!is_float) invert(e, s->dst, s->dst);
}

/* The instruction from type to type, 0 where there is none; [source][target], i32 i64 f32 f64. */
static uint32_t conversion(int source, int target) {
  static const uint32_t table[4][4] = {
      {0, NK_INS(2, 1, 0, 0x25), NK_INS(1, 0, 0, 0x5B), NK_INS(1, 2, 0, 0xE6)},
      {0, 0, NK_INS(1, 0, 1, 0x5B), NK_INS(1, 2, 1, 0xE6)},
      {NK_INS(1, 2, 0, 0x5B), NK_INS(1, 1, 0, 0x7A), 0, NK_INS(1, 0, 0, 0x5A)},
      {NK_INS(1, 1, 1, 0xE6), NK_INS(1, 1, 1, 0x7A), NK_INS(1, 1, 1, 0x5A), 0}};
  static const int8_t row[NK_NDTYPES] = {
      [NK_BOOL] = -1, [NK_I8] = -1,  [NK_U8] = -1,  [NK_I16] = -1, [NK_U16] = -1,
      [NK_I32] = 0,   [NK_U32] = -1, [NK_I64] = 1,  [NK_U64] = -1, [NK_F32] = 2,
      [NK_F64] = 3,   [NK_C64] = -1, [NK_C128] = -1};
  if (row[source] < 0 || row[target] < 0) return 0;
  const bool has_i64 = source == NK_I64 || target == NK_I64;
  if (!NK_NATIVE_EVEX && has_i64 && source != NK_I32) return 0;
  return table[row[source]][row[target]];
}

bool nk_emit_convert(nk_emit *e, const nk_site *s) {
  const int source = e->micro.value[s->value->src[0]].dtype, target = s->dtype;
  if (source == NK_BOOL) {
    from_bool(e, s);
    return true;
  }
  if (target == NK_BOOL) {
    if (source != NK_I32 && source != NK_I64 && source != NK_F32 && source != NK_F64) return false;
    to_bool(e, s, source);
    return true;
  }
  const int bytes =
      nk_dtype_size[source] > nk_dtype_size[target] ? nk_dtype_size[source] : nk_dtype_size[target];
  const int length = nk_emit_length(e, bytes);
  if (source == NK_I64 && target == NK_I32) {
    const int x = nk_emit_fetch(e, s, 0, S0);
    if (NK_NATIVE_EVEX) {
      put(e, NK_INS(2, 2, 0, 0x35), length, x, 0, nk_rm_reg(s->dst));
    } else {
      nk_code_vector(&e->code, NK_INS(3, 1, 0, 0x39), 1, x, 0, nk_rm_reg(S1), 1);
      nk_code_vector(&e->code, NK_INS(1, 0, 0, 0xC6), 0, s->dst, x, nk_rm_reg(S1), 0x88);
    }
    return true;
  }
  const uint32_t ins = conversion(source, target);
  if (ins == 0) return false;
  const bool extends = source == NK_I32 && target == NK_I64; /* takes no repeated element */
  put(e, ins, length, s->dst, 0,
      extends ? nk_rm_reg(nk_emit_fetch(e, s, 0, S0)) : nk_emit_operand(e, s, 0, S0));
  return true;
}
