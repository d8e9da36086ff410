/* exp(x) for |x| < 80: 2^k times a polynomial of degree 6 on [-ln2/2, ln2/2], about 1 ulp.
 * Written without branches so that the compiler vectorises the loop around it. */
#ifndef BENCHMARKS_EXP_INLINE_H
#define BENCHMARKS_EXP_INLINE_H

#include <stdint.h>
#include <string.h>

static inline float exp_inline(float x) {
  const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds */
  float k = (x * 1.44269504f + magic) - magic;
  float r = (x - k * 0.693145752f) - k * 1.42860677e-6f;
  float p = 1.3888889e-3f;
  p = p * r + 8.3333333e-3f;
  p = p * r + 4.1666668e-2f;
  p = p * r + 1.6666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  int32_t bits = ((int32_t)k + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

#endif
