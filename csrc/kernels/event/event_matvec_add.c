/* event_matvec_add: out (B, Q) = acc (B, Q) + event_matvec(...), forward only.
 *
 * ins are acc, indptr, indices, weight, spikes. acc and out may be one memory, which is how a
 * synaptic conductance takes up its spikes; otherwise acc is copied first. The sum of a target
 * starts from acc and goes on in the order of pre cells. Cost: linear in the synapses of active
 * cells, plus a scan of the spikes. No batch axis: (Q,) and (P,), or with it (B, Q) and (B, P).
 */
#include <string.h>

#include "event.h"

nk_status NK_LV(nk_event_matvec_add_check)(nk_call *call) {
  bool transpose;
  nk_status status =
      NK_LV(nk_event_check_product)(call, "event_matvec_add", 1, true, &transpose);
  if (status != NK_OK) return status;
  if (transpose)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "event_matvec_add goes forward only");
  const nk_view *out = &call->out[0], *acc = &call->in[0];
  status = NK_LV(nk_event_check_vector)(call, "event_matvec_add", "acc", acc,
                                        out->shape[out->ndim - 1], out->ndim);
  if (status != NK_OK) return status;
  if (acc->dtype != out->dtype || nk_event_batch(acc) != nk_event_batch(out))
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "event_matvec_add: acc must be like out");
  call->work_size = NK_LV(nk_event_spread_size)(&call->in[4]);
  return NK_OK;
}

nk_status NK_LV(nk_event_matvec_add_run)(const nk_call *call) {
  nk_event_product p = NK_LV(nk_event_product_of)(call, 1, false);
  if (call->alias[0] != 0)
    memcpy(p.out, call->in[0].data,
           (size_t)(p.n_batch * p.csr.n_post) * nk_dtype_size[p.dtype]);
  return NK_LV(nk_event_spread)(&p, &call->in[4], call->work);
}
