/* Special functions without branches, for loops that the compiler makes vector code of; on a part of
 * their domain. The functions of special.h call them there, so that the bits are the same.
 */
#ifndef NK_SPECIAL_INLINE_H
#define NK_SPECIAL_INLINE_H

#include "../../simd/inverse64.h"
#include "../../simd/power64.h"
#include "coefficients.h"

/* erfinv(y) / y from w = -log(1 - y^2), w <= 38; below that every y but -1 and 1 has its w. */
NK_ALWAYS double nk_erfinv_ratio(double w) {
  double v = NK_FMA(w, 1 / 3.125, -1.0), q = 0;
  NK_ERFINV_NEAR_COEFFICIENTS(NK_HORNER)
  const double near = q, s = __builtin_sqrt(w);
  v = NK_FMA(s, 1 / 1.85, -2.5 / 1.85 - 1.0);
  q = 0;
  NK_ERFINV_FAR_COEFFICIENTS(NK_HORNER)
  return nk_pick_f64(w > 6.25, q * s, near);
}

NK_ALWAYS double nk_erfinv_f64(double y) {
  const double x = y * nk_erfinv_ratio(-nk_log_f64((1.0 - y) * (1.0 + y)));
  return nk_pick_f64(__builtin_fabs(y) == 1.0, y * (double)INFINITY, x + 0.0); /* of -0, as of 0, 0 */
}

/* erfcinv(p) for p >= 1e-16 */
NK_ALWAYS double nk_erfcinv_inner_f64(double p) {
  const double x = (1.0 - p) * nk_erfinv_ratio(-nk_log_f64(p * (2.0 - p)));
  return nk_pick_f64(p == 2.0, (double)-INFINITY, x);
}

/* digamma(x) for x > 0: one step of the recurrence below 1. */
NK_ALWAYS double nk_digamma_positive_f64(double x) {
  const double less = nk_pick_f64(x < 1.0, 1.0 / x, 0.0), y = x < 1.0 ? x + 1.0 : x;
  double v = NK_FMA(2.0, y, -3.0), q = 0;
  NK_DIGAMMA_NEAR_COEFFICIENTS(NK_HORNER)
  const double near = ((y - 1.4616321449683622) - 9.549995429965697e-17) * q;
  const double inverse = 1.0 / y, u = inverse * inverse;
  v = NK_FMA(8.0, u, -1.0);
  q = 0;
  NK_DIGAMMA_FAR_COEFFICIENTS(NK_HORNER)
  const double far = nk_log_f64(y) - NK_FMA(u, q, 0.5 * inverse);
  return nk_pick_f64(y > 2.0, far, near) - less;
}

/* gamma, its reciprocal and beta on the part of their domain that is asked for most: from NK_GAMMA_LEAST on, and with a
 * sum of at most NK_BETA_MOST. By log2 of Gamma as a sum of two numbers, which is DLMF 5.11.1 from 3 on;
 * below, Gamma(x) = Gamma(x + 3) / (x (x + 1) (x + 2)). Where there is no fused product they are left to
 * the functions for all arguments. */
#define NK_GAMMA_LEAST 1e-290
#define NK_BETA_MOST 900.0

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define NK_INLINE_GAMMA 1

/* log2 Gamma(y) of y = x + x_low moved to 3 and beyond, as a sum; `product` is what it is too large by. */
NK_ALWAYS double nk_log2_gamma(double x, double x_low, double *low, double *product) {
  double l_low, p_low, q_low, s_low, t_low;
  const uint64_t small = x < 3.0;
  const double y = nk_pick_f64(small, x + 3.0, x);
  const double y_low = nk_pick_f64(small, x - (y - 3.0), 0.0) + x_low;
  *product = nk_pick_f64(small, x * (x + 1.0) * (x + 2.0), 1.0);
  const double l = nk_log2_pair_f64(y, &l_low), inverse = 1.0 / y, v = NK_FMA(18.0, inverse * inverse, -1.0);
  double q = 0;
  NK_STIRLING_COEFFICIENTS(NK_HORNER)
  const double p = nk_two_product_f64(y - 0.5, l, &p_low);
  const double e = nk_two_product_f64(y, 1.4426950408889634, &q_low);
  p_low += (y - 0.5) * l_low;
  q_low += y * 2.0355273740931033e-17;
  const double slope = NK_FMA(-0.7213475204444817, inverse, l); /* log2 times digamma, nearly */
  const double s = nk_two_diff_f64(p, e, &s_low);
  const double t = nk_two_diff_f64(s, -1.3257480647361595, &t_low);
  *low = ((p_low - q_low) + (s_low + t_low)) +
         (NK_FMA(q * inverse, 1.4426950408889634, y_low * slope) - 7.153413670427599e-17);
  return t;
}

NK_ALWAYS double nk_gamma_inner_f64(double x) {
  double low, product;
  const double high = nk_log2_gamma(x, 0.0, &low, &product);
  return nk_pick_f64(x > 171.7, (double)INFINITY, nk_exp2_pair_f64(high, low) / product);
}

NK_ALWAYS double nk_rgamma_inner_f64(double x) {
  double low, product;
  const double high = nk_log2_gamma(x, 0.0, &low, &product);
  return nk_pick_f64(x > 200.0, 0.0, nk_exp2_pair_f64(-high, -low) * product);
}

NK_ALWAYS double nk_beta_inner_f64(double a, double b) {
  double a_low, b_low, c_low, c_rest, a_part, b_part, c_part, s_low, t_low;
  const double c = nk_two_diff_f64(a, -b, &c_rest);
  const double high_a = nk_log2_gamma(a, 0.0, &a_low, &a_part);
  const double high_b = nk_log2_gamma(b, 0.0, &b_low, &b_part);
  const double high_c = nk_log2_gamma(c, c_rest, &c_low, &c_part);
  const double s = nk_two_diff_f64(high_a, high_c, &s_low);
  const double t = nk_two_diff_f64(s, -high_b, &t_low);
  const double low = (s_low + t_low) + ((a_low - c_low) + b_low);
  return nk_exp2_pair_f64(t, low) * (c_part / a_part / b_part);
}

NK_ALWAYS double nk_betaln_inner_f64(double a, double b) { return nk_log_f64(nk_beta_inner_f64(a, b)); }
#else
#define NK_INLINE_GAMMA 0
#endif

#define NK_BETA_INNER(a, b) \
  (((a) >= NK_GAMMA_LEAST) & ((b) >= NK_GAMMA_LEAST) & ((a) + (b) <= NK_BETA_MOST))

#endif
