/* searchsorted: where each value would go in an ascending row, before or after its equals.
 *
 *   out[0] (A, M) int64;  in[0] (A, n) ascending rows, NaN last;  in[1] (A, M) of the same type
 *   ip[0]: 0 for the first place that keeps the order, 1 for the last
 *
 * Bisection, O(A M log n).
 */
#include "../level.h"
#include "key.h"

enum { SPLIT_WORK = 1 << 12, CHUNK = 1 << 10 };

nk_status NK_LV(nk_searchsorted_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 2 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "searchsorted: wanted 1 output, 2 inputs and the side");
  const nk_view *x = &call->in[0], *v = &call->in[1], *out = &call->out[0];
  if (x->dtype >= NK_C64 || v->dtype != x->dtype || out->dtype != NK_I64)
    return nk_fail(error, NK_ERR_TYPE,
                   "searchsorted: %s in %s, wanted one bool, integer or float type",
                   nk_dtype_name[v->dtype], nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || v->ndim != 2 || out->ndim != 2 || v->shape[0] != x->shape[0] ||
      out->shape[0] != x->shape[0] || out->shape[1] != v->shape[1])
    return nk_fail(error, NK_ERR_VALUE, "searchsorted: wanted (A, n), (A, M) and out (A, M)");
  return NK_OK;
}

static int64_t find(const nk_view *x, const char *row, uint64_t key, bool after) {
  int64_t low = 0, high = x->shape[1];
  while (low < high) {
    const int64_t mid = low + (high - low) / 2;
    const uint64_t here = nk_sort_key(x->dtype, row + mid * x->stride[1]);
    if (here < key || (after && here == key))
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

static nk_status task(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_view *x = &call->in[0], *v = &call->in[1], *out = &call->out[0];
  const int64_t m = v->shape[1], from = chunk * CHUNK;
  const int64_t to = from + CHUNK < m * x->shape[0] ? from + CHUNK : m * x->shape[0];
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  for (int64_t k = from; k < to; ++k) {
    const int64_t a = k / m, i = k % m;
    const uint64_t key = nk_sort_key(v->dtype, v->data + a * v->stride[0] + i * v->stride[1]);
    *(int64_t *)(void *)(out->data + a * out->stride[0] + i * out->stride[1]) =
        find(x, x->data + a * x->stride[0], key, call->ip[0] != 0);
  }
  return NK_OK;
}

nk_status NK_LV(nk_searchsorted_run)(const nk_call *call) {
  nk_call copy = *call;
  nk_ctx ctx = *call->ctx;
  const int64_t total = call->out[0].shape[0] * call->out[0].shape[1];
  if (total < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, (total + CHUNK - 1) / CHUNK, task, &copy);
}
