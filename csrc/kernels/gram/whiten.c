/* Kernel `whiten`: patterns around each centre, whitened by the noise between its own channels.
 *
 *   out[0] W (B, d, k) float32 or float64, contiguous: L^-1 X_b with S_b = L L'
 *   in[0]  X (C, k) patterns, one row per channel
 *   in[1]  columns (B, d) int64: the channels of each centre
 *   in[2]  N, the type of X and W, rows contiguous as those of X
 *   ip     (kind,)
 *     0  N (C, T) residuals as z-scores (mean 0, sum of squares T - 1)
 *     1  N (C, C) a covariance: S_b are its rows and columns
 *
 * Kind 0: S_b is the correlation R of the residuals, off-diagonal elements times 1 - lam; with
 * q_t = sum_c z_ct^2 and sums over i != j
 *
 *   lam = clip01{ T/(T-1)^2 [(sum_t q_t^2 - sum_ct z_ct^4)/(T-1) - sum R_ij^2] / sum R_ij^2 }
 *
 * (Schaefer and Strimmer 2005, doi:10.2202/1544-6115.1175). Residuals are taken SAMPLES at a time,
 * so that those of a centre stay in the cache.
 *
 * Cost per centre: d^2 T / 2 + d^3 / 6 + d^2 k / 2 multiply-adds.
 */
#include <string.h>

#include "../../base/blas.h"
#include "../../engine/kernel.h"
#include "../level.h"
#include "../linalg/lapack.h"

enum { SAMPLES = 256, SLOTS = 16, SPLIT_WORK = 1 << 16 };

typedef struct layout {
  int64_t n_batch, d, k, n_channel, samples, n_slots;
  size_t part, product, square, slot; /* residuals of a centre, S_b, q_t */
} layout;

static size_t take(size_t *at, int64_t bytes) {
  const size_t here = *at;
  *at += ((size_t)bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  return here;
}

static layout lay(const nk_call *call) {
  const nk_view *x = &call->in[0], *columns = &call->in[1], *noise = &call->in[2];
  const int64_t item = nk_dtype_size[x->dtype];
  layout l = {.n_batch = columns->shape[0],
              .d = columns->shape[1],
              .k = x->shape[1],
              .n_channel = x->shape[0],
              .samples = noise->shape[1]};
  l.n_slots = l.n_batch < SLOTS ? l.n_batch : SLOTS;
  size_t at = 0;
  l.product = take(&at, l.d * l.d * item);
  l.part = take(&at, l.d * SAMPLES * item);
  l.square = take(&at, SAMPLES * 8);
  l.slot = at;
  return l;
}

static bool has_rows(const nk_view *v, nk_dtype dtype, int64_t rows) {
  return v->dtype == dtype && v->ndim == 2 && v->shape[0] == rows && v->shape[1] <= INT32_MAX &&
         (v->stride[1] == (int64_t)nk_dtype_size[dtype] || v->shape[1] < 2);
}

nk_status NK_LV(nk_whiten_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 3 || call->n_ip != 1 || call->ip[0] < 0 || call->ip[0] > 1)
    return nk_fail(error, NK_ERR_VALUE, "whiten: wanted 1 output, 3 inputs and ip = (kind,)");
  const nk_view *x = &call->in[0], *columns = &call->in[1], *noise = &call->in[2],
                *out = &call->out[0];
  if (x->dtype != NK_F32 && x->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "whiten: wanted float32 or float64, got %s",
                   nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || !has_rows(x, x->dtype, x->shape[0]) ||
      !has_rows(noise, x->dtype, x->shape[0]))
    return nk_fail(error, NK_ERR_VALUE, "whiten: patterns and noise do not fit");
  if (columns->dtype != NK_I64 || columns->ndim != 2 || columns->shape[1] < 1 ||
      columns->shape[1] > INT32_MAX)
    return nk_fail(error, NK_ERR_VALUE, "whiten: columns: wanted int64 of shape (centres, d)");
  if (call->ip[0] ? noise->shape[1] != x->shape[0] : noise->shape[1] < 2)
    return nk_fail(error, NK_ERR_VALUE, "whiten: noise: %lld columns", (long long)noise->shape[1]);
  const layout l = lay(call);
  const int64_t item = nk_dtype_size[x->dtype];
  if (out->dtype != x->dtype || out->ndim != 3 || out->shape[0] != l.n_batch ||
      out->shape[1] != l.d || out->shape[2] != l.k ||
      (l.n_batch > 0 && l.k > 0 && (out->stride[2] != item || out->stride[1] != l.k * item)))
    return nk_fail(error, NK_ERR_VALUE, "whiten: out: wanted shape (%lld, %lld, %lld), contiguous",
                   (long long)l.n_batch, (long long)l.d, (long long)l.k);
  call->work_size = l.slot * (size_t)l.n_slots;
  return NK_OK;
}

static inline int64_t channel(const nk_call *call, int64_t b, int64_t c) {
  const nk_view *v = &call->in[1];
  return *(const int64_t *)(const void *)(v->data + b * v->stride[0] + c * v->stride[1]);
}

static nk_status check_channels(const nk_call *call, const layout *l, int64_t b) {
  for (int64_t c = 0; c < l->d; c++) {
    const int64_t at = channel(call, b, c);
    if (at < 0 || at >= l->n_channel)
      return nk_fail(call->ctx->error, NK_ERR_VALUE, "columns: wanted 0 to %lld, got %lld",
                     (long long)l->n_channel - 1, (long long)at);
  }
  return NK_OK;
}

#define T float
#define NK_T(name) name##_f32
#define SYRK scipy_cblas_ssyrk
#define TRSM scipy_cblas_strsm
#include "whiten.h"
#undef T
#undef NK_T
#undef SYRK
#undef TRSM

#define T double
#define NK_T(name) name##_f64
#define SYRK scipy_cblas_dsyrk
#define TRSM scipy_cblas_dtrsm
#include "whiten.h"

typedef struct job {
  const nk_call *call;
  layout l;
} job;

static nk_status task(void *arg, int64_t slot, int worker) {
  const job *t = arg;
  char *work = (char *)t->call->work + (size_t)slot * t->l.slot;
  (void)worker;
  for (int64_t b = slot; b < t->l.n_batch; b += t->l.n_slots) {
    nk_status status = check_channels(t->call, &t->l, b);
    if (status == NK_OK)
      status = t->call->in[0].dtype == NK_F32 ? whiten_f32(t->call, &t->l, b, work)
                                              : whiten_f64(t->call, &t->l, b, work);
    if (status != NK_OK) return status;
    if (nk_cancelled(t->call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_whiten_run)(const nk_call *call) {
  job t = {.call = call, .l = lay(call)};
  if (t.l.n_batch == 0) return NK_OK;
  nk_ctx ctx = *call->ctx;
  if (t.l.n_batch * t.l.d * (t.l.samples + t.l.k) < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, t.l.n_slots, task, &t);
}
