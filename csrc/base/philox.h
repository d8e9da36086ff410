/* Philox4x32-10: a counter-based generator. Ten rounds turn (counter, key) into 128 random bits.
 *
 * Source: Salmon, Moraes, Dror, Shaw (2011) "Parallel random numbers: as easy as 1, 2, 3",
 * doi:10.1145/2063384.2063405. In neurokit key = (seed, site) and counter = (step, element, block):
 * a draw depends on nothing else, so any thread can make any draw and the backward pass repeats it.
 */
#ifndef NK_PHILOX_H
#define NK_PHILOX_H

#include <stdint.h>

typedef struct nk_philox {
  uint32_t v[4];
} nk_philox;

static inline nk_philox nk_philox4x32(nk_philox counter, uint32_t key0, uint32_t key1) {
  uint32_t c0 = counter.v[0], c1 = counter.v[1], c2 = counter.v[2], c3 = counter.v[3];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0;
    uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ key0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ key1;
    c3 = (uint32_t)p0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return (nk_philox){{c0, c1, c2, c3}};
}

#endif
