/* The two functions of an operation for one accumulator type. A block is folded in halves, so a sum
 * is pairwise and its order depends on n alone; three halvings are one loop where n allows. Every
 * loop runs over independent elements, which the compiler turns into vectors. STEP(a, b) is an
 * expression. */
#ifndef NK_KERNELS_REDUCE_TYPED_H
#define NK_KERNELS_REDUCE_TYPED_H

#include "reduce.h"

#define NK_REDUCE_TYPED(name, T, STEP)                                                            \
  static inline T name##_step(T a, T b) { return STEP(a, b); }                                    \
  static void name##_merge(void *acc, const void *x, int64_t n) {                                 \
    T *restrict a = acc;                                                                          \
    const T *restrict b = x;                                                                      \
    for (int64_t i = 0; i < n; ++i) a[i] = name##_step(a[i], b[i]);                               \
  }                                                                                               \
  /* Three halvings of 8 h elements. */                                                           \
  static void name##_eighth(T *restrict to, const T *restrict v, int64_t h) {                     \
    for (int64_t i = 0; i < h; ++i) {                                                             \
      const T a = name##_step(v[i], v[i + 4 * h]), b = name##_step(v[i + 2 * h], v[i + 6 * h]);   \
      const T c = name##_step(v[i + h], v[i + 5 * h]);                                            \
      const T d = name##_step(v[i + 3 * h], v[i + 7 * h]);                                        \
      to[i] = name##_step(name##_step(a, b), name##_step(c, d));                                  \
    }                                                                                             \
  }                                                                                               \
  static void name##_half(T *restrict to, const T *restrict v, int64_t n) {                       \
    const int64_t h = (n + 1) / 2, low = n / 2;                                                   \
    for (int64_t i = 0; i < low; ++i) to[i] = name##_step(v[i], v[i + h]);                        \
    if (low < h) to[low] = v[low];                                                                \
  }                                                                                               \
  static void name##_block(void *acc, const void *x, int64_t n) {                                 \
    T space[2][NK_REDUCE_BLOCK / 2];                                                              \
    const T *v = x;                                                                               \
    for (int turn = 0; n > 8; turn ^= 1) {                                                        \
      if (n % 8 == 0 && n > 32) {                                                                 \
        n /= 8;                                                                                   \
        name##_eighth(space[turn], v, n);                                                         \
      } else {                                                                                    \
        name##_half(space[turn], v, n);                                                           \
        n = (n + 1) / 2;                                                                          \
      }                                                                                           \
      v = space[turn];                                                                            \
    }                                                                                             \
    T sum = v[0];                                                                                 \
    for (int64_t i = 1; i < n; ++i) sum = name##_step(sum, v[i]);                                 \
    *(T *)acc = sum;                                                                              \
  }

#endif
