/* spmv_weight_grad: derivative of the sparse product by its weights. ins are base, indptr, indices,
 * x (B, P), ct (B, Q); ip = (event,).
 *
 *   out (S,):  out[k] = base[k] + sum over b of x[b, i] ct[b, indices[k]],  k in row i
 *   out ():    the sum of that over k: the derivative by a weight common to all synapses
 * With event = 1, x is read as 1 where it is > 0 and as 0 elsewhere. base and out may be one memory,
 * so that a loop adds its steps in place; only rows that are active are touched. Cost: a scan of x,
 * and one multiply-add per synapse of a row that is not 0. The single value is summed in double.
 */
#include <string.h>

#include "event.h"

enum { MAX_PARTS = 256 };

typedef struct job {
  nk_csr csr;
  nk_dtype dtype, x_dtype;
  bool event, one_weight;
  int64_t n_batch, n_part;
  const char *x;
  const void *ct;
  void *out;
  double *part; /* [n_part] sums, where out is one value */
  const nk_ctx *ctx;
} job;

/* x at element n as a factor. */
static inline double factor(const job *j, int64_t n) {
  double x;
  switch (j->x_dtype) {
    case NK_BOOL: return j->x[n] != 0;
    case NK_F32: x = (double)((const float *)(const void *)j->x)[n]; break;
    default: x = ((const double *)(const void *)j->x)[n];
  }
  return j->event ? (x > 0 ? 1.0 : 0.0) : x;
}

#define T float
#define TYPED(name) name##_f32
#include "weight_grad_typed.h"
#undef T
#undef TYPED
#define T double
#define TYPED(name) name##_f64
#include "weight_grad_typed.h"
#undef T
#undef TYPED

nk_status NK_LV(nk_spmv_weight_grad_check)(nk_call *call) {
  const char *name = "spmv_weight_grad";
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 5 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "%s takes 5 ins, 1 out and 1 parameter", name);
  const nk_view *out = &call->out[0], *base = &call->in[0], *x = &call->in[3], *ct = &call->in[4];
  if ((out->dtype != NK_F32 && out->dtype != NK_F64) || ct->dtype != out->dtype ||
      base->dtype != out->dtype)
    return nk_fail(error, NK_ERR_TYPE, "%s: base, ct and out must be of one float type", name);
  if (x->dtype != NK_BOOL && x->dtype != NK_F32 && x->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "%s: x: wanted bool or float, got %s", name,
                   nk_dtype_name[x->dtype]);
  nk_status status = NK_LV(nk_event_check_csr)(call, name, 1);
  if (status == NK_OK)
    status = NK_LV(nk_event_check_vector)(call, name, "x", x, call->in[1].shape[0] - 1, ct->ndim);
  if (status == NK_OK) status = NK_LV(nk_event_check_vector)(call, name, "ct", ct, -1, ct->ndim);
  if (status != NK_OK) return status;
  int64_t n_synapse = call->in[2].shape[0];
  bool fits = out->ndim == base->ndim && out->ndim <= 1 && nk_event_batch(x) == nk_event_batch(ct);
  if (fits && out->ndim == 1)
    fits = out->shape[0] == n_synapse && base->shape[0] == n_synapse &&
           nk_event_contiguous(out) && nk_event_contiguous(base);
  if (!fits)
    return nk_fail(error, NK_ERR_VALUE,
                   "%s: base and out: wanted one value or length %lld, and one batch", name,
                   (long long)n_synapse);
  call->work_size = sizeof(double) * MAX_PARTS;
  return NK_OK;
}

static nk_status run_part(void *arg, int64_t part, int worker) {
  (void)worker;
  const job *j = arg;
  int64_t n = j->csr.n_pre, low = n * part / j->n_part, high = n * (part + 1) / j->n_part;
  if (!j->one_weight)
    return j->dtype == NK_F32 ? by_synapse_f32(j, low, high) : by_synapse_f64(j, low, high);
  j->part[part] = j->dtype == NK_F32 ? total_f32(j, low, high) : total_f64(j, low, high);
  return NK_OK;
}

nk_status NK_LV(nk_spmv_weight_grad_run)(const nk_call *call) {
  const nk_view *out = &call->out[0], *base = &call->in[0], *x = &call->in[3], *ct = &call->in[4];
  job j = {.csr = NK_LV(nk_csr_of)(call, 1, ct->shape[ct->ndim - 1]),
           .dtype = out->dtype, .x_dtype = x->dtype,
           .event = call->ip[0] != 0, .one_weight = out->ndim == 0,
           .n_batch = nk_event_batch(ct),
           .x = x->data, .ct = ct->data, .out = out->data,
           .part = (double *)(void *)call->work, .ctx = call->ctx};
  int64_t n_part = j.n_batch * j.csr.n_synapse / NK_EVENT_SPLIT;
  if (n_part > MAX_PARTS) n_part = MAX_PARTS;
  if (n_part > j.csr.n_pre) n_part = j.csr.n_pre;
  j.n_part = n_part > 1 ? n_part : 1;
  if (!j.one_weight && call->alias[0] != 0)
    memcpy(out->data, base->data, (size_t)j.csr.n_synapse * nk_dtype_size[j.dtype]);
  nk_status status = nk_parallel(call->ctx, j.n_part, run_part, &j);
  if (status != NK_OK || !j.one_weight) return status;
  double sum = 0;
  for (int64_t part = 0; part < j.n_part; ++part) sum += j.part[part];
  if (j.dtype == NK_F32)
    *(float *)(void *)out->data = (float)((double)*(const float *)(const void *)base->data + sum);
  else
    *(double *)(void *)out->data = *(const double *)(const void *)base->data + sum;
  return NK_OK;
}
