/* Scaled complementary error function and the inverse error functions.
 *
 * erfcx: exp(x^2) erfc(x), from 10 on by its asymptotic series (DLMF 7.12.1). Inverses: a rational
 * start (Abramowitz and Stegun 26.2.23), then Halley's iteration, whose error is cubed by each step.
 */
#include <math.h>

#include "special.h"

#define SQRT_PI 1.77245385090551602729816748334

/* exp(x^2), the rounding of x^2 made good. */
static double exp_square(double x) {
  const double high = x * x, low = __builtin_fma(x, x, -high);
  const double y = exp(high);
  return isinf(y) ? y : y + y * low;
}

double NK_LV(nk_erfcx)(double x) {
  if (x < -1) {
    const double y = exp_square(x);
    return isinf(2 * y) ? INFINITY : 2 * y - NK_LV(nk_erfcx)(-x);
  }
  if (x < 10) return exp_square(x) * erfc(x);
  if (isinf(x)) return 0.0;
  const double t = 0.5 / x / x;
  double s = 1;
  for (int k = 14; k > 0; k--) s = 1 - (2 * k - 1) * t * s;
  return s / (x * SQRT_PI);
}

/* erfc(x) = p for 0 < p <= 1/2. */
static double tail(double p) {
  const double t = sqrt(-2 * (log(p) - 0.69314718055994531));
  double x = 0.70710678118654752 * (t - (2.30753 + t * 0.27061) / (1 + t * (0.99229 + t * 0.04481)));
  for (int i = 0; i < 3; i++) {
    /* (erfc(x) - p) / (2 exp(-x^2) / sqrt(pi)), in factors that do not underflow */
    const double half = exp(0.5 * x * x);
    const double r = 0.5 * SQRT_PI * (NK_LV(nk_erfcx)(x) - p * half * half);
    x += r / (1 - x * r);
  }
  return x;
}

double NK_LV(nk_erfinv)(double y) {
  if (isnan(y) || fabs(y) > 1) return NAN;
  if (fabs(y) == 1) return copysign(INFINITY, y);
  if (y > 0.5) return tail(1 - y);
  if (y < -0.5) return -tail(1 + y);
  if (fabs(y) < 1e-9) return 0.5 * SQRT_PI * y + 0.0; /* of -0, as of 0, 0 */
  const double z = 0.5 * SQRT_PI * y, w = z * z;
  double x = z * (1 + w * (1.0 / 3 + w * (7.0 / 30 + w * (127.0 / 630))));
  for (int i = 0; i < 2; i++) {
    const double r = 0.5 * SQRT_PI * (erf(x) - y) * exp_square(x);
    x -= r / (1 + x * r);
  }
  return x;
}

double NK_LV(nk_erfcinv)(double p) {
  if (isnan(p) || p < 0 || p > 2) return NAN;
  if (p == 0) return INFINITY;
  if (p == 2) return -INFINITY;
  if (p < 0.5) return tail(p);
  if (p > 1.5) return -tail(2 - p);
  return -NK_LV(nk_erfinv)(p - 1);
}
