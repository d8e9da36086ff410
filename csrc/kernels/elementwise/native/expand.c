/* Writes elementary functions out as operations that have code, so that they run in registers.
 *
 * Each is the function of csrc/simd of the same name, step by step and with its coefficients, so it
 * has its bits. Where AVX-512 scales by a power of two in one instruction, that replaces the two
 * products, which round the same, and takes any power, so that arguments need no clamp. What a
 * function does for a NaN only, arithmetic does by itself.
 */
#include "expand.h"

#include <math.h>
#include <string.h>

#include "../../../simd/math32.h"
#include "../../../simd/math64.h"

typedef struct expander {
  nk_micro *micro;
  int64_t *constants;
  int n_const; /* constants in use */
  int dtype;   /* of the function */
} expander;

static bool is_wide(const expander *x) { return x->dtype == NK_F64; }

/* ---- operations and constants ---- */

static int op(expander *x, int code, int op_dtype, int dtype, int a, int b, int c) {
  nk_value *value = x->micro->value + x->micro->n_value;
  *value = (nk_value){.code = (int16_t)code,
                      .dtype = (uint8_t)dtype,
                      .op_dtype = (uint8_t)op_dtype,
                      .src = {a, b, c},
                      .n_src = (uint8_t)(1 + (b >= 0) + (c >= 0))};
  return x->micro->n_value++;
}

static int float_op(expander *x, int code, int a, int b, int c) {
  return op(x, code, x->dtype, x->dtype, a, b, c);
}

static int add(expander *x, int a, int b) { return float_op(x, NK_OP_add, a, b, -1); }
static int sub(expander *x, int a, int b) { return float_op(x, NK_OP_sub, a, b, -1); }
static int mul(expander *x, int a, int b) { return float_op(x, NK_OP_mul, a, b, -1); }
static int quotient(expander *x, int a, int b) { return float_op(x, NK_OP_div, a, b, -1); }
static int fma_of(expander *x, int a, int b, int c) { return float_op(x, NK_OP_fma, a, b, c); }
static int magnitude(expander *x, int a) { return float_op(x, NK_OP_abs, a, -1, -1); }

static int test(expander *x, int code, int a, int b) {
  return op(x, code, x->dtype, NK_BOOL, a, b, -1);
}

static int choose(expander *x, int mask, int yes, int no) {
  return float_op(x, NK_OP_select, mask, yes, no);
}

/* On the bits of a float. */
static int bit_op(expander *x, int code, int a, int b) {
  const int dtype = is_wide(x) ? NK_I64 : NK_I32;
  return op(x, code, dtype, dtype, a, b, -1);
}

static int constant(expander *x, int dtype, int64_t bits) {
  int k = 0;
  while (k < x->n_const && (x->constants[2 * k] != dtype || x->constants[2 * k + 1] != bits)) k++;
  x->constants[2 * k] = dtype;
  x->constants[2 * k + 1] = bits;
  if (k == x->n_const) x->n_const++;
  const int v = x->micro->n_in + k;
  x->micro->value[v].code = -1;
  x->micro->value[v].dtype = (uint8_t)dtype;
  return v;
}

static int real(expander *x, double value) {
  int64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return constant(x, x->dtype, bits);
}

static int whole(expander *x, int64_t value) {
  return constant(x, is_wide(x) ? NK_I64 : NK_I32, value);
}

/* The constant of the function's own width. */
static int either(expander *x, float narrow, double wide) {
  return real(x, is_wide(x) ? wide : (double)narrow);
}

/* ---- exponentials ---- */

static int pow2(expander *x, int n) {
  const int biased = add(x, n, either(x, NK_ROUND_F32 + 127, NK_ROUND_F64 + 1023));
  return bit_op(x, NK_OP_shl, biased, whole(x, is_wide(x) ? 52 : 23));
}

/* 2^n y, rounding once. */
static int scale(expander *x, int y, int n) {
  if (NK_NATIVE_EVEX) return float_op(x, NK_EMIT_SCALE, y, n, -1);
  const int half = float_op(x, NK_OP_rint, mul(x, n, real(x, 0.5)), -1, -1);
  return mul(x, mul(x, y, pow2(x, half)), pow2(x, sub(x, n, half)));
}

static int expm1_poly(expander *x, int r, int tail) {
  int q;
#define FIRST(c) q = real(x, (double)(c));
#define NEXT(c) q = fma_of(x, q, r, real(x, (double)(c)));
  if (is_wide(x)) {
    NK_EXPM1_COEFFICIENTS_F64(FIRST, NEXT)
  } else {
    NK_EXPM1_COEFFICIENTS_F32(FIRST, NEXT)
  }
#undef NEXT
#undef FIRST
  return add(x, r, fma_of(x, mul(x, r, r), q, tail));
}

static int exp_poly(expander *x, int r) {
  int p;
#define FIRST(c) p = real(x, (double)(c));
#define NEXT(c) p = fma_of(x, p, r, real(x, (double)(c)));
  if (is_wide(x)) {
    NK_EXP_COEFFICIENTS_F64(FIRST, NEXT)
  } else {
    NK_EXP_COEFFICIENTS_F32(FIRST, NEXT)
  }
#undef NEXT
#undef FIRST
  return p;
}

static int exp_reduce(expander *x, int v, int *r, int *tail) {
  const int scaled = mul(x, v, either(x, 1.44269504f, 1.4426950408889634));
  const int n = float_op(x, NK_OP_rint, scaled, -1, -1);
  const int low = either(x, 2.12194440e-4f, -1.90821492927058770002e-10);
  const int high = fma_of(x, n, either(x, -0.693359375f, -6.93147180369123816490e-01), v);
  *r = fma_of(x, n, low, high);
  *tail = fma_of(x, n, low, sub(x, high, *r));
  return n;
}

/* v between bounds; a NaN stays. */
static int clamp(expander *x, int v, double low, double high) {
  const int below = float_op(x, NK_EMIT_MIN, real(x, high), v, -1);
  return float_op(x, NK_EMIT_MAX, real(x, low), below, -1);
}

/* 2^n e^r. Beyond the clamps r is anything and n alone decides, once r is made small. */
static int exp_scaled(expander *x, int r, int n) {
  if (NK_NATIVE_EVEX) r = float_op(x, NK_EMIT_RANGE, r, real(x, 0.5), -1);
  return scale(x, exp_poly(x, r), n);
}

static int exp_of(expander *x, int v) {
  if (!NK_NATIVE_EVEX) v = is_wide(x) ? clamp(x, v, -746.0, 710.0) : clamp(x, v, -104.0, 89.0);
  int r, tail;
  const int n = exp_reduce(x, v, &r, &tail);
  return exp_scaled(x, r, n);
}

static int exp2_of(expander *x, int v) {
  if (!NK_NATIVE_EVEX) v = is_wide(x) ? clamp(x, v, -1076.0, 1025.0) : clamp(x, v, -151.0, 129.0);
  const int n = float_op(x, NK_OP_rint, v, -1, -1);
  const int r = mul(x, sub(x, v, n), either(x, 0.693147182f, 0.6931471805599453));
  return exp_scaled(x, r, n);
}

/* `small`: the argument lies in the range of tanh, between 0 and 20 or 40. */
static int expm1_of(expander *x, int v0, bool small) {
  int v = v0;
  if (!small) v = is_wide(x) ? clamp(x, v, -40.0, 710.0) : clamp(x, v, -20.0, 89.0);
  int r, tail;
  const int n = exp_reduce(x, v, &r, &tail);
  int inverse = pow2(x, sub(x, real(x, 0.0), n));
  if (!small)
    inverse = choose(x, test(x, NK_OP_gt, n, either(x, 30.0f, 60.0)), real(x, 0.0), inverse);
  const int sum = add(x, expm1_poly(x, r, tail), sub(x, real(x, 1.0), inverse));
  const int is_tiny = test(x, NK_OP_lt, magnitude(x, v0), either(x, 0x1p-26f, 0x1p-54));
  return choose(x, is_tiny, v0, scale(x, sum, n));
}

static int tanh_of(expander *x, int v) {
  const int a = magnitude(x, v);
  const int is_large = test(x, NK_OP_gt, a, either(x, 10.0f, 20.0));
  const int twice = choose(x, is_large, either(x, 20.0f, 40.0), add(x, a, a));
  const int e = expm1_of(x, twice, true);
  return float_op(x, NK_OP_copysign, quotient(x, e, add(x, e, real(x, 2.0))), v, -1);
}

static int sigmoid_of(expander *x, int v) {
  const int e = exp_of(x, float_op(x, NK_OP_neg, magnitude(x, v), -1, -1));
  const int one = real(x, 1.0);
  const int top = choose(x, test(x, NK_OP_lt, v, real(x, 0.0)), e, one);
  return quotient(x, top, add(x, one, e));
}

/* ---- logarithm ---- */

static int log_special(expander *x, int v, int y) {
  const int largest = either(x, 3.40282347e38f, NK_MAX_F64);
  y = choose(x, test(x, NK_OP_gt, v, largest), v, y);
  y = choose(x, test(x, NK_OP_eq, v, real(x, 0.0)), real(x, (double)-INFINITY), y);
  return choose(x, test(x, NK_OP_ge, v, real(x, 0.0)), y, real(x, (double)NAN));
}

static int log_narrow(expander *x, int v) {
  const int is_tiny = test(x, NK_OP_lt, v, real(x, 0x1p-126));
  const int scaled = choose(x, is_tiny, mul(x, v, real(x, 0x1p24)), v);
  const int bits = bit_op(x, NK_OP_add, scaled, whole(x, 0x3f800000 - 0x3f3504f3));
  const int shifted = bit_op(x, NK_EMIT_SHIFT_RIGHT, bits, whole(x, 23));
  const int exponent = float_op(x, NK_OP_convert, shifted, -1, -1);
  const int k = sub(x, exponent, choose(x, is_tiny, real(x, 151.0), real(x, 127.0)));
  const int fraction = bit_op(x, NK_OP_and, bits, whole(x, 0x007fffff));
  const int f = sub(x, bit_op(x, NK_OP_add, fraction, whole(x, 0x3f3504f3)), real(x, 1.0));
  const int s = quotient(x, f, add(x, real(x, 2.0), f)), z = mul(x, s, s), w = mul(x, z, z);
  const int even =
      mul(x, w, fma_of(x, w, either(x, 0.24279078841f, 0), either(x, 0.40000972152f, 0)));
  const int odd =
      mul(x, z, fma_of(x, w, either(x, 0.28498786688f, 0), either(x, 0.66666662693f, 0)));
  const int half = mul(x, mul(x, real(x, 0.5), f), f);
  const int tail = mul(x, k, either(x, 9.0580006145e-06f, 0));
  const int low = fma_of(x, s, add(x, half, add(x, even, odd)), tail);
  const int y = fma_of(x, k, either(x, 6.9313812256e-01f, 0), sub(x, f, sub(x, half, low)));
  return log_special(x, v, y);
}

/* s (f^2/2 + R) of csrc/simd/math64.h. */
static int log_tail_wide(expander *x, int f, int half) {
  const int s = quotient(x, f, add(x, real(x, 2.0), f)), z = mul(x, s, s), w = mul(x, z, z);
  int even = fma_of(x, w, real(x, 1.531383769920937332e-01), real(x, 2.222219843214978396e-01));
  even = mul(x, w, fma_of(x, w, even, real(x, 3.999999999940941908e-01)));
  int odd = fma_of(x, w, real(x, 1.479819860511658591e-01), real(x, 1.818357216161805012e-01));
  odd = fma_of(x, w, odd, real(x, 2.857142874366239149e-01));
  odd = mul(x, z, fma_of(x, w, odd, real(x, 6.666666666666735130e-01)));
  return mul(x, s, add(x, half, add(x, even, odd)));
}

static int log_wide(expander *x, int v) {
  const int is_tiny = test(x, NK_OP_lt, v, real(x, 0x1p-1022));
  const int scaled = choose(x, is_tiny, mul(x, v, real(x, 0x1p54)), v);
  const int bits = bit_op(x, NK_OP_add, scaled, whole(x, 0x3ff0000000000000 - 0x3fe6a09e00000000));
  const int fraction = bit_op(x, NK_OP_and, bits, whole(x, 0x000fffffffffffff));
  const int f = sub(x, bit_op(x, NK_OP_add, fraction, whole(x, 0x3fe6a09e00000000)), real(x, 1.0));
  const int shifted = bit_op(x, NK_EMIT_SHIFT_RIGHT, bits, whole(x, 52));
  const int biased = bit_op(x, NK_OP_or, shifted, whole(x, 0x4330000000000000));
  const int split = sub(x, biased, real(x, 0x1p52 + 1023));
  const int k = choose(x, is_tiny, sub(x, split, real(x, 54.0)), split);
  const int half = mul(x, mul(x, real(x, 0.5), f), f);
  const int rest = mul(x, k, real(x, 1.90821492927058770002e-10));
  const int low = add(x, log_tail_wide(x, f, half), rest);
  const int high = mul(x, k, real(x, 6.93147180369123816490e-01));
  return log_special(x, v, sub(x, high, sub(x, sub(x, half, low), f)));
}

/* ---- the program ---- */

bool nk_expand_has(int code) {
  switch (code) {
    case NK_OP_exp:
    case NK_OP_exp2:
    case NK_OP_expm1:
    case NK_OP_tanh:
    case NK_OP_sigmoid:
    case NK_OP_log: return true;
    default: return false;
  }
}

static int function(expander *x, int code, int v) {
  switch (code) {
    case NK_OP_exp: return exp_of(x, v);
    case NK_OP_exp2: return exp2_of(x, v);
    case NK_OP_expm1: return expm1_of(x, v, false);
    case NK_OP_tanh: return tanh_of(x, v);
    case NK_OP_sigmoid: return sigmoid_of(x, v);
    default: return is_wide(x) ? log_wide(x, v) : log_narrow(x, v);
  }
}

static void mark_live(nk_micro *m) {
  for (int v = 0; v < m->n_value; v++) m->value[v].live = false;
  for (int k = 0; k < m->n_out; k++) m->value[m->results[k]].live = true;
  for (int v = m->n_value - 1; v >= 0; v--)
    for (int k = 0; m->value[v].live && k < m->value[v].n_src; k++)
      m->value[m->value[v].src[k]].live = true;
}

void nk_expand(nk_micro *to, const nk_micro *from, const int32_t *alias, int64_t *constants,
               int64_t *results, int32_t *map) {
  *to = (nk_micro){.n_in = from->n_in,
                   .n_const = from->n_const + NK_EXPAND_CONSTANTS,
                   .n_out = from->n_out,
                   .constants = constants,
                   .results = results,
                   .value = to->value};
  expander x = {.micro = to, .constants = constants, .n_const = from->n_const};
  memcpy(constants, from->constants, 16 * (size_t)from->n_const);
  const int n_leaf = from->n_in + from->n_const;
  memcpy(to->value, from->value, (size_t)n_leaf * sizeof(nk_value));
  for (int v = 0; v < n_leaf; v++) map[v] = v;
  for (int v = n_leaf; v < n_leaf + NK_EXPAND_CONSTANTS; v++)
    to->value[v] = (nk_value){.code = -1, .dtype = NK_F32};
  to->n_value = n_leaf + NK_EXPAND_CONSTANTS;
  for (int v = n_leaf; v < from->n_value; v++) {
    const nk_value *value = from->value + v;
    if (!value->live) continue;
    if (nk_expand_has(value->code) && !value->uniform) {
      x.dtype = value->op_dtype;
      map[v] = function(&x, value->code, map[value->src[0]]);
      continue;
    }
    map[v] = to->n_value;
    to->value[to->n_value] = *value;
    for (int k = 0; k < value->n_src; k++) to->value[to->n_value].src[k] = map[value->src[k]];
    to->n_value++;
  }
  to->n_op = to->n_value - to->n_in - to->n_const;
  for (int k = 0; k < to->n_out; k++) {
    results[k] = map[alias[from->results[k]]];
    to->value[results[k]].output = true;
  }
  mark_live(to);
}
