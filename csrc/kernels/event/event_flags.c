/* event_flags: bits (B, ceil(N / 8)) uint8 of event_bits as bools or uint8 0 and 1 (B, N).
 *
 * Flag i is bit i % 8 of byte i / 8, with ip = (1,) bit 7 - i % 8. Cost: one write per flag.
 */
#include "event.h"

nk_status NK_LV(nk_event_flags_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "event_flags takes 1 in and 1 out");
  const nk_view *out = &call->out[0], *x = &call->in[0];
  if ((out->dtype != NK_BOOL && out->dtype != NK_U8) || x->dtype != NK_U8)
    return nk_fail(error, NK_ERR_TYPE, "event_flags: no flags of %s as %s",
                   nk_dtype_name[x->dtype], nk_dtype_name[out->dtype]);
  nk_status status = NK_LV(nk_event_check_vector)(call, "event_flags", "out", out, -1, x->ndim);
  if (status != NK_OK) return status;
  status = NK_LV(nk_event_check_vector)(call, "event_flags", "x", x,
                                        (out->shape[out->ndim - 1] + 7) / 8, x->ndim);
  if (status == NK_OK && nk_event_batch(x) != nk_event_batch(out))
    return nk_fail(error, NK_ERR_VALUE, "event_flags: x and out differ in batch");
  return status;
}

nk_status NK_LV(nk_event_flags_run)(const nk_call *call) {
  const nk_view *out = &call->out[0], *x = &call->in[0];
  const int64_t n = out->shape[out->ndim - 1], n_byte = (n + 7) / 8;
  for (int64_t b = 0; b < nk_event_batch(out); ++b)
    NK_LV(nk_event_unpack)(out->data + b * n, x->data + b * n_byte, n,
                           call->n_ip > 0 && call->ip[0] != 0);
  return NK_OK;
}
