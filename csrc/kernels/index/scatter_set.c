/* scatter_set: out (A, n, B) = base with rows index (M,) set to update (A, M, B); the last wins.
 *
 * ins are base, index, update; base and out may be one memory, else base is copied first. Cost
 * O(A M B) in place, O(A (n + M) B) otherwise. Indices are checked before anything is written.
 */
#include "../copy/strided.h"
#include "index.h"

nk_status NK_LV(nk_scatter_set_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 3)
    return nk_fail(error, NK_ERR_VALUE, "scatter_set takes 3 ins and 1 out");
  nk_status status = nk_same_array(&call->out[0], &call->in[0], "scatter_set", error);
  if (status != NK_OK) return status;
  return NK_LV(nk_index_check)(&call->in[0], &call->in[1], &call->in[2], "scatter_set", error);
}

nk_status NK_LV(nk_scatter_set_run)(const nk_call *call) {
  const nk_view *out = &call->out[0], *index = &call->in[1], *update = &call->in[2];
  int64_t n = out->shape[1], item = nk_dtype_size[out->dtype];
  nk_status status = NK_LV(nk_index_validate)(index, n, call->ctx->error);
  if (status != NK_OK) return status;
  if (call->alias[0] != 0) NK_LV(nk_strided_copy)(out, &call->in[0]);
  for (int64_t a = 0; a < out->shape[0]; ++a) {
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    for (int64_t m = 0; m < index->shape[0]; ++m)
      NK_LV(nk_index_copy)(
          out->data + a * out->stride[0] + nk_index_at(index, m, n) * out->stride[1],
          out->stride[2], update->data + a * update->stride[0] + m * update->stride[1],
          update->stride[2], out->shape[2], item);
  }
  return NK_OK;
}
