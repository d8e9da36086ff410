/* Drives the Gram engine: plans blocks and workspace, runs the phases (row means; per block of
 * columns: column means, packing, tiles; the epilogue) on the pool.
 *
 * Large matrices are split inside, one after another; many small ones are dealt out whole. Which of
 * the two depends on the sizes alone. */
#include "gram.h"

enum { LARGE_WORK = 1 << 25, SPLIT_WORK = 1 << 20, COLUMNS_PER_CHUNK = 256, ROWS_PER_CHUNK = 16 };

static size_t take(size_t *at, int64_t n_bytes) {
  const size_t here = *at;
  *at += ((size_t)n_bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  return here;
}

/* Multiply-adds of one batch entry, as a double: sizes may be large. */
static double work_of(const nk_gram *g) {
  return 0.5 * (double)g->n * (double)g->n * (double)g->d * (double)g->n_fold;
}

nk_status NK_LV(nk_gram_plan)(nk_gram *g, nk_call *call, const nk_view *x, const nk_view *w,
                              int flags) {
  nk_error *error = call->ctx->error;
  if (x->dtype != NK_F32 && x->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "patterns: wanted float32 or float64, got %s",
                   nk_dtype_name[x->dtype]);
  const int want = flags & NK_GRAM_FOLDS ? 4 : 3;
  if (x->ndim != want)
    return nk_fail(error, NK_ERR_VALUE, "patterns: wanted %d dimensions, got %d", want, x->ndim);
  *g = (nk_gram){.dtype = x->dtype, .flags = flags, .x = *x};
  if (want == 3) { /* a fold axis of one */
    g->x.ndim = 4;
    for (int k = 3; k > 1; k--) {
      g->x.shape[k] = x->shape[k - 1];
      g->x.stride[k] = x->stride[k - 1];
    }
    g->x.shape[1] = 1;
    g->x.stride[1] = 0;
  }
  g->n_batch = g->x.shape[0];
  g->n_fold = g->x.shape[1];
  g->n = g->x.shape[2];
  g->d = g->n_column = g->x.shape[3];
  if (w != NULL && w->dtype == NK_I64) {
    if (w->ndim != 2 || w->shape[0] != g->n_batch)
      return nk_fail(error, NK_ERR_VALUE, "columns: wanted shape (%lld, n_columns)",
                     (long long)g->n_batch);
    g->index = *w;
    g->d = w->shape[1];
    g->flags |= NK_GRAM_INDEX;
    w = NULL;
  }
  if (g->d < 1 || g->n_fold < 1)
    return nk_fail(error, NK_ERR_VALUE, "patterns: no channels (shape %lld x %lld)",
                   (long long)g->n, (long long)g->d);
  if (w != NULL) {
    if (w->dtype != x->dtype)
      return nk_fail(error, NK_ERR_TYPE, "weights: wanted %s as the patterns, got %s",
                     nk_dtype_name[x->dtype], nk_dtype_name[w->dtype]);
    if (w->ndim != 2 || w->shape[0] != g->n_batch || w->shape[1] != g->d)
      return nk_fail(error, NK_ERR_VALUE, "weights: wanted shape (%lld, %lld)",
                     (long long)g->n_batch, (long long)g->d);
    g->w = *w;
    g->flags |= NK_GRAM_WEIGHTS;
  }

  g->nr = x->dtype == NK_F32 ? NK_LV(nk_gram_rows_f32)() : NK_LV(nk_gram_rows_f64)();
  g->n_panel = (g->n + g->nr - 1) / g->nr;
  g->n_tile = g->n_panel * (g->n_panel + 1) / 2;
  const int64_t block = NK_GRAM_KB / g->n_fold < 32 ? 32 : NK_GRAM_KB / g->n_fold;
  g->width = g->d < block ? g->d : block;
  g->n_slot = 1;
  if (work_of(g) < LARGE_WORK) g->n_slot = g->n_batch < NK_GRAM_SLOTS ? g->n_batch : NK_GRAM_SLOTS;

  const int64_t size = nk_dtype_size[x->dtype],
                pack = g->n_panel * g->nr * g->n_fold * g->width * size;
  size_t at = 0;
  g->at_left = take(&at, pack);
  g->at_right = g->flags & (NK_GRAM_FOLDS | NK_GRAM_WEIGHTS) ? take(&at, pack) : g->at_left;
  g->at_tile = take(&at, g->n_tile * g->nr * g->nr * 8);
  g->at_row_mean = take(&at, g->n * 8);
  g->at_column_mean = take(&at, g->n_fold * g->width * 8);
  g->at_diagonal = take(&at, g->n * 8);
  g->slot_size = at;
  call->work_size = at * (size_t)(g->n_slot > 0 ? g->n_slot : 1);
  return NK_OK;
}

static nk_status task_row_mean(void *arg, int64_t chunk, int worker) {
  const nk_gram_slot *s = arg;
  (void)worker;
  const int64_t first = chunk * ROWS_PER_CHUNK;
  const int64_t last = first + ROWS_PER_CHUNK < s->g->n ? first + ROWS_PER_CHUNK : s->g->n;
  for (int64_t r = first; r < last; r++) {
    if (s->g->dtype == NK_F32)
      NK_LV(nk_gram_mean_f32)(s, r);
    else
      NK_LV(nk_gram_mean_f64)(s, r);
  }
  return nk_cancelled(s->ctx) ? NK_ERR_CANCELLED : NK_OK;
}

static nk_status task_column_mean(void *arg, int64_t chunk, int worker) {
  const nk_gram_slot *s = arg;
  (void)worker;
  const int64_t first = chunk * COLUMNS_PER_CHUNK;
  const int64_t last =
      first + COLUMNS_PER_CHUNK < s->columns ? first + COLUMNS_PER_CHUNK : s->columns;
  if (s->g->dtype == NK_F32)
    NK_LV(nk_gram_column_mean_f32)(s, first, last);
  else
    NK_LV(nk_gram_column_mean_f64)(s, first, last);
  return NK_OK;
}

static nk_status task_pack(void *arg, int64_t chunk, int worker) {
  const nk_gram_slot *s = arg;
  (void)worker;
  if (s->g->dtype == NK_F32)
    NK_LV(nk_gram_pack_f32)(s, chunk);
  else
    NK_LV(nk_gram_pack_f64)(s, chunk);
  return NK_OK;
}

/* Chunk t is tile (i, j) of the lower triangle, counted row by row. */
static nk_status task_multiply(void *arg, int64_t chunk, int worker) {
  const nk_gram_slot *s = arg;
  (void)worker;
  int64_t i = 0;
  while ((i + 1) * (i + 2) / 2 <= chunk) i++;
  const int64_t j = chunk - i * (i + 1) / 2;
  if (s->g->dtype == NK_F32)
    NK_LV(nk_gram_multiply_f32)(s, i, j);
  else
    NK_LV(nk_gram_multiply_f64)(s, i, j);
  return nk_cancelled(s->ctx) ? NK_ERR_CANCELLED : NK_OK;
}

/* Refuses column numbers outside of x. */
static nk_status check_index(const nk_gram_slot *s) {
  const nk_view *index = &s->g->index;
  const char *p = index->data + s->batch * index->stride[0];
  for (int64_t c = 0; c < s->g->d; c++) {
    const int64_t at = *(const int64_t *)(const void *)(p + c * index->stride[1]);
    if (at < 0 || at >= s->g->n_column)
      return nk_fail(s->ctx->error, NK_ERR_VALUE, "columns: wanted 0 to %lld, got %lld",
                     (long long)s->g->n_column - 1, (long long)at);
  }
  return NK_OK;
}

static nk_status run_slot(nk_gram_slot *s, nk_gram_epilogue epilogue, void *arg) {
  const nk_gram *g = s->g;
  nk_status status = g->flags & NK_GRAM_INDEX ? check_index(s) : NK_OK;
  if (status != NK_OK) return status;
  for (int64_t k = 0; k < g->n_tile * g->nr * g->nr; k++) s->tile[k] = 0;
  if (g->flags & NK_GRAM_CENTER_ROWS)
    status = nk_parallel(s->ctx, (g->n + ROWS_PER_CHUNK - 1) / ROWS_PER_CHUNK, task_row_mean, s);
  for (s->column = 0; s->column < g->d && status == NK_OK; s->column += g->width) {
    s->columns = g->d - s->column < g->width ? g->d - s->column : g->width;
    if (g->flags & NK_GRAM_CENTER_COLUMNS)
      status = nk_parallel(s->ctx, (s->columns + COLUMNS_PER_CHUNK - 1) / COLUMNS_PER_CHUNK,
                           task_column_mean, s);
    if (status == NK_OK) status = nk_parallel(s->ctx, g->n_panel, task_pack, s);
    if (status == NK_OK) status = nk_parallel(s->ctx, g->n_tile, task_multiply, s);
  }
  if (status != NK_OK) return status;
  for (int64_t i = 0; i < g->n; i++) s->diagonal[i] = nk_gram_at(s, i, i);
  return epilogue(s, arg);
}

typedef struct batch {
  const nk_gram *g;
  const nk_ctx *ctx;
  char *work;
  nk_gram_epilogue epilogue;
  void *arg;
} batch;

/* Slot k works through entries k, k + n_slot, ... in its own workspace. */
static nk_status task_slot(void *arg, int64_t chunk, int worker) {
  const batch *b = arg;
  const nk_gram *g = b->g;
  char *work = b->work + (size_t)chunk * g->slot_size;
  (void)worker;
  nk_gram_slot s = {.g = g,
                    .ctx = b->ctx,
                    .left = work + g->at_left,
                    .right = work + g->at_right,
                    .tile = (double *)(void *)(work + g->at_tile),
                    .row_mean = (double *)(void *)(work + g->at_row_mean),
                    .column_mean = (double *)(void *)(work + g->at_column_mean),
                    .diagonal = (double *)(void *)(work + g->at_diagonal)};
  for (s.batch = chunk; s.batch < g->n_batch; s.batch += g->n_slot) {
    const nk_status status = run_slot(&s, b->epilogue, b->arg);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}

nk_status NK_LV(nk_gram_compute)(const nk_gram *g, const nk_call *call, nk_gram_epilogue epilogue,
                                 void *arg) {
  if (g->n_batch == 0 || g->n == 0) return NK_OK;
  nk_ctx inside = *call->ctx, outside = *call->ctx;
  const bool large = work_of(g) >= LARGE_WORK;
  if (!large) inside.n_threads = 1;
  if (large || work_of(g) * (double)g->n_batch < SPLIT_WORK) outside.n_threads = 1;
  batch b = {.g = g, .ctx = &inside, .work = call->work, .epilogue = epilogue, .arg = arg};
  return nk_parallel(&outside, g->n_slot, task_slot, &b);
}
