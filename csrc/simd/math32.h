/* float32 elementary functions without branches, for the compiler to turn into vector loops.
 *
 * Every function is straight-line code of correctly rounded operations, so an element has the same
 * bits in a vector, in a remainder and alone. Bounds: 2.5 ulp over all arguments (tests/full checks
 * every float); special values as C99 and NumPy. Methods: Cody-Waite reduction and minimax
 * polynomials (Moshier's Cephes for expm1, fdlibm for log, Juffa for erf); where float32 is too short
 * (tan, pow, cbrt) the work is done in float64.
 */
#ifndef NK_SIMD_MATH32_H
#define NK_SIMD_MATH32_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "../kernels/level.h"
#include "math64.h"
#include "power64.h"

static inline float nk_from_bits_f32(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline uint32_t nk_bits_f32(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

/* Adding and subtracting it rounds to the nearest integer; its low bits then hold that integer. */
#define NK_ROUND_F32 0x1.8p23f

/* 2^n for a whole number -126 <= n <= 127. */
static inline float nk_pow2_f32(float n) {
  return nk_from_bits_f32(nk_bits_f32(n + (NK_ROUND_F32 + 127)) << 23);
}

/* 2^n y for |n| <= 252, rounding once. */
static inline float nk_scale_f32(float y, float n) {
  const float half = (n * 0.5f + NK_ROUND_F32) - NK_ROUND_F32;
  return y * nk_pow2_f32(half) * nk_pow2_f32(n - half);
}

/* e^r for |r| <= ln(2)/2, the error in ulp minimal, 0.04. Its coefficients, highest power first. */
#define NK_EXP_COEFFICIENTS_F32(FIRST, NEXT) \
  FIRST(1.3780394e-3f)                       \
  NEXT(8.3688674e-3f)                        \
  NEXT(4.1669089e-2f)                        \
  NEXT(1.6666520e-1f)                        \
  NEXT(4.9999991e-1f)                        \
  NEXT(1.0f)                                 \
  NEXT(1.0f)

static inline float nk_exp_poly_f32(float r) {
  float p;
#define FIRST(c) p = c;
#define NEXT(c) p = NK_FMAF(p, r, c);
  NK_EXP_COEFFICIENTS_F32(FIRST, NEXT)
#undef NEXT
#undef FIRST
  return p;
}

/* e^(r + tail) - 1 for |r| <= ln(2)/2. Its coefficients, highest power first. */
#define NK_EXPM1_COEFFICIENTS_F32(FIRST, NEXT) \
  FIRST(1.9875691500e-4f)                      \
  NEXT(1.3981999507e-3f)                       \
  NEXT(8.3334519073e-3f)                       \
  NEXT(4.1665795894e-2f)                       \
  NEXT(1.6666665459e-1f)                       \
  NEXT(5.0000001201e-1f)

static inline float nk_expm1_poly_f32(float r, float tail) {
  float q;
#define FIRST(c) q = c;
#define NEXT(c) q = NK_FMAF(q, r, c);
  NK_EXPM1_COEFFICIENTS_F32(FIRST, NEXT)
#undef NEXT
#undef FIRST
  return r + NK_FMAF(r * r, q, tail);
}

/* x = n ln 2 + r + tail with n whole; n ln2_hi is exact. */
static inline float nk_exp_reduce_f32(float x, float *r, float *tail) {
  const float n = (x * 1.44269504f + NK_ROUND_F32) - NK_ROUND_F32;
  const float high = NK_FMAF(n, -0.693359375f, x);
  *r = NK_FMAF(n, 2.12194440e-4f, high);
  *tail = NK_FMAF(n, 2.12194440e-4f, high - *r);
  return n;
}

static inline float nk_exp_f32(float x) {
  x = x > 89.0f ? 89.0f : x;
  x = x < -104.0f ? -104.0f : x;
  float r, tail;
  const float n = nk_exp_reduce_f32(x, &r, &tail);
  return nk_scale_f32(nk_exp_poly_f32(r), n);
}

static inline float nk_exp2_f32(float x) {
  x = x > 129.0f ? 129.0f : x;
  x = x < -151.0f ? -151.0f : x;
  const float n = (x + NK_ROUND_F32) - NK_ROUND_F32;
  return nk_scale_f32(nk_exp_poly_f32((x - n) * 0.693147182f), n);
}

/* 2^n ((e^r - 1) + (1 - 2^-n)): both terms exact or small. */
static inline float nk_expm1_f32(float x0) {
  float x = x0 > 89.0f ? 89.0f : x0;
  x = x < -20.0f ? -20.0f : x;
  float r, tail;
  const float n = nk_exp_reduce_f32(x, &r, &tail);
  const float inverse = n > 30.0f ? 0.0f : nk_pow2_f32(-n);
  const float y = nk_scale_f32(nk_expm1_poly_f32(r, tail) + (1.0f - inverse), n);
  return fabsf(x0) < 0x1p-26f ? x0 : y;
}

/* x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2), for x >= 0; returns k. */
static inline float nk_log_reduce_f32(float x, float *f) {
  const float scaled = x < 0x1p-126f ? x * 0x1p24f : x;
  const uint32_t bits = nk_bits_f32(scaled) + (0x3f800000 - 0x3f3504f3);
  const float exponent = (float)(int32_t)(bits >> 23);
  *f = nk_from_bits_f32((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
  return exponent - (x < 0x1p-126f ? 151.0f : 127.0f);
}

/* log(1 + f) = f - f^2/2 + s (f^2/2 + rest) with s = f / (2 + f); returns rest. */
static inline float nk_log_rest_f32(float f, float *s) {
  *s = f / (2.0f + f);
  const float z = *s * *s, w = z * z;
  const float even = w * NK_FMAF(w, 0.24279078841f, 0.40000972152f);
  const float odd = z * NK_FMAF(w, 0.28498786688f, 0.66666662693f);
  return even + odd;
}

static inline float nk_log_special_f32(float x, float y) {
  y = x > 3.40282347e38f ? x : y;
  y = x == 0.0f ? -INFINITY : y;
  return x >= 0.0f ? y : NAN;
}

/* log(x) + tail, for a small tail. */
static inline float nk_log_and_f32(float x, float tail) {
  float f, s;
  const float k = nk_log_reduce_f32(x, &f), rest = nk_log_rest_f32(f, &s);
  const float half = 0.5f * f * f;
  const float low = NK_FMAF(s, half + rest, NK_FMAF(k, 9.0580006145e-06f, tail));
  return nk_log_special_f32(x, NK_FMAF(k, 6.9313812256e-01f, f - (half - low)));
}

static inline float nk_log_f32(float x) { return nk_log_and_f32(x, 0.0f); }

/* k times `two` and log(1 + f) times `scale`, each given as a short number and the rest of it, so that
 * products of the leading parts are exact. */
static inline float nk_log_in_base_f32(float x, float two, float two_low, float scale,
                                       float scale_low) {
  float f, s;
  const float k = nk_log_reduce_f32(x, &f), rest = nk_log_rest_f32(f, &s);
  const float half = 0.5f * f * f;
  const float hi = nk_from_bits_f32(nk_bits_f32(f - half) & 0xfffff000u);
  const float lo = ((f - hi) - half) + s * (half + rest);
  const float high = hi * scale, base = k * two, w = base + high;
  const float low = (k * two_low + (lo + hi) * scale_low) + lo * scale;
  return nk_log_special_f32(x, (low + ((base - w) + high)) + w);
}

static inline float nk_log2_f32(float x) {
  return nk_log_in_base_f32(x, 1.0f, 0.0f, 1.44287109375f, -0.00017605285393074155f);
}

static inline float nk_log10_f32(float x) {
  return nk_log_in_base_f32(x, 0.301025390625f, 4.605039066518657e-06f, 0.434326171875f,
                            -3.168997136526741e-05f);
}

static inline float nk_log1p_f32(float x) {
  const float u = 1.0f + x, lost = fabsf(x) < 1.0f ? x - (u - 1.0f) : 1.0f - (u - x);
  const float y = nk_log_and_f32(u, lost / u);
  return fabsf(x) < 0x1p-25f ? x : y;
}

/* e / (e + 2) with e = e^2|x| - 1. */
static inline float nk_tanh_f32(float x) {
  const float a = fabsf(x);
  const float e = nk_expm1_f32(a > 10.0f ? 20.0f : 2.0f * a);
  return copysignf(x == x ? e / (e + 2.0f) : x, x);
}

static inline float nk_sigmoid_f32(float x) {
  const float e = nk_exp_f32(-fabsf(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

static inline float nk_erf_f32(float x) {
  const float t = fabsf(x), s = x * x;
  float q = -5.96761703e-4f;
  q = NK_FMAF(q, s, 4.99119423e-3f);
  q = NK_FMAF(q, s, -2.67681349e-2f);
  q = NK_FMAF(q, s, 1.12819925e-1f);
  q = NK_FMAF(q, s, -3.76125336e-1f);
  q = NK_FMAF(q, s, 1.28379166e-1f);
  const float near = t < 0x1p-60f ? x * 1.12837917f : NK_FMAF(q, x, x);
  const float u = t > 4.0f ? 4.0f : t;
  float p = NK_FMAF(-1.72853470e-5f, u, 3.83197126e-4f);
  p = NK_FMAF(p, u * u, NK_FMAF(-3.88396438e-3f, u, 2.42546219e-2f));
  p = NK_FMAF(p, u, -1.06777877e-1f);
  p = NK_FMAF(p, u, -6.34846687e-1f);
  p = NK_FMAF(p, u, -1.28717512e-1f);
  p = NK_FMAF(p, u, -u);
  const float far = copysignf(1.0f - nk_exp_f32(p), x);
  return t > 0.927734375f ? far : near;
}

/* Arguments the reduction of tan takes, of sin and cos likewise; beyond, the C library is asked. */
#define NK_TRIG_LIMIT_F32 0x1p27f

/* x = n pi/2 + r in float64; q holds n in its low bits. */
static inline double nk_trig_reduce_f32(float x, uint64_t *q) {
  const double t = (double)x * 6.36619772367581382433e-01 + NK_ROUND_F64;
  const double n = t - NK_ROUND_F64;
  *q = nk_bits_f64(t);
  return ((double)x - n * 1.57079631090164184570e+00) - n * 1.58932547735281966916e-08;
}

static inline double nk_sin_poly_f32(double r) {
  const double z = r * r;
  const double high = -1.98393348360966317347e-04 + z * 2.71831149398982190640e-06;
  const double low = -1.66666666416265235595e-01 + z * 8.33332938588946317559e-03;
  return r + z * r * low + z * r * (z * z) * high;
}

static inline double nk_cos_poly_f32(double r) {
  const double z = r * r;
  const double high = -1.38867637746099294692e-03 + z * 2.43904487962774090654e-05;
  return ((1.0 + z * -4.99999997251031003120e-01) + z * z * 4.16666233237390631894e-02) +
         z * z * z * high;
}

/* With products that are not rounded, sine and cosine need no float64: x = n pi/2 + r in three steps,
 * of which the first is exact, and the second wherever it cancels. Coefficients: minimax, 4e-9. */
#ifdef __FMA__
#define NK_SIN_LIMIT_F32 0x1p14f

static inline float nk_sin_reduce_f32(float x, uint32_t *q) {
  const float t = NK_FMAF(x, 0.636619772f, NK_ROUND_F32), n = t - NK_ROUND_F32;
  *q = nk_bits_f32(t);
  const float r = NK_FMAF(n, 4.37113883e-8f, NK_FMAF(n, -1.57079637f, x));
  return NK_FMAF(n, 1.71512451e-15f, r);
}

/* sin(r), or cos(r) where `cosine`, |r| <= pi/4. */
static inline float nk_quarter_f32(float r, uint32_t cosine) {
  const float z = r * r;
  const float s = NK_FMAF(NK_FMAF(-1.951828453e-4f, z, 8.332189173e-3f), z, -1.666665524e-1f);
  const float c = NK_FMAF(NK_FMAF(2.443232734e-5f, z, -1.388730947e-3f), z, 4.166664556e-2f);
  const float sine = NK_FMAF(z * r, s, r);
  return cosine ? NK_FMAF(z * z, c, NK_FMAF(z, -0.5f, 1.0f)) : sine;
}

static inline float nk_sin_f32(float x) {
  uint32_t q;
  const float r = nk_sin_reduce_f32(x, &q), y = nk_quarter_f32(r, q & 1);
  return fabsf(x) < 0x1p-12f ? x : nk_from_bits_f32(nk_bits_f32(y) ^ (q & 2) << 30);
}

static inline float nk_cos_f32(float x) {
  uint32_t q;
  const float r = nk_sin_reduce_f32(x, &q), y = nk_quarter_f32(r, ~q & 1);
  return nk_from_bits_f32(nk_bits_f32(y) ^ ((q + 1) & 2) << 30);
}
#else
#define NK_SIN_LIMIT_F32 NK_TRIG_LIMIT_F32

static inline float nk_sin_f32(float x) {
  uint64_t q;
  const double r = nk_trig_reduce_f32(x, &q);
  const double y = q & 1 ? nk_cos_poly_f32(r) : nk_sin_poly_f32(r);
  return x == 0.0f ? x : (float)nk_from_bits_f64(nk_bits_f64(y) ^ (q & 2) << 62);
}

static inline float nk_cos_f32(float x) {
  uint64_t q;
  const double r = nk_trig_reduce_f32(x, &q);
  const double y = q & 1 ? nk_sin_poly_f32(r) : nk_cos_poly_f32(r);
  return (float)nk_from_bits_f64(nk_bits_f64(y) ^ ((q + 1) & 2) << 62);
}
#endif

static inline float nk_tan_f32(float x) {
  uint64_t q;
  const double r = nk_trig_reduce_f32(x, &q);
  const double s = nk_sin_poly_f32(r), c = nk_cos_poly_f32(r);
  const double y = q & 1 ? -c / s : s / c;
  return x == 0.0f ? x : (float)y;
}

/* By a^(1/3) = a (a^(-1/3))^2, which is good to 26 bits. */
static inline float nk_cbrt_f32(float x) {
  const double size = fabs((double)x), inverse = nk_inverse_cbrt_f64(size);
  const float root = (float)(size * inverse * inverse);
  return x == 0.0f || !(fabsf(x) <= 3.40282347e38f) ? x : copysignf(root, x);
}

static inline int nk_is_finite_f32(float x) { return fabsf(x) <= 3.40282347e38f; }

/* log2(x) of a float x >= 0 to 43 bits: (2 / ln 2) artanh(f / (2 + f)) by a Chebyshev fit. */
static inline double nk_log2_of_float(double x) {
  double f, q = 0.2828943745715255;
  const double k = nk_log_split_f64(x, &f), s = f / (2.0 + f), z = s * s;
  q = NK_FMA(q, z, 0.31990618475532295);
  q = NK_FMA(q, z, 0.4122092382250214);
  q = NK_FMA(q, z, 0.5770779425301307);
  q = NK_FMA(q, z, 0.9617966941126749);
  q = NK_FMA(q, z, 2.8853900817778504);
  return nk_log_special_f64(x, NK_FMA(s, q, k));
}

/* 2^x to 29 bits, 0 or infinity as a float where |x| > 1000. */
static inline double nk_exp2_to_float(double x) {
  x = x > 1000.0 ? 1000.0 : x;
  x = x < -1000.0 ? -1000.0 : x;
  const double n = (x + NK_ROUND_F64) - NK_ROUND_F64, r = x - n;
  double p = 0.0001546144469856913;
  p = NK_FMA(p, r, 0.0013400428177615838);
  p = NK_FMA(p, r, 0.009618056678524637);
  p = NK_FMA(p, r, 0.05550327226670302);
  p = NK_FMA(p, r, 0.24022650922288757);
  p = NK_FMA(p, r, 0.6931472067028326);
  return NK_FMA(p, r, 1.0) * nk_pow2_f64(n);
}

/* x^y = 2^(y log2 |x|) in float64, with the signs and special values of C99. */
static inline float nk_pow_f32(float x, float y) {
  const double logarithm = nk_log2_of_float(fabs((double)x));
  const float size = (float)nk_exp2_to_float((double)y * logarithm);
  const int whole = __builtin_truncf(y) == y;
  const int odd = whole & (__builtin_truncf(y * 0.5f) * 2.0f != y);
  const int no_value = (x < 0.0f) & !whole & nk_is_finite_f32(x);
  const int one = (x == 1.0f) | (y == 0.0f) | ((x == -1.0f) & (fabsf(y) > 3.40282347e38f));
  const uint32_t sign = odd ? nk_bits_f32(x) & 0x80000000u : 0;
  const float z = nk_from_bits_f32(nk_bits_f32(size) ^ sign);
  return one ? 1.0f : (no_value ? (float)NAN : z);
}

#endif
