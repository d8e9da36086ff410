/* event_list: spikes (P,) or (B, P), bool or float, as lists (P + 1,) or (B, P + 1) int32.
 *
 * A list begins with the number of active cells, their numbers follow, ascending; the rest is not
 * written. Products that share their spikes read it in place of the flags. Cost: one scan.
 */
#include "event.h"

nk_status NK_LV(nk_event_list_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "event_list takes 1 in and 1 out");
  const nk_view *out = &call->out[0], *x = &call->in[0];
  if (out->dtype != NK_I32 || (x->dtype != NK_BOOL && x->dtype != NK_F32 && x->dtype != NK_F64))
    return nk_fail(error, NK_ERR_TYPE, "event_list: no list of %s as %s", nk_dtype_name[x->dtype],
                   nk_dtype_name[out->dtype]);
  nk_status status = NK_LV(nk_event_check_vector)(call, "event_list", "x", x, -1, out->ndim);
  if (status != NK_OK) return status;
  status = NK_LV(nk_event_check_vector)(call, "event_list", "out", out,
                                        x->shape[x->ndim - 1] + 1, out->ndim);
  if (status == NK_OK && nk_event_batch(x) != nk_event_batch(out))
    return nk_fail(error, NK_ERR_VALUE, "event_list: x and out differ in batch");
  return status;
}

nk_status NK_LV(nk_event_list_run)(const nk_call *call) {
  const nk_view *x = &call->in[0];
  const int64_t n = x->shape[x->ndim - 1], size = nk_dtype_size[x->dtype];
  int32_t *list = (int32_t *)(void *)call->out[0].data;
  for (int64_t b = 0; b < nk_event_batch(x); ++b, list += n + 1)
    list[0] = (int32_t)NK_LV(nk_event_active)(list + 1, x->data + b * n * size, x->dtype, n);
  return NK_OK;
}
