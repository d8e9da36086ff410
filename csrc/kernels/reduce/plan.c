/* Axes, casts and chunks of a reduction. */
#include "reduce.h"

enum { TILE = 128, CHUNK = 1 << 17, SEGMENT = NK_REDUCE_SEGMENT };

static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

/* Drops axes of length one and merges neighbours that follow on, in up to two arrays. */
static int merge_axes(int n, int64_t *shape, int64_t *a, int64_t *b) {
  int kept = 0;
  for (int d = 0; d < n; ++d) {
    if (shape[d] == 1) continue;
    if (kept > 0 && a[kept - 1] == a[d] * shape[d] && b[kept - 1] == b[d] * shape[d]) {
      shape[kept - 1] *= shape[d];
      a[kept - 1] = a[d];
      b[kept - 1] = b[d];
      continue;
    }
    shape[kept] = shape[d];
    a[kept] = a[d];
    b[kept++] = b[d];
  }
  return kept;
}

static void set_axes(nk_reduce_plan *p, const nk_view *out, const nk_view *in) {
  int64_t zero[NK_MAXDIM] = {0};
  p->n_out = p->n_row = 1;
  for (int d = 0; d < in->ndim; ++d) {
    if (d < out->ndim) {
      p->n_out *= in->shape[d];
      p->kept[d] = in->shape[d];
      p->kept_in[d] = in->stride[d];
      p->kept_out[d] = out->stride[d];
    } else {
      p->n_row *= in->shape[d];
      p->reduced[d - out->ndim] = in->shape[d];
      p->reduced_in[d - out->ndim] = in->stride[d];
    }
  }
  p->n_kept = merge_axes(out->ndim, p->kept, p->kept_in, p->kept_out);
  p->n_reduced = merge_axes(in->ndim - out->ndim, p->reduced, p->reduced_in, zero);
}

static void set_chunks(nk_reduce_plan *p) {
  int64_t last = p->n_kept > 0 ? magnitude(p->kept_in[p->n_kept - 1]) : INT64_MAX;
  int64_t inner = p->n_reduced > 0 ? magnitude(p->reduced_in[p->n_reduced - 1]) : 0;
  int64_t row = p->n_row > 0 ? p->n_row : 1;
  p->columns = p->n_kept > 0 && p->kept[p->n_kept - 1] >= NK_REDUCE_COLUMNS && last != 0 &&
               (last < inner || p->n_row < NK_REDUCE_SHORT);
  p->n_segment = 1;
  if (p->columns) {
    int64_t length = p->kept[p->n_kept - 1];
    p->tiles = (length + TILE - 1) / TILE;
    p->per_chunk = CHUNK / (row * TILE) > 0 ? CHUNK / (row * TILE) : 1;
    p->n_chunk = (p->n_out / length * p->tiles + p->per_chunk - 1) / p->per_chunk;
    return;
  }
  if (p->n_row > 2 * SEGMENT) p->n_segment = (p->n_row + SEGMENT - 1) / SEGMENT;
  p->per_chunk = CHUNK / row > 0 ? CHUNK / row : 1;
  p->n_chunk = p->n_segment > 1 ? p->n_out * p->n_segment
                                : (p->n_out + p->per_chunk - 1) / p->per_chunk;
}

nk_status NK_LV(nk_reduce_plan_make)(nk_reduce_plan *p, const nk_reduce_op *op, nk_call *call) {
  const nk_view *out = &call->out[0], *in = &call->in[0];
  p->op = op;
  p->load = NK_LV(nk_cast_find)(op->acc, in->dtype);
  p->store = NK_LV(nk_cast_find)(out->dtype, op->acc);
  p->direct = op->acc == in->dtype;
  p->item = nk_dtype_size[in->dtype];
  p->acc_item = nk_dtype_size[op->acc];
  set_axes(p, out, in);
  if (p->n_row == 0 && p->n_out > 0 && op->identity == NULL)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "a reduction without identity of no elements");
  set_chunks(p);
  if (p->n_segment > 1) call->work_size = (size_t)(p->n_out * p->n_segment * NK_REDUCE_ITEM);
  return NK_OK;
}

nk_status NK_LV(nk_reduce_check)(nk_call *call, const char *name, nk_reduce_choose choose) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "%s takes 1 in, 1 out and the number of reduced axes",
                   name);
  const nk_view *out = &call->out[0], *in = &call->in[0];
  bool fits = call->ip[0] >= 0 && call->ip[0] <= in->ndim && out->ndim == in->ndim - call->ip[0];
  for (int d = 0; fits && d < out->ndim; ++d) fits = out->shape[d] == in->shape[d];
  if (!fits) return nk_fail(error, NK_ERR_VALUE, "%s: out must have the kept axes of in", name);
  const nk_reduce_op *op = choose(in->dtype);
  if (op == NULL)
    return nk_fail(error, NK_ERR_TYPE, "%s does not take %s", name, nk_dtype_name[in->dtype]);
  nk_reduce_plan *p = nk_alloc_zero(sizeof *p);
  if (p == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory");
  call->prep = p;
  return NK_LV(nk_reduce_plan_make)(p, op, call);
}
