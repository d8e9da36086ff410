/* Kernel `kendall`: Kendall's tau of every row of X with every row of Y.
 *
 *   out[0] (n_x, n_y) float64; (B, n_x, n_y) with weights
 *   in[0]  X (n_x, N), in[1] Y (n_y, N) float32 or float64 without NaN, any strides
 *   in[2]  optional W (B, N) int64 from 0 to 2^32 - 1: element k stands W_bk times in sample b
 *   ip     (variant,): 0 tau-a = (C - D) / T, 1 tau-b = (C - D) / sqrt((T - ties_x)(T - ties_y))
 *
 * with T = N(N-1)/2 pairs, C of them in the same order and D in opposite order in both rows. Each
 * row of X is sorted once and each row of Y replaced by dense ranks; a pair of rows then takes the
 * ranks of y in the order of x, sorted within the ties of x, and counts inversions while sorting
 * (Knight 1966, doi:10.1080/01621459.1966.10480879, with a split by bits in place of his merge).
 * With weights, inversions are sums of products of weights, and elements of weight 0 are left out.
 * Cost: O(N log N) for each pair of rows, and each sample.
 */
#include "../level.h"
#include "order.h"

enum { SLOTS = 8, FEW = 32 };

typedef struct layout {
  int64_t n_x, n_y, n;
  size_t order, rank, ties, scratch, slot, size;
} layout;

static size_t take(size_t *at, int64_t bytes) {
  const size_t here = *at;
  *at += ((size_t)bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  return here;
}

static layout lay(const nk_call *call) {
  layout l = {.n_x = call->in[0].shape[0], .n_y = call->in[1].shape[0], .n = call->in[0].shape[1]};
  size_t at = 0;
  l.order = take(&at, l.n_x * l.n * 4);    /* places by ascending x; top bit: tied to the next */
  l.rank = take(&at, l.n_y * l.n * 4);     /* dense ranks of y */
  l.ties = take(&at, (l.n_x + l.n_y) * 8); /* tied pairs of each row */
  l.slot = nk_order_size(l.n);             /* also two rows of items and the weight of each rank */
  l.scratch = take(&at, (int64_t)l.slot * SLOTS);
  l.size = at;
  return l;
}

nk_status NK_LV(nk_kendall_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in < 2 || call->n_in > 3 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE,
                   "kendall: wanted 1 output, 2 or 3 inputs and ip = (variant,)");
  const nk_view *x = &call->in[0], *y = &call->in[1], *out = &call->out[0];
  for (int k = 0; k < 2; k++)
    if (call->in[k].dtype != NK_F32 && call->in[k].dtype != NK_F64)
      return nk_fail(error, NK_ERR_TYPE, "kendall: wanted float32 or float64, got %s",
                     nk_dtype_name[call->in[k].dtype]);
  if (x->ndim != 2 || y->ndim != 2 || x->shape[1] != y->shape[1] || x->shape[1] > INT32_MAX)
    return nk_fail(error, NK_ERR_VALUE, "kendall: wanted two matrices with equally long rows");
  const int lead = call->n_in - 2;
  const nk_view *w = lead ? &call->in[2] : NULL;
  if (w && (w->dtype != NK_I64 || w->ndim != 2 || w->shape[1] != x->shape[1]))
    return nk_fail(error, NK_ERR_VALUE, "kendall: weights: wanted int64 of shape (B, %lld)",
                   (long long)x->shape[1]);
  if (w && (out->ndim != 3 || out->shape[0] != w->shape[0]))
    return nk_fail(error, NK_ERR_VALUE, "kendall: out: wanted %lld samples",
                   (long long)w->shape[0]);
  if (out->dtype != NK_F64 || out->ndim != 2 + lead || out->shape[lead] != x->shape[0] ||
      out->shape[lead + 1] != y->shape[0])
    return nk_fail(error, NK_ERR_VALUE, "kendall: out: wanted float64 of shape (%lld, %lld)",
                   (long long)x->shape[0], (long long)y->shape[0]);
  call->work_size = lay(call).size;
  return NK_OK;
}

typedef struct job {
  const nk_call *call;
  layout l;
} job;

static const uint32_t TIED = (uint32_t)1 << 31;

/* Sorts rows slot, slot + SLOTS, ... of X and then Y; writes orders, ranks and tied pairs. */
static nk_status task_sort(void *arg, int64_t slot, int worker) {
  const job *t = arg;
  const layout *l = &t->l;
  char *work = t->call->work;
  (void)worker;
  for (int64_t row = slot; row < l->n_x + l->n_y; row += SLOTS) {
    const bool is_x = row < l->n_x;
    const int64_t own = is_x ? row : row - l->n_x;
    int64_t have;
    double *value, ties = 0;
    const uint64_t *s = nk_order_row(&t->call->in[is_x ? 0 : 1], own,
                                     work + l->scratch + (size_t)slot * l->slot, &value, &have);
    if (have < l->n)
      return nk_fail(t->call->ctx->error, NK_ERR_VALUE, "kendall: NaN in row %lld", (long long)own);
    uint32_t *to = (uint32_t *)(void *)(work + (is_x ? l->order : l->rank)) + own * l->n;
    uint32_t rank = 0;
    for (int64_t k = 0, run = 1; k < l->n; k++) {
      const bool tied =
          k + 1 < l->n && value[nk_order_place(s[k])] == value[nk_order_place(s[k + 1])];
      if (is_x)
        to[k] = nk_order_place(s[k]) | (tied ? TIED : 0);
      else
        to[nk_order_place(s[k])] = rank;
      if (tied) {
        run++;
      } else {
        ties += 0.5 * (double)run * (double)(run - 1);
        run = 1;
        rank++;
      }
    }
    ((double *)(void *)(work + l->ties))[row] = ties;
    if (nk_cancelled(t->call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

/* Sorts a short run; returns the number of pairs that stood in the wrong order. Counting compares
 * each value with all before it, many at a time. */
static int64_t inversions_of_few(uint32_t *a, int64_t n, bool sort) {
  uint32_t count = 0;
  for (int64_t k = 1; k < n; k++) {
    const uint32_t v = a[k];
    uint32_t more = 0;
    for (int64_t i = 0; i < k; i++) more += a[i] > v;
    count += more;
  }
  for (int64_t k = 1; sort && k < n; k++) {
    const uint32_t v = a[k];
    int64_t at = k;
    for (; at > 0 && a[at - 1] > v; at--) a[at] = a[at - 1];
    a[at] = v;
  }
  return count;
}

/* Sorts a[0 .. n-1], b as large, if asked to; returns the number of pairs that stood in the wrong
 * order. The values agree above their lowest `bits` bits; they are split by the highest of those,
 * zeros before ones: a zero stood in the wrong order with every one seen before it. Steps do not
 * depend on one another but through two counters, unlike those of a merge. */
static int64_t inversions(uint32_t *a, uint32_t *b, int64_t n, int bits, bool sort) {
  int64_t count = 0;
  while (n > FEW && bits > 0) {
    const int shift = --bits;
    int64_t zeros = 0, ones = 0;
    for (int64_t k = 0; k < n; k++) {
      const uint32_t v = a[k];
      const int64_t one = v >> shift & 1;
      a[zeros] = v; /* zeros <= k: read already */
      b[ones] = v;
      count += one ? 0 : ones;
      zeros += !one;
      ones += one;
    }
    memcpy(a + zeros, b, (size_t)ones * sizeof *a);
    if (zeros == 0 || ones == 0) continue;
    count += inversions(a, b, zeros, bits, sort);
    a += zeros;
    n = ones;
  }
  return bits == 0 ? count : count + inversions_of_few(a, n, sort);
}

static double tau(const job *t, int64_t i, int64_t j, uint32_t *seen) {
  const layout *l = &t->l;
  const char *work = t->call->work;
  const uint32_t *order = (const uint32_t *)(const void *)(work + l->order) + i * l->n;
  const uint32_t *rank = (const uint32_t *)(const void *)(work + l->rank) + j * l->n;
  const double *ties = (const double *)(const void *)(work + l->ties);
  const int64_t n = l->n;
  double both = 0; /* pairs tied in x and y */
  int bits = 0;    /* of a rank */
  while ((n - 1) >> bits > 0) bits++;
  for (int64_t k = 0; k < n; k++) seen[k] = rank[order[k] & ~TIED];
  for (int64_t first = 0, last; first < n; first = last) {
    for (last = first; order[last] & TIED;) last++;
    last++;
    if (last - first == 1) continue;
    inversions(seen + first, seen + n, last - first, bits, true);
    for (int64_t k = first + 1, run = 1; k <= last; k++) {
      if (k < last && seen[k] == seen[k - 1]) {
        run++;
      } else {
        both += 0.5 * (double)run * (double)(run - 1);
        run = 1;
      }
    }
  }
  const double opposite = (double)inversions(seen, seen + n, n, bits, false);
  const double total = 0.5 * (double)n * (double)(n - 1);
  const double tx = ties[i], ty = ties[l->n_x + j];
  const double difference = total - tx - ty + both - 2 * opposite;
  return difference / (t->call->ip[0] ? sqrt(total - tx) * sqrt(total - ty) : total);
}

/* A rank above its weight. */
static inline uint64_t rank_of(uint64_t item) { return item >> 32; }
static inline int64_t weight_of(uint64_t item) { return (int64_t)(item & UINT32_MAX); }
static inline double pairs_of(int64_t weight) {
  return 0.5 * (double)weight * (double)(weight - 1);
}

/* As inversions_of_few, each pair as often as the product of its weights. */
static double weighted_of_few(uint64_t *a, int64_t n, bool sort) {
  double count = 0;
  for (int64_t k = 1; k < n; k++) {
    const uint64_t rank = rank_of(a[k]);
    int64_t more = 0;
    for (int64_t i = 0; i < k; i++) more += rank_of(a[i]) > rank ? weight_of(a[i]) : 0;
    count += (double)more * (double)weight_of(a[k]);
  }
  for (int64_t k = 1; sort && k < n; k++) {
    const uint64_t v = a[k];
    int64_t at = k;
    for (; at > 0 && rank_of(a[at - 1]) > rank_of(v); at--) a[at] = a[at - 1];
    a[at] = v;
  }
  return count;
}

/* As inversions, each pair as often as the product of its weights. */
static double weighted_inversions(uint64_t *a, uint64_t *b, int64_t n, int bits, bool sort) {
  double count = 0;
  while (n > FEW && bits > 0) {
    const int shift = 32 + --bits;
    int64_t zeros = 0, ones = 0, before = 0, sum = 0;
    for (int64_t k = 0; k < n; k++) {
      const uint64_t v = a[k];
      const int64_t one = v >> shift & 1, weight = weight_of(v);
      a[zeros] = v;
      b[ones] = v;
      sum += one ? 0 : before * weight;
      before += one ? weight : 0;
      zeros += !one;
      ones += one;
    }
    count += (double)sum;
    memcpy(a + zeros, b, (size_t)ones * sizeof *a);
    if (zeros == 0 || ones == 0) continue;
    count += weighted_inversions(a, b, zeros, bits, sort);
    a += zeros;
    n = ones;
  }
  return bits == 0 ? count : count + weighted_of_few(a, n, sort);
}

/* Pairs of elements of y that are tied, copies of one element included; *total is their number. */
static double weighted_ties(const uint32_t *rank, const char *w, int64_t step, int64_t n,
                            int64_t *of_rank, int64_t *total) {
  double ties = 0;
  *total = 0;
  for (int64_t k = 0; k < n; k++) of_rank[k] = 0;
  for (int64_t k = 0; k < n; k++) {
    const int64_t weight = *(const int64_t *)(const void *)(w + k * step);
    of_rank[rank[k]] += weight;
    *total += weight;
  }
  for (int64_t k = 0; k < n; k++) ties += pairs_of(of_rank[k]);
  return ties;
}

/* tau of row i of X and the row with these ranks, ty of its pairs being tied. */
static double weighted_tau(const job *t, int64_t i, const uint32_t *rank, const char *w,
                           int64_t step, double ty, int64_t sum, uint64_t *seen) {
  const layout *l = &t->l;
  const char *work = t->call->work;
  const uint32_t *order = (const uint32_t *)(const void *)(work + l->order) + i * l->n;
  double tx = 0, both = 0;
  int64_t count = 0, first = 0, group = 0;
  int bits = 0;
  while ((l->n - 1) >> bits > 0) bits++;
  for (int64_t k = 0; k < l->n; k++) {
    const uint32_t place = order[k] & ~TIED;
    const int64_t weight = *(const int64_t *)(const void *)(w + place * step);
    if (weight) seen[count++] = (uint64_t)rank[place] << 32 | (uint64_t)weight;
    group += weight;
    if (order[k] & TIED) continue;
    if (count - first > 1)
      weighted_inversions(seen + first, seen + l->n, count - first, bits, true);
    for (int64_t run = 0; first < count; first++) {
      run += weight_of(seen[first]);
      if (first + 1 < count && rank_of(seen[first + 1]) == rank_of(seen[first])) continue;
      both += pairs_of(run);
      run = 0;
    }
    tx += pairs_of(group);
    group = 0;
  }
  const double opposite = weighted_inversions(seen, seen + l->n, count, bits, false);
  const double total = pairs_of(sum), difference = total - tx - ty + both - 2 * opposite;
  return difference / (t->call->ip[0] ? sqrt(total - tx) * sqrt(total - ty) : total);
}

/* Row j of Y in sample b with all rows of X. */
static nk_status task_weighted(void *arg, int64_t slot, int worker) {
  const job *t = arg;
  const layout *l = &t->l;
  const nk_view *out = &t->call->out[0], *weights = &t->call->in[2];
  uint64_t *seen =
      (uint64_t *)(void *)((char *)t->call->work + l->scratch + (size_t)slot * l->slot);
  (void)worker;
  for (int64_t c = slot; c < weights->shape[0] * l->n_y; c += SLOTS) {
    const int64_t b = c / l->n_y, j = c % l->n_y, step = weights->stride[1];
    const uint32_t *rank =
        (const uint32_t *)(const void *)((char *)t->call->work + l->rank) + j * l->n;
    const char *w = weights->data + b * weights->stride[0];
    int64_t total;
    for (int64_t k = 0; k < l->n; k++) {
      const int64_t weight = *(const int64_t *)(const void *)(w + k * step);
      if (weight < 0 || weight > UINT32_MAX)
        return nk_fail(t->call->ctx->error, NK_ERR_VALUE, "kendall: weight %lld",
                       (long long)weight);
    }
    int64_t *of_rank = (int64_t *)(void *)(seen + 2 * l->n);
    const double ty = weighted_ties(rank, w, step, l->n, of_rank, &total);
    for (int64_t i = 0; i < l->n_x; i++)
      *(double *)(void *)(out->data + b * out->stride[0] + i * out->stride[1] +
                          j * out->stride[2]) = weighted_tau(t, i, rank, w, step, ty, total, seen);
    if (nk_cancelled(t->call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

static nk_status task_pair(void *arg, int64_t slot, int worker) {
  const job *t = arg;
  const nk_view *out = &t->call->out[0];
  (void)worker;
  for (int64_t c = slot; c < t->l.n_x * t->l.n_y; c += SLOTS) {
    const int64_t i = c / t->l.n_y, j = c % t->l.n_y;
    char *scratch = t->call->work + t->l.scratch + (size_t)slot * t->l.slot;
    *(double *)(void *)(out->data + i * out->stride[0] + j * out->stride[1]) =
        tau(t, i, j, (uint32_t *)(void *)scratch);
    if (nk_cancelled(t->call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_kendall_run)(const nk_call *call) {
  job t = {.call = call, .l = lay(call)};
  const nk_status status = nk_parallel(call->ctx, SLOTS, task_sort, &t);
  if (status != NK_OK) return status;
  return nk_parallel(call->ctx, SLOTS, call->n_in > 2 ? task_weighted : task_pair, &t);
}
