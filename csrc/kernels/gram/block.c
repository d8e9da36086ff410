/* The Gram engine's inner parts for float32 and float64: block.h compiled for the level's vectors.
 *
 * Register budget: MR x 3 sums, 3 vectors of b, one broadcast. 32 registers (AVX-512) hold MR = 8,
 * 16 registers hold MR = 4 where the product needs no register of its own (FMA), else MR = 3. */
#include <string.h>

#include "../../simd/lanes.h"
#include "gram.h"

#if defined(__AVX512F__)
#define MR 8
#elif defined(__FMA__)
#define MR 4
#else
#define MR 3
#endif

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
#define NK_LOW_HALVES(lanes) NK_HALVES(NK_LOW_, lanes)
#define NK_HIGH_HALVES(lanes) NK_HALVES(NK_HIGH_, lanes)

#define T float
#define NK_T(name) name##_f32
#define LANES NK_F32_LANES
#ifdef NK_FMA_F32
#define NK_VECTOR_FMA NK_FMA_F32
#endif
#include "block.h"
#undef T
#undef NK_T
#undef LANES
#undef NK_VECTOR_FMA

#define T double
#define NK_T(name) name##_f64
#define LANES NK_F64_LANES
#ifdef NK_FMA_F64
#define NK_VECTOR_FMA NK_FMA_F64
#endif
#include "block.h"
