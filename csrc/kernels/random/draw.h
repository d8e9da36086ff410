/* Random bits of one (seed, site, step): where each element's bits come from.
 *
 * Key: the two low halves of (seed, site); high halves, when there are any, are hashed in. Counter
 * words: index, index >> 32 | attempt << 16, step, step >> 32.
 *
 * Laws with a fixed need of bits share counters. G = 32 counters make a block; 32-bit draws take
 * one word each (4 G = 128 elements per block: element b*128 + l*32 + g is word l of counter
 * b*32 + g), 64-bit draws take two (64 elements per block), so that loads and stores stay
 * contiguous. Laws that reject give every element counters of its own, index = element, attempt =
 * 1, 2, ... (attempt 0 belongs to the blocks).
 */
#ifndef NK_RANDOM_DRAW_H
#define NK_RANDOM_DRAW_H

#include "../../base/philox.h"

#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { G = 32, BLOCK32 = 4 * G, BLOCK64 = 2 * G };

/* As many 64-bit lanes as a register holds; each carries one 32-bit counter word. */
#if defined(__AVX512F__)
enum { LANES = 8 };
#elif defined(__AVX2__)
enum { LANES = 4 };
#else
enum { LANES = 2 };
#endif
typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));
typedef uint32_t half_lanes __attribute__((vector_size(4 * LANES)));

typedef struct draw {
  uint32_t key0, key1;
  uint32_t step0, step1;
} draw;

/* splitmix64's finalizer (Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195). */
static inline uint64_t draw_mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static inline draw draw_init(uint64_t seed, uint64_t site, uint64_t step) {
  uint64_t high = (seed >> 32) | (site >> 32 << 32);
  uint64_t key = ((seed & 0xffffffffu) | site << 32) ^ draw_mix(high); /* draw_mix(0) = 0 */
  return (draw){(uint32_t)key, (uint32_t)(key >> 32), (uint32_t)step, (uint32_t)(step >> 32)};
}

static inline nk_philox draw_one(const draw *d, uint64_t index, uint32_t attempt) {
  uint32_t word1 = (uint32_t)(index >> 32) | attempt << 16;
  return nk_philox4x32((nk_philox){{(uint32_t)index, word1, d->step0, d->step1}}, d->key0, d->key1);
}

/* Products of the low halves. */
static inline lanes multiply_low(lanes a, lanes b) {
#if defined(__AVX512F__)
  return (lanes)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (lanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (lanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

static inline void store_low(uint32_t *dst, lanes x) {
  half_lanes low = __builtin_convertvector(x, half_lanes);
  memcpy(dst, &low, sizeof low);
}

/* The four words of G counters, word by word; nk_philox4x32 over lanes, where only the low half of
 * a lane counts. */
static inline void draw_block(const draw *d, uint64_t block, uint32_t w[4][G]) {
  const lanes zero = {0}, m0 = zero + 0xD2511F53u, m1 = zero + 0xCD9E8D57u;
  lanes index;
  for (int i = 0; i < LANES; i++) index[i] = block * G + (uint64_t)i;
  for (int g = 0; g < G; g += LANES, index += LANES) {
    lanes c0 = index, c1 = index >> 32, c2 = zero + d->step0, c3 = zero + d->step1;
    lanes key0 = zero + d->key0, key1 = zero + d->key1;
    for (int round = 0; round < 10; round++) {
      lanes p0 = multiply_low(c0, m0), p1 = multiply_low(c2, m1);
      c0 = (p1 >> 32) ^ c1 ^ key0;
      c1 = p1;
      c2 = (p0 >> 32) ^ c3 ^ key1;
      c3 = p0;
      key0 += 0x9E3779B9u;
      key1 += 0xBB67AE85u;
    }
    store_low(&w[0][g], c0);
    store_low(&w[1][g], c1);
    store_low(&w[2][g], c2);
    store_low(&w[3][g], c3);
  }
}

/* 53 random bits, [0, 1). Halves of 32 bits convert as signed integers, which every level has. */
static inline double draw_uniform(uint32_t low, uint32_t high) {
  return ((double)(int32_t)(high >> 5) * 0x1p26 + (double)(int32_t)(low >> 6)) * 0x1p-53;
}

/* 52 random bits and a half: (0, 1), safe under log. */
static inline double draw_open(uint32_t low, uint32_t high) {
  return ((double)(int32_t)(high >> 1) * 0x1p21 + (double)(int32_t)(low >> 11) + 0.5) * 0x1p-52;
}

/* Angle in turns, [-1/2, 1/2). */
static inline double draw_turn(uint32_t low, uint32_t high) {
  return ((double)(int32_t)high * 0x1p21 + (double)(int32_t)(low >> 11)) * 0x1p-53;
}

static inline float draw_uniformf(uint32_t word) { return (float)(int32_t)(word >> 8) * 0x1p-24f; }

/* 31 bits rounded to 24: (0, 1], fine towards 0 where the tail of a law lies. */
static inline float draw_openf(uint32_t word) {
  return (float)(int32_t)(word >> 1) * 0x1p-31f + 0x1p-32f;
}

static inline float draw_turnf(uint32_t word) { return (float)((int32_t)word >> 8) * 0x1p-24f; }

#endif
