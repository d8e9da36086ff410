/* The functions of max and min for one accumulator type: BEATS(a, b) and PICK_VEC(a, b), on scalars and
 * vectors, are set by the file that includes this. A NaN wins. Found places are the first ones. */
#ifndef NK_KERNELS_REDUCE_EXTREME_H
#define NK_KERNELS_REDUCE_EXTREME_H

#include "../../simd/lanes.h"
#include "typed.h"

enum { NK_FIND_STEP = 32 };

/* INDEX: an integer as wide as T, so that one vector of places goes with one of elements. */
#define NK_EXTREME_FIND(name, T, INDEX)                                                           \
  static int64_t name##_find(const void *x, int64_t n, const void *v) {                           \
    const T *a = x, value = *(const T *)v;                                                        \
    int64_t i = 0;                                                                                \
    for (; i + NK_FIND_STEP <= n; i += NK_FIND_STEP) {                                            \
      INDEX first = NK_FIND_STEP;                                                                 \
      for (INDEX k = 0; k < NK_FIND_STEP; ++k) {                                                  \
        const int hit = (a[i + k] == value) | ((value != value) & (a[i + k] != a[i + k]));        \
        const INDEX place = hit ? k : NK_FIND_STEP;                                               \
        first = place < first ? place : first;                                                    \
      }                                                                                           \
      if (first < NK_FIND_STEP) return i + first;                                                 \
    }                                                                                             \
    while (i < n - 1 && a[i] != value && (value == value || a[i] == a[i])) ++i;                   \
    return i;                                                                                     \
  }                                                                                               \
  static bool name##_better(const void *x, const void *y) {                                       \
    const T a = *(const T *)x, b = *(const T *)y;                                                 \
    return BEATS(a, b) || (a != a && b == b);                                                     \
  }

#define NK_PICK(a, b) BEATS(a, b) ? (a) : (b)

/* Floats: two selections, which the compiler turns into vectors; on two conditions it branches. */
#define NK_EXTREME_PLAIN(name, T)                                                                 \
  static inline T name##_pick(T a, T b) {                                                         \
    const T best = BEATS(a, b) ? a : b;                                                           \
    return a != a ? a : best;                                                                     \
  }                                                                                               \
  NK_REDUCE_TYPED(name, T, name##_pick)

#define NK_EXTREME_INTEGER(name, T) NK_REDUCE_TYPED(name, T, NK_PICK) NK_EXTREME_FIND(name, T, int64_t)

/* Floats: four vectors of running extremes beside a note of NaN. */
#define NK_EXTREME_FLOAT(name, T, MASK, LANES, PICK_VEC)                                          \
  NK_EXTREME_PLAIN(name##_plain, T)                                                               \
  static void name##_merge(void *acc, const void *x, int64_t n) { name##_plain_merge(acc, x, n); } \
  static void name##_block(void *acc, const void *x, int64_t n) {                                 \
    typedef T vec __attribute__((vector_size(sizeof(T) * LANES), aligned(sizeof(T)), may_alias)); \
    typedef MASK mask __attribute__((vector_size(sizeof(T) * LANES)));                            \
    const T *v = x;                                                                               \
    if (n < 8 * LANES) {                                                                          \
      name##_plain_block(acc, x, n);                                                              \
      return;                                                                                     \
    }                                                                                             \
    const vec *first = (const vec *)(const void *)v;                                              \
    vec best[4] = {first[0], first[1], first[2], first[3]};                                       \
    mask nan = {0};                                                                               \
    int64_t i = 0;                                                                                \
    for (; i + 4 * LANES <= n; i += 4 * LANES) {                                                  \
      const vec *at = (const vec *)(const void *)(v + i);                                         \
      for (int k = 0; k < 4; ++k) {                                                               \
        const vec a = at[k];                                                                      \
        best[k] = (vec)PICK_VEC(a, best[k]);                                                      \
        nan |= (mask)(a != a);                                                                    \
      }                                                                                           \
    }                                                                                             \
    best[0] = (vec)PICK_VEC(best[0], best[1]);                                                    \
    best[2] = (vec)PICK_VEC(best[2], best[3]);                                                    \
    best[0] = (vec)PICK_VEC(best[0], best[2]);                                                    \
    T rest[LANES], sum;                                                                           \
    memcpy(rest, best, sizeof rest);                                                              \
    bool bad = false;                                                                             \
    for (int k = 0; k < LANES; ++k) bad |= nan[k] != 0;                                           \
    for (int half = LANES / 2; half > 0; half /= 2)                                               \
      for (int k = 0; k < half; ++k)                                                              \
        rest[k] = BEATS(rest[k], rest[k + half]) ? rest[k] : rest[k + half];                      \
    sum = rest[0];                                                                                \
    for (; i < n; ++i) sum = name##_plain_pick(sum, v[i]);                                        \
    *(T *)acc = bad ? (T)NAN : sum;                                                               \
  }                                                                                               \
  NK_EXTREME_FIND(name, T, MASK)

#endif
