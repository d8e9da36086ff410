/* Pages of machine code made at run time. */
#ifndef NK_PAGES_H
#define NK_PAGES_H

#include "nk.h"

/* Copies n_bytes of position-independent code into fresh pages that are executable and read only;
 * NULL where the system refuses. Pages are never writable and executable at once. */
void *nk_pages_new(const void *code, size_t n_bytes);
void nk_pages_free(void *pages, size_t n_bytes);
int64_t nk_pages_live(void); /* code blocks alive, for tests */

#endif
