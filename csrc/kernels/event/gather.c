/* Transposed product: each row sums the values of the cells it names. Cost: S reads per batch
 * element; rows are cut into chunks of about NK_EVENT_SPLIT synapses. */
#include "event.h"

#define T float
#define TYPED(name) name##_f32
#include "gather_typed.h"
#undef T
#undef TYPED
#define T double
#define TYPED(name) name##_f64
#include "gather_typed.h"
#undef T
#undef TYPED

typedef struct job {
  const nk_event_product *p;
  int64_t n_part;
} job;

static nk_status run_part(void *arg, int64_t chunk, int worker) {
  (void)worker;
  const job *j = arg;
  const nk_event_product *p = j->p;
  int64_t b = chunk / j->n_part, part = chunk % j->n_part, n = p->csr.n_pre;
  int64_t low = n * part / j->n_part, high = n * (part + 1) / j->n_part;
  return p->dtype == NK_F32 ? gather_f32(p, b, low, high) : gather_f64(p, b, low, high);
}

nk_status NK_LV(nk_event_gather)(const nk_event_product *p) {
  int64_t n_part = (p->csr.n_synapse + NK_EVENT_SPLIT - 1) / NK_EVENT_SPLIT;
  if (n_part > p->csr.n_pre) n_part = p->csr.n_pre;
  job j = {.p = p, .n_part = n_part > 1 ? n_part : 1};
  return nk_parallel(p->ctx, p->n_batch * j.n_part, run_part, &j);
}
