/* nk_parallel: a thread pool of our own that spins briefly, then parks.
 *
 * One job runs at a time; the caller is worker 0 and takes chunks like everybody else. A job is
 * announced in one 64-bit word, the gate:
 *
 *     epoch << 16 | CLOSED | number of workers inside
 *
 * A worker that sees a new, open epoch enters by compare-and-swap and leaves by subtracting one.
 * When no chunk is left the caller closes the gate and waits for those inside only: a worker that
 * was still asleep never holds up the job. Chunks are handed out by an atomic counter, in order, so
 * when chunk c fails every lower chunk has been handed out too and the lowest failure is the same
 * whatever the timing. A second caller while the pool is busy, a nested call and a call with one
 * thread all run inline: results do not depend on the number of threads.
 *
 * fork() copies only the calling thread; the child starts again with an empty pool.
 */
#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#define CLOSED ((uint64_t)1 << 15)
#define INSIDE (CLOSED - 1)
#define EPOCH_SHIFT 16

enum { SPIN = 4000 }; /* pauses before parking, about 50 us */

_Thread_local nk_error *nk_error_of_thread;
static _Thread_local bool inside_job;

static struct {
  pthread_mutex_t busy;  /* held by the caller of the running job */
  pthread_mutex_t sleep; /* guards both condition variables */
  pthread_cond_t wake, done;
  atomic_int parked;         /* workers waiting on `wake` */
  atomic_bool caller_parked; /* the caller waiting on `done` */
  _Atomic uint64_t gate;
  int n_workers; /* threads alive, without the caller; changed under `busy` */
  /* the job; written while the gate is closed and empty */
  const nk_ctx *ctx;
  nk_task task;
  void *arg;
  int64_t n_chunks;
  int n_threads;
  unsigned float_mode;
  _Atomic int64_t next;
  atomic_bool failed;
  pthread_mutex_t result;
  int64_t first_failure;
  nk_error error;
} pool = {.busy = PTHREAD_MUTEX_INITIALIZER,
          .sleep = PTHREAD_MUTEX_INITIALIZER,
          .wake = PTHREAD_COND_INITIALIZER,
          .done = PTHREAD_COND_INITIALIZER,
          .gate = CLOSED,
          .result = PTHREAD_MUTEX_INITIALIZER};

static atomic_int n_threads_wanted; /* 0: not decided yet */
static _Thread_local int n_threads_here; /* 0: as wanted */
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

int nk_threads_get(void) {
  if (n_threads_here > 0) return n_threads_here;
  int n = atomic_load_explicit(&n_threads_wanted, memory_order_relaxed);
  if (n == 0) {
    const char *text = getenv("NEUROKIT_THREADS");
    n = text != NULL ? atoi(text) : 0;
    if (n <= 0) n = nk_threads_granted();
    nk_threads_set(n);
  }
  return n < NK_MAX_THREADS ? n : NK_MAX_THREADS;
}

void nk_threads_set(int n) {
  if (n < 0) n = 0;
  atomic_store(&n_threads_wanted, n < NK_MAX_THREADS ? n : NK_MAX_THREADS);
}

int nk_threads_here(int n) {
  const int before = n_threads_here;
  n_threads_here = n < NK_MAX_THREADS ? n : NK_MAX_THREADS;
  return before;
}

static inline void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void keep_failure(int64_t chunk, nk_status status, const nk_error *error) {
  pthread_mutex_lock(&pool.result);
  if (chunk < pool.first_failure) {
    pool.first_failure = chunk;
    pool.error = *error;
    pool.error.status = status;
  }
  pthread_mutex_unlock(&pool.result);
  atomic_store(&pool.failed, true);
}

/* How floats are rounded and flushed belongs to a thread, and a new one has it from the thread that
 * made it: workers take it over from the caller with each job. */
#if defined(__SSE__)
static unsigned float_mode(void) { return _mm_getcsr() & ~(unsigned)_MM_EXCEPT_MASK; }
static void set_float_mode(unsigned mode) {
  if (mode != float_mode()) _mm_setcsr(mode);
}
#else
static unsigned float_mode(void) { return 0; }
static void set_float_mode(unsigned mode) { (void)mode; }
#endif

/* Takes chunks until none is left or one has failed. */
static void work_on_job(int worker) {
  nk_error error;
  if (worker > 0) set_float_mode(pool.float_mode);
  nk_error_of_thread = &error;
  inside_job = true;
  while (!atomic_load_explicit(&pool.failed, memory_order_relaxed)) {
    int64_t chunk = atomic_fetch_add(&pool.next, 1);
    if (chunk >= pool.n_chunks) break;
    error.text[0] = '\0';
    nk_status status =
        nk_cancelled(pool.ctx) ? NK_ERR_CANCELLED : pool.task(pool.arg, chunk, worker);
    if (status != NK_OK) keep_failure(chunk, status, &error);
  }
  inside_job = false;
  nk_error_of_thread = NULL;
}

/* Waits until the gate shows an epoch other than `seen`: spins, then parks. */
static uint64_t wait_for_epoch(uint64_t seen) {
  for (int i = 0; i < SPIN; i++) {
    uint64_t gate = atomic_load(&pool.gate);
    if (gate >> EPOCH_SHIFT != seen) return gate;
    pause_cpu();
  }
  pthread_mutex_lock(&pool.sleep);
  atomic_fetch_add(&pool.parked, 1);
  uint64_t gate;
  while ((gate = atomic_load(&pool.gate)) >> EPOCH_SHIFT == seen)
    pthread_cond_wait(&pool.wake, &pool.sleep);
  atomic_fetch_sub(&pool.parked, 1);
  pthread_mutex_unlock(&pool.sleep);
  return gate;
}

static void leave_gate(void) {
  uint64_t left = atomic_fetch_sub(&pool.gate, 1) - 1;
  if ((left & (CLOSED | INSIDE)) != CLOSED || !atomic_load(&pool.caller_parked)) return;
  pthread_mutex_lock(&pool.sleep);
  pthread_cond_signal(&pool.done);
  pthread_mutex_unlock(&pool.sleep);
}

static void *worker_main(void *arg) {
  int worker = (int)(intptr_t)arg;
  uint64_t seen = 0;
  for (;;) {
    uint64_t gate = wait_for_epoch(seen);
    seen = gate >> EPOCH_SHIFT;
    while ((gate & CLOSED) == 0 && gate >> EPOCH_SHIFT == seen) {
      if (!atomic_compare_exchange_weak(&pool.gate, &gate, gate + 1)) continue;
      if (worker < pool.n_threads) work_on_job(worker);
      leave_gate();
      break;
    }
  }
  return NULL;
}

/* In the child of a fork there is one thread and nothing runs: start from scratch. */
static void forget_pool(void) {
  pthread_mutex_init(&pool.busy, NULL);
  pthread_mutex_init(&pool.sleep, NULL);
  pthread_mutex_init(&pool.result, NULL);
  pthread_cond_init(&pool.wake, NULL);
  pthread_cond_init(&pool.done, NULL);
  atomic_store(&pool.parked, 0);
  atomic_store(&pool.caller_parked, false);
  atomic_store(&pool.gate, CLOSED);
  pool.n_workers = 0;
  inside_job = false;
  nk_error_of_thread = NULL;
}

static void watch_fork(void) { pthread_atfork(NULL, NULL, forget_pool); }

/* Starts workers up to n - 1. Signals stay with the threads that Python knows. Fewer than asked
 * is fine: the caller does the rest. */
static void grow_pool(int n) {
  pthread_once(&fork_once, watch_fork);
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  while (pool.n_workers < n - 1) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, worker_main, (void *)(intptr_t)(pool.n_workers + 1)) != 0)
      break;
    pthread_detach(thread);
    pool.n_workers++;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void open_gate(void) {
  uint64_t epoch = (atomic_load(&pool.gate) >> EPOCH_SHIFT) + 1;
  atomic_store(&pool.gate, epoch << EPOCH_SHIFT);
  if (atomic_load(&pool.parked) == 0) return;
  pthread_mutex_lock(&pool.sleep);
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.sleep);
}

/* Lets nobody in any more and waits for those inside. */
static void close_gate(void) {
  atomic_fetch_or(&pool.gate, CLOSED);
  for (int i = 0; i < SPIN; i++) {
    if ((atomic_load(&pool.gate) & INSIDE) == 0) return;
    pause_cpu();
  }
  pthread_mutex_lock(&pool.sleep);
  atomic_store(&pool.caller_parked, true);
  while ((atomic_load(&pool.gate) & INSIDE) != 0) pthread_cond_wait(&pool.done, &pool.sleep);
  atomic_store(&pool.caller_parked, false);
  pthread_mutex_unlock(&pool.sleep);
}

static nk_status run_inline(const nk_ctx *ctx, int64_t n_chunks, nk_task task, void *arg) {
  for (int64_t chunk = 0; chunk < n_chunks; chunk++) {
    if (nk_cancelled(ctx)) return nk_fail(ctx->error, NK_ERR_CANCELLED, "cancelled");
    nk_status status = task(arg, chunk, 0);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}

nk_status nk_parallel(const nk_ctx *ctx, int64_t n_chunks, nk_task task, void *arg) {
  int n = ctx->n_threads < NK_MAX_THREADS ? ctx->n_threads : NK_MAX_THREADS;
  if (n > n_chunks) n = (int)n_chunks;
  if (n <= 1 || inside_job || pthread_mutex_trylock(&pool.busy) != 0)
    return run_inline(ctx, n_chunks, task, arg);
  if (pool.n_workers < n - 1) grow_pool(n);
  pool.ctx = ctx;
  pool.task = task;
  pool.arg = arg;
  pool.n_chunks = n_chunks;
  pool.n_threads = n;
  pool.float_mode = float_mode();
  pool.first_failure = n_chunks;
  pool.error.status = NK_OK;
  atomic_store(&pool.next, 0);
  atomic_store(&pool.failed, false);
  open_gate();
  work_on_job(0);
  close_gate();
  nk_status status = pool.error.status;
  if (status != NK_OK && ctx->error != NULL) *ctx->error = pool.error;
  pthread_mutex_unlock(&pool.busy);
  return status;
}
