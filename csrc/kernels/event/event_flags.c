/* event_flags: bits (B, ceil(N / 8)) uint8 of event_bits as bools (B, N).
 *
 * Flag i is bit i % 8 of byte i / 8. How saved masks come back. Cost: one write per flag, eight at a
 * time: the byte is repeated over a word, bit i kept in byte i and moved to its lowest place.
 */
#include <string.h>

#include "event.h"

nk_status NK_LV(nk_event_flags_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "event_flags takes 1 in and 1 out");
  const nk_view *out = &call->out[0], *x = &call->in[0];
  if (out->dtype != NK_BOOL || x->dtype != NK_U8)
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

/* The bits of a byte as eight bytes 0 or 1, the lowest first: + 0x7F carries any bit below the
 * highest into it. */
static inline uint64_t spread(uint8_t byte) {
  const uint64_t kept = (byte * 0x0101010101010101u) & 0x8040201008040201u;
  return ((kept + 0x007F7F7F7F7F7F7Fu) >> 7) & 0x0101010101010101u;
}

nk_status NK_LV(nk_event_flags_run)(const nk_call *call) {
  const nk_view *out = &call->out[0], *x = &call->in[0];
  const int64_t n = out->shape[out->ndim - 1], n_byte = (n + 7) / 8;
  for (int64_t b = 0; b < nk_event_batch(out); ++b) {
    const uint8_t *from = (const uint8_t *)x->data + b * n_byte;
    char *to = out->data + b * n;
    for (int64_t i = 0; i < n / 8; ++i) {
      const uint64_t word = spread(from[i]);
      memcpy(to + 8 * i, &word, sizeof word);
    }
    for (int64_t i = n & -8; i < n; ++i) to[i] = (char)(from[i / 8] >> (i % 8) & 1);
  }
  return NK_OK;
}
