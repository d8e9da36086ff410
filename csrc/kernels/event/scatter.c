/* Forward product by rows: each active row is added to the targets it names.
 *
 * Cost: one addition per synapse of an active row, about 0.6 ns where `out` lies in cache. Large
 * products are cut into slices of targets, each found in a row by bisection; a target's sum is
 * taken in the order of pre cells whatever the slices, so the result does not depend on them.
 */
#include "event.h"

static inline void prefetch_row(const nk_csr *m, int64_t row) {
  const int32_t *at = m->indices + nk_csr_start(m, row), *end = m->indices + nk_csr_start(m, row + 1);
  for (int line = 0; line < 6 && at < end; ++line, at += 16) __builtin_prefetch(at);
}

/* First place in the ascending indices[start .. stop) that is not below `value`. */
static inline int64_t first_at_least(const int32_t *indices, int64_t start, int64_t stop,
                                     int64_t value) {
  while (start < stop) {
    int64_t middle = start + (stop - start) / 2;
    if (indices[middle] < value) start = middle + 1;
    else stop = middle;
  }
  return start;
}

#define T float
#define TYPED(name) name##_f32
#include "scatter_typed.h"
#undef T
#undef TYPED
#define T double
#define TYPED(name) name##_f64
#include "scatter_typed.h"
#undef T
#undef TYPED

typedef struct job {
  const nk_event_product *p;
  int64_t n_slice;
} job;

static nk_status run_slice(void *arg, int64_t chunk, int worker) {
  (void)worker;
  const job *j = arg;
  const nk_event_product *p = j->p;
  int64_t b = chunk / j->n_slice, slice = chunk % j->n_slice, n = p->csr.n_post;
  int64_t low = n * slice / j->n_slice, high = n * (slice + 1) / j->n_slice;
  bool whole = j->n_slice == 1;
  return p->dtype == NK_F32 ? scatter_f32(p, b, low, high, whole)
                            : scatter_f64(p, b, low, high, whole);
}

/* Synapses that the product touches. */
static int64_t count_events(const nk_event_product *p) {
  const nk_csr *m = &p->csr;
  if (p->rows == NULL) return p->n_batch * m->n_synapse;
  int64_t n = 0;
  for (int64_t b = 0; b < p->n_batch; ++b)
    for (int64_t a = 0; a < p->n_row[b]; ++a) {
      int64_t row = p->rows[b * p->row_step + a];
      n += nk_csr_start(m, row + 1) - nk_csr_start(m, row);
    }
  return n;
}

/* Slices cost a search per row and slice, so one thread takes none. */
static int64_t slices_wanted(const nk_event_product *p, int64_t n_events) {
  int64_t rows = p->csr.n_pre > 0 ? p->csr.n_pre : 1;
  int64_t by_row = p->csr.n_synapse / rows / NK_EVENT_ROW_PART;
  int64_t by_work = n_events / p->n_batch / (NK_EVENT_SPLIT / 2);
  int64_t n = by_row < by_work ? by_row : by_work;
  if (n > NK_EVENT_SLICES) n = NK_EVENT_SLICES;
  return n < 1 || p->ctx->n_threads <= 1 ? 1 : n;
}

nk_status NK_LV(nk_event_scatter)(const nk_event_product *p) {
  job j = {.p = p, .n_slice = 1};
  int64_t n_events = count_events(p);
  if (n_events <= NK_EVENT_SPLIT) {
    for (int64_t b = 0; b < p->n_batch; ++b) {
      nk_status status = run_slice(&j, b, 0);
      if (status != NK_OK) return status;
    }
    return NK_OK;
  }
  j.n_slice = slices_wanted(p, n_events);
  return nk_parallel(p->ctx, p->n_batch * j.n_slice, run_slice, &j);
}
