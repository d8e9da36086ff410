/* float64 powers and cube roots without branches; see math32.h for the rules they keep.
 *
 * pow: 2^(y log2 |x|) with the logarithm as a sum of two numbers, good to 65 bits: log m = 2 artanh s,
 * s = (m - 1) / (m + 1), its series beyond the cube a Chebyshev fit in s^2 (error 1.3e-17).
 * cbrt: a guess of x^(-1/3) from the exponent's bits, off by a tenth at most after cubing, is mended by a
 * fit of (1 - e)^(-1/3) (error 4.4e-9); one step of Newton from the root that is rounded to 26 bits.
 */
#ifndef NK_SIMD_POWER64_H
#define NK_SIMD_POWER64_H

#include "math64.h"

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)

/* a * b = product + low, exactly where nothing over- or underflows. */
static inline double nk_two_product_f64(double a, double b, double *low) {
  const double product = a * b;
  *low = NK_FMA(a, b, -product);
  return product;
}

/* log2(x) as high + low, for x >= 0. */
static inline double nk_log2_pair_f64(double x, double *low) {
  double f, sp_low, z_low, t_low, v_low, g_low;
  const double k = nk_log_reduce_f64(x, &f);
  const double p = 2.0 + f, p_low = f - (p - 2.0), inverse = 1.0 / p, s = f * inverse;
  const double sp = nk_two_product_f64(s, p, &sp_low);
  const double s_low = (((f - sp) - sp_low) - s * p_low) * inverse;
  const double z = nk_two_product_f64(s, s, &z_low);
  double q = 0.058618018114527055;
  q = NK_FMA(q, z, 0.05853097844940682);
  q = NK_FMA(q, z, 0.06667403106050301);
  q = NK_FMA(q, z, 0.07692297467298959);
  q = NK_FMA(q, z, 0.0909090916782708);
  q = NK_FMA(q, z, 0.11111111110827367);
  q = NK_FMA(q, z, 0.14285714285714685);
  q = z * z * NK_FMA(q, z, 0.2);
  /* u = s^2 / 3 + s^4 / 5 + ... */
  const double t = nk_two_product_f64(z, 0.3333333333333333, &t_low);
  t_low += z * 1.850371707708594e-17 + (z_low + 2.0 * s * s_low) * 0.3333333333333333;
  const double u = t + q, u_low = ((t - u) + q) + t_low;
  /* s + s u, by 2 / ln 2, and the exponent */
  const double v = nk_two_product_f64(s, u, &v_low);
  v_low += s * u_low + s_low * u;
  const double w = s + v, w_low = ((s - w) + v) + (v_low + s_low);
  const double g = nk_two_product_f64(w, 2.8853900817779268, &g_low);
  g_low += w * 4.0710547481862066e-17 + w_low * 2.8853900817779268;
  const double high = k + g;
  *low = ((k - high) + g) + g_low;
  return nk_log_special_f64(x, high);
}

/* 2^(e + e_low), e_low small beside e; 0 or infinity beyond 1100. */
static inline double nk_exp2_pair_f64(double e, double e_low) {
  double a_low;
  e_low = fabs(e) < 1100.0 ? e_low : 0.0;
  e = e > 1100.0 ? 1100.0 : e;
  e = e < -1100.0 ? -1100.0 : e;
  const double n = (e + NK_ROUND_F64) - NK_ROUND_F64, rest = e - n, r = rest + e_low;
  const double a = nk_two_product_f64(r, 0.6931471805599453, &a_low);
  a_low += r * 2.3190468138462996e-17 + ((rest - r) + e_low) * 0.6931471805599453;
  return nk_scale_f64(1.0 + nk_expm1_poly_f64(a, a_low), n);
}

/* x^y with the signs and special values of C99. */
static inline double nk_pow_f64(double x, double y) {
  double low, e_low;
  const double high = nk_log2_pair_f64(fabs(x), &low);
  /* beyond 2^80 any |x| but 1 gives 0 or infinity; smaller ones have an exact product */
  const double bound = y > 0x1p80 ? 0x1p80 : (y < -0x1p80 ? -0x1p80 : y);
  const double e = nk_two_product_f64(bound, high, &e_low);
  const double size = nk_exp2_pair_f64(e, e_low + bound * low);
  const int whole = __builtin_trunc(y) == y;
  const int odd = whole & (__builtin_trunc(y * 0.5) * 2.0 != y);
  const int no_value = (x < 0.0) & !whole & (fabs(x) <= NK_MAX_F64);
  const int one = (x == 1.0) | (y == 0.0) | ((x == -1.0) & (fabs(y) > NK_MAX_F64));
  const uint64_t sign = odd ? nk_bits_f64(x) & 0x8000000000000000u : 0;
  const double power = nk_from_bits_f64(nk_bits_f64(size) ^ sign);
  return one ? 1.0 : (no_value ? (double)NAN : power);
}

#else /* without a fused product the C library's is faster */

static inline double nk_pow_f64(double x, double y) { return pow(x, y); }

#endif

/* x^(-1/3) for normal x > 0, to 27 bits. */
static inline double nk_inverse_cbrt_f64(double x) {
  const uint64_t third = ((nk_bits_f64(x) >> 32) * 0x55555556u) >> 32;
  const double guess = nk_from_bits_f64((0x553ee8b4u - third) << 32);
  const double e = 1.0 - x * guess * guess * guess;
  double p = 0.12642036346323238;
  p = NK_FMA(p, e, 0.1457919103051369);
  p = NK_FMA(p, e, 0.17283324127449096);
  p = NK_FMA(p, e, 0.2222152998989303);
  p = NK_FMA(p, e, 0.3333333369775757);
  return guess * NK_FMA(p, e, 1.0000000040266162);
}

static inline double nk_cbrt_f64(double x) {
  const double size = fabs(x);
  const int tiny = size < 0x1p-1022;
  const double a = tiny ? size * 0x1p54 : size;
  const double inverse = nk_inverse_cbrt_f64(a);
  const double t = nk_from_bits_f64((nk_bits_f64(a * inverse * inverse) + 0x4000000u) & ~(uint64_t)0x7ffffffu);
  const double r = a / (t * t), total = t + t + r;
  double part = inverse * 0.3333333333333333; /* 1 / total */
  part = part * (2.0 - total * part);
  const double root = (t + t * (r - t) * part) * (tiny ? 0x1p-18 : 1.0);
  return size == 0.0 || !(size <= NK_MAX_F64) ? x : copysign(root, x);
}

#endif
