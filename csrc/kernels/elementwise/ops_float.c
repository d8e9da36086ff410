/* Arithmetic on float32 and float64: one rounding per operation, the IEEE results NumPy gives.
 *
 * Written as plain loops that the compiler turns into vector code for the level; every expression
 * is correctly rounded (or exact), so vector and scalar code agree. maximum and minimum pass NaN
 * on. Cost: one load per vector operand and one store, which is what bounds it.
 */
#include <math.h>

#include "ops.h"
#include "remainder.h"

#define FLOAT_OPS(T, F)                                                    \
  NK_BLOCK_V(neg_##T, T, T, -x)                                            \
  NK_BLOCK_V(abs_##T, T, T, __builtin_fabs##F(x))                          \
  NK_BLOCK_V(sign_##T, T, T, x > 0 ? 1 : (x < 0 ? -1 : (x == 0 ? 0 : x)))  \
  NK_BLOCK_V(floor_##T, T, T, __builtin_floor##F(x))                       \
  NK_BLOCK_V(ceil_##T, T, T, __builtin_ceil##F(x))                         \
  NK_BLOCK_V(rint_##T, T, T, __builtin_rint##F(x))                         \
  NK_BLOCK_V(trunc_##T, T, T, __builtin_trunc##F(x))                       \
  NK_BLOCK_V(sqrt_##T, T, T, __builtin_sqrt##F(x))                         \
  NK_BLOCK_V(square_##T, T, T, x *x)                                       \
  NK_BLOCK_V(reciprocal_##T, T, T, (T)1 / x)                               \
  NK_BLOCK_2(add_##T, T, T, x + y)                                         \
  NK_BLOCK_2(sub_##T, T, T, x - y)                                         \
  NK_BLOCK_2(mul_##T, T, T, x *y)                                          \
  NK_BLOCK_2(div_##T, T, T, x / y)                                         \
  NK_BLOCK_2(maximum_##T, T, T, ((x >= y) | (x != x)) ? x : y)             \
  NK_BLOCK_2(minimum_##T, T, T, ((x <= y) | (x != x)) ? x : y)             \
  NK_BLOCK_2(copysign_##T, T, T, __builtin_copysign##F(x, y))              \
  NK_BLOCK_V(isnan_##T, uint8_t, T, x != x)                                \
  NK_BLOCK_V(isfinite_##T, uint8_t, T, __builtin_fabs##F(x) < (T)INFINITY) \
  NK_BLOCK_V(isinf_##T, uint8_t, T, __builtin_fabs##F(x) == (T)INFINITY)

FLOAT_OPS(float, f)
FLOAT_OPS(double, )

#define FLOAT_MOD(T)                                \
  NK_EACH_VV(mod_##T, T, T, nk_remainder_##T(x, y)) \
  NK_EACH_VV(floordiv_##T, T, T, nk_quotient_##T(x, y))

FLOAT_MOD(float)
FLOAT_MOD(double)

/* fma: masks of the operands that are one value; a and b commute, so a scalar stands second. */
#define FMA(T, F, suffix, Y, Z)                                              \
  static void fma_##T##suffix(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                     \
    const T *a = (const T *)r[s->s[0]];                                      \
    const T *b = (const T *)r[s->s[1]], b0 = b[0];                           \
    const T *c = (const T *)r[s->s[2]], c0 = c[0];                           \
    (void)b0, (void)c0;                                                      \
    NK_BLOCK_LOOP { d[i] = F(a[i], Y, Z); }                                  \
  }
#define FMA_ALL(T, F)         \
  FMA(T, F, _vvv, b[i], c[i]) \
  FMA(T, F, _vsv, b0, c[i])   \
  FMA(T, F, _vvs, b[i], c0)   \
  FMA(T, F, _vss, b0, c0)

FMA_ALL(float, NK_FMAF)
FMA_ALL(double, NK_FMA)

#define ROWS(T, type)                                                                 \
  NK_ROW_V(neg, type, neg_##T)                                                        \
  NK_ROW_V(abs, type, abs_##T)                                                        \
  NK_ROW_V(sign, type, sign_##T)                                                      \
  NK_ROW_V(floor, type, floor_##T)                                                    \
  NK_ROW_V(ceil, type, ceil_##T)                                                      \
  NK_ROW_V(rint, type, rint_##T)                                                      \
  NK_ROW_V(trunc, type, trunc_##T)                                                    \
  NK_ROW_V(sqrt, type, sqrt_##T)                                                      \
  NK_ROW_V(square, type, square_##T)                                                  \
  NK_ROW_V(reciprocal, type, reciprocal_##T)                                          \
  NK_ROW_2(add, type, add_##T)                                                        \
  NK_ROW_2(sub, type, sub_##T)                                                        \
  NK_ROW_2(mul, type, mul_##T)                                                        \
  NK_ROW_2(div, type, div_##T)                                                        \
  NK_ROW_2(maximum, type, maximum_##T)                                                \
  NK_ROW_2(minimum, type, minimum_##T)                                                \
  NK_ROW_2(copysign, type, copysign_##T)                                              \
  NK_ROW_V(isnan, type, isnan_##T)                                                    \
  NK_ROW_V(isfinite, type, isfinite_##T)                                              \
  NK_ROW_V(isinf, type, isinf_##T)                                                    \
  NK_ROW_VV(mod, type, mod_##T)                                                       \
  NK_ROW_VV(floordiv, type, floordiv_##T){NK_OP_fma, type, 0, 0, fma_##T##_vvv},      \
      {NK_OP_fma, type, 2, 0, fma_##T##_vsv}, {NK_OP_fma, type, 4, 0, fma_##T##_vvs}, \
      {NK_OP_fma, type, 6, 0, fma_##T##_vss},

static const nk_op_row table[] = {ROWS(float, NK_F32) ROWS(double, NK_F64)};
NK_ROWS(nk_ops_float, table)
