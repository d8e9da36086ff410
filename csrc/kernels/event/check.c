/* Operands of the event kernels: checks, and the product they describe. */
#include "event.h"

nk_status NK_LV(nk_event_check_csr)(const nk_call *call, const char *name, int first) {
  nk_error *error = call->ctx->error;
  const nk_view *indptr = &call->in[first], *indices = &call->in[first + 1];
  if (indptr->dtype != NK_I32 && indptr->dtype != NK_I64)
    return nk_fail(error, NK_ERR_TYPE, "%s: indptr: wanted int32 or int64, got %s", name,
                   nk_dtype_name[indptr->dtype]);
  if (indices->dtype != NK_I32)
    return nk_fail(error, NK_ERR_TYPE, "%s: indices: wanted int32, got %s", name,
                   nk_dtype_name[indices->dtype]);
  if (indptr->ndim != 1 || indices->ndim != 1 || indptr->shape[0] < 1 ||
      !nk_event_contiguous(indptr) || !nk_event_contiguous(indices))
    return nk_fail(error, NK_ERR_VALUE, "%s: indptr and indices must be contiguous vectors", name);
  return NK_OK;
}

nk_status NK_LV(nk_event_check_vector)(const nk_call *call, const char *name, const char *what,
                                       const nk_view *v, int64_t n, int ndim) {
  nk_error *error = call->ctx->error;
  if (v->ndim != ndim || (ndim != 1 && ndim != 2))
    return nk_fail(error, NK_ERR_VALUE, "%s: %s: wanted %d axes (1 or 2), got %d", name, what, ndim,
                   v->ndim);
  if (n >= 0 && v->shape[ndim - 1] != n)
    return nk_fail(error, NK_ERR_VALUE, "%s: %s: wanted length %lld, got %lld", name, what,
                   (long long)n, (long long)v->shape[ndim - 1]);
  if (v->shape[ndim - 1] > INT32_MAX)
    return nk_fail(error, NK_ERR_VALUE, "%s: %s: at most 2^31 - 1 cells", name, what);
  if (!nk_event_contiguous(v))
    return nk_fail(error, NK_ERR_VALUE, "%s: %s must be contiguous", name, what);
  return NK_OK;
}

nk_status NK_LV(nk_event_check_weight)(const nk_call *call, const char *name, int which) {
  const nk_view *w = &call->in[which];
  int64_t n_synapse = call->in[which - 1].shape[0];
  if (w->ndim > 1 || (w->ndim == 1 && (w->shape[0] != n_synapse || !nk_event_contiguous(w))))
    return nk_fail(call->ctx->error, NK_ERR_VALUE,
                   "%s: weight: wanted one value or a contiguous vector of length %lld", name,
                   (long long)n_synapse);
  if (w->dtype != call->out[0].dtype)
    return nk_fail(call->ctx->error, NK_ERR_TYPE, "%s: weight: wanted %s as out, got %s", name,
                   nk_dtype_name[call->out[0].dtype], nk_dtype_name[w->dtype]);
  return NK_OK;
}

/* ins[first ..] = indptr, indices, weight, x; out[0]; ip = (transpose,). */
nk_status NK_LV(nk_event_check_product)(const nk_call *call, const char *name, int first,
                                        bool event, bool *transpose) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != first + 4 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "%s takes %d ins, 1 out and 1 parameter", name, first + 4);
  *transpose = call->ip[0] != 0;
  const nk_view *out = &call->out[0], *x = &call->in[first + 3];
  if (out->dtype != NK_F32 && out->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "%s: out: wanted float32 or float64, got %s", name,
                   nk_dtype_name[out->dtype]);
  const bool listed = event && !*transpose && x->dtype == NK_I32;
  bool fits = event ? x->dtype == NK_BOOL || x->dtype == NK_F32 || x->dtype == NK_F64 || listed
                    : x->dtype == out->dtype;
  if (!fits)
    return nk_fail(error, NK_ERR_TYPE, "%s: no product with %s into %s", name,
                   nk_dtype_name[x->dtype], nk_dtype_name[out->dtype]);
  nk_status status = NK_LV(nk_event_check_csr)(call, name, first);
  if (status == NK_OK) status = NK_LV(nk_event_check_weight)(call, name, first + 2);
  int64_t n_pre = call->in[first].shape[0] - 1;
  int64_t n_x = *transpose ? -1 : n_pre + listed, n_out = *transpose ? n_pre : -1;
  if (status == NK_OK)
    status = NK_LV(nk_event_check_vector)(call, name, "x", x, n_x, out->ndim);
  if (status == NK_OK)
    status = NK_LV(nk_event_check_vector)(call, name, "out", out, n_out, out->ndim);
  if (status == NK_OK && nk_event_batch(x) != nk_event_batch(out))
    return nk_fail(error, NK_ERR_VALUE, "%s: x and out differ in batch: %lld and %lld", name,
                   (long long)nk_event_batch(x), (long long)nk_event_batch(out));
  return status;
}

nk_csr NK_LV(nk_csr_of)(const nk_call *call, int first, int64_t n_post) {
  const nk_view *indptr = &call->in[first], *indices = &call->in[first + 1];
  return (nk_csr){.n_pre = indptr->shape[0] - 1,
                  .n_post = n_post,
                  .n_synapse = indices->shape[0],
                  .narrow = indptr->dtype == NK_I32 ? (const int32_t *)(void *)indptr->data : NULL,
                  .wide = indptr->dtype == NK_I64 ? (const int64_t *)(void *)indptr->data : NULL,
                  .indices = (const int32_t *)(void *)indices->data};
}

nk_event_product NK_LV(nk_event_product_of)(const nk_call *call, int first, bool transpose) {
  const nk_view *w = &call->in[first + 2], *x = &call->in[first + 3], *out = &call->out[0];
  const nk_view *post = transpose ? x : out;
  return (nk_event_product){.csr = NK_LV(nk_csr_of)(call, first, post->shape[post->ndim - 1]),
                            .dtype = out->dtype,
                            .weight = w->data,
                            .one_weight = w->ndim == 0,
                            .n_batch = nk_event_batch(out),
                            .values = x->data,
                            .out = out->data,
                            .ctx = call->ctx};
}
