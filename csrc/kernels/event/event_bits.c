/* event_bits: spikes (B, N), bool or float, as bits (B, ceil(N / 8)) uint8, lowest bit first.
 *
 * Bit i % 8 of byte i / 8, with ip = (1,) bit 7 - i % 8, is 1 where spike i is true (> 0). This is how
 * a run keeps its spikes: eight cells to a byte. Cost: one scan.
 */
#include "event.h"

nk_status NK_LV(nk_event_bits_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "event_bits takes 1 in and 1 out");
  const nk_view *out = &call->out[0], *x = &call->in[0];
  if (out->dtype != NK_U8 || (x->dtype != NK_BOOL && x->dtype != NK_F32 && x->dtype != NK_F64))
    return nk_fail(error, NK_ERR_TYPE, "event_bits: no bits of %s as %s", nk_dtype_name[x->dtype],
                   nk_dtype_name[out->dtype]);
  nk_status status = NK_LV(nk_event_check_vector)(call, "event_bits", "x", x, -1, out->ndim);
  if (status != NK_OK) return status;
  status = NK_LV(nk_event_check_vector)(call, "event_bits", "out", out,
                                        (x->shape[x->ndim - 1] + 7) / 8, out->ndim);
  if (status == NK_OK && nk_event_batch(x) != nk_event_batch(out))
    return nk_fail(error, NK_ERR_VALUE, "event_bits: x and out differ in batch");
  return status;
}

nk_status NK_LV(nk_event_bits_run)(const nk_call *call) {
  const nk_view *out = &call->out[0], *x = &call->in[0];
  int64_t n_batch = nk_event_batch(x), n = x->shape[x->ndim - 1], n_byte = (n + 7) / 8;
  int64_t size = nk_dtype_size[x->dtype];
  for (int64_t b = 0; b < n_batch; ++b)
    NK_LV(nk_event_pack)(out->data + b * n_byte, x->data + b * n * size, x->dtype, n,
                         call->n_ip > 0 && call->ip[0] != 0);
  return NK_OK;
}
