/* log, exp and sin/cos for the random draws, written without fused multiply-add.
 *
 * A draw must be the same number on every CPU level and in the NumPy twin, bit for bit; so these
 * use only operations that IEEE 754 rounds in one way (+ - * / sqrt), in a fixed order, and only on
 * the ranges that draws need. Errors are below 1 ulp (log), 2 ulp (exp) and 1 ulp (sin, cos).
 * Polynomials: fdlibm (Sun Microsystems, 1993) for float64, fdlibm and Cephes for float32.
 */
#ifndef NK_RANDOM_FUNCTIONS_H
#define NK_RANDOM_FUNCTIONS_H

#include <stdint.h>
#include <string.h>

/* log(x) of a positive normal number: x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)). */
static inline double random_log(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint32_t high = (uint32_t)(bits >> 32) + (0x3ff00000u - 0x3fe6a09eu);
  double k = (double)((int32_t)(high >> 20) - 0x3ff);
  bits = ((uint64_t)((high & 0xfffffu) + 0x3fe6a09eu) << 32) | (bits & 0xffffffffu);
  memcpy(&x, &bits, sizeof x);
  double f = x - 1.0;
  double half_square = 0.5 * f * f;
  double s = f / (2.0 + f);
  double z = s * s, w = z * z;
  double even = w * (3.999999999940941908e-01 +
                     w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double odd = z * (6.666666666666735130e-01 +
                    w * (2.857142874366239149e-01 +
                         w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  double r = odd + even;
  return s * (half_square + r) + k * 1.90821492927058770002e-10 - half_square + f +
         k * 6.93147180369123816490e-01;
}

static inline float random_logf(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits += 0x3f800000u - 0x3f3504f3u;
  float k = (float)((int32_t)(bits >> 23) - 0x7f);
  bits = (bits & 0x7fffffu) + 0x3f3504f3u;
  memcpy(&x, &bits, sizeof x);
  float f = x - 1.0f;
  float half_square = 0.5f * f * f;
  float s = f / (2.0f + f);
  float z = s * s, w = z * z;
  float even = w * (0xccce13.0p-25f + w * 0xf89e26.0p-26f);
  float odd = z * (0xaaaaaa.0p-24f + w * 0x91e9ee.0p-25f);
  float r = odd + even;
  return s * (half_square + r) + k * 9.0580006145e-06f - half_square + f + k * 6.9313812256e-01f;
}

/* exp(x), -inf <= x <= 700; 0 below -708. */
static inline double random_exp(double x) {
  if (x < -708.0) return 0.0;
  int32_t k = (int32_t)(x * 1.44269504088896338700 + (x < 0 ? -0.5 : 0.5));
  double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800.0; /* Taylor, 1/13! first */
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  uint64_t bits = (uint64_t)(k + 0x3ff) << 52;
  double scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

/* cos and sin of 2 pi t for t in [-1/2, 1/2): the quarter turn q is exact, the rest is a
 * polynomial on [-pi/4, pi/4]. */
static inline void random_sincos(double t, double *cosine, double *sine) {
  double quarters = t * 4.0;
  int32_t q = (int32_t)(quarters + 2.5) - 2;
  double x = (quarters - (double)q) * 1.57079632679489661923;
  double z = x * x, w = z * z;
  double ps = (8.33333333332248946124e-03 +
               z * (-1.98412698298579493134e-04 + z * 2.75573137070700676789e-06)) +
              z * w * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10);
  double s = x + z * x * (-1.66666666666666324348e-01 + z * ps);
  double pc = z * (4.16666666666666019037e-02 +
                   z * (-1.38888888888741095749e-03 + z * 2.48015872894767294178e-05)) +
              w * w *
                  (-2.75573143513906633035e-07 +
                   z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11));
  double half = 0.5 * z, rest = 1.0 - half;
  double c = rest + (((1.0 - rest) - half) + z * pc);
  double even = (q & 1) != 0 ? s : c, odd = (q & 1) != 0 ? c : s;
  *cosine = ((q + 1) & 2) != 0 ? -even : even;
  *sine = (q & 2) != 0 ? -odd : odd;
}

static inline void random_sincosf(float t, float *cosine, float *sine) {
  float quarters = t * 4.0f;
  int32_t q = (int32_t)(quarters + 2.5f) - 2;
  float x = (quarters - (float)q) * 1.57079632679489661923f;
  float z = x * x;
  float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z + -1.6666654611e-1f) * z * x + x;
  float c =
      ((2.443315711809948e-5f * z + -1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
      0.5f * z + 1.0f;
  float even = (q & 1) != 0 ? s : c, odd = (q & 1) != 0 ? c : s;
  *cosine = ((q + 1) & 2) != 0 ? -even : even;
  *sine = (q & 2) != 0 ? -odd : odd;
}

#endif
