/* Hurwitz zeta function sum_k (q + k)^-s, s > 1: direct terms, then Euler-Maclaurin (DLMF 25.11.5).
 *
 * Negative q, for integer s: the sum over all integers less the half that is not wanted.
 */
#include <math.h>

#include "special.h"

/* (2j)! / B_2j */
static const double factor[] = {12.0,
                                     -720.0,
                                     30240.0,
                                     -1209600.0,
                                     47900160.0,
                                     -1307674368000.0 / 691,
                                     74724249600.0,
                                     -10670622842880000.0 / 3617,
                                     5109094217170944000.0 / 43867,
                                     -802857662698291200000.0 / 174611,
                                     155112100433309859840000.0 / 854513,
                                     -1693824136731743669452800000.0 / 236364091};

static double power(double a, double s) {
  if (s > 6 || s != floor(s)) return pow(a, -s);
  const double inverse = 1 / a;
  double y = inverse * inverse;
  for (int k = 2; k < (int)s; k++) y *= inverse;
  return y;
}

static double positive(double s, double q) {
  if (q > 1e10) return (1 / (s - 1) + 1 / (2 * q)) * pow(q, 1 - s);
  const int least = s > 6 ? 12 : 0;
  const double far = s > 6 ? 15 : 9;
  double sum = 0, a = q;
  for (int i = 0; i < least || a <= far; i++, a += 1) {
    const double term = power(a, s);
    sum += term;
    if (term < 1e-18 * sum) return sum;
  }
  const double last = power(a, s);
  sum += last * a / (s - 1) + last / 2;
  double product = s * last / a, k = 1;
  for (int j = 0; j < (int)(sizeof factor / sizeof *factor); j++, k += 2) {
    const double term = product / factor[j];
    sum += term;
    if (fabs(term) < 1e-18 * fabs(sum)) break;
    product *= (s + k) * (s + k + 1) / (a * a);
  }
  return sum;
}

double NK_LV(nk_zeta)(double s, double q) {
  if (isnan(s) || isnan(q)) return NAN;
  if (s == 1) return INFINITY;
  if (s < 1) return NAN;
  if (q > 0) {
    if (isinf(q)) return 0.0;
    if (isinf(s)) return q > 1 ? 0.0 : q == 1 ? 1.0 : INFINITY;
    return positive(s, q);
  }
  if (q == floor(q)) return INFINITY;
  if (s != floor(s)) return NAN;
  const double part = q - floor(q), other = positive(s, 1 - part) - positive(s, 1 - q);
  return fmod(s, 2) == 0 ? positive(s, part) + other : positive(s, part) - other;
}
