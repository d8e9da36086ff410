/* Scaled complementary error function and the inverse error functions.
 *
 * erfcx: exp(x^2) erfc(x), from 10 on by its asymptotic series (DLMF 7.12.1). Inverses: polynomials in
 * log(1 - y^2) (inline.h; the variable is that of M. Giles, Approximating the erfinv function, GPU
 * Computing Gems 2, 2011). In the far tail a rational start (Abramowitz and Stegun 26.2.23), then
 * Halley's iteration, whose error is cubed by each step.
 */
#include <math.h>

#include "inline.h"
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

/* erfc(x) = p for small p > 0. */
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

double NK_LV(nk_erfinv)(double y) { return nk_erfinv_f64(y); }

double NK_LV(nk_erfcinv)(double p) {
  if (p == 0) return INFINITY;
  return p > 0 && p < 1e-16 ? tail(p) : nk_erfcinv_inner_f64(p);
}
