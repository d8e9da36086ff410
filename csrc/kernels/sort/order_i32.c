/* Rows of 32-bit keys in order. */
#include <string.h>

#include "../../simd/lanes.h"
#include "order.h"

#define KEY int32_t
#define KEY_MAX INT32_MAX
#define LANES NK_F32_LANES
#define NAME(x) x##_i32
#ifdef __AVX512F__
#define SPLIT(low, high, v, pivot, count)                                   \
  do {                                                                      \
    const __m512i x = (__m512i)(v);                                         \
    const __mmask16 less = _mm512_cmplt_epi32_mask(x, (__m512i)(pivot));    \
    _mm512_storeu_si512((low), _mm512_maskz_compress_epi32(less, x));       \
    _mm512_storeu_si512((high), _mm512_maskz_compress_epi32((__mmask16)~less, x)); \
    count = __builtin_popcount((unsigned)less);                             \
  } while (0)
#endif
#include "order_typed.h"
