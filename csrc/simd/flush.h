/* Denormal results become zero between nk_flush_begin and nk_flush_end.
 *
 * Results only: denormal operands keep their value, so logarithms and comparisons of denormal data
 * are NumPy's. A decaying state then never sits in the denormal range, which costs some machines a
 * hundred cycles per operation. Where the CPU has no such switch nothing happens.
 */
#ifndef NK_SIMD_FLUSH_H
#define NK_SIMD_FLUSH_H

#include <stdbool.h>

#if defined(__SSE__)
#include <xmmintrin.h>

enum { NK_FLUSH = 0x8000 };

static inline unsigned nk_flush_begin(void) {
  const unsigned mode = _mm_getcsr();
  if (!(mode & NK_FLUSH)) _mm_setcsr(mode | NK_FLUSH); /* setting it costs more than looking */
  return mode;
}

static inline void nk_flush_end(unsigned mode) {
  if (!(mode & NK_FLUSH)) _mm_setcsr(mode);
}

/* The same, and notes whether any result was flushed, until nk_flush_unwatch. */
static inline unsigned nk_flush_watch(void) {
  const unsigned mode = _mm_getcsr();
  _mm_setcsr((mode | NK_FLUSH) & ~(unsigned)_MM_EXCEPT_UNDERFLOW);
  return mode;
}
static inline bool nk_flush_happened(void) { return (_mm_getcsr() & _MM_EXCEPT_UNDERFLOW) != 0; }
static inline void nk_flush_unwatch(unsigned mode) { _mm_setcsr(mode); }
#else
static inline unsigned nk_flush_begin(void) { return 0; }
static inline void nk_flush_end(unsigned mode) { (void)mode; }
static inline unsigned nk_flush_watch(void) { return 0; }
static inline bool nk_flush_happened(void) { return true; } /* nobody knows */
static inline void nk_flush_unwatch(unsigned mode) { (void)mode; }
#endif

#endif
