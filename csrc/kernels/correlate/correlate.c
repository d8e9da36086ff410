/* correlate: out[a, i] = sum_j x[a, i + j] h[a, j], where h lies within x.
 *
 *   out[0] (A, n - m + 1);  in[0] x (A, n);  in[1] h (A, m), 1 <= m <= n; float32, float64, int64
 *   ip (before, after) or none: so many first and last of x are zeros that stand for nothing, which an h
 *   with NaN or infinities must not meet
 *
 * Cost A (n - m + 1) m. Outputs are cut into chunks by the sizes alone; a chunk sums each of them in
 * blocks of h from its first element on, so that rounding errors grow slowly and no sum knows threads.
 * Operands that are not contiguous are copied to the workspace.
 */
#include "correlate.h"

#include <math.h>
#include <string.h>

#include "../copy/cast.h"

enum { CHUNK = 1 << 12, SLOTS = 8, WORK = 1 << 16 };

typedef struct sizes {
  int64_t lines, n, m, outputs, per_line, chunks, slots;
  size_t item, x_bytes, slot_bytes; /* of a slot: a window of x, then h */
} sizes;

static nk_correlate_line line_of(nk_dtype dtype) {
  switch (dtype) {
    case NK_F32: return NK_LV(nk_correlate_f32);
    case NK_F64: return NK_LV(nk_correlate_f64);
    case NK_I64: return NK_LV(nk_correlate_i64);
    default: return NULL;
  }
}

static bool is_contiguous(const nk_view *v) {
  return v->shape[1] < 2 || v->stride[1] == (int64_t)nk_dtype_size[v->dtype];
}

static sizes sizes_of(const nk_call *call) {
  const nk_view *x = &call->in[0], *h = &call->in[1];
  sizes s = {.lines = x->shape[0], .n = x->shape[1], .m = h->shape[1]};
  s.item = nk_dtype_size[x->dtype];
  s.outputs = s.n - s.m + 1;
  s.per_line = (s.outputs + CHUNK - 1) / CHUNK;
  s.chunks = s.lines * s.per_line;
  s.slots = s.chunks * (s.outputs < CHUNK ? s.outputs : CHUNK) * s.m < WORK ? 1 : SLOTS;
  if (s.slots > s.chunks) s.slots = s.chunks;
  const int64_t most = (s.outputs < CHUNK ? s.outputs : CHUNK) + s.m - 1;
  s.x_bytes = is_contiguous(x) ? 0 : (size_t)most * s.item;
  s.slot_bytes = s.x_bytes + (is_contiguous(h) ? 0 : (size_t)s.m * s.item);
  s.slot_bytes = (s.slot_bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  return s;
}

nk_status NK_LV(nk_correlate_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 2)
    return nk_fail(error, NK_ERR_VALUE, "correlate: wanted 1 output and 2 inputs");
  const nk_view *x = &call->in[0], *h = &call->in[1], *out = &call->out[0];
  if (line_of(x->dtype) == NULL || h->dtype != x->dtype || out->dtype != x->dtype)
    return nk_fail(error, NK_ERR_TYPE, "correlate: %s with %s, wanted float32, float64 or int64",
                   nk_dtype_name[x->dtype], nk_dtype_name[h->dtype]);
  if (x->ndim != 2 || h->ndim != 2 || out->ndim != 2 || h->shape[0] != x->shape[0] ||
      out->shape[0] != x->shape[0] || h->shape[1] < 1 || h->shape[1] > x->shape[1] ||
      out->shape[1] != x->shape[1] - h->shape[1] + 1 || !is_contiguous(out))
    return nk_fail(error, NK_ERR_VALUE, "correlate: wanted (A, n), (A, m) and out (A, n - m + 1)");
  const int64_t *ip = call->ip;
  if (call->n_ip != 0 && (call->n_ip != 2 || ip[0] < 0 || ip[1] < 0 || ip[0] > x->shape[1] ||
                          ip[1] > x->shape[1] - ip[0]))
    return nk_fail(error, NK_ERR_VALUE, "correlate: the zeros at the ends do not fit x");
  const sizes s = sizes_of(call);
  call->work_size = s.slot_bytes * (size_t)(s.slots < 1 ? 1 : s.slots);
  return NK_OK;
}

/* n contiguous items from `from` on, which is used where it lies if its stride allows. */
static const void *contiguous(const nk_view *v, const char *from, int64_t n, char *work) {
  if (is_contiguous(v)) return from;
  const int64_t item = (int64_t)nk_dtype_size[v->dtype];
  NK_LV(nk_cast_find)(v->dtype, v->dtype)(work, item, from, v->stride[1], n);
  return work;
}

static bool is_finite(const void *h, int64_t m, nk_dtype dtype) {
  bool finite = true;
  if (dtype == NK_F32)
    for (int64_t j = 0; j < m; ++j) finite &= isfinite(((const float *)h)[j]) != 0;
  if (dtype == NK_F64)
    for (int64_t j = 0; j < m; ++j) finite &= isfinite(((const double *)h)[j]) != 0;
  return finite;
}

/* Outputs from .. from + n - 1 whose window reaches the zeros at the ends once more, without them. */
static void leave_out_zeros(const nk_call *call, const sizes *s, int64_t from, int64_t n, char *y,
                            const char *x, const char *h) {
  const int64_t first = call->ip[0], end = s->n - call->ip[1];
  const nk_correlate_line line = line_of(call->in[0].dtype);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t at = from + i;
    int64_t low = first - at, high = end - at;
    if (low <= 0 && high >= s->m) continue;
    if (low < 0) low = 0;
    if (high > s->m) high = s->m;
    char *to = y + i * (int64_t)s->item;
    const int64_t skipped = low * (int64_t)s->item;
    if (low < high)
      line(to, x + i * (int64_t)s->item + skipped, h + skipped, 1, high - low);
    else
      memset(to, 0, s->item);
  }
}

static nk_status range(void *arg, int64_t slot, int worker) {
  const nk_call *call = arg;
  const nk_view *x = &call->in[0], *h = &call->in[1], *out = &call->out[0];
  const sizes s = sizes_of(call);
  char *work = call->work + (size_t)slot * s.slot_bytes;
  const void *taps = NULL;
  bool spreads = false;
  (void)worker;
  int64_t known = -1;
  for (int64_t c = s.chunks * slot / s.slots; c < s.chunks * (slot + 1) / s.slots; ++c) {
    const int64_t line = c / s.per_line, from = c % s.per_line * CHUNK;
    const int64_t n = s.outputs - from < CHUNK ? s.outputs - from : CHUNK;
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    if (line != known) {
      taps = contiguous(h, h->data + line * h->stride[0], s.m, work + s.x_bytes);
      spreads = call->n_ip == 2 && !is_finite(taps, s.m, x->dtype);
    }
    known = line;
    const char *at = x->data + line * x->stride[0] + from * x->stride[1];
    const void *window = contiguous(x, at, n + s.m - 1, work);
    char *y = out->data + line * out->stride[0] + from * (int64_t)s.item;
    line_of(x->dtype)(y, window, taps, n, s.m);
    if (spreads) leave_out_zeros(call, &s, from, n, y, window, taps);
  }
  return NK_OK;
}

nk_status NK_LV(nk_correlate_run)(const nk_call *call) {
  const sizes s = sizes_of(call);
  if (s.chunks == 0) return NK_OK;
  if (s.slots == 1) return range((void *)(uintptr_t)call, 0, 0);
  return nk_parallel(call->ctx, s.slots, range, (void *)(uintptr_t)call);
}
