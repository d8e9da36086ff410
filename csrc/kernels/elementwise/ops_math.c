/* Transcendental functions of float32 and float64, block by block.
 *
 * The rarer ones call the C library per element.
 */
#include <math.h>

#include "ops.h"

#define LIBM_1(name, cname)                              \
  NK_EACH_V(name##_float, float, float, cname##f(x))    \
  NK_EACH_V(name##_double, double, double, cname(x))
#define LIBM_2(name, cname)                                  \
  NK_EACH_VV(name##_float, float, float, cname##f(x, y))    \
  NK_EACH_VV(name##_double, double, double, cname(x, y))

LIBM_1(exp, exp)
LIBM_1(exp2, exp2)
LIBM_1(expm1, expm1)
LIBM_1(log, log)
LIBM_1(log2, log2)
LIBM_1(log10, log10)
LIBM_1(log1p, log1p)
LIBM_1(sin, sin)
LIBM_1(cos, cos)
LIBM_1(tan, tan)
LIBM_1(arcsin, asin)
LIBM_1(arccos, acos)
LIBM_1(arctan, atan)
LIBM_1(sinh, sinh)
LIBM_1(cosh, cosh)
LIBM_1(tanh, tanh)
LIBM_1(arcsinh, asinh)
LIBM_1(arccosh, acosh)
LIBM_1(arctanh, atanh)
LIBM_1(erf, erf)
NK_EACH_V(sigmoid_float, float, float, 1 / (1 + expf(-x)))
NK_EACH_V(sigmoid_double, double, double, 1 / (1 + exp(-x)))
LIBM_2(pow, pow)
LIBM_2(arctan2, atan2)

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
    ROW_1(sigmoid) ROW_1(erf) ROW_2(pow) ROW_2(arctan2)};
NK_ROWS(nk_ops_math, table)
