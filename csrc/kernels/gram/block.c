/* The Gram engine's inner parts for float32 and float64: block.h compiled for the level's vectors.
 *
 * Register budget: MR x 3 sums, 3 vectors of b, one broadcast. 32 registers (AVX-512) hold MR = 8,
 * 16 registers hold MR = 4 where the product needs no register of its own (FMA), else MR = 3. */
#include <string.h>

#include "../../simd/transpose.h"
#include "gram.h"

#if defined(__AVX512F__)
#define MR 8
#elif defined(__FMA__)
#define MR 4
#else
#define MR 3
#endif

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
