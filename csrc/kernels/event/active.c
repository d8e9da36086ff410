/* Which cells fire: the elements > 0 of a vector of bools or floats, found 64 at a time.
 *
 * A block of 64 becomes one word of bits; empty words, nearly all of them, cost one test. A few ns
 * per block with vector compares (AVX-512 or AVX2), some tens without.
 */
#include <string.h>

#include "../../simd/bits.h"
#include "event.h"

#if defined(__AVX512F__) && defined(__AVX512BW__)
#include <immintrin.h>

static inline uint64_t bits_bool(const uint8_t *x) {
  __m512i v = _mm512_loadu_si512(x);
  return _mm512_test_epi8_mask(v, v);
}

static inline uint64_t bits_f32(const float *x) {
  const __m512 zero = _mm512_setzero_ps();
  uint64_t word = 0;
  for (int k = 0; k < 4; ++k)
    word |= (uint64_t)_mm512_cmp_ps_mask(_mm512_loadu_ps(x + 16 * k), zero, _CMP_GT_OQ) << 16 * k;
  return word;
}

static inline uint64_t bits_f64(const double *x) {
  const __m512d zero = _mm512_setzero_pd();
  uint64_t word = 0;
  for (int k = 0; k < 8; ++k)
    word |= (uint64_t)_mm512_cmp_pd_mask(_mm512_loadu_pd(x + 8 * k), zero, _CMP_GT_OQ) << 8 * k;
  return word;
}

#elif defined(__AVX2__)
#include <immintrin.h>

static inline uint64_t bits_bool(const uint8_t *x) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)x);
  __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(x + 32));
  uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, zero));
  uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, zero));
  return ~((uint64_t)b << 32 | a);
}

static inline uint64_t bits_f32(const float *x) {
  const __m256 zero = _mm256_setzero_ps();
  uint64_t word = 0;
  for (int k = 0; k < 8; ++k) {
    __m256 hit = _mm256_cmp_ps(_mm256_loadu_ps(x + 8 * k), zero, _CMP_GT_OQ);
    word |= (uint64_t)(uint32_t)_mm256_movemask_ps(hit) << 8 * k;
  }
  return word;
}

static inline uint64_t bits_f64(const double *x) {
  const __m256d zero = _mm256_setzero_pd();
  uint64_t word = 0;
  for (int k = 0; k < 16; ++k) {
    __m256d hit = _mm256_cmp_pd(_mm256_loadu_pd(x + 4 * k), zero, _CMP_GT_OQ);
    word |= (uint64_t)(uint32_t)_mm256_movemask_pd(hit) << 4 * k;
  }
  return word;
}

#else

static inline uint64_t bits_bool(const uint8_t *x) {
  uint64_t word = 0;
  for (int k = 0; k < 64; ++k) word |= (uint64_t)(x[k] != 0) << k;
  return word;
}

static inline uint64_t bits_f32(const float *x) {
  uint64_t word = 0;
  for (int k = 0; k < 64; ++k) word |= (uint64_t)(x[k] > 0) << k;
  return word;
}

static inline uint64_t bits_f64(const double *x) {
  uint64_t word = 0;
  for (int k = 0; k < 64; ++k) word |= (uint64_t)(x[k] > 0) << k;
  return word;
}

#endif

static inline uint64_t bits_of(const char *x, nk_dtype dtype) {
  switch (dtype) {
    case NK_BOOL: return bits_bool((const uint8_t *)x);
    case NK_F32: return bits_f32((const float *)(const void *)x);
    default: return bits_f64((const double *)(const void *)x);
  }
}

uint64_t NK_LV(nk_event_word)(const void *x, nk_dtype dtype, int64_t n) {
  if (n >= 64) return bits_of(x, dtype);
  double tail[64] = {0}; /* room for 64 of the widest type */
  memcpy(tail, x, (size_t)n * nk_dtype_size[dtype]);
  return bits_of((const char *)tail, dtype);
}

/* The list grows by the bits of a word, lowest first. */
static inline int64_t append(int32_t *list, int64_t count, uint64_t word, int64_t base) {
  for (; word != 0; word &= word - 1)
    list[count++] = (int32_t)(base + __builtin_ctzll(word));
  return count;
}

int64_t NK_LV(nk_event_active)(int32_t *list, const void *x, nk_dtype dtype, int64_t n) {
  const char *at = x;
  const int64_t block = 64 * nk_dtype_size[dtype];
  int64_t count = 0, i = 0;
  for (; i + 64 <= n; i += 64, at += block) {
    uint64_t word = bits_of(at, dtype);
    if (word != 0) count = append(list, count, word, i);
  }
  if (i < n) count = append(list, count, NK_LV(nk_event_word)(at, dtype, n - i), i);
  return count;
}

/* The bits of each byte from its other end. */
static inline uint64_t turned(uint64_t word) {
  word = (word >> 4 & 0x0F0F0F0F0F0F0F0Fu) | (word & 0x0F0F0F0F0F0F0F0Fu) << 4;
  word = (word >> 2 & 0x3333333333333333u) | (word & 0x3333333333333333u) << 2;
  return (word >> 1 & 0x5555555555555555u) | (word & 0x5555555555555555u) << 1;
}

void NK_LV(nk_event_pack)(char *bits, const void *x, nk_dtype dtype, int64_t n, bool highest_first) {
  const char *at = x;
  const int64_t block = 64 * nk_dtype_size[dtype];
  for (int64_t i = 0; i < n; i += 64, at += block) {
    const int64_t left = n - i;
    uint64_t word = left >= 64 ? bits_of(at, dtype) : NK_LV(nk_event_word)(at, dtype, left);
    if (highest_first) word = turned(word);
    memcpy(bits + i / 8, &word, left >= 64 ? sizeof word : (size_t)(left + 7) / 8);
  }
}

void NK_LV(nk_event_unpack)(char *flags, const char *bits, int64_t n, bool highest_first) {
  if (!highest_first) {
    nk_bits_to_flags(flags, bits, n);
    return;
  }
  for (int64_t i = 0; i < n; i += 64) {
    const int64_t left = n - i < 64 ? n - i : 64;
    uint64_t word = 0;
    memcpy(&word, bits + i / 8, left == 64 ? sizeof word : (size_t)(left + 7) / 8);
    word = turned(word);
    nk_bits_to_flags(flags + i, (const char *)&word, left);
  }
}

void NK_LV(nk_event_ones)(void *y, nk_dtype y_dtype, const void *x, nk_dtype dtype, int64_t n) {
  const char *at = x;
  const int64_t block = 64 * nk_dtype_size[dtype];
  for (int64_t i = 0; i < n; i += 64, at += block) {
    uint64_t word = NK_LV(nk_event_word)(at, dtype, n - i);
    int64_t stop = n - i < 64 ? n - i : 64;
    for (int64_t k = 0; k < stop; ++k) {
      bool on = (word >> k & 1) != 0;
      if (y_dtype == NK_F32) ((float *)y)[i + k] = on ? 1.0f : 0.0f;
      else ((double *)y)[i + k] = on ? 1.0 : 0.0;
    }
  }
}
