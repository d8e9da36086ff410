/* Arithmetic of floats and integers: one or few instructions per operation, the interpreter's bits.
 *
 * The result register may be an operand's, so it is written by the last instruction only.
 */
#include "emit.h"

enum { S0 = NK_EMIT_SCRATCH, S1, S2, S3, MASK = 7 };

typedef struct pair {
  uint64_t narrow, wide;
} pair;
static const pair SIGN = {0x8000000080000000u, 0x8000000000000000u};
static const pair NOT_SIGN = {0x7FFFFFFF7FFFFFFFu, 0x7FFFFFFFFFFFFFFFu};
static const pair ONE = {0x3F8000003F800000u, 0x3FF0000000000000u};

static nk_rm constant(nk_emit *e, const nk_site *s, pair p) {
  nk_rm rm = nk_code_pool(&e->code, s->wide ? p.wide : p.narrow);
  rm.repeat = NK_NATIVE_EVEX;
  return rm;
}

static void put(nk_emit *e, const nk_site *s, uint32_t ins, int reg, int second, nk_rm rm) {
  nk_code_vector(&e->code, ins, s->length, reg, second, rm, NK_NO_IMM);
}

/* Float instruction of map 0F in its single or double form. */
static uint32_t real(const nk_site *s, uint32_t opcode) {
  return NK_INS(1, s->wide, s->wide, opcode);
}

enum { AND = 0x54, OR = 0x56, XOR = 0x57 };

static void binary(nk_emit *e, const nk_site *s, uint32_t ins, bool commutes) {
  const bool swap = commutes && s->reg[0] < 0 && s->reg[1] >= 0;
  const int a = nk_emit_fetch(e, s, swap, S0);
  put(e, s, ins, s->dst, a, nk_emit_operand(e, s, !swap, S1));
}

static void compare(nk_emit *e, const nk_site *s, int reg, int a, nk_rm b, int predicate) {
  nk_code_vector(&e->code, real(s, 0xC2), s->length, reg, a, b, predicate);
}

/* dst = mask ? yes : no; the mask in mask register MASK or vector `mask`. */
static void blend(nk_emit *e, const nk_site *s, int dst, int no, nk_rm yes, int mask) {
  if (NK_NATIVE_EVEX)
    nk_code_masked(&e->code, NK_INS(2, 1, s->wide, 0x65), s->length, dst, no, yes, NK_NO_IMM, MASK,
                   false);
  else
    nk_code_vector(&e->code, NK_INS(3, 1, 0, s->wide ? 0x4B : 0x4A), s->length, dst, no, yes,
                   mask << 4);
}

/* x if x >= y (or <=) or x is NaN, else y. */
static void extremum(nk_emit *e, const nk_site *s, bool maximum) {
  const int x = nk_emit_fetch(e, s, 0, S0), y = nk_emit_fetch(e, s, 1, S1);
  if (NK_NATIVE_EVEX) { /* y if not (x >= y) and x is a number */
    compare(e, s, MASK, x, nk_rm_reg(y), maximum ? 0x09 : 0x06);
    nk_code_masked(&e->code, real(s, 0xC2), s->length, MASK, x, nk_rm_reg(x), 0x07, MASK, false);
    blend(e, s, s->dst, x, nk_rm_reg(y), MASK);
    return;
  }
  compare(e, s, S2, x, nk_rm_reg(y), maximum ? 0x0D : 0x02);
  compare(e, s, S3, x, nk_rm_reg(x), 0x03);
  put(e, s, real(s, OR), S2, S2, nk_rm_reg(S3));
  blend(e, s, s->dst, y, nk_rm_reg(x), S2);
}

/* 1 or -1 with the sign of x where x != 0, +0 where x == 0, NaN as it is. */
static void sign(nk_emit *e, const nk_site *s) {
  const int x = nk_emit_fetch(e, s, 0, S0), mask = NK_NATIVE_EVEX ? MASK : S2;
  put(e, s, real(s, XOR), S3, S3, nk_rm_reg(S3));
  put(e, s, real(s, AND), S1, x, constant(e, s, SIGN));
  put(e, s, real(s, OR), S1, S1, constant(e, s, ONE));
  compare(e, s, mask, x, nk_rm_reg(S3), 0x0C); /* a number and not 0 */
  blend(e, s, S1, x, nk_rm_reg(S1), mask);
  compare(e, s, mask, x, nk_rm_reg(S3), 0x00);
  blend(e, s, s->dst, S1, nk_rm_reg(S3), mask);
}

static void move(nk_emit *e, const nk_site *s, int from) {
  if (s->dst != from) put(e, s, NK_INS(1, 0, 0, 0x28), s->dst, 0, nk_rm_reg(from));
}

/* x y + c. The instruction overwrites an operand, and its last one may stand in memory. */
static void multiply_add(nk_emit *e, const nk_site *s) {
  const uint32_t form132 = NK_INS(2, 1, s->wide, 0x98); /* dst = dst last + second */
  const uint32_t form213 = NK_INS(2, 1, s->wide, 0xA8); /* dst = second dst + last */
  const uint32_t form231 = NK_INS(2, 1, s->wide, 0xB8); /* dst = second last + dst */
  const bool swap = s->reg[1] >= 0 && (s->reg[0] < 0 || s->reg[1] == s->dst);
  const int x = nk_emit_fetch(e, s, swap, S0), y = s->reg[!swap];
  int c = s->reg[2];
  if (y >= 0 && c != s->dst) {
    move(e, s, x);
    put(e, s, form213, s->dst, y, nk_emit_operand(e, s, 2, S2));
    return;
  }
  if (c < 0) {
    c = x == s->dst ? S2 : s->dst;
    nk_emit_load(e, s->value->src[2], c);
  }
  const nk_rm last = nk_emit_operand(e, s, !swap, S1);
  if (x == s->dst && c != s->dst) {
    put(e, s, form132, s->dst, c, last);
    return;
  }
  move(e, s, c);
  put(e, s, form231, s->dst, x, last);
}

static void round_to(nk_emit *e, const nk_site *s, int mode) {
  nk_code_vector(&e->code, NK_INS(3, 1, NK_NATIVE_EVEX && s->wide, s->wide ? 0x09 : 0x08),
                 s->length, s->dst, 0, nk_emit_operand(e, s, 0, S0), 8 | mode);
}

bool nk_emit_float(nk_emit *e, const nk_site *s) {
  switch (s->value->code) {
    case NK_OP_add: binary(e, s, real(s, 0x58), true); return true;
    case NK_OP_sub: binary(e, s, real(s, 0x5C), false); return true;
    case NK_OP_mul: binary(e, s, real(s, 0x59), true); return true;
    case NK_OP_div: binary(e, s, real(s, 0x5E), false); return true;
    case NK_OP_maximum: extremum(e, s, true); return true;
    case NK_OP_minimum: extremum(e, s, false); return true;
    case NK_OP_sign: sign(e, s); return true;
    case NK_OP_fma: multiply_add(e, s); return true;
    case NK_OP_floor: round_to(e, s, 1); return true;
    case NK_OP_ceil: round_to(e, s, 2); return true;
    case NK_OP_trunc: round_to(e, s, 3); return true;
    case NK_OP_rint: round_to(e, s, 0); return true;
    case NK_EMIT_MIN: binary(e, s, real(s, 0x5D), false); return true;
    case NK_EMIT_MAX: binary(e, s, real(s, 0x5F), false); return true;
    case NK_EMIT_SCALE: binary(e, s, NK_INS(2, 1, s->wide, 0x2C), false); return true;
    case NK_EMIT_RANGE: { /* the lesser magnitude, the first one's sign */
      const int a = nk_emit_fetch(e, s, 0, S0);
      nk_code_vector(&e->code, NK_INS(3, 1, s->wide, 0x50), s->length, s->dst, a,
                     nk_emit_operand(e, s, 1, S1), 2);
      return true;
    }
    case NK_OP_sqrt: put(e, s, real(s, 0x51), s->dst, 0, nk_emit_operand(e, s, 0, S0)); return true;
    default: break;
  }
  if (s->value->code == NK_OP_copysign) {
    const int x = nk_emit_fetch(e, s, 0, S0), y = nk_emit_fetch(e, s, 1, S1);
    put(e, s, real(s, AND), S2, x, constant(e, s, NOT_SIGN));
    put(e, s, real(s, AND), S3, y, constant(e, s, SIGN));
    put(e, s, real(s, OR), s->dst, S2, nk_rm_reg(S3));
    return true;
  }
  const int x = nk_emit_fetch(e, s, 0, S0);
  switch (s->value->code) {
    case NK_OP_neg: put(e, s, real(s, XOR), s->dst, x, constant(e, s, SIGN)); return true;
    case NK_OP_abs: put(e, s, real(s, AND), s->dst, x, constant(e, s, NOT_SIGN)); return true;
    case NK_OP_square: put(e, s, real(s, 0x59), s->dst, x, nk_rm_reg(x)); return true;
    case NK_OP_reciprocal:
      put(e, s, NK_INS(1, 0, 0, 0x10), S1, 0,
          nk_code_pool(&e->code, s->wide ? ONE.wide : ONE.narrow));
      put(e, s, real(s, 0x5E), s->dst, S1, nk_rm_reg(x));
      return true;
    default: return false;
  }
}

/* Multiplication, shifts, extrema and abs of int64 exist in AVX-512 only. */
bool nk_emit_int(nk_emit *e, const nk_site *s) {
  const int w = s->wide;
  const bool all = !w || NK_NATIVE_EVEX;
  const uint32_t product = NK_INS(2, 1, w, 0x40), difference = NK_INS(1, 1, w, w ? 0xFB : 0xFA);
  switch (s->value->code) {
    case NK_OP_add: binary(e, s, NK_INS(1, 1, w, w ? 0xD4 : 0xFE), true); return true;
    case NK_OP_sub: binary(e, s, difference, false); return true;
    case NK_OP_mul:
      if (all) binary(e, s, product, true);
      return all;
    case NK_OP_and: binary(e, s, real(s, AND), true); return true;
    case NK_OP_or: binary(e, s, real(s, OR), true); return true;
    case NK_OP_xor: binary(e, s, real(s, XOR), true); return true;
    case NK_OP_maximum:
      if (all) binary(e, s, NK_INS(2, 1, w, 0x3D), true);
      return all;
    case NK_OP_minimum:
      if (all) binary(e, s, NK_INS(2, 1, w, 0x39), true);
      return all;
    case NK_OP_shl: binary(e, s, NK_INS(2, 1, w, 0x47), false); return true;
    case NK_EMIT_SHIFT_RIGHT: binary(e, s, NK_INS(2, 1, w, 0x45), false); return true;
    case NK_OP_shr:
      if (all) binary(e, s, NK_INS(2, 1, w, 0x46), false);
      return all;
    default: break;
  }
  const int x = nk_emit_fetch(e, s, 0, S0);
  switch (s->value->code) {
    case NK_OP_neg:
      put(e, s, real(s, XOR), S1, S1, nk_rm_reg(S1));
      put(e, s, difference, s->dst, S1, nk_rm_reg(x));
      return true;
    case NK_OP_abs:
      if (all) put(e, s, NK_INS(2, 1, w, w ? 0x1F : 0x1E), s->dst, 0, nk_rm_reg(x));
      return all;
    case NK_OP_square:
      if (all) put(e, s, product, s->dst, x, nk_rm_reg(x));
      return all;
    case NK_OP_invert:
      put(e, s, real(s, XOR), s->dst, x, nk_code_pool(&e->code, ~(uint64_t)0));
      return true;
    default: return false;
  }
}
