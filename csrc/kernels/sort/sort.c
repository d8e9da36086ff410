/* sort: out = x with the values along one axis ascending, NaN last.
 *
 *   out[0], in[0]: one shape and type, any strides; bool, integers or floats;  ip[0]: the axis
 *
 * Lines along the axis are read as keys, ordered (order_typed.h) and written back, O(n log n) each. Where
 * neighbours in memory belong to different lines, BUNDLE lines are read and written together, piece by
 * piece. Lines are shared out over threads.
 */
#include "order.h"

enum { BUNDLE = 16, PIECE = 64, SLOTS = 8, SPLIT_WORK = 1 << 13, MOST = 1 << 15 };

typedef struct lines {
  int64_t n, count, inner, bundle, tasks; /* of a line; lines; along the last other axis; at once */
  int64_t key;
  int axis, last; /* last: the innermost other axis, or -1 */
  size_t slot_bytes;
} lines;

static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

static int64_t up(int64_t n) { return (n + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN; }

static lines lines_of(const nk_call *call) {
  const nk_view *x = &call->in[0];
  lines s = {.axis = (int)call->ip[0], .last = -1, .count = 1, .inner = 1, .bundle = 1};
  s.n = x->shape[s.axis];
  s.key = NK_LV(nk_order_key_size)(x->dtype);
  for (int d = 0; d < x->ndim; ++d)
    if (d != s.axis) s.count *= x->shape[d], s.last = d;
  if (s.last >= 0) {
    s.inner = x->shape[s.last];
    if (magnitude(x->stride[s.last]) < magnitude(x->stride[s.axis]) && s.n <= MOST) s.bundle = BUNDLE;
  }
  if (s.bundle > s.inner) s.bundle = s.inner;
  s.tasks = s.count == 0 ? 0 : s.count / s.inner * ((s.inner + s.bundle - 1) / s.bundle);
  s.slot_bytes = (size_t)up((s.bundle * s.n + s.n + NK_ORDER_PAD) * s.key);
  return s;
}

static int64_t slots_of(const lines *s) { return s->tasks < SLOTS ? s->tasks : SLOTS; }

nk_status NK_LV(nk_sort_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "sort: wanted 1 output, 1 input and the axis");
  const nk_view *x = &call->in[0], *out = &call->out[0];
  if (NK_LV(nk_order_key_size)(x->dtype) == 0 || out->dtype != x->dtype)
    return nk_fail(error, NK_ERR_TYPE, "sort: wanted bool, integers or floats, got %s",
                   nk_dtype_name[x->dtype]);
  bool fits = out->ndim == x->ndim && call->ip[0] >= 0 && call->ip[0] < x->ndim;
  for (int d = 0; fits && d < x->ndim; ++d) fits = out->shape[d] == x->shape[d];
  if (!fits) return nk_fail(error, NK_ERR_VALUE, "sort: wanted an axis, and an output of x's shape");
  const lines s = lines_of(call);
  call->work_size = s.slot_bytes * (size_t)slots_of(&s);
  return NK_OK;
}

/* Where line `line` begins: the last other axis runs fastest. */
static char *start_of(const nk_view *v, const lines *s, int64_t line) {
  char *at = v->data;
  for (int d = v->ndim - 1; d >= 0; --d) {
    if (d == s->axis) continue;
    at += line % v->shape[d] * v->stride[d];
    line /= v->shape[d];
  }
  return at;
}

static void one_bundle(const nk_call *call, const lines *s, int64_t task, char *keys, char *spare) {
  const nk_view *x = &call->in[0], *out = &call->out[0];
  const int64_t per = (s->inner + s->bundle - 1) / s->bundle, first = task % per * s->bundle;
  const int64_t line = task / per * s->inner + first, row = s->n * s->key;
  const int64_t width = s->inner - first < s->bundle ? s->inner - first : s->bundle;
  const int64_t piece = s->bundle > 1 ? PIECE : NK_ORDER_POLL;
  const char *from = start_of(x, s, line);
  char *to = start_of(out, s, line);
  const int64_t x_step = x->stride[s->axis], out_step = out->stride[s->axis];
  for (int64_t i = 0; i < s->n && !nk_cancelled(call->ctx); i += piece)
    for (int64_t k = 0; k < width; ++k)
      NK_LV(nk_order_read)(x->dtype, keys + k * row + i * s->key,
                           from + i * x_step + (k > 0 ? k * x->stride[s->last] : 0), x_step,
                           s->n - i < piece ? s->n - i : piece);
  if (nk_cancelled(call->ctx)) return;
  for (int64_t k = 0; k < width; ++k)
    (s->key == 4 ? NK_LV(nk_order_i32) : NK_LV(nk_order_i64))(call->ctx, keys + k * row, spare, s->n,
                                                              NULL, 0);
  for (int64_t i = 0; i < s->n && !nk_cancelled(call->ctx); i += piece)
    for (int64_t k = 0; k < width; ++k)
      NK_LV(nk_order_write)(x->dtype, to + i * out_step + (k > 0 ? k * out->stride[s->last] : 0),
                            out_step, keys + k * row + i * s->key,
                            s->n - i < piece ? s->n - i : piece);
}

static nk_status range(void *arg, int64_t slot, int worker) {
  const nk_call *call = arg;
  const lines s = lines_of(call);
  const int64_t slots = slots_of(&s);
  char *keys = call->work + (size_t)slot * s.slot_bytes, *spare = keys + s.bundle * s.n * s.key;
  (void)worker;
  for (int64_t task = s.tasks * slot / slots; task < s.tasks * (slot + 1) / slots; ++task) {
    one_bundle(call, &s, task, keys, spare);
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_sort_run)(const nk_call *call) {
  const lines s = lines_of(call);
  if (s.tasks == 0 || s.n == 0) return NK_OK;
  nk_ctx ctx = *call->ctx;
  nk_call copy = *call;
  if (s.count * s.n < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, slots_of(&s), range, &copy);
}
