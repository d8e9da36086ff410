/* Kernel `filter`: a recursive (IIR) filter along the time axis.
 *
 *   out[0] y (..., A, T, B)
 *   in[0]  x (..., A, T, B), in[1] b (..., nb), in[2] a (..., na), in[3] z (..., A, q, B); one type
 *   ip     (reverse,): time runs from the end
 *
 *   y_t = sum_{k >= 0} b_k x_{t-k} - sum_{k >= 1} a_{k-1} y_{t-k} + z_t (z_t = 0 from q on)
 *
 * which is scipy.signal.lfilter with a = (1, a_0, a_1, ...) and start z, in direct form I: its
 * rounding errors are those of the transposed form II. A step waits for y_{t-1} alone, which is the
 * last to be added. Neighbouring columns advance together, a vector of them per step; so do lines
 * side by side, which are copied to be neighbours chunk by chunk; what is left runs line by line,
 * the first sum a vector of samples at a time. (Look-ahead by a block of samples, Parhi and
 * Messerschmitt 1989, is faster for one line, but its rounding errors were a hundred times SciPy's
 * where poles lie close to the circle.) Cost: A T B (nb + na) multiply-adds.
 */
#include "filter.h"

enum { SLOTS = 8, WORK = 1 << 16 };

static const nk_filter_type *type_of(nk_dtype dtype) {
  switch (dtype) {
    case NK_F32: return &NK_LV(nk_filter_f32);
    case NK_F64: return &NK_LV(nk_filter_f64);
    case NK_C64: return &NK_LV(nk_filter_c64);
    case NK_C128: return &NK_LV(nk_filter_c128);
    default: return NULL;
  }
}

nk_status NK_LV(nk_filter_check)(nk_call *call) {
  static const int core[] = {3, 3, 1, 1, 3};
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 4 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "filter takes x, b, a, z, 1 out and `reverse`");
  const nk_view *y = &call->out[0];
  const int batch = y->ndim - 3;
  for (int k = 0; k < 5; ++k) {
    const nk_view *v = k == 0 ? y : &call->in[k - 1];
    bool fits = v->ndim == batch + core[k];
    for (int d = 0; fits && d < batch; ++d) fits = v->shape[d] == y->shape[d];
    if (!fits || batch < 0)
      return nk_fail(error, NK_ERR_VALUE, "filter: operand %d has other leading axes", k);
    if (v->dtype != y->dtype)
      return nk_fail(error, NK_ERR_TYPE, "filter: all operands must be %s, got %s",
                     nk_dtype_name[y->dtype], nk_dtype_name[v->dtype]);
  }
  const nk_filter_type *type = type_of(y->dtype);
  if (type == NULL)
    return nk_fail(error, NK_ERR_TYPE, "filter does not take %s", nk_dtype_name[y->dtype]);
  const nk_view *x = &call->in[0], *z = &call->in[3];
  const int64_t *n = y->shape + batch;
  if (x->shape[batch] != n[0] || x->shape[batch + 1] != n[1] || x->shape[batch + 2] != n[2] ||
      z->shape[batch] != n[0] || z->shape[batch + 2] != n[2])
    return nk_fail(error, NK_ERR_VALUE, "filter: x, y and z must have the same lines and columns");
  nk_filter *p = nk_alloc(sizeof *p);
  if (p == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory");
  *p = (nk_filter){.n_group = 1, .n_line = n[0], .n_time = n[1], .n_column = n[2]};
  for (int d = 0; d < batch; ++d) p->n_group *= y->shape[d];
  p->n_b = call->in[1].shape[batch];
  p->n_a = call->in[2].shape[batch];
  p->n_z = z->shape[batch + 1];
  const int64_t item = nk_dtype_size[y->dtype];
  if (x->stride[batch + 2] == item && y->stride[batch + 2] == item && type->lanes > 1)
    p->n_wide = n[2] / type->lanes * type->lanes;
  p->n_tile = (p->n_wide + type->tile - 1) / type->tile;
  p->lanes = type->lanes > 1 && p->n_wide < n[2] && n[0] >= type->lanes ? type->lanes : 1;
  const int64_t units = p->n_group * nk_filter_units(p);
  const int64_t items = p->n_group * p->n_line * p->n_time * p->n_column;
  p->n_slots = items < WORK ? 1 : SLOTS;
  if (p->n_slots > units) p->n_slots = units < 1 ? 1 : units;
  p->slot = (type->slot(p) + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  call->work_size = p->slot * (size_t)p->n_slots;
  call->prep = p;
  return NK_OK;
}

static nk_status one(void *arg, int64_t slot, int worker) {
  const nk_call *call = arg;
  const nk_filter *p = call->prep;
  const int64_t units = p->n_group * nk_filter_units(p);
  (void)worker;
  return type_of(call->out[0].dtype)
      ->range(p, call, units * slot / p->n_slots, units * (slot + 1) / p->n_slots,
              call->work + (size_t)slot * p->slot);
}

nk_status NK_LV(nk_filter_run)(const nk_call *call) {
  const nk_filter *p = call->prep;
  if (p->n_time == 0 || p->n_group * p->n_line * p->n_column == 0) return NK_OK;
  if (p->n_slots == 1) return one((void *)(uintptr_t)call, 0, 0);
  return nk_parallel(call->ctx, p->n_slots, one, (void *)(uintptr_t)call);
}

void NK_LV(nk_filter_release)(void *prep) { nk_free(prep); }
