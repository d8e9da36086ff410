/* Kernel `rank`: mid-ranks (1 .. N, ties share their mean rank) of each row; NaN stays NaN and
 * is not counted.
 *
 *   out[0] (m, N) float64; (B, m, N) with weights
 *   in[0] X (m, N) float32 or float64, any strides
 *   in[1] optional W (B, N) int64 from 0 to 2^31 - 1: element k stands W_bk times in sample b
 *
 * Copies of an element are ties of one another: with S the sum of the weights before a group of
 * ties and G its own, its rank is S + (G + 1) / 2. O(N) per row, see order.h; each row is sorted
 * once, whatever the number of samples.
 */
#include "../level.h"
#include "order.h"

enum { SLOTS = 8, SPLIT_WORK = 1 << 13 };
static const uint32_t TIED = (uint32_t)1 << 31; /* of a place: tied to the next */

typedef struct job {
  const nk_call *call;
  uint32_t *order; /* (m, N) places by ascending value */
  int64_t *have;   /* (m,) how many are no NaN */
  size_t slot;     /* bytes of scratch of one slot */
  char *scratch;
} job;

static size_t padded(size_t bytes) { return (bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN; }

static job lay(const nk_call *call) {
  const size_t m = (size_t)call->in[0].shape[0], n = (size_t)call->in[0].shape[1];
  job j = {.call = call, .slot = nk_order_size((int64_t)n), .scratch = call->work};
  if (call->n_in < 2) return j;
  j.order = (uint32_t *)(void *)call->work;
  j.have = (int64_t *)(void *)(call->work + padded(m * n * sizeof *j.order));
  j.scratch = call->work + padded(m * n * sizeof *j.order) + padded(m * sizeof *j.have);
  return j;
}

nk_status NK_LV(nk_rank_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in < 1 || call->n_in > 2)
    return nk_fail(error, NK_ERR_VALUE, "rank: wanted 1 output and 1 or 2 inputs");
  const nk_view *x = &call->in[0], *out = &call->out[0];
  if (x->dtype != NK_F32 && x->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "rank: wanted float32 or float64, got %s",
                   nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || x->shape[1] > INT32_MAX)
    return nk_fail(error, NK_ERR_VALUE, "rank: wanted rows of at most 2^31 - 1 values");
  const int lead = call->n_in - 1;
  const nk_view *w = lead ? &call->in[1] : NULL;
  if (w && (w->dtype != NK_I64 || w->ndim != 2 || w->shape[1] != x->shape[1]))
    return nk_fail(error, NK_ERR_VALUE, "rank: weights: wanted int64 of shape (B, %lld)",
                   (long long)x->shape[1]);
  if (out->ndim != 2 + lead || out->dtype != NK_F64 || out->shape[lead] != x->shape[0] ||
      out->shape[lead + 1] != x->shape[1] || (w && out->shape[0] != w->shape[0]))
    return nk_fail(error, NK_ERR_VALUE,
                   "rank: out: wanted float64 of the input's two dimensions, behind the samples");
  const size_t m = (size_t)x->shape[0], n = (size_t)x->shape[1];
  call->work_size = nk_order_size(x->shape[1]) * SLOTS;
  if (w) call->work_size += padded(m * n * sizeof(uint32_t)) + padded(m * sizeof(int64_t));
  return NK_OK;
}

/* Ranks of one row; or, with weights, its order. */
static void sort_row(const job *j, int64_t row, char *work) {
  const nk_view *x = &j->call->in[0], *out = &j->call->out[0];
  const int64_t n = x->shape[1];
  int64_t have;
  double *value;
  const uint64_t *s = nk_order_row(x, row, work, &value, &have);
  if (j->order) {
    uint32_t *to = j->order + row * n;
    for (int64_t k = 0; k < have; k++) {
      const bool tied =
          k + 1 < have && value[nk_order_place(s[k])] == value[nk_order_place(s[k + 1])];
      to[k] = nk_order_place(s[k]) | (tied ? TIED : 0);
    }
    for (int64_t k = 0, at = have; have < n && k < n; k++)
      if (isnan(value[k])) to[at++] = (uint32_t)k;
    j->have[row] = have;
    return;
  }
  char *q = out->data + row * out->stride[0];
  for (int64_t k = 0; have < n && k < n; k++)
    if (isnan(value[k])) *(double *)(void *)(q + k * out->stride[1]) = (double)NAN;
  nk_order_rank(s, value, have, q, out->stride[1]);
}

static nk_status task_sort(void *arg, int64_t slot, int worker) {
  const job *j = arg;
  (void)worker;
  for (int64_t row = slot; row < j->call->in[0].shape[0]; row += SLOTS) {
    sort_row(j, row, j->scratch + (size_t)slot * j->slot);
    if (nk_cancelled(j->call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

/* Ranks of one row whose elements stand there as often as w says, both in places of a row. */
static void weigh_row(const uint32_t *order, int64_t have, int64_t n, const int64_t *w, char *to,
                      int64_t step) {
  int64_t before = 0;
  for (int64_t first = 0, last; first < have; first = last) {
    int64_t group = w[order[first] & ~TIED];
    for (last = first; order[last] & TIED;) group += w[order[++last] & ~TIED];
    last++;
    const double rank = 0.5 * (double)(2 * before + group + 1);
    for (int64_t k = first; k < last; k++)
      *(double *)(void *)(to + (int64_t)(order[k] & ~TIED) * step) = rank;
    before += group;
  }
  for (int64_t k = have; k < n; k++)
    *(double *)(void *)(to + (int64_t)order[k] * step) = (double)NAN;
}

/* All rows of samples slot, slot + SLOTS, ... */
static nk_status task_weigh(void *arg, int64_t slot, int worker) {
  const job *j = arg;
  const nk_view *x = &j->call->in[0], *weights = &j->call->in[1], *out = &j->call->out[0];
  const int64_t m = x->shape[0], n = x->shape[1];
  int64_t *w = (int64_t *)(void *)(j->scratch + (size_t)slot * j->slot);
  (void)worker;
  for (int64_t b = slot; b < weights->shape[0]; b += SLOTS) {
    const char *from = weights->data + b * weights->stride[0];
    for (int64_t k = 0; k < n; k++) {
      w[k] = *(const int64_t *)(const void *)(from + k * weights->stride[1]);
      if (w[k] < 0 || w[k] > INT32_MAX)
        return nk_fail(j->call->ctx->error, NK_ERR_VALUE, "rank: weight %lld", (long long)w[k]);
    }
    for (int64_t row = 0; row < m; row++) {
      weigh_row(j->order + row * n, j->have[row], n, w,
                out->data + b * out->stride[0] + row * out->stride[1], out->stride[2]);
      if (nk_cancelled(j->call->ctx)) return NK_ERR_CANCELLED;
    }
  }
  return NK_OK;
}

nk_status NK_LV(nk_rank_run)(const nk_call *call) {
  job j = lay(call);
  nk_ctx ctx = *call->ctx;
  const int64_t m = call->in[0].shape[0], samples = call->n_in > 1 ? call->in[1].shape[0] : 1;
  if (m * call->in[0].shape[1] * samples < SPLIT_WORK) ctx.n_threads = 1;
  const nk_status status = nk_parallel(&ctx, SLOTS, task_sort, &j);
  if (status != NK_OK || call->n_in < 2) return status;
  return nk_parallel(&ctx, SLOTS, task_weigh, &j);
}
