/* The level's vectors: how many floats and doubles one holds, and a * b + c in one rounding where
 * the level has it (NK_FMA_F32, NK_FMA_F64 on vectors; not defined elsewhere). */
#ifndef NK_SIMD_LANES_H
#define NK_SIMD_LANES_H

#if defined(__AVX512F__) || defined(__FMA__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define NK_F32_LANES 16
#define NK_F64_LANES 8
#define NK_FMA_F32(a, b, c) _mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c))
#define NK_FMA_F64(a, b, c) _mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c))
#elif defined(__FMA__)
#define NK_F32_LANES 8
#define NK_F64_LANES 4
#define NK_FMA_F32(a, b, c) _mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c))
#define NK_FMA_F64(a, b, c) _mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c))
#else
#define NK_F32_LANES 4
#define NK_F64_LANES 2
#endif

enum { NK_VECTOR_BYTES = 4 * NK_F32_LANES };

#ifdef __clang__
#define NK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NK_UNROLL _Pragma("GCC unroll 16")
#endif

#endif
