/* Transcendental functions of float32 and float64, block by block.
 *
 * Most are loops over the branch-free functions of csrc/simd. sin, cos and tan of arguments beyond
 * the reach of their reduction are computed again, by the C library. Either way an element's bits depend
 * on its value alone.
 */
#include <math.h>

#include "../../simd/inverse32.h"
#include "../../simd/inverse64.h"
#include "../../simd/math32.h"
#include "../../simd/math64.h"
#include "../../simd/power64.h"
#include "ops.h"

#define VECTOR_1(name)                                              \
  NK_BLOCK_V(name##_float, float, float, nk_##name##_f32(x))        \
  NK_BLOCK_V(name##_double, double, double, nk_##name##_f64(x))

VECTOR_1(exp)
VECTOR_1(exp2)
VECTOR_1(expm1)
VECTOR_1(log)
VECTOR_1(log2)
VECTOR_1(log10)
VECTOR_1(log1p)
VECTOR_1(tanh)
VECTOR_1(sigmoid)
VECTOR_1(erf)
VECTOR_1(cbrt)

/* Lanes at a time, kept aside because the result may overlay the operand. */
#define TRIGONOMETRIC(T, name, fn, limit, cname)                              \
  static void name##_##T##_v(int64_t n, char *const *r, const nk_step *s) {   \
    T *d = (T *)r[s->d];                                                      \
    const T *a = (const T *)r[s->s[0]];                                       \
    for (int64_t k = 0; k < n; k += NK_LANES) {                               \
      T x[NK_LANES], y[NK_LANES];                                             \
      int large = 0;                                                          \
      for (int i = 0; i < NK_LANES; i++) {                                    \
        x[i] = a[k + i];                                                      \
        y[i] = fn(x[i]);                                                      \
      }                                                                       \
      for (int i = 0; i < NK_LANES; i++) large |= x[i] > limit || x[i] < -limit; \
      if (large)                                                              \
        for (int i = 0; i < NK_LANES; i++)                                    \
          if (x[i] > limit || x[i] < -limit) y[i] = cname(x[i]);              \
      for (int i = 0; i < NK_LANES; i++) d[k + i] = y[i];                     \
    }                                                                         \
  }
#define TRIGONOMETRIC_2(name, limit)                                              \
  TRIGONOMETRIC(float, name, nk_##name##_f32, limit, name##f)                     \
  TRIGONOMETRIC(double, name, nk_##name##_f64, NK_TRIG_LIMIT_F64, name)

TRIGONOMETRIC_2(sin, NK_SIN_LIMIT_F32)
TRIGONOMETRIC_2(cos, NK_SIN_LIMIT_F32)
TRIGONOMETRIC_2(tan, NK_TRIG_LIMIT_F32)

VECTOR_1(arcsin)
VECTOR_1(arccos)
VECTOR_1(arctan)
VECTOR_1(sinh)
VECTOR_1(cosh)
VECTOR_1(arcsinh)
VECTOR_1(arccosh)
VECTOR_1(arctanh)
NK_BLOCK_VV(arctan2_float, float, float, nk_arctan2_f32(x, y))
NK_BLOCK_VV(arctan2_double, double, double, nk_arctan2_f64(x, y))

NK_BLOCK_VV(pow_float, float, float, nk_pow_f32(x, y))
NK_BLOCK_VV(pow_double, double, double, nk_pow_f64(x, y))

#define ROW_1(name)                            \
  NK_ROW_V(name, NK_F32, name##_float)         \
  NK_ROW_V(name, NK_F64, name##_double)
#define ROW_2(name)                            \
  NK_ROW_VV(name, NK_F32, name##_float)        \
  NK_ROW_VV(name, NK_F64, name##_double)

static const nk_op_row table[] = {
    ROW_1(exp) ROW_1(exp2) ROW_1(expm1) ROW_1(log) ROW_1(log2) ROW_1(log10) ROW_1(log1p)
    ROW_1(sin) ROW_1(cos) ROW_1(tan) ROW_1(arcsin) ROW_1(arccos) ROW_1(arctan)
    ROW_1(sinh) ROW_1(cosh) ROW_1(tanh) ROW_1(arcsinh) ROW_1(arccosh) ROW_1(arctanh)
    ROW_1(sigmoid) ROW_1(erf) ROW_1(cbrt) ROW_2(pow) ROW_2(arctan2)};
NK_ROWS(nk_ops_math, table)
