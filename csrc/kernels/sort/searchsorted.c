/* searchsorted: where each value would go in an ascending row, before or after its equals.
 *
 *   out[0] (A, M) int64;  in[0] (A, n) ascending rows, NaN last;  in[1] (A, M) of the same type
 *   ip[0]: 0 for the first place that keeps the order, 1 for the last
 *
 * Bisection, O(A M log n).
 */
#include "../../engine/kernel.h"
#include "../copy/cast.h"
#include "../level.h"

enum { SPLIT_WORK = 1 << 12, CHUNK = 1 << 10, LANES = 16, ROW = 1 << 9 };

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

/* Of `known` values, of which there are LANES: the places in a row of n whose elements are `step` apart.
 * All of them halve their ranges at once, so that the loads of one do not wait for another. */
typedef void (*find_places)(int64_t *place, const char *row, int64_t step, int64_t n,
                            const void *known, bool after);

/* NaN is last, and like any other. Without branches, which would be guessed wrong half of the time. */
#define COMES_BEFORE(x, v) (((x) < (v)) | (((v) != (v)) & ((x) == (x))))

#define HALVE(W, GOES)                                                                            \
  for (int64_t left = n; left > 0;) {                                                             \
    const int64_t half = (left + 1) / 2;                                                          \
    for (int k = 0; k < LANES; ++k) {                                                             \
      const W here = (W)x[(place[k] + half - 1) * step];                                          \
      place[k] += half & -(int64_t)(GOES);                                                        \
    }                                                                                             \
    left -= half;                                                                                 \
  }

/* W: the type of 64 bits that values are compared in, and come in. */
#define FIND(name, T, W)                                                                          \
  static void name(int64_t *restrict place, const char *row, int64_t step, int64_t n,             \
                   const void *known, bool after) {                                               \
    const T *restrict x = (const T *)(const void *)row;                                           \
    const W *restrict v = known;                                                                  \
    for (int k = 0; k < LANES; ++k) place[k] = 0;                                                 \
    step /= (int64_t)sizeof(T);                                                                   \
    if (after) {                                                                                  \
      HALVE(W, !COMES_BEFORE(v[k], here))                                                         \
    } else {                                                                                      \
      HALVE(W, COMES_BEFORE(here, v[k]))                                                          \
    }                                                                                             \
  }

FIND(find_u8, uint8_t, int64_t)
FIND(find_i8, int8_t, int64_t)
FIND(find_u16, uint16_t, int64_t)
FIND(find_i16, int16_t, int64_t)
FIND(find_u32, uint32_t, int64_t)
FIND(find_i32, int32_t, int64_t)
FIND(find_u64, uint64_t, uint64_t)
FIND(find_i64, int64_t, int64_t)
FIND(find_f32, float, double)
FIND(find_f64, double, double)

static find_places choose(nk_dtype dtype) {
  switch (dtype) {
    case NK_BOOL:
    case NK_U8: return find_u8;
    case NK_I8: return find_i8;
    case NK_U16: return find_u16;
    case NK_I16: return find_i16;
    case NK_U32: return find_u32;
    case NK_I32: return find_i32;
    case NK_U64: return find_u64;
    case NK_I64: return find_i64;
    case NK_F32: return find_f32;
    default: return find_f64;
  }
}

static nk_status task(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_view *x = &call->in[0], *v = &call->in[1], *out = &call->out[0];
  const int64_t m = v->shape[1], from = chunk * CHUNK;
  const int64_t to = from + CHUNK < m * x->shape[0] ? from + CHUNK : m * x->shape[0];
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  const nk_dtype wide = v->dtype >= NK_F32 ? NK_F64 : (v->dtype == NK_U64 ? NK_U64 : NK_I64);
  const nk_cast_loop widen = NK_LV(nk_cast_find)(wide, v->dtype);
  /* short rows that are looked into often are widened too: loads of 64 bits make vector code */
  const bool copies = x->shape[1] <= ROW && x->shape[1] <= m && nk_dtype_size[x->dtype] < 8;
  const find_places find = choose(copies ? wide : v->dtype);
  _Alignas(64) char known[LANES * 8] = {0}, copy[ROW * 8];
  int64_t place[LANES], copied = -1;
  for (int64_t k = from; k < to;) {
    const int64_t a = k / m, i = k % m, rest = (m - i < to - k ? m - i : to - k);
    const int64_t n = rest < LANES ? rest : LANES;
    const char *row = x->data + a * x->stride[0];
    if (copies && a != copied) widen(copy, 8, row, x->stride[1], x->shape[1]);
    copied = a;
    widen(known, 8, v->data + a * v->stride[0] + i * v->stride[1], v->stride[1], n);
    find(place, copies ? copy : row, copies ? 8 : x->stride[1], x->shape[1], known,
         call->ip[0] != 0);
    char *to_place = out->data + a * out->stride[0] + i * out->stride[1];
    for (int64_t j = 0; j < n; ++j)
      *(int64_t *)(void *)(to_place + j * out->stride[1]) = place[j];
    k += n;
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
