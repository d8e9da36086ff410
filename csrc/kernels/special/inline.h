/* Special functions without branches, for loops that the compiler makes vector code of; on a part of
 * their domain. The functions of special.h call them there, so that the bits are the same.
 */
#ifndef NK_SPECIAL_INLINE_H
#define NK_SPECIAL_INLINE_H

#include "../../simd/inverse64.h"
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

#endif
