/* Kernel `score`: similarity of many RDMs with a few models that are prepared once (searchlights).
 *
 *   out[0] (K, m) float64, NaN for a row that has a NaN element or does not vary
 *   in[0]  X (m, N) float32 or float64, N = n(n-1)/2 pairs, any strides
 *   in[1]  R (K, N) float64, contiguous rows: each model as its product with x wants it
 *   in[2]  optional P (n, n) float64, contiguous, with norm 2
 *   ip     (ranks, center, norm): 1 replaces x by its mid-ranks; 1 takes its mean away;
 *     norm 0  R x                         norm 1  R x / |x|
 *     norm 2  R x / sqrt(tr(P D P D) / 4)  for the square matrix D of x: the whitened norm
 *
 * Without P it is I - 11'/n (conditions with equal, independent errors), and with row sums d of D
 * the trace is |D|^2 - 2 |d|^2 / n + (1'd)^2 / n^2. Sums are float64 over eight partial sums.
 *
 * Cost per row: K N multiply-adds, n^3 more with P, O(N) to rank.
 */
#include "../level.h"
#include "order.h"

enum { LANES = 8, SLOTS = 16, SPLIT_WORK = 1 << 14, WHITENED = 2 };
static const double TINY = 0x1p-300, LARGE = 0x1p300; /* squares of what lies between are safe */

typedef struct layout {
  int64_t m, k, n_pairs, n, n_slots;
  size_t x, order, square, slot;
} layout;

static size_t take(size_t *at, size_t bytes) {
  const size_t here = *at;
  *at += (bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  return here;
}

static layout lay(const nk_call *call) {
  layout l = {
      .m = call->in[0].shape[0], .k = call->in[1].shape[0], .n_pairs = call->in[0].shape[1]};
  while (l.n * (l.n - 1) / 2 < l.n_pairs) l.n++;
  l.n_slots = l.m < SLOTS ? l.m : SLOTS;
  size_t at = 0;
  l.x = take(&at, (size_t)l.n_pairs * 8);
  l.order = take(&at, call->ip[0] ? nk_order_size(l.n_pairs) : 0);
  l.square = take(&at, (size_t)l.n * (call->n_in > 2 ? 2 * (size_t)l.n : 1) * 8);
  l.slot = at;
  return l;
}

static bool is_plain(const nk_view *v, int64_t rows, int64_t columns) {
  return v->dtype == NK_F64 && v->ndim == 2 && v->shape[0] == rows && v->shape[1] == columns &&
         (v->stride[1] == 8 || columns < 2);
}

nk_status NK_LV(nk_score_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in < 2 || call->n_in > 3 || call->n_ip != 3)
    return nk_fail(error, NK_ERR_VALUE,
                   "score: wanted 1 output, 2 or 3 inputs, ip = (ranks, center, norm)");
  const nk_view *x = &call->in[0], *r = &call->in[1], *out = &call->out[0];
  if (x->dtype != NK_F32 && x->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "score: wanted float32 or float64, got %s",
                   nk_dtype_name[x->dtype]);
  if (x->ndim != 2 || r->ndim != 2 || x->shape[1] > UINT32_MAX)
    return nk_fail(error, NK_ERR_VALUE, "score: wanted two matrices with equally long rows");
  const layout l = lay(call);
  if (l.n * (l.n - 1) / 2 != l.n_pairs)
    return nk_fail(error, NK_ERR_VALUE, "score: %lld values are not the pairs of any number",
                   (long long)l.n_pairs);
  if (!is_plain(r, l.k, l.n_pairs) || call->ip[2] < 0 || call->ip[2] > WHITENED ||
      (call->n_in > 2 && (call->ip[2] != WHITENED || !is_plain(&call->in[2], l.n, l.n))))
    return nk_fail(error, NK_ERR_VALUE, "score: models or weights do not fit");
  if (out->dtype != NK_F64 || out->ndim != 2 || out->shape[0] != l.k || out->shape[1] != l.m)
    return nk_fail(error, NK_ERR_VALUE, "score: out: wanted float64 of shape (%lld, %lld)",
                   (long long)l.k, (long long)l.m);
  call->work_size = l.slot * (size_t)l.n_slots;
  return NK_OK;
}

static double fold(const double *s) {
  return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7]));
}

static double dot(const double *restrict a, const double *restrict b, int64_t n) {
  double s[LANES] = {0};
  const int64_t whole = n - n % LANES;
  for (int64_t k = 0; k < whole; k += LANES)
    for (int l = 0; l < LANES; l++) s[l] += a[k + l] * b[k + l];
  for (int64_t k = whole; k < n; k++) s[k - whole] += a[k] * b[k];
  return fold(s);
}

static void extent(const double *restrict x, int64_t n, double *sum, double *low, double *high) {
  double s[LANES] = {0}, least[LANES], most[LANES];
  for (int l = 0; l < LANES; l++) {
    least[l] = (double)INFINITY;
    most[l] = -(double)INFINITY;
  }
  const int64_t whole = n - n % LANES;
  for (int64_t k = 0; k < n; k += LANES)
    for (int64_t l = 0; l < (k < whole ? LANES : n - k); l++) {
      const double v = x[k + l];
      s[l] += v;
      least[l] = v < least[l] ? v : least[l];
      most[l] = v > most[l] ? v : most[l];
    }
  *sum = fold(s);
  *low = least[0];
  *high = most[0];
  for (int l = 1; l < LANES; l++) {
    *low = least[l] < *low ? least[l] : *low;
    *high = most[l] > *high ? most[l] : *high;
  }
}

/* One row as float64 with the mean taken away and brought to a size whose squares are numbers;
 * false where no similarity is defined. */
static bool load(const nk_view *v, int64_t row, bool center, double *restrict x) {
  const char *p = v->data + row * v->stride[0];
  const int64_t n = v->shape[1], step = v->stride[1];
  if (v->dtype == NK_F32)
    for (int64_t k = 0; k < n; k++) x[k] = (double)*(const float *)(const void *)(p + k * step);
  else
    for (int64_t k = 0; k < n; k++) x[k] = *(const double *)(const void *)(p + k * step);
  double sum, low, high;
  extent(x, n, &sum, &low, &high);
  const double most = fmax(fabs(low), fabs(high));
  if (isnan(sum) || !isfinite(most) || most == 0 || (center && low == high)) return false;
  if (most < TINY || most > LARGE) {
    int exponent;
    frexp(most, &exponent);
    for (int64_t k = 0; k < n; k++) x[k] = ldexp(x[k], -exponent);
    extent(x, n, &sum, &low, &high);
  }
  if (center)
    for (int64_t k = 0; k < n; k++) x[k] -= sum / (double)n;
  return true;
}

/* Mid-ranks of one row about their mean (N + 1) / 2; false where there is NaN or one value. */
static bool load_ranks(const nk_view *v, int64_t row, bool center, char *work, double *restrict x) {
  int64_t have;
  double *value;
  const uint64_t *s = nk_order_row(v, row, work, &value, &have);
  const int64_t n = v->shape[1];
  if (have < n || n == 0 || value[nk_order_place(s[0])] == value[nk_order_place(s[n - 1])])
    return false;
  nk_order_rank(s, value, n, (char *)x, sizeof *x);
  if (center)
    for (int64_t k = 0; k < n; k++) x[k] -= 0.5 * (double)(n + 1);
  return true;
}

/* tr(H D H D) with H = I - 11'/n. */
static double centred_trace(const layout *l, const double *restrict x, double *restrict sum) {
  for (int64_t i = 0; i < l->n; i++) sum[i] = 0;
  for (int64_t i = 0; i < l->n; i++) {
    const int64_t count = l->n - 1 - i;
    double s[LANES] = {0};
    double *below = sum + i + 1;
    for (int64_t k = 0; k < count - count % LANES; k += LANES)
      for (int lane = 0; lane < LANES; lane++) s[lane] += x[k + lane];
    for (int64_t k = count - count % LANES; k < count; k++) s[k % LANES] += x[k];
    for (int64_t k = 0; k < count; k++) below[k] += x[k];
    sum[i] += fold(s);
    x += count;
  }
  x -= l->n_pairs;
  const double n = (double)l->n;
  double all = 0;
  for (int64_t i = 0; i < l->n; i++) all += sum[i];
  return 2 * dot(x, x, l->n_pairs) - 2 / n * dot(sum, sum, l->n) + all / n * (all / n);
}

/* tr(P D P D) by Y = P D. */
static double weighted_trace(const layout *l, const nk_view *p, const double *restrict x,
                             double *restrict d) {
  const int64_t n = l->n;
  double *restrict y = d + n * n, trace = 0;
  for (int64_t i = 0; i < n; i++) {
    d[i * n + i] = 0;
    for (int64_t j = i + 1; j < n; j++) d[i * n + j] = d[j * n + i] = *x++;
  }
  for (int64_t i = 0; i < n; i++) {
    const double *weight = (const double *)(const void *)(p->data + i * p->stride[0]);
    for (int64_t j = 0; j < n; j++) y[i * n + j] = 0;
    for (int64_t k = 0; k < n; k++)
      for (int64_t j = 0; j < n; j++) y[i * n + j] += weight[k] * d[k * n + j];
  }
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = 0; j < n; j++) trace += y[i * n + j] * y[j * n + i];
  return trace;
}

static void score_row(const nk_call *call, const layout *l, int64_t row, char *work) {
  const nk_view *r = &call->in[1], *out = &call->out[0];
  const bool ranks = call->ip[0] != 0, center = call->ip[1] != 0;
  double *x = (double *)(void *)(work + l->x), *square = (double *)(void *)(work + l->square);
  double norm = 1;
  const bool have = ranks ? load_ranks(&call->in[0], row, center, work + l->order, x)
                          : load(&call->in[0], row, center, x);
  if (!have)
    norm = (double)NAN;
  else if (call->ip[2] == 1)
    norm = sqrt(dot(x, x, l->n_pairs));
  else if (call->ip[2] == WHITENED)
    norm = sqrt(0.25 * (call->n_in > 2 ? weighted_trace(l, &call->in[2], x, square)
                                       : centred_trace(l, x, square)));
  for (int64_t k = 0; k < l->k; k++) {
    const double *model = (const double *)(const void *)(r->data + k * r->stride[0]);
    const double v = isnan(norm) ? norm : dot(model, x, l->n_pairs) / norm;
    *(double *)(void *)(out->data + k * out->stride[0] + row * out->stride[1]) = v > 1    ? 1
                                                                                 : v < -1 ? -1
                                                                                          : v;
  }
}

typedef struct job {
  const nk_call *call;
  layout l;
} job;

static nk_status task(void *arg, int64_t slot, int worker) {
  const job *t = arg;
  (void)worker;
  for (int64_t row = slot; row < t->l.m; row += t->l.n_slots) {
    score_row(t->call, &t->l, row, t->call->work + (size_t)slot * t->l.slot);
    if (nk_cancelled(t->call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_score_run)(const nk_call *call) {
  job t = {.call = call, .l = lay(call)};
  nk_ctx ctx = *call->ctx;
  if (t.l.m * t.l.n_pairs * t.l.k < SPLIT_WORK) ctx.n_threads = 1;
  return nk_parallel(&ctx, t.l.n_slots, task, &t);
}
