/* event_matvec: the sparse product with spikes. ins are indptr, indices, weight, spikes; ip =
 * (transpose,). Forward, the spikes may be lists of event_list.
 *
 *   forward     out (B, Q):  out[b, j] = sum of the weights of synapses onto j from active cells
 *   transposed  out (B, P):  out[b, i] = sum of the weights of synapses from i onto active cells
 * Active: spikes true, or > 0 for floats. One weight for all stores none. Cost: forward linear in
 * the synapses of active cells, plus a scan of the spikes; transposed linear in all synapses.
 */
#include <string.h>

#include "event.h"

nk_status NK_LV(nk_event_matvec_check)(nk_call *call) {
  bool transpose;
  nk_status status = NK_LV(nk_event_check_product)(call, "event_matvec", 0, true, &transpose);
  if (status != NK_OK) return status;
  const nk_view *x = &call->in[3];
  const int64_t n = nk_event_batch(x) * x->shape[x->ndim - 1];
  call->work_size = transpose ? (size_t)(n * nk_dtype_size[call->out[0].dtype]) + 8
                              : NK_LV(nk_event_spread_size)(x);
  return NK_OK;
}

size_t NK_LV(nk_event_spread_size)(const nk_view *spikes) {
  const int64_t n = spikes->dtype == NK_I32 ? 0 : spikes->shape[spikes->ndim - 1];
  return (size_t)(nk_event_batch(spikes) * (n * 4 + 8)) + 8;
}

nk_status NK_LV(nk_event_spread)(nk_event_product *p, const nk_view *spikes, char *work) {
  int64_t *n_row = (int64_t *)(void *)work;
  int32_t *rows = (int32_t *)(void *)(work + p->n_batch * 8);
  const int64_t n_pre = p->csr.n_pre, step = n_pre * nk_dtype_size[spikes->dtype];
  const int32_t *list = (const int32_t *)(const void *)spikes->data;
  const bool listed = spikes->dtype == NK_I32;
  int64_t total = 0;
  for (int64_t b = 0; b < p->n_batch; ++b) {
    n_row[b] = listed ? list[b * (n_pre + 1)]
                      : NK_LV(nk_event_active)(rows + b * n_pre, spikes->data + b * step,
                                               spikes->dtype, n_pre);
    total += n_row[b];
  }
  p->values = NULL;
  p->rows = listed ? list + 1 : rows;
  p->row_step = listed ? n_pre + 1 : n_pre;
  p->n_row = n_row;
  return total > 0 ? NK_LV(nk_event_scatter)(p) : NK_OK;
}

nk_status NK_LV(nk_event_matvec_run)(const nk_call *call) {
  bool transpose = call->ip[0] != 0;
  nk_event_product p = NK_LV(nk_event_product_of)(call, 0, transpose);
  const nk_view *x = &call->in[3];
  if (!transpose) {
    memset(p.out, 0, (size_t)(p.n_batch * p.csr.n_post) * nk_dtype_size[p.dtype]);
    return NK_LV(nk_event_spread)(&p, x, call->work);
  }
  NK_LV(nk_event_ones)(call->work, p.dtype, x->data, x->dtype, p.n_batch * p.csr.n_post);
  p.values = call->work;
  return NK_LV(nk_event_gather)(&p);
}
