/* What the RDM kernels share: checking the condensed output and writing dissimilarities into it. */
#ifndef NK_GRAM_CONDENSED_H
#define NK_GRAM_CONDENSED_H

#include "gram.h"

static inline nk_status nk_condensed_check(const nk_call *call, const char *kernel,
                                           const nk_gram *g) {
  const nk_view *out = &call->out[0];
  const int64_t pairs = g->n * (g->n - 1) / 2;
  if (out->dtype != NK_F64 && out->dtype != NK_F32)
    return nk_fail(call->ctx->error, NK_ERR_TYPE, "%s: out: wanted float32 or float64, got %s",
                   kernel, nk_dtype_name[out->dtype]);
  if (out->ndim != 2 || out->shape[0] != g->n_batch || out->shape[1] != pairs)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "%s: out: wanted shape (%lld, %lld)", kernel,
                   (long long)g->n_batch, (long long)pairs);
  return NK_OK;
}

static inline void nk_condensed_put(const nk_view *out, int64_t batch, int64_t pair, double value) {
  char *p = out->data + batch * out->stride[0] + pair * out->stride[1];
  if (out->dtype == NK_F32)
    *(float *)(void *)p = (float)value;
  else
    *(double *)(void *)p = value;
}

#endif
