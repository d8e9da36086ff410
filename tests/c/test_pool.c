/* nk_parallel: every chunk once, the lowest failure, nesting, cancelling, two callers, fork. */
#include "../../csrc/base/pool.h"
#include "../../csrc/simd/flush.h"
#include "check.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_CHUNKS = 1000, N_THREADS = 4 };

typedef struct counts {
  const nk_ctx *ctx;
  atomic_int runs[N_CHUNKS];
  atomic_int workers; /* bit set of the workers seen */
  atomic_bool bad_worker;
} counts;

static nk_status count_chunk(void *arg, int64_t chunk, int worker) {
  counts *c = arg;
  atomic_fetch_add(&c->runs[chunk], 1);
  atomic_fetch_or(&c->workers, 1 << worker);
  if (worker < 0 || worker >= c->ctx->n_threads) atomic_store(&c->bad_worker, true);
  for (volatile int i = 0; i < 2000; i++) continue;
  return NK_OK;
}

int test_pool_runs_each_once(void) {
  for (int n_threads = 1; n_threads <= N_THREADS; n_threads++) {
    nk_ctx ctx = {.n_threads = n_threads};
    counts c = {.ctx = &ctx};
    CHECK(nk_parallel(&ctx, N_CHUNKS, count_chunk, &c) == NK_OK);
    for (int i = 0; i < N_CHUNKS; i++) CHECK(c.runs[i] == 1);
    CHECK(!c.bad_worker);
    CHECK(n_threads > 1 || c.workers == 1);
  }
  nk_ctx ctx = {.n_threads = 2};
  CHECK(nk_parallel(&ctx, 0, count_chunk, NULL) == NK_OK);
  return 0;
}

static nk_status add_one(void *arg, int64_t chunk, int worker) {
  (void)chunk, (void)worker;
  atomic_fetch_add((atomic_llong *)arg, 1);
  return NK_OK;
}

/* Thousands of jobs in a row, some after the workers have gone to sleep. */
int test_pool_many_small_jobs(void) {
  nk_ctx ctx = {.n_threads = 3};
  atomic_llong sum = 0;
  for (int job = 0; job < 5000; job++) {
    CHECK(nk_parallel(&ctx, 7, add_one, &sum) == NK_OK);
    if (job % 1000 == 0) usleep(2000);
    CHECK(sum == 7 * (job + 1));
  }
  return 0;
}

static nk_status nest(void *arg, int64_t chunk, int worker) {
  nk_ctx ctx = {.n_threads = N_THREADS};
  (void)chunk, (void)worker;
  return nk_parallel(&ctx, 10, add_one, arg);
}

int test_pool_nested_is_inline(void) {
  nk_ctx ctx = {.n_threads = N_THREADS};
  atomic_llong sum = 0;
  CHECK(nk_parallel(&ctx, 50, nest, &sum) == NK_OK);
  CHECK(sum == 500);
  return 0;
}

static nk_status fail_from_13(void *arg, int64_t chunk, int worker) {
  const nk_ctx *ctx = arg;
  (void)worker;
  for (volatile int i = 0; i < 100 * (int)(40 - chunk % 40); i++) continue;
  if (chunk < 13) return NK_OK;
  return nk_fail(ctx->error, chunk % 2 ? NK_ERR_VALUE : NK_ERR_INDEX, "chunk %d", (int)chunk);
}

int test_pool_lowest_failure(void) {
  for (int n_threads = 1; n_threads <= N_THREADS; n_threads++)
    for (int repeat = 0; repeat < 50; repeat++) {
      nk_error error = {.status = NK_OK, .text = ""};
      nk_ctx ctx = {.n_threads = n_threads, .error = &error};
      CHECK(nk_parallel(&ctx, N_CHUNKS, fail_from_13, &ctx) == NK_ERR_VALUE);
      CHECK(error.status == NK_ERR_VALUE && strcmp(error.text, "chunk 13") == 0);
    }
  return 0;
}

typedef struct stopper {
  atomic_int cancel;
  atomic_int n_run;
} stopper;

static nk_status stop_at_fifth(void *arg, int64_t chunk, int worker) {
  stopper *s = arg;
  (void)chunk, (void)worker;
  if (atomic_fetch_add(&s->n_run, 1) == 4) atomic_store(&s->cancel, 1);
  return NK_OK;
}

int test_pool_cancel(void) {
  for (int n_threads = 1; n_threads <= N_THREADS; n_threads++) {
    stopper s = {.cancel = 0};
    nk_error error = {.status = NK_OK, .text = ""};
    nk_ctx ctx = {.n_threads = n_threads, .cancel = &s.cancel, .error = &error};
    CHECK(nk_parallel(&ctx, N_CHUNKS, stop_at_fifth, &s) == NK_ERR_CANCELLED);
    CHECK(error.status == NK_ERR_CANCELLED);
    CHECK(s.n_run < 5 + n_threads);
  }
  return 0;
}

static void *call_often(void *arg) {
  nk_ctx ctx = {.n_threads = 3};
  for (int i = 0; i < 2000; i++)
    if (nk_parallel(&ctx, 5, add_one, arg) != NK_OK) return arg;
  return NULL;
}

int test_pool_two_callers(void) {
  atomic_llong sum = 0;
  pthread_t other;
  void *failed = NULL;
  CHECK(pthread_create(&other, NULL, call_often, &sum) == 0);
  CHECK(call_often(&sum) == NULL);
  pthread_join(other, &failed);
  CHECK(failed == NULL && sum == 20000);
  return 0;
}

/* Sleeps, so that every worker gets a share even on a busy machine. */
static nk_status count_slowly(void *arg, int64_t chunk, int worker) {
  usleep(20);
  return count_chunk(arg, chunk, worker);
}

int test_pool_after_fork(void) {
  nk_ctx ctx = {.n_threads = 3};
  atomic_llong sum = 0;
  CHECK(nk_parallel(&ctx, 100, add_one, &sum) == NK_OK); /* workers exist in the parent */
  for (int repeat = 0; repeat < 5; repeat++) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
      alarm(30); /* a child that hangs is a failure, not a hang of the tests */
      counts c = {.ctx = &ctx};
      nk_status status = nk_parallel(&ctx, N_CHUNKS, count_slowly, &c);
      int wrong = 0;
      for (int i = 0; i < N_CHUNKS; i++) wrong += c.runs[i] != 1;
      _exit(status == NK_OK && wrong == 0 && c.workers != 1 ? 0 : 1);
    }
    int result = -1;
    CHECK(waitpid(child, &result, 0) == child);
    CHECK(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    CHECK(nk_parallel(&ctx, 100, add_one, &sum) == NK_OK);
  }
  CHECK(sum == 600);
  return 0;
}

/* Counts the chunks in which half of the smallest normal double is zero. */
static nk_status halve(void *arg, int64_t chunk, int worker) {
  volatile double smallest = 2.2250738585072014e-308, half = smallest / 2;
  (void)chunk, (void)worker;
  if (half == 0) atomic_fetch_add((atomic_int *)arg, 1);
  for (volatile int i = 0; i < 20000; i++) continue;
  return NK_OK;
}

/* Workers flush denormals exactly when the caller does, whoever made them. */
int test_pool_float_mode(void) {
  nk_ctx ctx = {.n_threads = N_THREADS};
  for (int round = 0; round < 3; round++) {
    const unsigned mode = nk_flush_begin();
    const bool flushes = nk_flush_begin() != mode; /* the CPU has the switch */
    atomic_int seen = 0;
    CHECK(nk_parallel(&ctx, 100, halve, &seen) == NK_OK);
    nk_flush_end(mode);
    CHECK(seen == (flushes ? 100 : 0));
    seen = 0;
    CHECK(nk_parallel(&ctx, 100, halve, &seen) == NK_OK);
    CHECK(seen == 0);
  }
  return 0;
}

int test_pool_size(void) {
  int granted = nk_threads_granted();
  CHECK(granted >= 1 && granted <= NK_MAX_THREADS);
  CHECK(granted <= (int)sysconf(_SC_NPROCESSORS_CONF));
  nk_threads_set(3);
  CHECK(nk_threads_get() == 3);
  nk_threads_set(0);
  CHECK(nk_threads_get() >= 1);
  return 0;
}
