/* The allocator of the core: 64-byte aligned blocks, counted, and able to fail on demand.
 *
 * Two atomic counters are all the state, so any thread may allocate. With nk_alloc_fail_at(n) the
 * n-th call from now returns NULL (once): a test walks n = 1, 2, ... over an operation until it
 * succeeds and checks each time that nothing leaks and that the error is MemoryError.
 */
#include "nk.h"

#include <stdlib.h>
#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#endif

enum { LARGE_PAGE = 1 << 21, LARGE = 1 << 22 };

static atomic_llong countdown; /* calls left until the one that fails; 0 when off */
static atomic_llong live;

static bool must_fail(void) {
  if (atomic_load_explicit(&countdown, memory_order_relaxed) <= 0) return false;
  return atomic_fetch_sub(&countdown, 1) == 1;
}

void *nk_memory_new(size_t n_bytes) {
  if (n_bytes > (size_t)INT64_MAX - LARGE_PAGE) return NULL;
  const size_t align = n_bytes >= LARGE ? LARGE_PAGE : NK_ALIGN;
  const size_t rounded = (n_bytes + align - 1) / align * align;
  void *p = aligned_alloc(align, rounded > 0 ? rounded : align);
#if defined(MADV_HUGEPAGE)
  if (p != NULL && n_bytes >= LARGE) madvise(p, rounded, MADV_HUGEPAGE); /* a wish */
#endif
  return p;
}

void *nk_alloc(size_t n_bytes) {
  if (must_fail()) return NULL;
  void *p = nk_memory_new(n_bytes);
  if (p != NULL) atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
  return p;
}

void *nk_alloc_zero(size_t n_bytes) {
  void *p = nk_alloc(n_bytes);
  if (p != NULL) memset(p, 0, n_bytes);
  return p;
}

void nk_free(void *p) {
  if (p == NULL) return;
  atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
  free(p);
}

void nk_alloc_fail_at(int64_t n) { atomic_store(&countdown, n > 0 ? n : 0); }

int64_t nk_alloc_live(void) { return atomic_load(&live); }
