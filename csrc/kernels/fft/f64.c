/* FFTs of double. */
#include "fft.h"

#if defined(__AVX512F__) && defined(__FMA__)
#include <immintrin.h>
enum { NK_FFT_WIDTH = 8 };
#define NK_VECTOR __m512d
#define NK_V_LOAD _mm512_loadu_pd
#define NK_V_STORE _mm512_storeu_pd
#define NK_V_SPLAT _mm512_set1_pd
#define NK_V_FMA _mm512_fmadd_pd
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
enum { NK_FFT_WIDTH = 4 };
#define NK_VECTOR __m256d
#define NK_V_LOAD _mm256_loadu_pd
#define NK_V_STORE _mm256_storeu_pd
#define NK_V_SPLAT _mm256_set1_pd
#define NK_V_FMA _mm256_fmadd_pd
#elif defined(__SSE2__)
#include <immintrin.h>
enum { NK_FFT_WIDTH = 2 };
#define NK_VECTOR __m128d
#define NK_V_LOAD _mm_loadu_pd
#define NK_V_STORE _mm_storeu_pd
#define NK_V_SPLAT _mm_set1_pd
#define NK_V_FMA(a, b, c) ((a) * (b) + (c))
#else
enum { NK_FFT_WIDTH = 2 };
typedef double NK_VECTOR __attribute__((vector_size(16)));
#define NK_V_LOAD(p) (*(const NK_VECTOR *)(const void *)(p))
#define NK_V_STORE(p, x) (*(NK_VECTOR *)(void *)(p) = (x))
#define NK_V_SPLAT(x) ((NK_VECTOR){0} + (x))
#define NK_V_FMA(a, b, c) ((a) * (b) + (c))
#endif
#define T double
#define NK_T_FMA NK_FMA
#define NK_FFT(name) NK_LV(name##_f64)

#include "walk_typed.h"
