/* Rows of 64-bit keys in order. */
#include <string.h>

#include "../../simd/lanes.h"
#include "order.h"

#define KEY int64_t
#define KEY_MAX INT64_MAX
#define LANES NK_F64_LANES
#define NAME(x) x##_i64
#ifdef __AVX512F__
#define SPLIT(low, high, v, pivot, count)                                 \
  do {                                                                    \
    const __m512i x = (__m512i)(v);                                       \
    const __mmask8 less = _mm512_cmplt_epi64_mask(x, (__m512i)(pivot));   \
    _mm512_storeu_si512((low), _mm512_maskz_compress_epi64(less, x));     \
    _mm512_storeu_si512((high), _mm512_maskz_compress_epi64((__mmask8)~less, x)); \
    count = __builtin_popcount((unsigned)less);                           \
  } while (0)
#endif
#include "order_typed.h"

void NK_LV(nk_rank_i64)(int64_t *rank, int64_t *a, int64_t n) { ranks(rank, a, n); }
