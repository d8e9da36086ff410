/* Kernel `gram`: G = X diag(w) X' for each matrix of a batch.
 *
 *   out[0] (B, n, n) the element type of X or float64, both triangles
 *   in[0]  X (B, n, d) float32 or float64, any strides;  in[1] optional w (B, d)
 *   ip     (center,): 1 takes the (weighted) mean of each row away first
 */
#include "gram.h"

static nk_status plan(nk_gram *g, nk_call *call) {
  const int flags = call->n_ip > 0 && call->ip[0] ? NK_GRAM_CENTER_ROWS : 0;
  return NK_LV(nk_gram_plan)(g, call, &call->in[0], call->n_in > 1 ? &call->in[1] : NULL, flags);
}

nk_status NK_LV(nk_gram_check)(nk_call *call) {
  nk_gram g;
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in < 1 || call->n_in > 2)
    return nk_fail(error, NK_ERR_VALUE, "gram: wanted 1 output and 1 or 2 inputs");
  const nk_status status = plan(&g, call);
  if (status != NK_OK) return status;
  const nk_view *out = &call->out[0];
  if (out->dtype != NK_F64 && out->dtype != g.dtype)
    return nk_fail(error, NK_ERR_TYPE, "gram: out: wanted float64 or the type of X, got %s",
                   nk_dtype_name[out->dtype]);
  if (out->ndim != 3 || out->shape[0] != g.n_batch || out->shape[1] != g.n || out->shape[2] != g.n)
    return nk_fail(error, NK_ERR_VALUE, "gram: out: wanted shape (%lld, %lld, %lld)",
                   (long long)g.n_batch, (long long)g.n, (long long)g.n);
  return NK_OK;
}

static nk_status store(const nk_gram_slot *s, void *arg) {
  const nk_view *out = arg;
  char *base = out->data + s->batch * out->stride[0];
  for (int64_t i = 0; i < s->g->n; i++)
    for (int64_t j = 0; j <= i; j++) {
      const double v = nk_gram_at(s, i, j);
      char *a = base + i * out->stride[1] + j * out->stride[2];
      char *b = base + j * out->stride[1] + i * out->stride[2];
      if (out->dtype == NK_F32)
        *(float *)(void *)a = *(float *)(void *)b = (float)v;
      else
        *(double *)(void *)a = *(double *)(void *)b = v;
    }
  return NK_OK;
}

nk_status NK_LV(nk_gram_run)(const nk_call *call) {
  nk_gram g;
  nk_call again = *call;
  nk_view out = call->out[0];
  const nk_status status = plan(&g, &again);
  return status != NK_OK ? status : NK_LV(nk_gram_compute)(&g, call, store, &out);
}
