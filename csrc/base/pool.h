/* Size of the thread pool, and the per-thread error place that nk_fail honours. */
#ifndef NK_POOL_H
#define NK_POOL_H

#include "nk.h"

enum { NK_MAX_THREADS = 256 };

/* Threads used when a call does not say: NEUROKIT_THREADS, else what the machine grants us. */
int nk_threads_get(void);
void nk_threads_set(int n); /* n <= 0 returns to the default */

/* Another number for calls from this very thread, 0 for none; returns the one before. */
int nk_threads_here(int n);

/* CPUs granted to this process: scheduler affinity cut by the cgroup's quota (v1 and v2). */
int nk_threads_granted(void);

/* Set while this thread works on a chunk of a split job; then nk_fail writes here. */
extern _Thread_local nk_error *nk_error_of_thread;

#endif
