/* Inverse trigonometric and hyperbolic functions of float32 without branches: the methods of inverse64.h
 * in shorter arithmetic; see math32.h for the rules. The polynomials are Chebyshev fits, errors 1.2e-8.
 */
#ifndef NK_SIMD_INVERSE32_H
#define NK_SIMD_INVERSE32_H

#include "inverse64.h"
#include "math32.h"

#define NK_PI_4_HIGH_F32 0.785398185f
#define NK_PI_4_LOW_F32 -2.18556941e-8f

/* a for c = 1, b for c = 0, both of them computed. */
NK_ALWAYS float nk_pick_f32(uint32_t c, float a, float b) {
  return nk_from_bits_f32((nk_bits_f32(a) & (0 - c)) | (nk_bits_f32(b) & (c - 1)));
}

/* n pi / 4 + t for n = 0 .. 4; n times the high part may take a rounding, which is kept. */
NK_ALWAYS float nk_eighths_f32(float n, float t) {
  const float high = n * NK_PI_4_HIGH_F32;
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  const float low = NK_FMAF(n, NK_PI_4_HIGH_F32, -high);
#else
  const float low = n == 3.0f ? -5.96046448e-8f : 0.0f;
#endif
  return high + (NK_FMAF(n, NK_PI_4_LOW_F32, low) + t);
}

/* arctan(low / high), 0 <= low <= high, as an eighth of the circle, if any, and the rest. */
NK_ALWAYS float nk_arctan_part_f32(float low, float high, float *eighth) {
  const float c = low > 0.414213562f * high ? 1.0f : 0.0f;
  const float z = (low - c * high) / (high + c * low), w = z * z;
  float p = 0.05048054829239845f;
  p = NK_FMAF(p, w, -0.08624643832445145f);
  p = NK_FMAF(p, w, 0.11071360856294632f);
  p = NK_FMAF(p, w, -0.14284150302410126f);
  p = NK_FMAF(p, w, 0.19999977946281433f);
  p = NK_FMAF(p, w, -0.3333333432674408f);
  *eighth = c;
  return NK_FMAF(z * w, p, z);
}

NK_ALWAYS float nk_arctan_f32(float x) {
  const float a = fabsf(x), swap = a > 1.0f ? 1.0f : 0.0f;
  const float top = a > 1e30f ? 1e30f : a;
  float n;
  const float t = nk_arctan_part_f32(swap == 1.0f ? 1.0f : top, swap == 1.0f ? top : 1.0f, &n);
  const float y = nk_eighths_f32(swap == 1.0f ? 2.0f - n : n, swap == 1.0f ? -t : t);
  return copysignf(x == x ? y : x, x);
}

/* As nk_arctan2_f64. */
NK_ALWAYS float nk_arctan2_f32(float y, float x) {
  const float a = fabsf(y), b = fabsf(x), swap = a > b ? 1.0f : 0.0f;
  const float most = swap == 1.0f ? a : b, least = swap == 1.0f ? b : a;
  const float scale = nk_pick_f32(most > 1e38f, 0.25f, nk_pick_f32(most < 1e-30f, 0x1p64f, 1.0f));
  const float ends = (least == most ? 1.0f : 0.0f) * (most == 0.0f ? 0.0f : 1.0f);
  const float odd = most == 0.0f ? 1.0f : (most > 3.40282347e38f ? 1.0f : 0.0f);
  const float high = odd == 1.0f ? 1.0f : most * scale, low = odd == 1.0f ? ends : least * scale;
  float n;
  float t = nk_arctan_part_f32(low, high, &n);
  n = swap == 1.0f ? 2.0f - n : n;
  t = swap == 1.0f ? -t : t;
  const uint32_t left = nk_bits_f32(x) >> 31;
  n = nk_pick_f32(left, 4.0f - n, n);
  t = nk_pick_f32(left, -t, t);
  const float angle = copysignf(nk_eighths_f32(n, t), y);
  return (x != x) | (y != y) ? x + y : angle;
}

/* (arcsin(sqrt(w)) / sqrt(w) - 1) / w, 0 <= w <= 1/4 */
NK_ALWAYS float nk_arcsin_poly_f32(float w) {
  float p = 0.03369084745645523f;
  p = NK_FMAF(p, w, 0.017149237915873528f);
  p = NK_FMAF(p, w, 0.031100662425160408f);
  p = NK_FMAF(p, w, 0.04459940269589424f);
  p = NK_FMAF(p, w, 0.07500094175338745f);
  return NK_FMAF(p, w, 0.1666666567325592f);
}

NK_ALWAYS float nk_arcsin_f32(float x) {
  const float a = fabsf(x), z = 0.5f * (1.0f - a), s = __builtin_sqrtf(z);
  const uint32_t far = a > 0.5f;
  const float w = nk_pick_f32(far, z, a * a), r = nk_pick_f32(far, s, a);
  const float t = NK_FMAF(r * w, nk_arcsin_poly_f32(w), r);
  return copysignf(nk_pick_f32(far, nk_eighths_f32(2.0f, -2.0f * t), t), x);
}

NK_ALWAYS float nk_arccos_f32(float x) {
  const float a = fabsf(x), z = 0.5f * (1.0f - a), s = __builtin_sqrtf(z);
  const uint32_t far = a > 0.5f, left = x < 0.0f;
  const float w = nk_pick_f32(far, z, a * a), r = nk_pick_f32(far, s, x);
  const float t = NK_FMAF(r * w, nk_arcsin_poly_f32(w), r);
  const float n = nk_pick_f32(far, nk_pick_f32(left, 4.0f, 0.0f), 2.0f);
  const float rest = nk_pick_f32(far, nk_pick_f32(left, -2.0f * t, 2.0f * t), -t);
  return nk_eighths_f32(n, rest);
}

/* exp(a) / 2, a >= 0 */
NK_ALWAYS float nk_half_exp_f32(float a) {
  float r, tail;
  const float n = nk_exp_reduce_f32(a > 90.0f ? 90.0f : a, &r, &tail);
  return nk_scale_f32(1.0f + nk_expm1_poly_f32(r, tail), n - 1.0f);
}

/* Below 1 by the Taylor polynomial, remainder 2e-10. */
NK_ALWAYS float nk_sinh_f32(float x) {
  const float a = fabsf(x), w = a * a, h = nk_half_exp_f32(a);
  float p = 1.0f / 39916800.0f;
  p = NK_FMAF(p, w, 1.0f / 362880.0f);
  p = NK_FMAF(p, w, 1.0f / 5040.0f);
  p = NK_FMAF(p, w, 1.0f / 120.0f);
  p = NK_FMAF(p, w, 1.0f / 6.0f);
  const float y = nk_pick_f32(a < 1.0f, NK_FMAF(a * w, p, a), h - 0.25f / h);
  return copysignf(nk_pick_f32(x == x, y, x), x);
}

NK_ALWAYS float nk_cosh_f32(float x) {
  const float a = fabsf(x), h = nk_half_exp_f32(a);
  return nk_pick_f32(x == x, h + 0.25f / h, a);
}

/* log(1 + x) + more, as nk_log1p_f64 but in float32 throughout. */
NK_ALWAYS float nk_log1p_short_f32(float x, float more) {
  const float u = 1.0f + x;
  float f, s;
  const float k = nk_log_reduce_f32(u, &f);
  const float error = k >= 2.0f ? 1.0f - (u - x) : x - (u - 1.0f);
  const float c = (k == 0.0f) | (k >= 25.0f) ? 0.0f : error / u;
  f = nk_pick_f32(k == 0.0f, x, f);
  const float rest = nk_log_rest_f32(f, &s), half = 0.5f * f * f;
  const float low = NK_FMAF(s, half + rest, NK_FMAF(k, 9.0580006145e-06f, c + more));
  const float y = NK_FMAF(k, 6.9313812256e-01f, f - (half - low));
  return nk_log_special_f32(u, y);
}

NK_ALWAYS float nk_arcsinh_f32(float x) {
  const float a = fabsf(x);
  const uint32_t far = a > 0x1p25f;
  const float b = nk_pick_f32(far, 1.0f, a), q = b * b;
  const float near = b + q / (1.0f + __builtin_sqrtf(1.0f + q));
  const float y = nk_log1p_short_f32(nk_pick_f32(far, a, near), nk_pick_f32(far, 0.693147182f, 0.0f));
  return copysignf(nk_pick_f32(a < 0x1p-13f, a, y), x);
}

NK_ALWAYS float nk_arccosh_f32(float x) {
  const uint32_t far = x > 0x1p25f;
  const float t = nk_pick_f32(far, 2.0f, x) - 1.0f;
  const float near = t + __builtin_sqrtf(t * (2.0f + t));
  const float y = nk_log1p_short_f32(nk_pick_f32(far, x, near), nk_pick_f32(far, 0.693147182f, 0.0f));
  return nk_pick_f32(x >= 1.0f, y, NAN);
}

NK_ALWAYS float nk_arctanh_f32(float x) {
  const float a = fabsf(x), twice = 2.0f * a;
  const float y = 0.5f * nk_log1p_short_f32(twice + twice * a / (1.0f - a), 0.0f);
  return copysignf(nk_pick_f32(a < 0x1p-13f, a, nk_pick_f32(a > 1.0f, NAN, y)), x);
}

#endif
