/* Inverse trigonometric and hyperbolic functions of float64 without branches; see math32.h for the
 * rules.
 *
 * arctan: |z| <= tan(pi / 8) by (z - 1) / (z + 1) and the eighth of the circle; arcsin beyond 1/2 by
 * the half angle. The polynomials are Chebyshev fits, errors 2e-18. Hyperbolic functions from exp,
 * their inverses from log1p, as fdlibm forms them.
 */
#ifndef NK_SIMD_INVERSE64_H
#define NK_SIMD_INVERSE64_H

#include "math64.h"

#define NK_ALWAYS static inline __attribute__((always_inline))

#define NK_PI_4_HIGH 0.78539816339744830962
#define NK_PI_4_LOW 3.0616169978683826e-17
#define NK_LN2_F64 0.69314718055994530942

/* a for c = 1, b for c = 0, both of them computed: a branch would keep a loop from being vector code. */
NK_ALWAYS double nk_pick_f64(uint64_t c, double a, double b) {
  return nk_from_bits_f64((nk_bits_f64(a) & (0 - c)) | (nk_bits_f64(b) & (c - 1)));
}

/* n pi / 4 + t for n = 0 .. 4 */
NK_ALWAYS double nk_eighths_f64(double n, double t) {
  const double high = n * NK_PI_4_HIGH, low = NK_FMA(n, NK_PI_4_HIGH, -high);
  return high + (NK_FMA(n, NK_PI_4_LOW, low) + t);
}

/* arctan(low / high), 0 <= low <= high, as an eighth of the circle, if any, and the rest. */
NK_ALWAYS double nk_arctan_part_f64(double low, double high, double *eighth) {
  const double c = low > 0.41421356237309503 * high ? 1.0 : 0.0;
  const double z = (low - c * high) / (high + c * low), w = z * z;
  double p = 0.01630779074543549;
  p = NK_FMA(p, w, -0.0345913892781874);
  p = NK_FMA(p, w, 0.04552443484766285);
  p = NK_FMA(p, w, -0.05230650466327199);
  p = NK_FMA(p, w, 0.05878957114602006);
  p = NK_FMA(p, w, -0.06666427474809959);
  p = NK_FMA(p, w, 0.07692296528186224);
  p = NK_FMA(p, w, -0.09090908759150944);
  p = NK_FMA(p, w, 0.11111111105277102);
  p = NK_FMA(p, w, -0.14285714285661172);
  p = NK_FMA(p, w, 0.1999999999999981);
  p = NK_FMA(p, w, -0.3333333333333333);
  *eighth = c;
  return NK_FMA(z * w, p, z);
}

NK_ALWAYS double nk_arctan_f64(double x) {
  const double a = fabs(x), swap = a > 1.0 ? 1.0 : 0.0;
  const double top = a > 1e300 ? 1e300 : a;
  double n;
  const double t = nk_arctan_part_f64(swap == 1.0 ? 1.0 : top, swap == 1.0 ? top : 1.0, &n);
  const double y = nk_eighths_f64(swap == 1.0 ? 2.0 - n : n, swap == 1.0 ? -t : t);
  return copysign(x == x ? y : x, x);
}

NK_ALWAYS double nk_arctan2_f64(double y, double x) {
  const double a = fabs(y), b = fabs(x), swap = a > b ? 1.0 : 0.0;
  const double most = swap == 1.0 ? a : b, least = swap == 1.0 ? b : a;
  const double scale = nk_pick_f64(most > 1e300, 0.25, nk_pick_f64(most < 1e-280, 0x1p80, 1.0));
  const double ends = (least == most ? 1.0 : 0.0) * (most == 0.0 ? 0.0 : 1.0);
  const double odd = most == 0.0 ? 1.0 : (most > NK_MAX_F64 ? 1.0 : 0.0);
  const double high = odd == 1.0 ? 1.0 : most * scale, low = odd == 1.0 ? ends : least * scale;
  double n;
  double t = nk_arctan_part_f64(low, high, &n);
  n = swap == 1.0 ? 2.0 - n : n;
  t = swap == 1.0 ? -t : t;
  const uint64_t left = nk_bits_f64(x) >> 63;
  n = nk_pick_f64(left, 4.0 - n, n);
  t = nk_pick_f64(left, -t, t);
  const double angle = copysign(nk_eighths_f64(n, t), y);
  return (x != x) | (y != y) ? x + y : angle;
}

/* (arcsin(sqrt(w)) / sqrt(w) - 1) / w, 0 <= w <= 1/4 */
NK_ALWAYS double nk_arcsin_poly_f64(double w) {
  double p = 0.0297378456439969;
  p = NK_FMA(p, w, -0.01944563642504257);
  p = NK_FMA(p, w, 0.01970071180526169);
  p = NK_FMA(p, w, 0.0029838811037374503);
  p = NK_FMA(p, w, 0.009335970060991405);
  p = NK_FMA(p, w, 0.009618864779963437);
  p = NK_FMA(p, w, 0.011566830427132645);
  p = NK_FMA(p, w, 0.013963748435199949);
  p = NK_FMA(p, w, 0.01735281834070849);
  p = NK_FMA(p, w, 0.02237215737767329);
  p = NK_FMA(p, w, 0.030381944476963723);
  p = NK_FMA(p, w, 0.04464285714253574);
  p = NK_FMA(p, w, 0.07500000000000125);
  p = NK_FMA(p, w, 0.16666666666666666);
  return p;
}

NK_ALWAYS double nk_arcsin_f64(double x) {
  const double a = fabs(x), z = 0.5 * (1.0 - a), s = __builtin_sqrt(z);
  const uint64_t far = a > 0.5;
  const double w = nk_pick_f64(far, z, a * a), r = nk_pick_f64(far, s, a);
  const double t = NK_FMA(r * w, nk_arcsin_poly_f64(w), r);
  return copysign(nk_pick_f64(far, nk_eighths_f64(2.0, -2.0 * t), t), x);
}

NK_ALWAYS double nk_arccos_f64(double x) {
  const double a = fabs(x), z = 0.5 * (1.0 - a), s = __builtin_sqrt(z);
  const uint64_t far = a > 0.5, left = x < 0.0;
  const double w = nk_pick_f64(far, z, a * a), r = nk_pick_f64(far, s, x);
  const double t = NK_FMA(r * w, nk_arcsin_poly_f64(w), r);
  const double n = nk_pick_f64(far, nk_pick_f64(left, 4.0, 0.0), 2.0);
  const double rest = nk_pick_f64(far, nk_pick_f64(left, -2.0 * t, 2.0 * t), -t);
  return nk_eighths_f64(n, rest);
}

/* exp(a) / 2, a >= 0 */
NK_ALWAYS double nk_half_exp_f64(double a) {
  double r, tail;
  const double n = nk_exp_reduce_f64(a > 711.0 ? 711.0 : a, &r, &tail);
  return nk_scale_f64(1.0 + nk_expm1_poly_f64(r, tail), n - 1.0);
}

/* Below 1 by the Taylor polynomial, remainder 1e-17. */
NK_ALWAYS double nk_sinh_f64(double x) {
  const double a = fabs(x), w = a * a, h = nk_half_exp_f64(a);
  double p = 1.0 / 355687428096000.0;
  p = NK_FMA(p, w, 1.0 / 1307674368000.0);
  p = NK_FMA(p, w, 1.0 / 6227020800.0);
  p = NK_FMA(p, w, 1.0 / 39916800.0);
  p = NK_FMA(p, w, 1.0 / 362880.0);
  p = NK_FMA(p, w, 1.0 / 5040.0);
  p = NK_FMA(p, w, 1.0 / 120.0);
  p = NK_FMA(p, w, 1.0 / 6.0);
  const double y = nk_pick_f64(a < 1.0, NK_FMA(a * w, p, a), h - 0.25 / h);
  return copysign(nk_pick_f64(x == x, y, x), x);
}

NK_ALWAYS double nk_cosh_f64(double x) {
  const double a = fabs(x), h = nk_half_exp_f64(a);
  return nk_pick_f64(x == x, h + 0.25 / h, a);
}

NK_ALWAYS double nk_arcsinh_f64(double x) {
  const double a = fabs(x), b = nk_pick_f64(a > 0x1p28, 1.0, a), s = b * b;
  const double near = nk_log1p_f64(b + s / (1.0 + __builtin_sqrt(1.0 + s)));
  const double far = nk_log_f64(a) + NK_LN2_F64;
  return copysign(nk_pick_f64(a > 0x1p28, far, near), x);
}

NK_ALWAYS double nk_arccosh_f64(double x) {
  const double t = nk_pick_f64(x > 0x1p28, 2.0, x) - 1.0;
  const double near = nk_log1p_f64(t + __builtin_sqrt(t * (2.0 + t)));
  const double far = nk_log_f64(x) + NK_LN2_F64;
  return nk_pick_f64(x >= 1.0, nk_pick_f64(x > 0x1p28, far, near), (double)NAN);
}

NK_ALWAYS double nk_arctanh_f64(double x) {
  const double a = fabs(x);
  return copysign(0.5 * nk_log1p_f64(2.0 * a / (1.0 - a)), x);
}

#endif
