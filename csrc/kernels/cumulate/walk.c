/* The walk of the cumulate kernels.
 *
 * Input of another type than the output (small integers, bool) is first cast into the output, then
 * accumulated in place. With B > 1 whole contiguous rows advance together; with B = 1 each line
 * runs by itself. The order is sequential, as NumPy's, so threads only share out A.
 */
#include "../copy/strided.h"
#include "cumulate.h"

enum { WORK = 1 << 17 };

static int row_of(nk_dtype dtype) {
  if (dtype < NK_I64) return -1;
  return (int)dtype - (int)NK_I64;
}

nk_status NK_LV(nk_cumulate_check)(nk_call *call, const char *name, const nk_cumulate_op *ops) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "%s takes 1 in, 1 out and `reverse`", name);
  const nk_view *out = &call->out[0], *in = &call->in[0];
  bool fits = out->ndim == 3 && in->ndim == 3;
  for (int d = 0; fits && d < 3; ++d) fits = out->shape[d] == in->shape[d];
  if (!fits) return nk_fail(error, NK_ERR_VALUE, "%s: in and out must be one (A, n, B)", name);
  const nk_cumulate_op *op = row_of(out->dtype) < 0 ? NULL : &ops[row_of(out->dtype)];
  bool casts = in->dtype != out->dtype;
  if (op == NULL || op->line == NULL || (casts && (in->dtype >= NK_F32 || out->dtype >= NK_F32)))
    return nk_fail(error, NK_ERR_TYPE, "%s does not make %s of %s", name,
                   nk_dtype_name[out->dtype], nk_dtype_name[in->dtype]);
  call->prep = (void *)(uintptr_t)op;
  return NK_OK;
}

static nk_status one(void *arg, int64_t a, int worker) {
  const nk_call *call = arg;
  const nk_view *out = &call->out[0];
  const nk_view *in = out->dtype == call->in[0].dtype ? &call->in[0] : out;
  const nk_cumulate_op *op = call->prep;
  int64_t n = out->shape[1], width = out->shape[2], item = nk_dtype_size[out->dtype];
  int64_t first = call->ip[0] ? n - 1 : 0, sign = call->ip[0] ? -1 : 1;
  char *y = out->data + a * out->stride[0] + first * out->stride[1];
  const char *x = in->data + a * in->stride[0] + first * in->stride[1];
  int64_t so = sign * out->stride[1], si = sign * in->stride[1];
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  if (width == 1 || out->stride[2] != item || in->stride[2] != item) {
    for (int64_t b = 0; b < width; ++b)
      op->line(y + b * out->stride[2], so, x + b * in->stride[2], si, n);
    return NK_OK;
  }
  nk_cast_loop move = NK_LV(nk_cast_find)(out->dtype, out->dtype);
  if (y != x) move(y, item, x, item, width);
  for (int64_t i = 1; i < n; ++i) op->step(y + i * so, y + (i - 1) * so, x + i * si, width);
  return NK_OK;
}

nk_status NK_LV(nk_cumulate_run)(const nk_call *call) {
  const nk_view *out = &call->out[0];
  int64_t per = out->shape[1] * out->shape[2];
  if (out->shape[0] * per == 0) return NK_OK;
  if (out->dtype != call->in[0].dtype) NK_LV(nk_strided_copy)(out, &call->in[0]);
  void *arg = (void *)(uintptr_t)call;
  if (per >= WORK && out->shape[0] > 1) return nk_parallel(call->ctx, out->shape[0], one, arg);
  for (int64_t a = 0; a < out->shape[0]; ++a) {
    nk_status status = one(arg, a, 0);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}
