/* The iteration space of a fused group: broadcasting, merging of axes, how each operand is walked.
 *
 * Axes that all operands cross with one stride are merged. What remains is walked in rows (the last
 * axis, when it is long) or flat; an operand is then direct (unit stride), scalar (stride 0 over the
 * whole row) or strided, which is copied block by block.
 */
#include "fused.h"

static nk_status broadcast(nk_fused *f, const nk_call *call) {
  const nk_view *shape = NULL;
  for (int k = 0; k < call->n_out; k++)
    if (shape == NULL || call->out[k].ndim > shape->ndim) shape = call->out + k;
  f->ndim = shape->ndim;
  for (int d = 0; d < f->ndim; d++) f->shape[d] = shape->shape[d];
  for (int k = 0; k < call->n_in + call->n_out; k++) {
    const bool is_out = k >= call->n_in;
    const nk_view *view = is_out ? call->out + (k - call->n_in) : call->in + k;
    nk_arg *arg = f->arg + k;
    arg->size = nk_dtype_size[view->dtype];
    const int lead = f->ndim - view->ndim;
    for (int d = 0; d < f->ndim; d++) {
      const int64_t size = d < lead ? 1 : view->shape[d - lead];
      arg->stride[d] = size == 1 ? 0 : view->stride[d - lead];
      if (lead < 0 || (size != f->shape[d] && (is_out || size != 1)))
        return nk_fail(call->ctx->error, NK_ERR_VALUE,
                       "fused: axis %d of %s %d has size %lld, wanted %lld", d - lead,
                       is_out ? "output" : "input", is_out ? k - call->n_in : k, (long long)size,
                       (long long)f->shape[d]);
    }
    if (lead < 0)
      return nk_fail(call->ctx->error, NK_ERR_VALUE, "fused: input %d has %d axes, the output %d", k,
                     view->ndim, f->ndim);
  }
  return NK_OK;
}

/* Drops axes of size 1 and merges neighbours that every operand walks with one stride. */
static void merge_axes(nk_fused *f) {
  const int n_arg = f->n_in + f->n_out;
  int top = 0; /* axes kept so far */
  for (int d = 0; d < f->ndim; d++) {
    if (f->shape[d] == 1) continue;
    bool merge = top > 0;
    for (int k = 0; k < n_arg && merge; k++)
      merge = f->arg[k].stride[top - 1] == f->arg[k].stride[d] * f->shape[d];
    const int to = merge ? top - 1 : top;
    f->shape[to] = merge ? f->shape[to] * f->shape[d] : f->shape[d];
    for (int k = 0; k < n_arg; k++) f->arg[k].stride[to] = f->arg[k].stride[d];
    top = to + 1;
  }
  if (top == 0) {
    f->shape[0] = 1;
    for (int k = 0; k < n_arg; k++) f->arg[k].stride[0] = f->arg[k].size;
    top = 1;
  }
  f->ndim = top;
}

/* Is the operand contiguous (step = its size) or constant (step = 0) over axes from `first` on? */
static bool walks(const nk_fused *f, const nk_arg *arg, int first, int64_t step) {
  int64_t expected = step;
  for (int d = f->ndim - 1; d >= first; d--) {
    if (arg->stride[d] != expected) return false;
    expected *= f->shape[d];
  }
  return true;
}

nk_status NK_LV(nk_fused_shape)(nk_fused *f, const nk_call *call) {
  const nk_status status = broadcast(f, call);
  if (status != NK_OK) return status;
  f->total = 1;
  for (int d = 0; d < f->ndim; d++) f->total *= f->shape[d];
  merge_axes(f);
  const int64_t inner = f->shape[f->ndim - 1];
  const bool rows = f->ndim == 1 || inner >= NK_FUSED_ROW;
  f->row_ndim = rows ? f->ndim - 1 : 0;
  f->row = rows ? inner : f->total;
  for (int k = 0; k < f->n_in + f->n_out; k++) {
    nk_arg *arg = f->arg + k;
    arg->kind = NK_ARG_STRIDED;
    if (walks(f, arg, f->row_ndim, arg->size))
      arg->kind = NK_ARG_DIRECT;
    else if (k < f->n_in && walks(f, arg, f->row_ndim, 0))
      arg->kind = NK_ARG_SCALAR;
  }
  return NK_OK;
}
