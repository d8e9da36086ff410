/* Rows of keys of one type in order: KEY, LANES, NAME(x) are set by the file that includes this, and for
 * 512-bit vectors SPLIT(at, spare, mask, v), which packs the lanes of a mask.
 *
 * Quicksort, or quickselect where only some places are asked for: a row is split at the median of nine
 * of its keys, what is less moving to the front and the rest by way of the spare room; where nothing is
 * less, what equals the pivot is done. Short rows are ranked: a key's place is the number of keys before
 * it, counted for a vector of keys at a time. A row that keeps splitting badly goes to heapsort, so that
 * the cost is O(n log n), of a few places O(n) expected.
 */

typedef KEY VEC __attribute__((vector_size(sizeof(KEY) * LANES), aligned(sizeof(KEY)), may_alias));

static inline VEC load(const KEY *at) { return *(const VEC *)(const void *)at; }
static inline void store(KEY *at, VEC v) { *(VEC *)(void *)at = v; }
static inline VEC splat(KEY x) { return x - (VEC){0}; }

/* The place of each key; a[n] and on up to a whole vector is overwritten. */
static void ranks(KEY *rank, KEY *a, int64_t n) {
  VEC lane = {0};
  for (int k = 0; k < LANES; ++k) lane[k] = (KEY)k;
  for (int64_t i = n; i % LANES; ++i) a[i] = KEY_MAX;
  for (int64_t r = 0; r < n; r += LANES) {
    const VEC v = load(a + r);
    VEC before = {0};
    const int64_t end = r + LANES < n ? r + LANES : n;
    for (int64_t i = 0; i < r; ++i) before -= splat(a[i]) <= v;
    for (int64_t i = r; i < end; ++i) {
      const VEC x = splat(a[i]);
      before -= (x < v) | ((x == v) & (lane > splat((KEY)(i - r))));
    }
    for (int64_t i = end; i < n; ++i) before -= splat(a[i]) < v;
    store(rank + r, before);
  }
}

static void sort_short(KEY *a, int64_t n) {
  KEY rank[NK_ORDER_SHORT], sorted[NK_ORDER_SHORT], padded[NK_ORDER_SHORT];
  if (n < 2) return;
  memcpy(padded, a, (size_t)n * sizeof(KEY));
  ranks(rank, padded, n);
  for (int64_t i = 0; i < n; ++i) sorted[rank[i]] = padded[i];
  memcpy(a, sorted, (size_t)n * sizeof(KEY));
}

static void sink(KEY *a, int64_t at, int64_t n) {
  const KEY x = a[at];
  for (int64_t child; (child = 2 * at + 1) < n; at = child) {
    child += child + 1 < n && a[child + 1] > a[child];
    if (a[child] <= x) break;
    a[at] = a[child];
  }
  a[at] = x;
}

static void heapsort_keys(KEY *a, int64_t n) {
  for (int64_t i = n / 2; i-- > 0;) sink(a, i, n);
  for (int64_t i = n - 1; i > 0; --i) {
    const KEY top = a[0];
    a[0] = a[i];
    a[i] = top;
    sink(a, 0, i);
  }
}

/* Keys below the pivot to the front, the others behind them, both in their order; how many are below. */
static int64_t split(KEY *a, KEY *spare, int64_t n, KEY pivot) {
  int64_t below = 0, above = 0, i = 0;
#ifdef SPLIT
  const VEC p = splat(pivot);
  for (; i + LANES <= n; i += LANES) {
    int count;
    SPLIT(a + below, spare + above, load(a + i), p, count);
    below += count;
    above += LANES - count;
  }
#endif
  for (; i < n; ++i) {
    const KEY x = a[i];
    const int64_t less = x < pivot;
    a[below] = spare[above] = x;
    below += less;
    above += 1 - less;
  }
  memcpy(a + below, spare, (size_t)above * sizeof(KEY));
  return below;
}

static KEY middle(KEY x, KEY y, KEY z) {
  const KEY low = x < y ? x : y, high = x < y ? y : x, rest = z < high ? z : high;
  return rest > low ? rest : low;
}

static KEY pivot_of(const KEY *a, int64_t n) {
  const int64_t step = n / 9;
  const KEY *b = a + step / 2;
  return middle(middle(b[0], b[step], b[2 * step]), middle(b[3 * step], b[4 * step], b[5 * step]),
                middle(b[6 * step], b[7 * step], b[8 * step]));
}

/* The places are counted from `base`; `splits` more are allowed. */
static void order(const nk_ctx *ctx, KEY *a, KEY *spare, int64_t n, int64_t base,
                  const int64_t *places, int64_t m, int splits) {
  while (n > NK_ORDER_SHORT && (places == NULL || m > 0)) {
    if (n > NK_ORDER_POLL && nk_cancelled(ctx)) return;
    if (splits-- == 0) {
      heapsort_keys(a, n);
      return;
    }
    const KEY pivot = pivot_of(a, n);
    int64_t left = split(a, spare, n, pivot);
    if (left == 0) { /* the pivot is the least: its equals are in place */
      left = pivot == KEY_MAX ? n : split(a, spare, n, (KEY)(pivot + 1));
    } else {
      int64_t m_left = 0;
      while (places != NULL && m_left < m && places[m_left] < base + left) ++m_left;
      order(ctx, a, spare, left, base, places, m_left, splits);
    }
    while (places != NULL && m > 0 && places[0] < base + left) ++places, --m;
    a += left;
    base += left;
    n -= left;
  }
  if (places == NULL || m > 0) sort_short(a, n);
}

void NK_LV(NAME(nk_order))(const nk_ctx *ctx, void *a, void *spare, int64_t n, const int64_t *places,
                           int64_t m) {
  int splits = 8;
  for (int64_t k = n; k > 1; k /= 2) splits += 3;
  order(ctx, a, spare, n, 0, places, m, splits);
}
