/* Hurwitz zeta function sum_k (q + k)^-s, s > 1: direct terms, then Euler-Maclaurin (DLMF 25.11.5).
 *
 * Negative q, for integer s: the sum over all integers less the half that is not wanted.
 */
#include <math.h>

#include "special.h"

/* (2j)! / B_2j */
static const long double factor[] = {12.0L,
                                     -720.0L,
                                     30240.0L,
                                     -1209600.0L,
                                     47900160.0L,
                                     -1307674368000.0L / 691,
                                     74724249600.0L,
                                     -10670622842880000.0L / 3617,
                                     5109094217170944000.0L / 43867,
                                     -802857662698291200000.0L / 174611,
                                     155112100433309859840000.0L / 854513,
                                     -1693824136731743669452800000.0L / 236364091};

static long double positive(long double s, long double q) {
  if (q > 1e10L) return (1 / (s - 1) + 1 / (2 * q)) * powl(q, 1 - s);
  long double sum = 0, a = q;
  for (int i = 0; i < 12 || a <= 15; i++, a += 1) {
    const long double term = powl(a, -s);
    sum += term;
    if (term < 1e-22L * sum) return sum;
  }
  const long double last = powl(a, -s);
  sum += last * a / (s - 1) + last / 2;
  long double product = s * last / a, k = 1;
  for (int j = 0; j < (int)(sizeof factor / sizeof *factor); j++, k += 2) {
    const long double term = product / factor[j];
    sum += term;
    if (fabsl(term) < 1e-22L * fabsl(sum)) break;
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
    return (double)positive(s, q);
  }
  if (q == floor(q)) return INFINITY;
  if (s != floor(s)) return NAN;
  const long double x = q, part = x - floorl(x);
  const long double other = positive(s, 1 - part) - positive(s, 1 - x);
  return (double)(fmod(s, 2) == 0 ? positive(s, part) + other : positive(s, part) - other);
}
