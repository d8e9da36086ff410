/* float64 elementary functions without branches; see math32.h for the rules they keep.
 *
 * Methods: Cody-Waite reduction with a Taylor polynomial for exp; fdlibm's log, log1p, log2, log10,
 * kernel sine and cosine (Sun Microsystems 1993, freely granted), the argument of sin and cos
 * reduced with three parts of pi/2 up to NK_TRIG_LIMIT_F64.
 */
#ifndef NK_SIMD_MATH64_H
#define NK_SIMD_MATH64_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../kernels/level.h"

static inline double nk_from_bits_f64(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline uint64_t nk_bits_f64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

#define NK_ROUND_F64 0x1.8p52
#define NK_MAX_F64 1.7976931348623157e308

/* 2^n for a whole number -1022 <= n <= 1023. */
static inline double nk_pow2_f64(double n) {
  return nk_from_bits_f64(nk_bits_f64(n + (NK_ROUND_F64 + 1023)) << 52);
}

static inline double nk_scale_f64(double y, double n) {
  const double half = (n * 0.5 + NK_ROUND_F64) - NK_ROUND_F64;
  return y * nk_pow2_f64(half) * nk_pow2_f64(n - half);
}

/* e^r for |r| <= ln(2)/2: interpolated at Chebyshev's points, remainder 1.6e-17. Highest power first. */
#define NK_EXP_COEFFICIENTS_F64(FIRST, NEXT) \
  FIRST(2.510038549551032e-08)               \
  NEXT(2.7620088445409746e-07)               \
  NEXT(2.7557268459997064e-06)               \
  NEXT(2.4801521295954376e-05)               \
  NEXT(1.9841269863053618e-04)               \
  NEXT(1.3888888917213717e-03)               \
  NEXT(8.333333333330062e-03)                \
  NEXT(4.166666666662413e-02)                \
  NEXT(1.6666666666666669e-01)               \
  NEXT(5.000000000000001e-01)                \
  NEXT(1.0)                                  \
  NEXT(1.0)

static inline double nk_exp_poly_f64(double r) {
  double p;
#define FIRST(c) p = c;
#define NEXT(c) p = NK_FMA(p, r, c);
  NK_EXP_COEFFICIENTS_F64(FIRST, NEXT)
#undef NEXT
#undef FIRST
  return p;
}

/* e^(r + tail) - 1 for |r| <= ln(2)/2: Taylor, remainder 4e-18. Highest power first. */
#define NK_EXPM1_COEFFICIENTS_F64(FIRST, NEXT) \
  FIRST(1.0 / 6227020800.0)                    \
  NEXT(1.0 / 479001600.0)                      \
  NEXT(1.0 / 39916800.0)                       \
  NEXT(1.0 / 3628800.0)                        \
  NEXT(1.0 / 362880.0)                         \
  NEXT(1.0 / 40320.0)                          \
  NEXT(1.0 / 5040.0)                           \
  NEXT(1.0 / 720.0)                            \
  NEXT(1.0 / 120.0)                            \
  NEXT(1.0 / 24.0)                             \
  NEXT(1.0 / 6.0)                              \
  NEXT(0.5)

static inline double nk_expm1_poly_f64(double r, double tail) {
  double q;
#define FIRST(c) q = c;
#define NEXT(c) q = NK_FMA(q, r, c);
  NK_EXPM1_COEFFICIENTS_F64(FIRST, NEXT)
#undef NEXT
#undef FIRST
  return r + NK_FMA(r * r, q, tail);
}

/* x = n ln 2 + r + tail with n whole; n ln2_hi is exact. */
static inline double nk_exp_reduce_f64(double x, double *r, double *tail) {
  const double n = (x * 1.4426950408889634 + NK_ROUND_F64) - NK_ROUND_F64;
  const double high = NK_FMA(n, -6.93147180369123816490e-01, x);
  *r = NK_FMA(n, -1.90821492927058770002e-10, high);
  *tail = NK_FMA(n, -1.90821492927058770002e-10, high - *r);
  return n;
}

static inline double nk_exp_f64(double x) {
  x = x > 710.0 ? 710.0 : x;
  x = x < -746.0 ? -746.0 : x;
  double r, tail;
  const double n = nk_exp_reduce_f64(x, &r, &tail);
  return nk_scale_f64(nk_exp_poly_f64(r), n);
}

static inline double nk_exp2_f64(double x) {
  x = x > 1025.0 ? 1025.0 : x;
  x = x < -1076.0 ? -1076.0 : x;
  const double n = (x + NK_ROUND_F64) - NK_ROUND_F64;
  return nk_scale_f64(nk_exp_poly_f64((x - n) * 0.6931471805599453), n);
}

static inline double nk_expm1_f64(double x0) {
  double x = x0 > 710.0 ? 710.0 : x0;
  x = x < -40.0 ? -40.0 : x;
  double r, tail;
  const double n = nk_exp_reduce_f64(x, &r, &tail);
  const double inverse = n > 60.0 ? 0.0 : nk_pow2_f64(-n);
  const double y = nk_scale_f64(nk_expm1_poly_f64(r, tail) + (1.0 - inverse), n);
  return fabs(x0) < 0x1p-54 ? x0 : y;
}

/* x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for positive normal x. */
static inline double nk_log_split_f64(double x, double *f) {
  const uint64_t bits = nk_bits_f64(x) + (0x3ff0000000000000u - 0x3fe6a09e00000000u);
  *f = nk_from_bits_f64((bits & 0x000fffffffffffffu) + 0x3fe6a09e00000000u) - 1.0;
  return nk_from_bits_f64((bits >> 52) | 0x4330000000000000u) - (0x1p52 + 1023);
}

/* log(1 + f) = f - f^2/2 + s (f^2/2 + R), s = f/(2 + f); returns s (f^2/2 + R). */
static inline double nk_log_tail_f64(double f, double half) {
  const double s = f / (2.0 + f), z = s * s, w = z * z;
  double even = NK_FMA(w, 1.531383769920937332e-01, 2.222219843214978396e-01);
  even = w * NK_FMA(w, even, 3.999999999940941908e-01);
  double odd = NK_FMA(w, 1.479819860511658591e-01, 1.818357216161805012e-01);
  odd = NK_FMA(w, odd, 2.857142874366239149e-01);
  odd = z * NK_FMA(w, odd, 6.666666666666735130e-01);
  return s * (half + (even + odd));
}

static inline double nk_log_special_f64(double x, double y) {
  y = x > NK_MAX_F64 ? x : y;
  y = x == 0.0 ? (double)-INFINITY : y;
  return x >= 0.0 ? y : (double)NAN;
}

/* The exponent of x and the rest, denormals included. */
static inline double nk_log_reduce_f64(double x, double *f) {
  const double scaled = x < 0x1p-1022 ? x * 0x1p54 : x;
  const double k = nk_log_split_f64(scaled, f);
  return x < 0x1p-1022 ? k - 54.0 : k;
}

static inline double nk_log_f64(double x) {
  double f;
  const double k = nk_log_reduce_f64(x, &f);
  const double half = 0.5 * f * f;
  const double low = nk_log_tail_f64(f, half) + k * 1.90821492927058770002e-10;
  return nk_log_special_f64(x, k * 6.93147180369123816490e-01 - ((half - low) - f));
}

/* log(1 + f) as hi + lo, hi with 21 bits or less after the point of its exponent. */
static inline double nk_log_pair_f64(double f, double *lo) {
  const double half = 0.5 * f * f;
  const double hi = nk_from_bits_f64(nk_bits_f64(f - half) & 0xffffffff00000000u);
  *lo = ((f - hi) - half) + nk_log_tail_f64(f, half);
  return hi;
}

static inline double nk_log2_f64(double x) {
  double f, lo;
  const double k = nk_log_reduce_f64(x, &f), hi = nk_log_pair_f64(f, &lo);
  const double high = hi * 1.44269504072144627571e+00;
  const double low = (lo + hi) * 1.67517131648865118353e-10 + lo * 1.44269504072144627571e+00;
  const double w = k + high;
  return nk_log_special_f64(x, (low + ((k - w) + high)) + w);
}

static inline double nk_log10_f64(double x) {
  double f, lo;
  const double k = nk_log_reduce_f64(x, &f), hi = nk_log_pair_f64(f, &lo);
  const double high = hi * 4.34294481878168880939e-01, base = k * 3.01029995663611771306e-01;
  const double low = k * 3.69423907715893078616e-13 + (lo + hi) * 2.50829467116452752298e-11 +
                     lo * 4.34294481878168880939e-01;
  const double w = base + high;
  return nk_log_special_f64(x, (low + ((base - w) + high)) + w);
}

/* log(u) + c/u with u = 1 + x rounded and c the rounding error. */
static inline double nk_log1p_f64(double x) {
  const double u = 1.0 + x;
  double f;
  const double k = nk_log_split_f64(u, &f);
  const double error = k >= 2.0 ? 1.0 - (u - x) : x - (u - 1.0);
  const double c = k == 0.0 || k >= 54.0 ? 0.0 : error / u;
  f = k == 0.0 ? x : f;
  const double half = 0.5 * f * f;
  const double low = nk_log_tail_f64(f, half) + (k * 1.90821492927058770002e-10 + c);
  const double y = k * 6.93147180369123816490e-01 - ((half - low) - f);
  return fabs(x) < 0x1p-54 ? x : nk_log_special_f64(u, y);
}

static inline double nk_tanh_f64(double x) {
  const double a = fabs(x);
  const double e = nk_expm1_f64(a > 20.0 ? 40.0 : 2.0 * a);
  return copysign(x == x ? e / (e + 2.0) : x, x);
}

static inline double nk_sigmoid_f64(double x) {
  const double e = nk_exp_f64(-fabs(x));
  return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* erf x = x + x Q(x^2) below 1, 1 - e^(-x^2) G(x) above, with G fitted in 1 / (x + 3) scaled to
 * [-1, 1] (Chebyshev fits, errors 7e-18 and 5e-18). */
static inline double nk_erf_f64(double x) {
  const double t = fabs(x), z = x * x;
  double q = -7.795898827002142e-10;
  q = NK_FMA(q, z, 1.3720064546777686e-08);
  q = NK_FMA(q, z, -1.6208483801871705e-07);
  q = NK_FMA(q, z, 1.6447424703317362e-06);
  q = NK_FMA(q, z, -1.492473690741966e-05);
  q = NK_FMA(q, z, 0.00012055294904839707);
  q = NK_FMA(q, z, -0.0008548325975389692);
  q = NK_FMA(q, z, 0.0052239776071164225);
  q = NK_FMA(q, z, -0.02686617064323777);
  q = NK_FMA(q, z, 0.11283791670945006);
  q = NK_FMA(q, z, -0.37612638903183543);
  q = NK_FMA(q, z, 0.12837916709551256);
  const double near = t < 0x1p-60 ? x * 1.1283791670955126 : NK_FMA(q, x, x);
  const double u = t > 6.0 ? 6.0 : t;
  const double v = 14.4 / (u + 3.0) - 2.6;
  double g = -6.697645564790815e-15;
  g = NK_FMA(g, v, 6.043792147788813e-12);
  g = NK_FMA(g, v, -6.02173256030324e-12);
  g = NK_FMA(g, v, -2.5700407551346905e-10);
  g = NK_FMA(g, v, 2.637756022974126e-10);
  g = NK_FMA(g, v, 1.133933573114706e-08);
  g = NK_FMA(g, v, 4.5267318133461335e-09);
  g = NK_FMA(g, v, -5.54127309801664e-07);
  g = NK_FMA(g, v, -2.425557485042923e-06);
  g = NK_FMA(g, v, 1.956358319778174e-05);
  g = NK_FMA(g, v, 0.0003316029605792838);
  g = NK_FMA(g, v, 0.002479314697086253);
  g = NK_FMA(g, v, 0.012713147695691918);
  g = NK_FMA(g, v, 0.04969844540339414);
  g = NK_FMA(g, v, 0.15436117429436919);
  g = NK_FMA(g, v, 0.20798329133342885);
  const double far = copysign(1.0 - g * nk_exp_f64(-u * u), x);
  return t > 1.0 ? far : near;
}

#define NK_TRIG_LIMIT_F64 0x1p20

/* a - b = difference + error, exactly (Knuth). */
static inline double nk_two_diff_f64(double a, double b, double *error) {
  const double d = a - b, bb = d - a;
  *error = (a - (d - bb)) - (b + bb);
  return d;
}

/* x = n pi/2 + r + tail; pi/2 in three parts of 33 bits, whose products with n are exact. */
static inline double nk_trig_reduce_f64(double x, double *tail, uint64_t *q) {
  const double t = x * 6.36619772367581382433e-01 + NK_ROUND_F64;
  const double n = t - NK_ROUND_F64;
  *q = nk_bits_f64(t);
  double e1, e2, e3;
  const double r1 = nk_two_diff_f64(x, n * 1.57079632673412561417e+00, &e1);
  const double r2 = nk_two_diff_f64(r1, n * 6.07710050630396597660e-11, &e2);
  const double r3 = nk_two_diff_f64(r2, n * 2.02226624871116645580e-21, &e3);
  const double low = ((e3 + e2) + e1) - n * 8.47842766036889956997e-32;
  const double r = r3 + low;
  *tail = (r3 - r) + low;
  return r;
}

static inline double nk_sin_poly_f64(double r, double tail) {
  const double z = r * r, v = z * r, w = z * z;
  const double high = NK_FMA(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08);
  double p = NK_FMA(z, 2.75573137070700676789e-06, -1.98412698298579493134e-04);
  p = NK_FMA(z, p, 8.33333333332248946124e-03) + z * w * high;
  return r - ((z * (0.5 * tail - v * p) - tail) - v * -1.66666666666666324348e-01);
}

static inline double nk_cos_poly_f64(double r, double tail) {
  const double z = r * r, w = z * z;
  double high = NK_FMA(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09);
  high = NK_FMA(z, high, -2.75573143513906633035e-07);
  double p = NK_FMA(z, 2.48015872894767294178e-05, -1.38888888888741095749e-03);
  p = z * NK_FMA(z, p, 4.16666666666666019037e-02) + w * w * high;
  const double half = 0.5 * z, one = 1.0 - half;
  return one + (((1.0 - one) - half) + (z * p - r * tail));
}

static inline double nk_sin_f64(double x) {
  double tail;
  uint64_t q;
  const double r = nk_trig_reduce_f64(x, &tail, &q);
  const double s = nk_sin_poly_f64(r, tail), c = nk_cos_poly_f64(r, tail);
  const double y = nk_from_bits_f64(nk_bits_f64(q & 1 ? c : s) ^ (q & 2) << 62);
  return fabs(x) < 0x1p-27 ? x : y;
}

static inline double nk_cos_f64(double x) {
  double tail;
  uint64_t q;
  const double r = nk_trig_reduce_f64(x, &tail, &q);
  const double s = nk_sin_poly_f64(r, tail), c = nk_cos_poly_f64(r, tail);
  return nk_from_bits_f64(nk_bits_f64(q & 1 ? s : c) ^ ((q + 1) & 2) << 62);
}

static inline double nk_tan_f64(double x) {
  double tail;
  uint64_t q;
  const double r = nk_trig_reduce_f64(x, &tail, &q);
  const double s = nk_sin_poly_f64(r, tail), c = nk_cos_poly_f64(r, tail);
  return fabs(x) < 0x1p-27 ? x : (q & 1 ? -c : s) / (q & 1 ? s : c);
}

#endif
