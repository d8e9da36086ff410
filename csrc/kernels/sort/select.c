/* select: out[a, k] = what stands at places[a, k] of row a of x, were it sorted with NaN last.
 *
 *   out[0] (A, m) and in[0] x (A, n): bool, integers or floats, any strides
 *   in[1] places (A, m) int64, in 0 .. n - 1; nearest of these otherwise
 *
 * Quickselect of all places of a row at once (order_typed.h), O(n log m) expected. Rows are shared out
 * over threads.
 */
#include "order.h"

enum { SLOTS = 8, SPLIT_WORK = 1 << 13 };

typedef struct sizes {
  int64_t rows, n, m, key, slots;
  size_t spare, places, slot_bytes; /* offsets in a slot */
} sizes;

static sizes sizes_of(const nk_call *call) {
  const nk_view *x = &call->in[0], *places = &call->in[1];
  sizes s = {.rows = x->shape[0], .n = x->shape[1], .m = places->shape[1]};
  s.key = NK_LV(nk_order_key_size)(x->dtype);
  s.slots = s.rows < SLOTS ? s.rows : SLOTS;
  s.spare = (size_t)(s.n * s.key);
  s.places = s.spare + (size_t)((s.n + NK_ORDER_PAD) * s.key);
  s.places = (s.places + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  s.slot_bytes = s.places + (size_t)(2 * s.m + NK_ORDER_PAD) * sizeof(int64_t);
  s.slot_bytes = (s.slot_bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  return s;
}

nk_status NK_LV(nk_select_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 2)
    return nk_fail(error, NK_ERR_VALUE, "select: wanted 1 output and 2 inputs");
  const nk_view *x = &call->in[0], *places = &call->in[1], *out = &call->out[0];
  if (NK_LV(nk_order_key_size)(x->dtype) == 0 || out->dtype != x->dtype || places->dtype != NK_I64)
    return nk_fail(error, NK_ERR_TYPE, "select: wanted bool, integers or floats, got %s",
                   nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || places->ndim != 2 || out->ndim != 2 || places->shape[0] != x->shape[0] ||
      out->shape[0] != x->shape[0] || out->shape[1] != places->shape[1] ||
      (x->shape[1] == 0 && places->shape[0] * places->shape[1] > 0))
    return nk_fail(error, NK_ERR_VALUE, "select: wanted (A, n), n > 0, and places and out (A, m)");
  const sizes s = sizes_of(call);
  call->work_size = s.slot_bytes * (size_t)s.slots;
  return NK_OK;
}

static int64_t place_at(const nk_view *places, int64_t row, int64_t k, int64_t n) {
  const int64_t p = *(const int64_t *)(const void *)(places->data + row * places->stride[0] +
                                                     k * places->stride[1]);
  return p < 0 ? 0 : (p < n ? p : n - 1);
}

static nk_status range(void *arg, int64_t slot, int worker) {
  const nk_call *call = arg;
  const nk_view *x = &call->in[0], *places = &call->in[1], *out = &call->out[0];
  const sizes s = sizes_of(call);
  char *keys = call->work + (size_t)slot * s.slot_bytes, *spare = keys + s.spare;
  int64_t *wanted = (int64_t *)(void *)(keys + s.places);
  (void)worker;
  for (int64_t row = s.rows * slot / s.slots; row < s.rows * (slot + 1) / s.slots; ++row) {
    for (int64_t k = 0; k < s.m; ++k) wanted[k] = place_at(places, row, k, s.n);
    NK_LV(nk_order_i64)(call->ctx, wanted, wanted + s.m, s.m, NULL, 0);
    NK_LV(nk_order_read)(x->dtype, keys, x->data + row * x->stride[0], x->stride[1], s.n);
    (s.key == 4 ? NK_LV(nk_order_i32) : NK_LV(nk_order_i64))(call->ctx, keys, spare, s.n, wanted, s.m);
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    for (int64_t k = 0; k < s.m; ++k)
      NK_LV(nk_order_write)(x->dtype, out->data + row * out->stride[0] + k * out->stride[1],
                            out->stride[1], keys + place_at(places, row, k, s.n) * s.key, 1);
  }
  return NK_OK;
}

nk_status NK_LV(nk_select_run)(const nk_call *call) {
  const sizes s = sizes_of(call);
  if (s.rows == 0 || s.m == 0) return NK_OK;
  nk_ctx ctx = *call->ctx;
  nk_call copy = *call;
  if (s.rows * s.n < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, s.slots, range, &copy);
}
