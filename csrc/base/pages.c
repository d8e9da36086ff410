/* Pages of machine code: written while writable, then made executable and read only. */
#include "pages.h"

#include <string.h>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>

static atomic_llong live;

void *nk_pages_new(const void *code, size_t n_bytes) {
  void *pages = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return NULL;
  memcpy(pages, code, n_bytes);
  if (mprotect(pages, n_bytes, PROT_READ | PROT_EXEC) != 0) {
    munmap(pages, n_bytes);
    return NULL;
  }
  __builtin___clear_cache((char *)pages, (char *)pages + n_bytes);
  atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
  return pages;
}

void nk_pages_free(void *pages, size_t n_bytes) {
  if (pages == NULL) return;
  munmap(pages, n_bytes);
  atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
}

int64_t nk_pages_live(void) { return atomic_load(&live); }
#else
void *nk_pages_new(const void *code, size_t n_bytes) {
  (void)code, (void)n_bytes;
  return NULL;
}
void nk_pages_free(void *pages, size_t n_bytes) { (void)pages, (void)n_bytes; }
int64_t nk_pages_live(void) { return 0; }
#endif
