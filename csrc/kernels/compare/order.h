/* Sorting the places of a row by value in linear time; shared by `rank`, `kendall` and `score`.
 *
 * An item is a 32-bit key above a 32-bit place, sorted by the key in three radix passes of eleven
 * bits. Keys are the values in proportion to their place between the least and the largest, which
 * keeps their order; values that share a key are put in order afterwards by insertion. Where too
 * many do (outliers squeeze the rest together), the row is sorted once more by all 64 bits of the
 * values: by the lower half, then, as the passes are stable, by the upper half.
 */
#ifndef NK_COMPARE_ORDER_H
#define NK_COMPARE_ORDER_H

#include <math.h>
#include <string.h>

#include "../../engine/kernel.h"

enum { NK_ORDER_BITS = 11, NK_ORDER_BUCKETS = 1 << NK_ORDER_BITS, NK_ORDER_PATIENCE = 8 };

/* Bytes of workspace for rows of n: values, and items to and fro. */
static inline size_t nk_order_size(int64_t n) {
  const size_t bytes = (size_t)n * 3 * sizeof(double);
  return (bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
}

static inline uint32_t nk_order_place(uint64_t item) { return (uint32_t)item; }

static inline uint64_t nk_order_digit(uint64_t item, int pass) {
  return item >> (32 + pass * NK_ORDER_BITS) & (NK_ORDER_BUCKETS - 1);
}

/* Sorts by the keys, lowest digit first, with b as large as a; returns where the items end up. */
static inline uint64_t *nk_order_radix(uint64_t *a, uint64_t *b, int64_t n) {
  uint32_t start[3][NK_ORDER_BUCKETS] = {{0}};
  for (int64_t k = 0; k < n; k++)
    for (int pass = 0; pass < 3; pass++) start[pass][nk_order_digit(a[k], pass)]++;
  for (int pass = 0; pass < 3; pass++) {
    uint32_t sum = 0, *at = start[pass];
    if (n > 0 && at[nk_order_digit(a[0], pass)] == n) continue; /* one digit for all */
    for (int d = 0; d < NK_ORDER_BUCKETS; d++) {
      const uint32_t count = at[d];
      at[d] = sum;
      sum += count;
    }
    for (int64_t k = 0; k < n; k++) b[at[nk_order_digit(a[k], pass)]++] = a[k];
    uint64_t *swap = a;
    a = b;
    b = swap;
  }
  return a;
}

/* An unsigned integer in the order of the numbers. */
static inline uint64_t nk_order_key(double v) {
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static inline double nk_order_load(const nk_view *x, const char *p) {
  const double v = x->dtype == NK_F32 ? (double)*(const float *)(const void *)p
                                      : *(const double *)(const void *)p;
  return v == 0 ? 0 : v; /* one zero */
}

/* Puts items with equal keys in order of value; false when that takes too many steps. */
static inline bool nk_order_settle(uint64_t *a, int64_t n, const double *value) {
  int64_t steps = 0;
  for (int64_t k = 1; k < n; k++) {
    if (a[k] >> 32 != a[k - 1] >> 32) continue;
    const uint64_t item = a[k];
    const double v = value[nk_order_place(item)];
    int64_t at = k;
    while (at > 0 && a[at - 1] >> 32 == item >> 32 && value[nk_order_place(a[at - 1])] > v) {
      a[at] = a[at - 1];
      at--;
      steps++;
    }
    a[at] = item;
    if (steps > NK_ORDER_PATIENCE * n) return false;
  }
  return true;
}

/* Items of the row's numbers in ascending order (ties in no order), *have of them: NaN is left out.
 * value[place] holds the row as float64. n is below 2^32. */
static inline const uint64_t *nk_order_row(const nk_view *x, int64_t row, char *work,
                                           double **value, int64_t *have) {
  const int64_t n = x->shape[1];
  const char *p = x->data + row * x->stride[0];
  double *v = (double *)(void *)work, low = (double)INFINITY, high = -(double)INFINITY;
  uint64_t *a = (uint64_t *)(void *)(v + n), *b = a + n;
  int64_t count = 0;
  for (int64_t k = 0; k < n; k++) {
    v[k] = nk_order_load(x, p + k * x->stride[1]);
    if (isnan(v[k])) continue;
    low = v[k] < low ? v[k] : low;
    high = v[k] > high ? v[k] : high;
    a[count++] = (uint64_t)k;
  }
  *value = v;
  *have = count;
  if (count == 0) return a;
  const double scale = 4294967295.0 / (high - low);
  if (isfinite(high - low) && isfinite(scale)) {
    for (int64_t k = 0; k < count; k++)
      a[k] |= (uint64_t)((v[nk_order_place(a[k])] - low) * scale) << 32;
    uint64_t *sorted = nk_order_radix(a, b, count);
    if (nk_order_settle(sorted, count, v)) return sorted;
    b = sorted == a ? b : a;
    a = sorted;
  }
  for (int half = 0; half < 2; half++) {
    for (int64_t k = 0; k < count; k++) {
      const uint32_t place = nk_order_place(a[k]);
      const uint64_t key = nk_order_key(v[place]);
      a[k] = (half ? key >> 32 : key & UINT32_MAX) << 32 | place;
    }
    uint64_t *sorted = nk_order_radix(a, b, count);
    b = sorted == a ? b : a;
    a = sorted;
  }
  return a;
}

/* Mid-ranks, 1 for the least: that of place k goes to k step bytes behind to. */
static inline void nk_order_rank(const uint64_t *item, const double *value, int64_t count, char *to,
                                 int64_t step) {
  for (int64_t first = 0, last; first < count; first = last) {
    const double v = value[nk_order_place(item[first])];
    for (last = first + 1; last < count && value[nk_order_place(item[last])] == v;) last++;
    const double rank = 0.5 * (double)(first + 1 + last);
    for (int64_t k = first; k < last; k++)
      *(double *)(void *)(to + nk_order_place(item[k]) * step) = rank;
  }
}

#endif
