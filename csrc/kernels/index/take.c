/* take: out (A, M, B) = x (A, n, B) at index (M,) of the middle axis.
 *
 * Negative indices count from the end, others out of range are an error before anything is written.
 * Cost O(A M B). Without inner axis (B = 1) it is a gather of items; large ones are cut along M.
 */
#include "index.h"

enum { CHUNK = 1 << 16 }; /* items per chunk */

nk_status NK_LV(nk_take_check)(nk_call *call) {
  if (call->n_out != 1 || call->n_in != 2)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "take takes 2 ins and 1 out");
  return NK_LV(nk_index_check)(&call->in[0], &call->in[1], &call->out[0], "take",
                               call->ctx->error);
}

#define NK_GATHER(T)                                                                              \
  for (int64_t m = from; m < to; ++m)                                                             \
  *(T *)(void *)(y + m * step) =                                                                  \
      *(const T *)(const void *)(x + nk_index_at(index, m, n) * x_step)

/* Items from .. to - 1 of one row of single items. */
static void gather(const nk_view *index, char *y, int64_t step, const char *x, int64_t x_step,
                   int64_t n, int64_t from, int64_t to, int64_t item) {
  switch (item) {
    case 1: NK_GATHER(uint8_t); break;
    case 4: NK_GATHER(uint32_t); break;
    case 8: NK_GATHER(uint64_t); break;
    default:
      for (int64_t m = from; m < to; ++m)
        NK_LV(nk_index_copy)(y + m * step, 0, x + nk_index_at(index, m, n) * x_step, 0, 1, item);
  }
}

static nk_status take_chunk(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_view *out = &call->out[0], *x = &call->in[0], *index = &call->in[1];
  int64_t inner = out->shape[2], rows = inner < CHUNK ? CHUNK / inner : 1;
  int64_t from = chunk * rows, to = from + rows < out->shape[1] ? from + rows : out->shape[1];
  int64_t item = nk_dtype_size[x->dtype], n = x->shape[1];
  (void)worker;
  for (int64_t a = 0; a < out->shape[0]; ++a) {
    char *y = out->data + a * out->stride[0];
    const char *base = x->data + a * x->stride[0];
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    if (inner == 1) {
      gather(index, y, out->stride[1], base, x->stride[1], n, from, to, item);
      continue;
    }
    for (int64_t m = from; m < to; ++m)
      NK_LV(nk_index_copy)(y + m * out->stride[1], out->stride[2],
                           base + nk_index_at(index, m, n) * x->stride[1], x->stride[2], inner,
                           item);
  }
  return NK_OK;
}

nk_status NK_LV(nk_take_run)(const nk_call *call) {
  const nk_view *out = &call->out[0];
  nk_status status = NK_LV(nk_index_validate)(&call->in[1], call->in[0].shape[1], call->ctx->error);
  if (status != NK_OK || out->shape[0] * out->shape[1] * out->shape[2] == 0) return status;
  int64_t rows = out->shape[2] < CHUNK ? CHUNK / out->shape[2] : 1;
  int64_t n_chunk = (out->shape[1] + rows - 1) / rows;
  void *arg = (void *)(uintptr_t)call;
  return n_chunk == 1 ? take_chunk(arg, 0, 0)
                      : nk_parallel(call->ctx, n_chunk, take_chunk, arg);
}
