/* Bessel functions: those of the C library under SciPy's names, and the modified ones.
 *
 * Orders 0 and 1 of I: power series, then a polynomial in 1 / x; of K: I_0 and I_1 times a logarithm
 * and a polynomial (DLMF 10.31), from 2 on a polynomial in 1 / x. Higher orders of K by recurrence,
 * stable upward (10.29.1); other orders of I: power series, all terms of one sign (10.25.2), or the
 * asymptotic series (10.40.1), in long double.
 */
#include <math.h>

#include "inline.h"
#include "special.h"

#define SQRT_60 7.745966692414834

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

/* exp(-x) I_0(x) or exp(-x) I_1(x), or without the factor; x >= 0. */
static double low_order_i(int order, double x, int scaled) {
  double v = x * x / 4, q = 0;
  if (x * x <= 60) {
    if (order == 0) { NK_I0_NEAR_COEFFICIENTS(NK_HORNER) }
    else { NK_I1_NEAR_COEFFICIENTS(NK_HORNER) }
    const double y = order == 0 ? q : 0.5 * x * q;
    return scaled ? y * exp(-x) : y;
  }
  v = 2 * SQRT_60 / x - 1;
  if (order == 0) { NK_I0_FAR_COEFFICIENTS(NK_HORNER) }
  else { NK_I1_FAR_COEFFICIENTS(NK_HORNER) }
  const double y = q / sqrt(x), half = scaled ? 1 : exp(x / 2);
  return y * half * half;
}

static double bessel_i(double order, double at, int scaled) {
  if (isnan(order) || isnan(at)) return NAN;
  const int whole = order == rint(order);
  if (at < 0 && !whole) return NAN;
  const long double v = whole ? fabsl((long double)order) : order, x = fabsl((long double)at);
  const long double sign = at < 0 && fmodl(v, 2) != 0 ? -1 : 1;
  if (x == 0) return v == 0 ? 1 : v > 0 ? 0 : INFINITY;
  if (isinf(x)) return scaled ? 0 : (double)(sign * INFINITY);
  if (v <= 1 && whole) return (double)sign * low_order_i((int)v, fabs(at), scaled);
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

/* exp(x) K_0(x) and exp(x) K_1(x) */
static void low_order_k(double x, double *k0, double *k1) {
  double v = x * x / 2 - 1, q = 0;
  if (x <= 2) {
    const double log_half = log(x / 2), scale = exp(x);
    NK_K0_NEAR_COEFFICIENTS(NK_HORNER)
    *k0 = scale * NK_FMA(-log_half, low_order_i(0, x, 0), q);
    q = 0;
    NK_K1_NEAR_COEFFICIENTS(NK_HORNER)
    *k1 = scale * (1 / x + NK_FMA(log_half, low_order_i(1, x, 0), x * q));
    return;
  }
  const double root = sqrt(x);
  v = 4 / x - 1;
  NK_K0_FAR_COEFFICIENTS(NK_HORNER)
  *k0 = q / root;
  q = 0;
  NK_K1_FAR_COEFFICIENTS(NK_HORNER)
  *k1 = q / root;
}

static double bessel_k(double order, double x, int scaled) {
  if (isnan(order) || isnan(x) || x < 0 || order != rint(order)) return NAN;
  if (x == 0) return INFINITY;
  if (isinf(x)) return 0;
  double low, high;
  low_order_k(x, &low, &high);
  const double n = fabs(order);
  for (double k = 1; k < n && !isinf(high); k += 1) {
    const double next = low + 2 * k / x * high;
    low = high;
    high = next;
  }
  return (n == 0 ? low : high) * (scaled ? 1 : exp(-x));
}

double NK_LV(nk_kv)(double v, double x) {
  return bessel_k(v, x, 0);
}

double NK_LV(nk_kve)(double v, double x) {
  return bessel_k(v, x, 1);
}
