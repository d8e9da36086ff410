/* Ctrl-C during a long call: a flag that kernels poll, set by a signal handler of ours. */
#ifndef NK_CANCEL_H
#define NK_CANCEL_H

#include "nk.h"

/* Call in the thread that Python's signals belong to, before a run; the flag goes into nk_ctx.
 * Elsewhere it returns NULL: only that thread is interrupted. Pairs may nest. */
const atomic_int *nk_cancel_begin(void);

/* Restores the handler that was there. Pass what begin returned. */
void nk_cancel_end(const atomic_int *flag);

#endif
