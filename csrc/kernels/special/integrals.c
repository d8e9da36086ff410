/* Integrals by their own names: exponential, Dawson's, dilogarithm.
 *
 * E_n: power series (DLMF 8.19.8) up to 2, then a continued fraction (8.19.17), by Lentz's method
 * as Thompson and Barnett write it (J. Comput. Phys. 64, 1986). Ei: power series (6.6.1) up to 40,
 * then the asymptotic series (6.12.2). Dawson's integral: the series of positive terms (7.6.1 for
 * an imaginary argument) up to 7, then the asymptotic series. Dilogarithm: power series within 1/2,
 * elsewhere by reflection, inversion and Landen's transformation (25.12.3, 4, 6). All in long
 * double.
 */
#include <float.h>
#include <math.h>

#include "special.h"

#define LEAST 1e-21L

static long double e_series(int n, long double x) {
  long double psi = -NK_EULER_L, power = 1; /* (-x)^m / m! */
  for (int k = 1; k < n; k++) psi += 1.0L / k;
  long double sum = 0;
  for (int m = 0; m < n + 100; m++) {
    if (m) power *= -x / m;
    const long double term = m == n - 1 ? power * (psi - logl(x)) : -power / (m - n + 1);
    sum += term;
    if (m >= n && fabsl(term) < LEAST * fabsl(sum)) break;
    if (power == 0) break;
  }
  return sum;
}

/* exp(x) E_n(x) */
static long double e_fraction(long double n, long double x) {
  long double b = x + n, c = 1 / LDBL_MIN, d = 1 / b, h = d;
  for (int k = 1; k < 10000; k++) {
    const long double a = -k * (n - 1 + k);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const long double step = c * d;
    h *= step;
    if (fabsl(step - 1) < 1e-19L) break;
  }
  return h;
}

double NK_LV(nk_expn)(double n, double x) {
  if (isnan(x) || x < 0 || n < 0 || n != rint(n)) return NAN;
  if (isinf(x)) return 0.0;
  if (x == 0) return n > 1 ? 1 / (n - 1) : INFINITY;
  if (n == 0) return exp(-x) / x;
  if (x <= 2 && n < 100) return (double)e_series((int)n, x);
  return (double)(expl(-(long double)x) * e_fraction(n, x));
}

double NK_LV(nk_exp1)(double x) { return NK_LV(nk_expn)(1, x); }

double NK_LV(nk_expi)(double x) {
  if (isnan(x) || x == INFINITY) return x;
  if (x == 0) return -INFINITY;
  if (x < 0) return -NK_LV(nk_exp1)(-x);
  long double sum = 0, term = 1;
  if (x <= 40) {
    for (int k = 1; k < 400; k++) {
      term *= (long double)x / k;
      sum += term / k;
      if (term < LEAST * sum) break;
    }
    return (double)(NK_EULER_L + logl(x) + sum);
  }
  for (int k = 1; k < 100 && fabsl(term) > LEAST; k++) {
    sum += term;
    if (k > x) break;
    term *= k / (long double)x;
  }
  return (double)(expl(x) / x * sum);
}

double NK_LV(nk_dawsn)(double x) {
  if (isinf(x)) return copysign(0.0, x);
  const long double y = x, square = y * y;
  long double sum = 0, term = 1;
  if (fabs(x) <= 7) {
    for (int k = 0; k < 400; k++) {
      if (k) term *= square / k;
      sum += term / (2 * k + 1);
      if (term < LEAST * sum) break;
    }
    return (double)(y * expl(-square) * sum);
  }
  const long double t = 0.5L / square;
  for (int k = 1; k < 50 && term > LEAST; k++) {
    sum += term;
    term *= (2 * k - 1) * t;
  }
  return isnan(x) ? x : (double)(sum / (2 * y));
}

/* Li_2(z) for z <= 1 */
static long double dilogarithm(long double z) {
  const long double whole = NK_PI_L * NK_PI_L / 6;
  if (z == 1) return whole;
  if (z > 0.5L) return whole - logl(z) * log1pl(-z) - dilogarithm(1 - z);
  if (z < -1) {
    const long double log = logl(-z);
    return -whole - log * log / 2 - dilogarithm(1 / z);
  }
  if (z < -0.5L) {
    const long double log = log1pl(-z);
    return -dilogarithm(z / (z - 1)) - log * log / 2;
  }
  long double sum = 0, power = z;
  for (int k = 1; k < 100 && fabsl(power) > LEAST * fabsl(sum); k++, power *= z)
    sum += power / ((long double)k * k);
  return sum;
}

double NK_LV(nk_spence)(double x) {
  return isfinite(x) && x >= 0 ? (double)dilogarithm(1 - (long double)x) : NAN;
}
