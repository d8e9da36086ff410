/* scatter_add: out (A, n, B) = base with update (A, M, B) added to rows index (M,), in order of m.
 *
 * ins are base, index, update; base and out may be one memory, else base is copied first. Integers
 * wrap, bool is `or`. Cost O(A M B) in place, O(A (n + M) B) otherwise. Sums have the order of the
 * indices, so the result does not depend on threads; large ones are cut along A and B.
 */
#include "../copy/strided.h"
#include "index.h"

enum { STRIP = 1 << 10 }; /* items of the last axis per chunk */

/* Rows of `n` items, one for each index, into the rows of `to`, of which there are `most`. */
typedef void (*add_rows)(const nk_view *index, int64_t most, char *to, const int64_t *to_stride,
                         const char *from, const int64_t *from_stride, int64_t n);

#define NK_ROWS(name, T, OP)                                                                      \
  static void name(const nk_view *index, int64_t most, char *to, const int64_t *to_stride,        \
                   const char *from, const int64_t *from_stride, int64_t n) {                     \
    for (int64_t m = 0; m < index->shape[0]; ++m) {                                               \
      char *y = to + nk_index_at(index, m, most) * to_stride[1];                                  \
      const char *v = from + m * from_stride[1];                                                  \
      for (int64_t i = 0; i < n; ++i) {                                                           \
        T *x = (T *)(void *)(y + i * to_stride[2]);                                               \
        *x = (T)(*x OP *(const T *)(const void *)(v + i * from_stride[2]));                       \
      }                                                                                           \
    }                                                                                             \
  }

NK_ROWS(add_b8, uint8_t, |)
NK_ROWS(add_u8, uint8_t, +)
NK_ROWS(add_u16, uint16_t, +)
NK_ROWS(add_u32, uint32_t, +)
NK_ROWS(add_u64, uint64_t, +)
NK_ROWS(add_f32, float, +)
NK_ROWS(add_f64, double, +)

static add_rows choose(nk_dtype dtype) {
  switch (dtype) {
    case NK_BOOL: return add_b8;
    case NK_I8: case NK_U8: return add_u8;
    case NK_I16: case NK_U16: return add_u16;
    case NK_I32: case NK_U32: return add_u32;
    case NK_I64: case NK_U64: return add_u64;
    case NK_F32: case NK_C64: return add_f32;
    default: return add_f64;
  }
}

nk_status NK_LV(nk_scatter_add_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 3)
    return nk_fail(error, NK_ERR_VALUE, "scatter_add takes 3 ins and 1 out");
  nk_status status = nk_same_array(&call->out[0], &call->in[0], "scatter_add", error);
  if (status != NK_OK) return status;
  return NK_LV(nk_index_check)(&call->in[0], &call->in[1], &call->in[2], "scatter_add", error);
}

static nk_status add_chunk(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_view *out = &call->out[0], *index = &call->in[1], *update = &call->in[2];
  int64_t strips = (out->shape[2] + STRIP - 1) / STRIP, a = chunk / strips;
  int64_t b = chunk % strips * STRIP, n = out->shape[1];
  int64_t width = out->shape[2] - b < STRIP ? out->shape[2] - b : STRIP;
  char *to = out->data + a * out->stride[0] + b * out->stride[2];
  const char *from = update->data + a * update->stride[0] + b * update->stride[2];
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  /* a complex row is two rows of parts */
  const bool parts = out->dtype == NK_C64 || out->dtype == NK_C128;
  const int64_t part = nk_dtype_size[out->dtype] / 2;
  for (int64_t at = 0; at <= (parts ? part : 0); at += parts ? part : 1)
    choose(out->dtype)(index, n, to + at, out->stride, from + at, update->stride, width);
  return NK_OK;
}

nk_status NK_LV(nk_scatter_add_run)(const nk_call *call) {
  const nk_view *out = &call->out[0], *index = &call->in[1];
  nk_status status = NK_LV(nk_index_validate)(index, out->shape[1], call->ctx->error);
  if (status != NK_OK) return status;
  if (call->alias[0] != 0) NK_LV(nk_strided_copy)(out, &call->in[0]);
  int64_t n_chunk = out->shape[0] * ((out->shape[2] + STRIP - 1) / STRIP);
  if (out->shape[1] == 0 || n_chunk == 0) return NK_OK;
  void *arg = (void *)(uintptr_t)call;
  int64_t width = out->shape[2] < STRIP ? out->shape[2] : STRIP;
  if (n_chunk > 1 && index->shape[0] * width >= STRIP * 16)
    return nk_parallel(call->ctx, n_chunk, add_chunk, arg);
  for (int64_t chunk = 0; chunk < n_chunk; ++chunk)
    if ((status = add_chunk(arg, chunk, 0)) != NK_OK) return status;
  return NK_OK;
}
