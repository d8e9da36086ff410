/* Kernel `compare`: similarity of every row of X with every row of Y over the pairs both have.
 *
 *   out[0] (n_x, n_y) float64
 *   in[0]  X (n_x, N), in[1] Y (n_y, N) float32 or float64, any strides
 *   ip     (center,): 0 cosine, 1 Pearson
 *
 * NaN elements are left out pair by pair. Two passes over the common elements: their means, then
 * sums of products in float64. Without a common element, or where one side is constant, NaN.
 *
 * Cost: O(n_x n_y N).
 */
#include <math.h>

#include "../../engine/kernel.h"
#include "../level.h"

enum { LANES = 8, SPLIT_WORK = 1 << 16 };

static double load(const nk_view *v, const char *p) {
  return v->dtype == NK_F32 ? (double)*(const float *)(const void *)p
                            : *(const double *)(const void *)p;
}

nk_status NK_LV(nk_compare_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 2 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "compare: wanted 1 output, 2 inputs and ip = (center,)");
  const nk_view *x = &call->in[0], *y = &call->in[1], *out = &call->out[0];
  for (int k = 0; k < 2; k++)
    if (call->in[k].dtype != NK_F32 && call->in[k].dtype != NK_F64)
      return nk_fail(error, NK_ERR_TYPE, "compare: wanted float32 or float64, got %s",
                     nk_dtype_name[call->in[k].dtype]);
  if (x->ndim != 2 || y->ndim != 2 || x->shape[1] != y->shape[1])
    return nk_fail(error, NK_ERR_VALUE, "compare: wanted two matrices with equally long rows");
  if (out->dtype != NK_F64 || out->ndim != 2 || out->shape[0] != x->shape[0] ||
      out->shape[1] != y->shape[0])
    return nk_fail(error, NK_ERR_VALUE, "compare: out: wanted float64 of shape (%lld, %lld)",
                   (long long)x->shape[0], (long long)y->shape[0]);
  /* Rows as float64, each beside the other */
  call->work_size = (size_t)((x->shape[0] + y->shape[0]) * x->shape[1]) * sizeof(double);
  return NK_OK;
}

static double fold(const double *s) {
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

/* The element counts only where both are numbers; partial sums per lane fix the order. */
static double similarity(const double *restrict x, const double *restrict y, int64_t n,
                         bool center) {
  double count[LANES] = {0}, sx[LANES] = {0}, sy[LANES] = {0}, mx = 0, my = 0;
  const int64_t whole = n - n % LANES;
  if (center) {
    for (int64_t k = 0; k < n; k += LANES)
      for (int64_t l = 0; l < (k < whole ? LANES : n - k); l++) {
        const double u = x[k + l], v = y[k + l];
        const bool have = u == u && v == v;
        count[l] += have ? 1 : 0;
        sx[l] += have ? u : 0;
        sy[l] += have ? v : 0;
      }
    mx = fold(sx) / fold(count);
    my = fold(sy) / fold(count);
  }
  double xx[LANES] = {0}, yy[LANES] = {0}, xy[LANES] = {0};
  for (int64_t k = 0; k < n; k += LANES)
    for (int64_t l = 0; l < (k < whole ? LANES : n - k); l++) {
      const double u = x[k + l], v = y[k + l];
      const bool have = u == u && v == v;
      const double p = have ? u - mx : 0, q = have ? v - my : 0;
      xx[l] += p * p;
      yy[l] += q * q;
      xy[l] += p * q;
    }
  const double r = fold(xy) / (sqrt(fold(xx)) * sqrt(fold(yy)));
  return r > 1 ? 1 : r < -1 ? -1 : r;
}

typedef struct job {
  const nk_call *call;
  double *rows;
} job;

static nk_status task(void *arg, int64_t chunk, int worker) {
  const job *t = arg;
  const nk_call *call = t->call;
  const nk_view *out = &call->out[0];
  const int64_t n = call->in[0].shape[1], n_x = call->in[0].shape[0], n_y = call->in[1].shape[0];
  const int64_t i = chunk / n_y, j = chunk % n_y;
  (void)worker;
  *(double *)(void *)(out->data + i * out->stride[0] + j * out->stride[1]) =
      similarity(t->rows + i * n, t->rows + (n_x + j) * n, n, call->ip[0] != 0);
  return nk_cancelled(call->ctx) ? NK_ERR_CANCELLED : NK_OK;
}

nk_status NK_LV(nk_compare_run)(const nk_call *call) {
  job t = {.call = call, .rows = (double *)(void *)call->work};
  const int64_t n = call->in[0].shape[1], n_x = call->in[0].shape[0], n_y = call->in[1].shape[0];
  double *to = t.rows;
  for (int side = 0; side < 2; side++) {
    const nk_view *v = &call->in[side];
    for (int64_t r = 0; r < v->shape[0]; r++)
      for (int64_t k = 0; k < n; k++)
        *to++ = load(v, v->data + r * v->stride[0] + k * v->stride[1]);
  }
  nk_ctx ctx = *call->ctx;
  if (n_x * n_y * n < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, n_x * n_y, task, &t);
}
