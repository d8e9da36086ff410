/* The Gram engine's inner parts for float32 and float64: block.h compiled for the level's vectors.
 *
 * Register budget: MR x 3 sums, 3 vectors of b, one broadcast. 32 registers (AVX-512) hold MR = 8,
 * 16 registers hold MR = 4 where the product needs no register of its own (FMA), else MR = 3. */
#include "gram.h"

#if defined(__AVX512F__) || defined(__FMA__)
#include <immintrin.h>
#endif

#ifdef __clang__
#define NK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NK_UNROLL _Pragma("GCC unroll 8")
#endif

#if defined(__AVX512F__)
#define NK_VECTOR_BYTES 64
#define MR 8
#define NK_FMA_F32(a, b, c) _mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c))
#define NK_FMA_F64(a, b, c) _mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c))
#elif defined(__FMA__)
#define NK_VECTOR_BYTES 32
#define MR 4
#define NK_FMA_F32(a, b, c) _mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c))
#define NK_FMA_F64(a, b, c) _mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c))
#else
#define NK_VECTOR_BYTES 16
#define MR 3
#endif

#define T float
#define NK_T(name) name##_f32
#define LANES (NK_VECTOR_BYTES / 4)
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
#define LANES (NK_VECTOR_BYTES / 8)
#ifdef NK_FMA_F64
#define NK_VECTOR_FMA NK_FMA_F64
#endif
#include "block.h"
