/* Flags as bits: flag i, a byte 0 or 1, is bit i % 8 of byte i / 8; the bits behind the last are 0. */
#ifndef NK_SIMD_BITS_H
#define NK_SIMD_BITS_H

#include <stdint.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

static inline int64_t nk_bits_bytes(int64_t n) { return (n + 7) / 8; }

/* The bits of a byte as eight bytes 0 or 1, the lowest first: + 0x7F carries any bit below the
 * highest into it. */
static inline uint64_t nk_bits_spread(uint8_t byte) {
  const uint64_t kept = (byte * 0x0101010101010101u) & 0x8040201008040201u;
  return ((kept + 0x007F7F7F7F7F7F7Fu) >> 7) & 0x0101010101010101u;
}

/* Eight bytes 0 or 1 as a byte: byte i, moved by 56 - 7 i, adds bit i of the highest byte. */
static inline uint8_t nk_bits_collect(uint64_t word) {
  return (uint8_t)((word * 0x0102040810204080u) >> 56);
}

static inline void nk_bits_to_flags(char *flags, const char *bits, int64_t n) {
  int64_t i = 0;
#if defined(__AVX512BW__)
  for (; i + 64 <= n; i += 64) {
    uint64_t word;
    memcpy(&word, bits + i / 8, sizeof word);
    _mm512_storeu_si512(flags + i, _mm512_maskz_mov_epi8(word, _mm512_set1_epi8(1)));
  }
#endif
  for (; i + 8 <= n; i += 8) {
    const uint64_t word = nk_bits_spread((uint8_t)bits[i / 8]);
    memcpy(flags + i, &word, sizeof word);
  }
  for (; i < n; i++) flags[i] = (char)((uint8_t)bits[i / 8] >> (i % 8) & 1);
}

static inline void nk_bits_of_flags(char *bits, const char *flags, int64_t n) {
  int64_t i = 0;
#if defined(__AVX512BW__)
  for (; i + 64 <= n; i += 64) {
    const __m512i x = _mm512_loadu_si512(flags + i);
    const uint64_t word = _mm512_test_epi8_mask(x, x);
    memcpy(bits + i / 8, &word, sizeof word);
  }
#elif defined(__AVX2__)
  for (; i + 32 <= n; i += 32) {
    const __m256i x = _mm256_loadu_si256((const __m256i *)(const void *)(flags + i));
    const int word = _mm256_movemask_epi8(_mm256_slli_epi16(x, 7));
    memcpy(bits + i / 8, &word, sizeof word);
  }
#endif
  for (; i < n; i += 8) {
    uint64_t word = 0;
    if (n - i >= 8) memcpy(&word, flags + i, sizeof word);
    else
      for (int64_t k = 0; k < n - i; k++) word |= (uint64_t)(uint8_t)flags[i + k] << 8 * k;
    bits[i / 8] = (char)nk_bits_collect(word);
  }
}

#endif
