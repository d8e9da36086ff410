/* Kernel `rdm_masked`: as `rdm`, for data with missing values (NaN): each pair of rows uses the
 * channels that both have.
 *
 *   out[0] (B, n(n-1)/2);  in[0] X (B, n, d) float32 or float64, any strides;  ip (metric,) as
 * `rdm`
 *
 * With V the channels both rows have: euclidean sum_V (x_i - x_j)^2 / |V|; correlation and cosine
 * from the sums over V. A pair without common channels is NaN.
 *
 * Cost: O(B n^2 d), a few times that of `rdm`: two passes over V, for the means and for the sums.
 */
#include <math.h>

#include "condensed.h"

enum { EUCLIDEAN, CORRELATION, COSINE, N_METRICS };

/* Only the sizes of the plan are used here: the engine itself does not run. */
static nk_status plan(nk_gram *g, nk_call *call) {
  const nk_status status = NK_LV(nk_gram_plan)(g, call, &call->in[0], NULL, 0);
  call->work_size = 0;
  return status;
}

nk_status NK_LV(nk_rdm_masked_check)(nk_call *call) {
  nk_gram g;
  if (call->n_out != 1 || call->n_in != 1 || call->n_ip != 1 || call->ip[0] < 0 ||
      call->ip[0] >= N_METRICS)
    return nk_fail(call->ctx->error, NK_ERR_VALUE,
                   "rdm_masked: wanted 1 output, 1 input, ip = (metric,), metric 0, 1 or 2");
  const nk_status status = plan(&g, call);
  return status != NK_OK ? status : nk_condensed_check(call, "rdm_masked", &g);
}

static double load(const nk_view *x, const char *p) {
  return x->dtype == NK_F32 ? (double)*(const float *)(const void *)p
                            : *(const double *)(const void *)p;
}

static double dissimilarity(const nk_view *x, const char *a, const char *b, int64_t d,
                            int64_t metric) {
  const int64_t step = x->stride[x->ndim - 1];
  double count = 0, mean_a = 0, mean_b = 0, saa = 0, sbb = 0, sab = 0, square = 0;
  for (int64_t c = 0; c < d; c++) {
    const double u = load(x, a + c * step), v = load(x, b + c * step);
    const bool have = !isnan(u) && !isnan(v);
    count += have ? 1 : 0;
    mean_a += have ? u : 0;
    mean_b += have ? v : 0;
    square += have ? (u - v) * (u - v) : 0;
  }
  if (metric == EUCLIDEAN) return square / count;
  mean_a = metric == CORRELATION ? mean_a / count : 0;
  mean_b = metric == CORRELATION ? mean_b / count : 0;
  for (int64_t c = 0; c < d; c++) {
    const double u = load(x, a + c * step), v = load(x, b + c * step);
    const bool have = !isnan(u) && !isnan(v);
    const double p = have ? u - mean_a : 0, q = have ? v - mean_b : 0;
    saa += p * p;
    sbb += q * q;
    sab += p * q;
  }
  const double r = sab / sqrt(saa * sbb);
  return 1 - (r > 1 ? 1 : r < -1 ? -1 : r);
}

typedef struct job {
  const nk_call *call;
  int64_t n, d;
} job;

/* Chunk: one row i of one batch entry against all j > i. */
static nk_status task(void *arg, int64_t chunk, int worker) {
  const job *t = arg;
  const nk_view *x = &t->call->in[0];
  const int64_t batch = chunk / t->n, i = chunk % t->n;
  const char *base = x->data + batch * x->stride[0];
  (void)worker;
  for (int64_t j = i + 1; j < t->n; j++)
    nk_condensed_put(
        &t->call->out[0], batch, nk_pair(t->n, i, j),
        dissimilarity(x, base + i * x->stride[1], base + j * x->stride[1], t->d, t->call->ip[0]));
  return nk_cancelled(t->call->ctx) ? NK_ERR_CANCELLED : NK_OK;
}

nk_status NK_LV(nk_rdm_masked_run)(const nk_call *call) {
  const nk_view *x = &call->in[0];
  job t = {.call = call, .n = x->shape[1], .d = x->shape[2]};
  return nk_parallel(call->ctx, x->shape[0] * x->shape[1], task, &t);
}
