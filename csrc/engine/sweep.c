/* Runs one program for many sets of inputs, sets spread over the pool.
 *
 * A set is a chunk: what it computes and in which order is the same for any number of threads. A
 * worker has a run (views and arena) of its own; inputs whose step is 0 are shared by all sets. */
#include "../base/pool.h"
#include "frame.h"

typedef struct worker {
  nk_run *run;
  char **data; /* [n_in + n_out] */
} worker;

typedef struct job {
  const nk_sweep *sweep;
  const nk_ctx *ctx;
  int flags;
  worker *workers;
} job;

static nk_status run_set(void *arg, int64_t set, int number) {
  const job *j = arg;
  const nk_program *p = j->sweep->program;
  worker *w = &j->workers[number];
  nk_error *error = nk_error_of_thread != NULL ? nk_error_of_thread : j->ctx->error;
  nk_ctx ctx = {.n_threads = 1, .cancel = j->ctx->cancel, .error = error};
  nk_status status = w->run != NULL ? NK_OK : nk_run_new(p, &w->run, error);
  if (status == NK_OK) {
    for (int k = 0; k < p->n_in + p->n_out; ++k)
      w->data[k] = j->sweep->data[k] + set * j->sweep->step[k];
    status = nk_run_execute(w->run, w->data, w->data + p->n_in, &ctx, j->flags, NULL);
  }
  return status;
}

nk_status nk_sweep_run(const nk_sweep *sweep, const nk_ctx *ctx, int flags) {
  size_t n_operand = (size_t)(sweep->program->n_in + sweep->program->n_out);
  size_t n_worker = (size_t)(ctx->n_threads > 1 ? ctx->n_threads : 1);
  worker *workers = nk_alloc_zero(n_worker * (sizeof(worker) + n_operand * sizeof(char *)));
  if (workers == NULL) return nk_fail(ctx->error, NK_ERR_MEMORY, "out of memory");
  char **data = (char **)(void *)(workers + n_worker);
  for (size_t i = 0; i < n_worker; ++i) workers[i].data = data + i * n_operand;
  job j = {.sweep = sweep, .ctx = ctx, .flags = flags, .workers = workers};
  nk_status status = nk_parallel(ctx, sweep->n, run_set, &j);
  for (size_t i = 0; i < n_worker; ++i) nk_run_free(workers[i].run);
  nk_free(workers);
  return status;
}
