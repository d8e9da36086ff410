/* The level's vectors: how many floats and doubles one holds, and a * b + c in one rounding where
 * the level has it (NK_FMA_F32, NK_FMA_F64 on vectors; not defined elsewhere), and the larger and the
 * smaller lanes (x86 alone; of a pair with NaN the second). */
#ifndef NK_SIMD_LANES_H
#define NK_SIMD_LANES_H

#ifdef __SSE2__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define NK_F32_LANES 16
#define NK_F64_LANES 8
#define NK_FMA_F32(a, b, c) _mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c))
#define NK_FMA_F64(a, b, c) _mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c))
#define NK_MAX_F32(a, b) _mm512_max_ps((__m512)(a), (__m512)(b))
#define NK_MAX_F64(a, b) _mm512_max_pd((__m512d)(a), (__m512d)(b))
#define NK_MIN_F32(a, b) _mm512_min_ps((__m512)(a), (__m512)(b))
#define NK_MIN_F64(a, b) _mm512_min_pd((__m512d)(a), (__m512d)(b))
#elif defined(__FMA__)
#define NK_F32_LANES 8
#define NK_F64_LANES 4
#define NK_FMA_F32(a, b, c) _mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c))
#define NK_FMA_F64(a, b, c) _mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c))
#define NK_MAX_F32(a, b) _mm256_max_ps((__m256)(a), (__m256)(b))
#define NK_MAX_F64(a, b) _mm256_max_pd((__m256d)(a), (__m256d)(b))
#define NK_MIN_F32(a, b) _mm256_min_ps((__m256)(a), (__m256)(b))
#define NK_MIN_F64(a, b) _mm256_min_pd((__m256d)(a), (__m256d)(b))
#else
#define NK_F32_LANES 4
#define NK_F64_LANES 2
#ifdef __SSE2__
#define NK_MAX_F32(a, b) _mm_max_ps((__m128)(a), (__m128)(b))
#define NK_MAX_F64(a, b) _mm_max_pd((__m128d)(a), (__m128d)(b))
#define NK_MIN_F32(a, b) _mm_min_ps((__m128)(a), (__m128)(b))
#define NK_MIN_F64(a, b) _mm_min_pd((__m128d)(a), (__m128d)(b))
#endif
#endif

enum { NK_VECTOR_BYTES = 4 * NK_F32_LANES };

#ifdef __clang__
#define NK_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NK_UNROLL _Pragma("GCC unroll 16")
#endif

#endif
