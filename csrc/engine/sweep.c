/* Runs one program for many sets of inputs, sets spread over the pool.
 *
 * A set is a chunk: what it computes and in which order is the same for any number of threads. A
 * worker has a run (views and arena) of its own; inputs whose step is 0 are shared by all sets. */
#include "../base/pool.h"
#include "frame.h"

typedef struct job {
  const nk_sweep *sweep;
  const nk_ctx *ctx;
  int flags;
  char **data; /* [n_threads][n_in + n_out] */
} job;

static nk_status run_set(void *arg, int64_t set, int number) {
  const job *j = arg;
  const nk_program *p = j->sweep->program;
  nk_run **run = &j->sweep->runs[number];
  char **data = j->data + number * (p->n_in + p->n_out);
  nk_error *error = nk_error_of_thread != NULL ? nk_error_of_thread : j->ctx->error;
  nk_ctx ctx = {.n_threads = 1, .cancel = j->ctx->cancel, .error = error};
  nk_status status = *run != NULL ? NK_OK : nk_run_new(p, run, error);
  if (status == NK_OK) {
    for (int k = 0; k < p->n_in + p->n_out; ++k)
      data[k] = j->sweep->data[k] + set * j->sweep->step[k];
    status = nk_run_execute(*run, data, data + p->n_in, &ctx, j->flags, NULL);
  }
  return status;
}

nk_status nk_sweep_run(const nk_sweep *sweep, const nk_ctx *ctx, int flags) {
  const size_t n_operand = (size_t)(sweep->program->n_in + sweep->program->n_out);
  char **data = nk_alloc((size_t)ctx->n_threads * n_operand * sizeof(char *) + 1);
  if (data == NULL) return nk_fail(ctx->error, NK_ERR_MEMORY, "out of memory");
  job j = {.sweep = sweep, .ctx = ctx, .flags = flags, .data = data};
  nk_status status = nk_parallel(ctx, sweep->n, run_set, &j);
  nk_free(data);
  return status;
}
