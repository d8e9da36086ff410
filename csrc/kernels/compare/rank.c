/* Kernel `rank`: mid-ranks (1 .. N, ties share their mean rank) of each row; NaN stays NaN and
 * is not counted.
 *
 *   out[0] (m, N) float64;  in[0] (m, N) float32 or float64, any strides
 *
 * O(N) per row, see order.h.
 */
#include "../level.h"
#include "order.h"

enum { SLOTS = 8, SPLIT_WORK = 1 << 13 };

static int64_t slots(const nk_call *call) {
  const int64_t m = call->in[0].shape[0];
  return m < SLOTS ? m : SLOTS;
}

nk_status NK_LV(nk_rank_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "rank: wanted 1 output and 1 input");
  const nk_view *x = &call->in[0], *out = &call->out[0];
  if (x->dtype != NK_F32 && x->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "rank: wanted float32 or float64, got %s",
                   nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || out->ndim != 2 || out->dtype != NK_F64 || out->shape[0] != x->shape[0] ||
      out->shape[1] != x->shape[1])
    return nk_fail(error, NK_ERR_VALUE, "rank: out: wanted float64 of the input's two dimensions");
  if (x->shape[1] > UINT32_MAX)
    return nk_fail(error, NK_ERR_VALUE, "rank: rows longer than 2^32 - 1");
  call->work_size = nk_order_size(x->shape[1]) * (size_t)slots(call);
  return NK_OK;
}

static void rank_row(const nk_call *call, int64_t row, char *work) {
  const nk_view *x = &call->in[0], *out = &call->out[0];
  char *q = out->data + row * out->stride[0];
  const int64_t n = x->shape[1], step = out->stride[1];
  int64_t have;
  double *value;
  const uint64_t *s = nk_order_row(x, row, work, &value, &have);
  if (have < n)
    for (int64_t k = 0; k < n; k++)
      if (isnan(value[k])) *(double *)(void *)(q + k * step) = (double)NAN;
  nk_order_rank(s, value, have, q, step);
}

static nk_status task(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const int64_t m = call->in[0].shape[0], n = call->in[0].shape[1], step = slots(call);
  (void)worker;
  for (int64_t row = chunk; row < m; row += step) {
    rank_row(call, row, call->work + (size_t)chunk * nk_order_size(n));
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_rank_run)(const nk_call *call) {
  nk_call copy = *call;
  nk_ctx ctx = *call->ctx;
  if (call->in[0].shape[0] * call->in[0].shape[1] < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, slots(call), task, &copy);
}
