/* argsort: the places of each row's elements in ascending order, equal ones in order of place.
 *
 *   out[0] (A, n) int64;  in[0] (A, n) bool, integer or float, any strides; NaN last
 *
 * Of (key, place) pairs. Short rows: merge sort from the bottom up, runs of RUN by the ranks of their
 * keys, O(n log n). Long rows: radix sort by the bytes of the key from the lowest up, leaving out bytes
 * that all keys share, O(n) for each. Rows are shared out over threads.
 */
#include "../level.h"
#include "key.h"
#include "order.h"

enum { RUN = NK_ORDER_SHORT, SLOTS = 8, SPLIT_WORK = 1 << 13, LONG_ROW = 192, BYTES = 8, VALUES = 256 };
enum { PIECE = 1 << 16 }; /* items between two looks at the cancel flag */

typedef struct item {
  uint64_t key;
  int64_t place;
} item;

static int64_t slots(const nk_call *call) {
  const int64_t m = call->in[0].shape[0];
  return m < SLOTS ? m : SLOTS;
}

static size_t row_bytes(int64_t n) { return 2 * sizeof(item) * (size_t)n; }

nk_status NK_LV(nk_argsort_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "argsort: wanted 1 output and 1 input");
  const nk_view *x = &call->in[0], *out = &call->out[0];
  if (x->dtype >= NK_C64)
    return nk_fail(error, NK_ERR_TYPE, "argsort: wanted bool, integers or floats, got %s",
                   nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || out->ndim != 2 || out->dtype != NK_I64 || out->shape[0] != x->shape[0] ||
      out->shape[1] != x->shape[1])
    return nk_fail(error, NK_ERR_VALUE, "argsort: out: wanted int64 of the input's shape (A, n)");
  call->work_size = row_bytes(x->shape[1]) * (size_t)slots(call);
  return NK_OK;
}

static void sort_run(item *a, int64_t n) {
  int64_t key[RUN], rank[RUN];
  item copy[RUN];
  for (int64_t i = 0; i < n; ++i) {
    copy[i] = a[i];
    key[i] = (int64_t)(a[i].key ^ (uint64_t)1 << 63);
  }
  NK_LV(nk_rank_i64)(rank, key, n);
  for (int64_t i = 0; i < n; ++i) a[rank[i]] = copy[i];
}

static void merge(item *to, const item *a, int64_t n_a, const item *b, int64_t n_b) {
  int64_t i = 0, j = 0, k = 0;
  while (i < n_a && j < n_b) to[k++] = b[j].key < a[i].key ? b[j++] : a[i++];
  while (i < n_a) to[k++] = a[i++];
  while (j < n_b) to[k++] = b[j++];
}

/* The two sorts order n items at *a, with room for as many at *b, and leave the result at *a. */

static void exchange(item **a, item **b) {
  item *swap = *a;
  *a = *b;
  *b = swap;
}

static nk_status sort_by_merging(const nk_ctx *ctx, item **a, item **b, int64_t n) {
  for (int64_t i = 0; i < n; i += RUN) sort_run(*a + i, n - i < RUN ? n - i : RUN);
  for (int64_t width = RUN; width < n; width *= 2) {
    if (nk_cancelled(ctx)) return NK_ERR_CANCELLED;
    for (int64_t i = 0; i < n; i += 2 * width) {
      const int64_t left = n - i < width ? n - i : width, rest = n - i - left;
      merge(*b + i, *a + i, left, *a + i + left, rest < width ? rest : width);
    }
    exchange(a, b);
  }
  return NK_OK;
}

static int byte_of(uint64_t key, int byte) { return (int)(key >> (8 * byte) & 0xff); }

static nk_status sort_by_bytes(const nk_ctx *ctx, item **a, item **b, int64_t n) {
  int64_t count[BYTES][VALUES] = {{0}};
  for (int64_t from = 0; from < n; from += PIECE) {
    const int64_t to = from + PIECE < n ? from + PIECE : n;
    if (nk_cancelled(ctx)) return NK_ERR_CANCELLED;
    for (int64_t i = from; i < to; ++i)
      for (int byte = 0; byte < BYTES; ++byte) ++count[byte][byte_of((*a)[i].key, byte)];
  }
  for (int byte = 0; byte < BYTES; ++byte) {
    int64_t *at = count[byte], start = 0;
    if (at[byte_of((*a)[0].key, byte)] == n) continue;
    for (int v = 0; v < VALUES; ++v) {
      const int64_t here = at[v];
      at[v] = start;
      start += here;
    }
    for (int64_t from = 0; from < n; from += PIECE) {
      const int64_t to = from + PIECE < n ? from + PIECE : n;
      if (nk_cancelled(ctx)) return NK_ERR_CANCELLED;
      for (int64_t i = from; i < to; ++i) (*b)[at[byte_of((*a)[i].key, byte)]++] = (*a)[i];
    }
    exchange(a, b);
  }
  return NK_OK;
}

static nk_status sort_row(const nk_call *call, int64_t row, item *a) {
  const nk_view *x = &call->in[0], *out = &call->out[0];
  const int64_t n = x->shape[1];
  const char *p = x->data + row * x->stride[0];
  char *q = out->data + row * out->stride[0];
  item *b = a + n;
  for (int64_t from = 0; from < n; from += PIECE) {
    const int64_t to = from + PIECE < n ? from + PIECE : n;
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    for (int64_t i = from; i < to; ++i)
      a[i] = (item){nk_sort_key(x->dtype, p + i * x->stride[1]), i};
  }
  const nk_status status = n < LONG_ROW ? sort_by_merging(call->ctx, &a, &b, n)
                                        : sort_by_bytes(call->ctx, &a, &b, n);
  if (status != NK_OK) return status;
  for (int64_t i = 0; i < n; ++i) *(int64_t *)(void *)(q + i * out->stride[1]) = a[i].place;
  return NK_OK;
}

static nk_status task(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const int64_t m = call->in[0].shape[0], n = call->in[0].shape[1], step = slots(call);
  char *work = call->work + (size_t)chunk * row_bytes(n);
  (void)worker;
  for (int64_t row = chunk; row < m; row += step) {
    nk_status status = sort_row(call, row, (item *)(void *)work);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}

nk_status NK_LV(nk_argsort_run)(const nk_call *call) {
  nk_call copy = *call;
  nk_ctx ctx = *call->ctx;
  if (call->in[0].shape[0] * call->in[0].shape[1] < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, slots(call), task, &copy);
}
