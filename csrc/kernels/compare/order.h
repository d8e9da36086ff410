/* Sorting the places of a row by value in linear time; shared by `rank` and `kendall`.
 *
 * Values are mapped to 32-bit keys in proportion to their place between the least and the largest,
 * which keeps their order, and sorted by radix in three passes of eleven bits. Values that share a
 * key are put in order afterwards by insertion; where too many do (outliers squeeze the rest
 * together), the row is sorted once more by all 64 bits of the values in six passes.
 */
#ifndef NK_COMPARE_ORDER_H
#define NK_COMPARE_ORDER_H

#include <math.h>
#include <string.h>

#include "../../engine/kernel.h"

enum { NK_ORDER_BITS = 11, NK_ORDER_BUCKETS = 1 << NK_ORDER_BITS, NK_ORDER_PATIENCE = 8 };

typedef struct nk_order_item {
  uint64_t key;
  uint32_t place;
} nk_order_item;

/* Bytes of workspace for rows of n: values, and items to and fro. */
static inline size_t nk_order_size(int64_t n) {
  const size_t bytes = (size_t)n * (sizeof(double) + 2 * sizeof(nk_order_item));
  return (bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
}

/* Sorts by the lowest n_bits of the keys, lowest digit first; returns where the items end up. */
static inline nk_order_item *nk_order_radix(nk_order_item *a, nk_order_item *b, int64_t n,
                                            int n_bits) {
  for (int shift = 0; shift < n_bits; shift += NK_ORDER_BITS) {
    uint32_t start[NK_ORDER_BUCKETS] = {0}, sum = 0;
    for (int64_t k = 0; k < n; k++) start[a[k].key >> shift & (NK_ORDER_BUCKETS - 1)]++;
    if (start[a[0].key >> shift & (NK_ORDER_BUCKETS - 1)] == n) continue; /* one digit for all */
    for (int d = 0; d < NK_ORDER_BUCKETS; d++) {
      const uint32_t count = start[d];
      start[d] = sum;
      sum += count;
    }
    for (int64_t k = 0; k < n; k++) b[start[a[k].key >> shift & (NK_ORDER_BUCKETS - 1)]++] = a[k];
    nk_order_item *swap = a;
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
static inline bool nk_order_settle(nk_order_item *a, int64_t n, const double *value) {
  int64_t steps = 0;
  for (int64_t k = 1; k < n; k++) {
    if (a[k].key != a[k - 1].key) continue;
    const nk_order_item item = a[k];
    int64_t at = k;
    while (at > 0 && a[at - 1].key == item.key && value[a[at - 1].place] > value[item.place]) {
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
static inline const nk_order_item *nk_order_row(const nk_view *x, int64_t row, char *work,
                                                double **value, int64_t *have) {
  const int64_t n = x->shape[1];
  const char *p = x->data + row * x->stride[0];
  double *v = (double *)(void *)work, low = (double)INFINITY, high = -(double)INFINITY;
  nk_order_item *a = (nk_order_item *)(void *)(v + n), *b = a + n;
  int64_t count = 0;
  for (int64_t k = 0; k < n; k++) {
    v[k] = nk_order_load(x, p + k * x->stride[1]);
    if (isnan(v[k])) continue;
    low = v[k] < low ? v[k] : low;
    high = v[k] > high ? v[k] : high;
    a[count++].place = (uint32_t)k;
  }
  *value = v;
  *have = count;
  if (count == 0) return a;
  const double scale = 4294967295.0 / (high - low);
  if (isfinite(high - low) && isfinite(scale)) {
    for (int64_t k = 0; k < count; k++) a[k].key = (uint64_t)((v[a[k].place] - low) * scale);
    nk_order_item *sorted = nk_order_radix(a, b, count, 32);
    if (nk_order_settle(sorted, count, v)) return sorted;
    if (sorted != a) memcpy(a, sorted, (size_t)count * sizeof *a);
  }
  for (int64_t k = 0; k < count; k++) a[k].key = nk_order_key(v[a[k].place]);
  return nk_order_radix(a, b, count, 64);
}

#endif
