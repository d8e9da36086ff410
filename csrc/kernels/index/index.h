/* What take and the two scatters share: x (A, n, B), index int64 (M,), rows (A, M, B). */
#ifndef NK_KERNELS_INDEX_H
#define NK_KERNELS_INDEX_H

#include "../../engine/kernel.h"
#include "../level.h"

/* One dtype, three axes, and A, n, M, B that fit. */
nk_status NK_LV(nk_index_check)(const nk_view *x, const nk_view *index, const nk_view *rows,
                                const char *name, nk_error *error);

/* Every index in -n .. n - 1, or NK_ERR_INDEX naming the first that is not. */
nk_status NK_LV(nk_index_validate)(const nk_view *index, int64_t n, nk_error *error);

/* Index m, negative ones counted from the end; only after validation. */
static inline int64_t nk_index_at(const nk_view *index, int64_t m, int64_t n) {
  int64_t i = *(const int64_t *)(const void *)(index->data + m * index->stride[0]);
  return i < 0 ? i + n : i;
}

/* Copies n items between strided rows. */
void NK_LV(nk_index_copy)(char *to, int64_t to_stride, const char *from, int64_t from_stride,
                          int64_t n, int64_t item);

#endif
