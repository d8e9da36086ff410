/* Arithmetic and bits on int32 and int64, with NumPy's answers where C has none.
 *
 * Sums and products wrap (computed unsigned). Division by zero gives 0; quotients round down and
 * remainders take the sign of the divisor. A shift by the width or more, or by a negative count,
 * leaves 0 (the sign for shr). A negative power is the truncated reciprocal: 0, 1 or -1.
 */
#include <math.h>

#include "ops.h"

typedef int32_t i32;
typedef int64_t i64;
typedef uint32_t u32;
typedef uint64_t u64;

#define INT_OPS(T, U, BITS)                                                    \
  static inline T quotient_##T(T a, T b) {                                     \
    if (b == 0) return 0;                                                      \
    if (b == -1) return (T)(0 - (U)a);                                         \
    const T q = a / b, m = a - q * b;                                          \
    return m != 0 && (m ^ b) < 0 ? q - 1 : q;                                  \
  }                                                                            \
  static inline T remainder_##T(T a, T b) {                                    \
    if (b == 0 || b == -1) return 0;                                           \
    const T m = a % b;                                                         \
    return m != 0 && (m < 0) != (b < 0) ? m + b : m;                           \
  }                                                                            \
  static inline T reciprocal_##T(T a) {                                        \
    if (a == 0) return (T)((U)1 << (BITS - 1));                                \
    return a == 1 || a == -1 ? a : 0;                                          \
  }                                                                            \
  static inline T power_##T(T a, T b) {                                        \
    if (b < 0) return a == 1 ? 1 : (a == -1 ? (b & 1 ? -1 : 1) : 0);           \
    U result = 1, base = (U)a;                                                 \
    for (; b; b >>= 1, base *= base)                                           \
      if (b & 1) result *= base;                                               \
    return (T)result;                                                          \
  }                                                                            \
  NK_BLOCK_V(neg_##T, T, T, 0 - (U)x)                                          \
  NK_BLOCK_V(abs_##T, T, T, x < 0 ? 0 - (U)x : (U)x)                           \
  NK_BLOCK_V(sign_##T, T, T, (x > 0) - (x < 0))                                \
  NK_BLOCK_V(square_##T, T, T, (U)x *(U)x)                                     \
  NK_BLOCK_V(reciprocal_##T, T, T, reciprocal_##T(x))                          \
  NK_BLOCK_V(invert_##T, T, T, ~x)                                             \
  NK_BLOCK_2(add_##T, T, T, (U)x + (U)y)                                       \
  NK_BLOCK_2(sub_##T, T, T, (U)x - (U)y)                                       \
  NK_BLOCK_2(mul_##T, T, T, (U)x *(U)y)                                        \
  NK_BLOCK_2(maximum_##T, T, T, x >= y ? x : y)                                \
  NK_BLOCK_2(minimum_##T, T, T, x <= y ? x : y)                                \
  NK_BLOCK_2(and_##T, T, T, x &y)                                              \
  NK_BLOCK_2(or_##T, T, T, x | y)                                              \
  NK_BLOCK_2(xor_##T, T, T, x ^ y)                                             \
  NK_BLOCK_VV(shl_##T, T, T, (U)y < BITS ? (U)x << ((U)y & (BITS - 1)) : 0)    \
  NK_BLOCK_VV(shr_##T, T, T, x >> ((U)y < BITS ? (U)y : BITS - 1))             \
  NK_EACH_VV(pow_##T, T, T, power_##T(x, y))                                  \
  DIVIDED(mod, T, remainder_##T, (T)((U)a[k + i] - (U)whole * (U)y[i]))        \
  DIVIDED(floordiv, T, quotient_##T, (T)whole)

/* `expr` of the quotient rounded down, `whole`: as numbers of 53 bits, whose rounded quotient reaches a
 * whole number only where the true one does; larger operands again, one by one, by `fn`. 0 for y = 0. */
#define DIVIDED(name, T, fn, expr)                                             \
  static void name##_##T##_vv(int64_t n, char *const *r, const nk_step *s) {   \
    T *d = (T *)r[s->d];                                                       \
    const T *a = (const T *)r[s->s[0]], *b = (const T *)r[s->s[1]];            \
    for (int64_t k = 0; k < n; k += NK_LANES) {                                \
      T y[NK_LANES], z[NK_LANES];                                              \
      int large = 0;                                                           \
      for (int i = 0; i < NK_LANES; i++) {                                     \
        y[i] = b[k + i];                                                       \
        const double divisor = y[i] == 0 ? (double)INFINITY : (double)y[i];    \
        const i64 whole = (i64)__builtin_floor((double)a[k + i] / divisor);    \
        z[i] = y[i] == 0 ? 0 : (expr);                                         \
      }                                                                        \
      for (int i = 0; i < NK_LANES; i++)                                       \
        large |= !is_short((int64_t)a[k + i]) | !is_short((int64_t)y[i]);      \
      if (large)                                                               \
        for (int i = 0; i < NK_LANES; i++) z[i] = fn(a[k + i], y[i]);          \
      for (int i = 0; i < NK_LANES; i++) d[k + i] = z[i];                      \
    }                                                                          \
  }

static inline int is_short(int64_t x) {
  return (uint64_t)x + ((uint64_t)1 << 52) < (uint64_t)1 << 53;
}

INT_OPS(i32, u32, 32)
INT_OPS(i64, u64, 64)

#define ROWS(T, type)                                                          \
  NK_ROW_V(neg, type, neg_##T)                                                 \
  NK_ROW_V(abs, type, abs_##T)                                                 \
  NK_ROW_V(sign, type, sign_##T)                                               \
  NK_ROW_V(square, type, square_##T)                                           \
  NK_ROW_V(reciprocal, type, reciprocal_##T)                                   \
  NK_ROW_V(invert, type, invert_##T)                                           \
  NK_ROW_2(add, type, add_##T)                                                 \
  NK_ROW_2(sub, type, sub_##T)                                                 \
  NK_ROW_2(mul, type, mul_##T)                                                 \
  NK_ROW_2(maximum, type, maximum_##T)                                         \
  NK_ROW_2(minimum, type, minimum_##T)                                         \
  NK_ROW_2(and, type, and_##T)                                                 \
  NK_ROW_2(or, type, or_##T)                                                   \
  NK_ROW_2(xor, type, xor_##T)                                                 \
  NK_ROW_VV(shl, type, shl_##T)                                                \
  NK_ROW_VV(shr, type, shr_##T)                                                \
  NK_ROW_VV(pow, type, pow_##T)                                                \
  NK_ROW_VV(mod, type, mod_##T)                                                \
  NK_ROW_VV(floordiv, type, floordiv_##T)

static const nk_op_row table[] = {ROWS(i32, NK_I32) ROWS(i64, NK_I64)};
NK_ROWS(nk_ops_int, table)
