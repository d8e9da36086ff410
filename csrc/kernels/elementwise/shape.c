/* The iteration space of a fused group: broadcasting, merging of axes, how each operand is walked.
 *
 * Axes that all operands cross with one stride are merged. What remains is walked in rows (the last
 * axis, when it is long) or flat; an operand is then direct (unit stride), scalar (stride 0 over the
 * whole row) or strided, which is copied block by block. Operands that are bits have no axes: their
 * elements are those of the iteration space in C order.
 */
#include <string.h>

#include "../../simd/bits.h"
#include "fused.h"

static const nk_view *view_of(const nk_call *call, int k) {
  return k >= call->n_in ? call->out + (k - call->n_in) : call->in + k;
}

/* The shape of the outputs; where all of those are bits, of the inputs; else one axis. */
static void find_shape(nk_fused *f, const nk_call *call, int64_t n_bits) {
  const nk_view *shape = NULL;
  for (int k = f->n_in; k < f->n_in + f->n_out; k++) {
    const nk_view *out = view_of(call, k);
    if (f->arg[k].kind != NK_ARG_BITS && (shape == NULL || out->ndim > shape->ndim)) shape = out;
  }
  if (shape != NULL) {
    f->ndim = shape->ndim;
    for (int d = 0; d < f->ndim; d++) f->shape[d] = shape->shape[d];
    return;
  }
  bool found = false;
  for (int k = 0; k < f->n_in; k++) {
    const nk_view *in = view_of(call, k);
    if (f->arg[k].kind == NK_ARG_BITS) continue;
    found = true;
    for (; f->ndim < in->ndim; f->ndim++) {
      memmove(f->shape + 1, f->shape, (size_t)f->ndim * sizeof *f->shape);
      f->shape[0] = 1;
    }
    for (int d = 0; d < in->ndim; d++)
      if (in->shape[d] != 1) f->shape[f->ndim - in->ndim + d] = in->shape[d];
  }
  if (found) return;
  f->ndim = 1;
  f->shape[0] = n_bits;
}

/* Bits are all of the elements, next to each other. */
static nk_status check_bits(const nk_fused *f, const nk_call *call, int64_t n_bits) {
  int64_t total = 1;
  for (int d = 0; d < f->ndim; d++) total *= f->shape[d];
  for (int k = 0; k < f->n_in + f->n_out; k++) {
    if (f->arg[k].kind != NK_ARG_BITS) continue;
    const nk_view *view = view_of(call, k);
    int64_t step = 1;
    bool packed = true;
    for (int d = view->ndim - 1; d >= 0; d--) {
      packed &= view->shape[d] == 1 || view->stride[d] == step;
      step *= view->shape[d];
    }
    if (!packed || total != n_bits || step != nk_bits_bytes(total))
      return nk_fail(call->ctx->error, NK_ERR_VALUE,
                     "fused: operand %d has %lld bytes for the bits of %lld elements, of %lld", k,
                     (long long)step, (long long)n_bits, (long long)total);
  }
  return NK_OK;
}

static nk_status broadcast(nk_fused *f, const nk_call *call) {
  for (int k = 0; k < call->n_in + call->n_out; k++) {
    const bool is_out = k >= call->n_in;
    const nk_view *view = view_of(call, k);
    nk_arg *arg = f->arg + k;
    arg->size = nk_dtype_size[view->dtype];
    if (arg->kind == NK_ARG_BITS) continue;
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
      merge = f->arg[k].kind == NK_ARG_BITS ||
              f->arg[k].stride[top - 1] == f->arg[k].stride[d] * f->shape[d];
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

/* Operands that are bits are marked so already. */
nk_status NK_LV(nk_fused_shape)(nk_fused *f, const nk_call *call, const nk_micro *m) {
  find_shape(f, call, m->n_bits);
  nk_status status = broadcast(f, call);
  if (status == NK_OK) status = check_bits(f, call, m->n_bits);
  if (status != NK_OK) return status;
  f->total = 1;
  for (int d = 0; d < f->ndim; d++) f->total *= f->shape[d];
  merge_axes(f);
  const int64_t inner = f->shape[f->ndim - 1];
  const bool rows =
      f->ndim == 1 || (inner >= NK_FUSED_ROW && (m->n_bits == 0 || inner % NK_LANES == 0));
  f->row_ndim = rows ? f->ndim - 1 : 0;
  f->row = rows ? inner : f->total;
  for (int k = 0; k < f->n_in + f->n_out; k++) {
    nk_arg *arg = f->arg + k;
    if (arg->kind == NK_ARG_BITS) continue;
    arg->kind = NK_ARG_STRIDED;
    if (walks(f, arg, f->row_ndim, arg->size))
      arg->kind = NK_ARG_DIRECT;
    else if (k < f->n_in && walks(f, arg, f->row_ndim, 0))
      arg->kind = NK_ARG_SCALAR;
  }
  return NK_OK;
}
