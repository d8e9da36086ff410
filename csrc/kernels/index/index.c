/* Checks and the row copy of the gather and scatter kernels. */
#include "index.h"

#include <string.h>

nk_status NK_LV(nk_index_check)(const nk_view *x, const nk_view *index, const nk_view *rows,
                                const char *name, nk_error *error) {
  if (index->dtype != NK_I64 || rows->dtype != x->dtype)
    return nk_fail(error, NK_ERR_TYPE, "%s: %s indexed by %s to %s, wanted one type and int64",
                   name, nk_dtype_name[x->dtype], nk_dtype_name[index->dtype],
                   nk_dtype_name[rows->dtype]);
  if (x->ndim != 3 || index->ndim != 1 || rows->ndim != 3 || rows->shape[0] != x->shape[0] ||
      rows->shape[2] != x->shape[2] || rows->shape[1] != index->shape[0])
    return nk_fail(error, NK_ERR_VALUE, "%s: wanted (A, n, B), (M,) and (A, M, B)", name);
  return NK_OK;
}

nk_status NK_LV(nk_index_validate)(const nk_view *index, int64_t n, nk_error *error) {
  int64_t m_end = index->shape[0], stride = index->stride[0];
  const char *at = index->data;
  for (int64_t m = 0; m < m_end; ++m, at += stride) {
    int64_t i = *(const int64_t *)(const void *)at;
    if (i < -n || i >= n)
      return nk_fail(error, NK_ERR_INDEX, "index %lld is out of bounds for axis of size %lld",
                     (long long)i, (long long)n);
  }
  return NK_OK;
}

#define NK_COPY(T)                                                                                \
  for (int64_t i = 0; i < n; ++i)                                                                 \
  *(T *)(void *)(to + i * to_stride) = *(const T *)(const void *)(from + i * from_stride)

void NK_LV(nk_index_copy)(char *to, int64_t to_stride, const char *from, int64_t from_stride,
                          int64_t n, int64_t item) {
  if (n > 1 && to_stride == item && from_stride == item) {
    memcpy(to, from, (size_t)(n * item));
    return;
  }
  switch (item) {
    case 1: NK_COPY(uint8_t); break;
    case 2: NK_COPY(uint16_t); break;
    case 4: NK_COPY(uint32_t); break;
    case 8: NK_COPY(uint64_t); break;
    default:
      for (int64_t i = 0; i < n; ++i)
        memcpy(to + i * to_stride, from + i * from_stride, (size_t)item);
  }
}
