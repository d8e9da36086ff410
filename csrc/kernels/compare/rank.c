/* Kernel `rank`: mid-ranks (1 .. N, ties share their mean rank) of each row; NaN stays NaN and
 * is not counted.
 *
 *   out[0] (m, N) float64;  in[0] (m, N) float32 or float64, any strides
 *
 * Values become unsigned keys of the same order (sign flipped, negatives complemented; -0 is 0) and
 * are sorted with their places by radix, eleven bits a pass: O(N) per row, 3 or 6 passes.
 */
#include <math.h>
#include <string.h>

#include "../../engine/kernel.h"
#include "../level.h"

enum { BITS = 11, BUCKETS = 1 << BITS, SLOTS = 16, SPLIT_WORK = 1 << 13 };

typedef struct item {
  uint64_t key;
  int64_t place;
} item;

static size_t slot_size(int64_t n) {
  return (2 * (size_t)n * sizeof(item) + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
}

static int64_t slots(const nk_call *call) {
  const int64_t m = call->in[0].shape[0];
  return m < SLOTS ? m : SLOTS;
}

nk_status NK_LV(nk_rank_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "rank: wanted 1 output and 1 input");
  const nk_view *x = &call->in[0], *out = &call->out[0];
  if (x->dtype != NK_F32 && x->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "rank: wanted float32 or float64, got %s",
                   nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || out->ndim != 2 || out->dtype != NK_F64 || out->shape[0] != x->shape[0] ||
      out->shape[1] != x->shape[1])
    return nk_fail(error, NK_ERR_VALUE, "rank: out: wanted float64 of the input's two dimensions");
  call->work_size = slot_size(x->shape[1]) * (size_t)slots(call);
  return NK_OK;
}

/* Unsigned integers in the order of the numbers. */
static uint64_t key_of(double v) {
  uint64_t bits;
  v = v == 0 ? 0 : v;
  memcpy(&bits, &v, sizeof bits);
  return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static uint64_t key_of_float(float v) {
  uint32_t bits;
  v = v == 0 ? 0 : v;
  memcpy(&bits, &v, sizeof bits);
  return bits >> 31 ? (uint32_t)~bits : bits | (uint32_t)1 << 31;
}

/* Sorts by key, lowest digit first; returns where the sorted items lie. */
static item *sort(item *a, item *b, int64_t n, int n_bits) {
  for (int shift = 0; shift < n_bits; shift += BITS) {
    int64_t start[BUCKETS] = {0}, sum = 0;
    for (int64_t k = 0; k < n; k++) start[a[k].key >> shift & (BUCKETS - 1)]++;
    if (n > 0 && start[a[0].key >> shift & (BUCKETS - 1)] == n) continue; /* one digit for all */
    for (int d = 0; d < BUCKETS; d++) {
      const int64_t count = start[d];
      start[d] = sum;
      sum += count;
    }
    for (int64_t k = 0; k < n; k++) b[start[a[k].key >> shift & (BUCKETS - 1)]++] = a[k];
    item *swap = a;
    a = b;
    b = swap;
  }
  return a;
}

static void rank_row(const nk_call *call, int64_t row, item *work) {
  const nk_view *x = &call->in[0], *out = &call->out[0];
  const char *p = x->data + row * x->stride[0];
  char *q = out->data + row * out->stride[0];
  const int64_t n = x->shape[1];
  int64_t have = 0;
  for (int64_t k = 0; k < n; k++) {
    const char *at = p + k * x->stride[1];
    if (x->dtype == NK_F32) {
      const float v = *(const float *)(const void *)at;
      if (!isnan(v)) work[have++] = (item){key_of_float(v), k};
      else *(double *)(void *)(q + k * out->stride[1]) = (double)NAN;
    } else {
      const double v = *(const double *)(const void *)at;
      if (!isnan(v)) work[have++] = (item){key_of(v), k};
      else *(double *)(void *)(q + k * out->stride[1]) = (double)NAN;
    }
  }
  const item *s = sort(work, work + n, have, x->dtype == NK_F32 ? 32 : 64);
  for (int64_t first = 0, last; first < have; first = last) {
    for (last = first + 1; last < have && s[last].key == s[first].key;) last++;
    const double rank = 0.5 * (double)(first + 1 + last);
    for (int64_t k = first; k < last; k++)
      *(double *)(void *)(q + s[k].place * out->stride[1]) = rank;
  }
}

static nk_status task(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const int64_t m = call->in[0].shape[0], n = call->in[0].shape[1], step = slots(call);
  (void)worker;
  for (int64_t row = chunk; row < m; row += step) {
    rank_row(call, row, (item *)(void *)(call->work + (size_t)chunk * slot_size(n)));
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_rank_run)(const nk_call *call) {
  nk_call copy = *call;
  nk_ctx ctx = *call->ctx;
  if (call->in[0].shape[0] * call->in[0].shape[1] < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, slots(call), task, &copy);
}
