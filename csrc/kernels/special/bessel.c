/* Bessel functions: those of the C library under SciPy's names, and the modified ones.
 *
 * I: power series, all terms of one sign (DLMF 10.25.2), or the asymptotic series (10.40.1). K of orders
 * 0 and 1: series with logarithm (10.31.1) up to 2, then Temme's continued fraction as Press et al.
 * (Numerical Recipes, 6.6) evaluate it; higher orders by recurrence, stable upward (10.29.1).
 */
#include <math.h>

#include "special.h"

double NK_LV(nk_jv)(double v, double x) {
  if (isnan(x) || v != rint(v)) return NAN;
  if (v == 0) return j0(x);
  if (v == 1) return j1(x);
  return jn((int)v, x);
}

double NK_LV(nk_yv)(double v, double x) {
  if (isnan(x) || x < 0 || v != rint(v)) return NAN;
  if (x == 0) return -INFINITY;
  if (v == 0) return y0(x);
  if (v == 1) return y1(x);
  return yn((int)v, x);
}

/* exp(-x) I_v(x) for large x. */
static long double i_asymptotic(long double v, long double x) {
  long double sum = 1, term = 1;
  for (int k = 1; k < 200; k++) {
    const long double odd = 2 * k - 1;
    const long double next = term * -(4 * v * v - odd * odd) / (8 * k * x);
    if (fabsl(next) > fabsl(term) || fabsl(next) < 1e-21L) break;
    sum += term = next;
  }
  return sum / sqrtl(2 * NK_PI_L * x);
}

static long double i_series(long double v, long double x) {
  int sign = 1;
  long double term = expl(v * logl(x / 2) - lgammal_r(v + 1, &sign));
  term *= sign;
  const long double t = x * x / 4;
  long double sum = term;
  for (int k = 1; k < 100000; k++) {
    term *= t / (k * (k + v));
    sum += term;
    if (fabsl(term) < 1e-21L * fabsl(sum) && k + v > 0) break;
  }
  return sum;
}

static double bessel_i(double order, double at, int scaled) {
  if (isnan(order) || isnan(at)) return NAN;
  const int whole = order == rint(order);
  if (at < 0 && !whole) return NAN;
  const long double v = whole ? fabsl((long double)order) : order, x = fabsl((long double)at);
  const long double sign = at < 0 && fmodl(v, 2) != 0 ? -1 : 1;
  if (x == 0) return v == 0 ? 1 : v > 0 ? 0 : INFINITY;
  if (isinf(x)) return scaled ? 0 : (double)(sign * INFINITY);
  if (x > 11000 || (x > 30 && x > v * v)) {
    const long double y = sign * i_asymptotic(v, x);
    return (double)(scaled ? y : y * expl(x));
  }
  const long double y = sign * i_series(v, x);
  return (double)(scaled ? y * expl(-x) : y);
}

double NK_LV(nk_iv)(double v, double x) {
  return bessel_i(v, x, 0);
}

double NK_LV(nk_ive)(double v, double x) {
  return bessel_i(v, x, 1);
}

/* exp(x) K_0(x) and exp(x) K_1(x), x <= 2. */
static void k_series(long double x, long double *k0, long double *k1) {
  const long double t = x * x / 4, log_half = logl(x / 2);
  long double harmonic = 0, zero = 1, one = 1, sum0 = 0, sum1 = 0;
  for (int k = 0; k < 40; k++) {
    sum0 += zero * (harmonic - NK_EULER_L - log_half);
    sum1 += one * (log_half + NK_EULER_L - harmonic - 0.5L / (k + 1));
    harmonic += 1.0L / (k + 1);
    zero *= t / ((k + 1.0L) * (k + 1.0L));
    one *= t / ((k + 1.0L) * (k + 2.0L));
    if (zero < 1e-24L) break;
  }
  *k0 = sum0 * expl(x);
  *k1 = (1 / x + x / 2 * sum1) * expl(x);
}

/* The same for x > 2. */
static void k_fraction(long double x, long double *k0, long double *k1) {
  const long double first = 0.25L;
  long double b = 2 * (1 + x), d = 1 / b, step = d, h = d, q1 = 0, q2 = 1, q = first, c = first;
  long double a = -first, s = 1 + q * step;
  for (int i = 2; i < 10000; i++) {
    a -= 2 * (i - 1);
    c = -a * c / i;
    const long double next = (q1 - b * q2) / a;
    q1 = q2;
    q2 = next;
    q += c * next;
    b += 2;
    d = 1 / (b + a * d);
    step *= b * d - 1;
    h += step;
    const long double more = q * step;
    s += more;
    if (fabsl(more) < 1e-20L * fabsl(s)) break;
  }
  *k0 = sqrtl(NK_PI_L / (2 * x)) / s;
  *k1 = *k0 * (x + 0.5L - first * h) / x;
}

static double bessel_k(double order, double at, int scaled) {
  if (isnan(order) || isnan(at) || at < 0 || order != rint(order)) return NAN;
  if (at == 0) return INFINITY;
  if (isinf(at)) return 0;
  const long double x = at;
  long double low, high;
  if (x <= 2) k_series(x, &low, &high);
  else k_fraction(x, &low, &high);
  const double n = fabs(order);
  for (long double k = 1; k <= n && !isinf(high); k += 1) {
    const long double next = low + 2 * k / x * high;
    low = high;
    high = next;
  }
  return (double)((n > 0 && isinf(high) ? high : low) * (scaled ? 1 : expl(-x)));
}

double NK_LV(nk_kv)(double v, double x) {
  return bessel_k(v, x, 0);
}

double NK_LV(nk_kve)(double v, double x) {
  return bessel_k(v, x, 1);
}
