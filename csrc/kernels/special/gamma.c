/* Gamma function, its logarithm, reciprocal and logarithmic derivative; beta function.
 *
 * digamma: polynomials (inline.h); left of 0 reflection, recurrence up to 15, then the asymptotic
 * series (DLMF 5.5.4, 5.5.2, 5.11.2) in long double, since the two parts may cancel.
 * gamma and beta of usual arguments: inline.h. beta of others: DLMF 5.12.1; for a much larger than b the expansion of a ratio of gamma functions (5.11.13).
 */
#include <math.h>

#include "inline.h"
#include "special.h"

static int is_pole(double x) {
  return x <= 0 && x == floor(x);
}

double NK_LV(nk_gamma)(double x) {
#if NK_INLINE_GAMMA
  if (x >= NK_GAMMA_LEAST) return nk_gamma_inner_f64(x);
#endif
  if (x < 0 && is_pole(x)) return NAN;
  return tgamma(x);
}

double NK_LV(nk_gammaln)(double x) {
  int sign;
  if (isinf(x)) return x > 0 ? INFINITY : -INFINITY;
  return lgamma_r(x, &sign);
}

double NK_LV(nk_rgamma)(double x) {
  if (is_pole(x)) return 0.0;
#if NK_INLINE_GAMMA
  if (x >= NK_GAMMA_LEAST) return nk_rgamma_inner_f64(x);
#endif
  if (x > 171.6) return (double)expl(-lgammal(x));
  return 1.0 / tgamma(x);
}

double NK_LV(nk_digamma)(double x) {
  if (x > 0) return nk_digamma_positive_f64(x);
  if (isnan(x)) return x;
  if (x == 0) return copysign(INFINITY, -x);
  if (is_pole(x)) return NAN;
  const long double part = (long double)x - rintl(x);
  long double y = 1 - (long double)x, sum = -NK_PI_L / tanl(NK_PI_L * part);
  for (; y < 15; y += 1) sum -= 1 / y;
  const long double t = 1 / (y * y);
  const long double series =
      t * (1.0L / 12 -
           t * (1.0L / 120 -
                t * (1.0L / 252 -
                     t * (1.0L / 240 - t * (1.0L / 132 - t * (691.0L / 32760 - t / 12))))));
  return (double)(sum + logl(y) - 0.5L / y - series);
}

/* log |Gamma(x)| and the sign of Gamma(x). */
static long double log_gamma(long double x, int *sign) {
  int s;
  const long double value = lgammal_r(x, &s);
  *sign *= s;
  return value;
}

/* log |B(a, b)| and its sign, |a| >= |b|, neither a pole. */
static long double log_beta(double a, double b, int *sign) {
  if (a > 1e6 * fabs(b) && a > 1e6) {
    const long double la = a, lb = b, c = lb * (1 - lb);
    long double r = log_gamma(lb, sign) - lb * logl(la);
    return r + c / (2 * la) + c * (1 - 2 * lb) / (12 * la * la) - c * c / (12 * la * la * la);
  }
  const long double sum = (long double)a + b;
  return log_gamma(a, sign) + (log_gamma(b, sign) - log_gamma(sum, sign));
}

/* The pair in the order log_beta takes; false where the value is infinite. At a pole of Gamma(a)
 * that one of Gamma(a + b) cancels, for integer b, the limit is B(1 - a - b, b) up to its sign. */
static int arrange(double *a, double *b, int *sign) {
  if (is_pole(*b)) {
    const double t = *a;
    *a = *b, *b = t;
  }
  if (is_pole(*a)) {
    if (*b != floor(*b) || 1 - *a - *b <= 0) return 0;
    if (fmod(*b, 2) != 0) *sign = -1;
    *a = 1 - *a - *b;
    if (is_pole(*b)) return 0;
  }
  if (fabs(*a) < fabs(*b)) {
    const double t = *a;
    *a = *b, *b = t;
  }
  return 1;
}

double NK_LV(nk_beta)(double a, double b) {
  int sign = 1;
#if NK_INLINE_GAMMA
  if (NK_BETA_INNER(a, b)) return nk_beta_inner_f64(a, b);
#endif
  if (isnan(a) || isnan(b)) return NAN;
  if (!arrange(&a, &b, &sign)) return INFINITY;
  if (is_pole(a + b) && a > -1e6 && b > -1e6) return 0.0;
  const long double r = log_beta(a, b, &sign);
  return (double)(sign * expl(r));
}

double NK_LV(nk_betaln)(double a, double b) {
  int sign = 1;
#if NK_INLINE_GAMMA
  if (NK_BETA_INNER(a, b)) return nk_betaln_inner_f64(a, b);
#endif
  if (isnan(a) || isnan(b)) return NAN;
  if (!arrange(&a, &b, &sign)) return INFINITY;
  return (double)log_beta(a, b, &sign);
}
