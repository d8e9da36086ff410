/* The two functions of an operation for one accumulator type. A block is folded in halves, so a sum
 * is pairwise and its order depends on n alone; every loop runs over independent elements, which the
 * compiler turns into vectors. STEP(a, b) is an expression. */
#ifndef NK_KERNELS_REDUCE_TYPED_H
#define NK_KERNELS_REDUCE_TYPED_H

#include "reduce.h"

#define NK_REDUCE_TYPED(name, T, STEP)                                                            \
  static void name##_merge(void *acc, const void *x, int64_t n) {                                 \
    T *restrict a = acc;                                                                          \
    const T *restrict b = x;                                                                      \
    for (int64_t i = 0; i < n; ++i) a[i] = STEP(a[i], b[i]);                                      \
  }                                                                                               \
  static void name##_block(void *acc, const void *x, int64_t n) {                                 \
    T half[NK_REDUCE_BLOCK / 2];                                                                  \
    const T *v = x;                                                                               \
    if (n > 8) {                                                                                  \
      int64_t h = (n + 1) / 2, low = n / 2;                                                       \
      for (int64_t i = 0; i < low; ++i) half[i] = STEP(v[i], v[i + h]);                           \
      if (low < h) half[low] = v[low];                                                            \
      for (n = h; n > 8; n = h) {                                                                 \
        h = (n + 1) / 2;                                                                          \
        low = n / 2;                                                                              \
        const T *restrict high = half + h;                                                        \
        for (int64_t i = 0; i < low; ++i) half[i] = STEP(half[i], high[i]);                       \
      }                                                                                           \
      v = half;                                                                                   \
    }                                                                                             \
    T sum = v[0];                                                                                 \
    for (int64_t i = 1; i < n; ++i) sum = STEP(sum, v[i]);                                        \
    *(T *)acc = sum;                                                                              \
  }

#endif
