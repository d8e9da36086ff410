/* Square blocks of the level's vectors transposed in registers. */
#ifndef NK_SIMD_TRANSPOSE_H
#define NK_SIMD_TRANSPOSE_H

#include <stdint.h>
#include <string.h>

#include "lanes.h"

/* Lanes 0 .. L/2-1 of two vectors interleaved, and lanes L/2 .. L-1. */
#define NK_LOW_2 0, 2
#define NK_HIGH_2 1, 3
#define NK_LOW_4 0, 4, 1, 5
#define NK_HIGH_4 2, 6, 3, 7
#define NK_LOW_8 0, 8, 1, 9, 2, 10, 3, 11
#define NK_HIGH_8 4, 12, 5, 13, 6, 14, 7, 15
#define NK_LOW_16 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define NK_HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define NK_HALVES_(which, lanes) which##lanes
#define NK_HALVES(which, lanes) NK_HALVES_(which, lanes)

/* to = the transpose of lanes x lanes values; steps in elements. Each round interleaves vector i
 * with i + lanes / 2. */
#define NK_DEFINE_TRANSPOSE(name, T, lanes)                                                    \
  static inline void name(const T *restrict from, int64_t from_step, T *restrict to,           \
                          int64_t to_step) {                                                   \
    typedef T vec __attribute__((vector_size(lanes * sizeof(T))));                             \
    vec a[lanes], b[lanes];                                                                    \
    for (int i = 0; i < lanes; i++) memcpy(&a[i], from + i * from_step, sizeof a[i]);          \
    for (int round = 1; round < lanes; round *= 2) {                                           \
      for (int i = 0; i < lanes / 2; i++) {                                                    \
        b[2 * i] = __builtin_shufflevector(a[i], a[i + lanes / 2], NK_HALVES(NK_LOW_, lanes)); \
        b[2 * i + 1] =                                                                         \
            __builtin_shufflevector(a[i], a[i + lanes / 2], NK_HALVES(NK_HIGH_, lanes));       \
      }                                                                                        \
      for (int i = 0; i < lanes; i++) a[i] = b[i];                                             \
    }                                                                                          \
    for (int i = 0; i < lanes; i++) memcpy(to + i * to_step, &a[i], sizeof a[i]);              \
  }

NK_DEFINE_TRANSPOSE(nk_transpose_f32, float, NK_F32_LANES)
NK_DEFINE_TRANSPOSE(nk_transpose_f64, double, NK_F64_LANES)

#endif
