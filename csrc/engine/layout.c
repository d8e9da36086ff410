/* Questions about one view: is it valid, which bytes does it touch, is it contiguous. */
#include <stdio.h>
#include <string.h>

#include "program.h"

int64_t nk_view_size(const nk_view *v) {
  int64_t n = 1;
  for (int d = 0; d < v->ndim; ++d) n *= v->shape[d];
  return n;
}

/* Everything later code multiplies is multiplied here first, with overflow checked: an element
 * count and an extent below 2^62 bytes. */
nk_status nk_view_validate(const nk_view *v, nk_error *error) {
  if (v->ndim < 0 || v->ndim > NK_MAXDIM)
    return nk_fail(error, NK_ERR_VALUE, "an operand has %d axes, the limit is %d", v->ndim,
                   NK_MAXDIM);
  if ((int)v->dtype < 0 || v->dtype >= NK_NDTYPES)
    return nk_fail(error, NK_ERR_TYPE, "unknown element type %d", (int)v->dtype);
  int64_t item = nk_dtype_size[v->dtype], count = item, extent = item;
  bool overflow = false;
  for (int d = 0; d < v->ndim; ++d) {
    if (v->shape[d] < 0)
      return nk_fail(error, NK_ERR_VALUE, "an axis has negative length %lld",
                     (long long)v->shape[d]);
    int64_t stride = v->stride[d], length = v->shape[d] > 0 ? v->shape[d] : 1, span;
    if (stride == INT64_MIN) overflow = true;
    if (stride < 0) stride = -stride;
    overflow |= __builtin_mul_overflow(count, length, &count);
    overflow |= __builtin_mul_overflow(stride, length - 1, &span);
    overflow |= __builtin_add_overflow(extent, span, &extent);
    if (overflow || count > ((int64_t)1 << 62) || extent > ((int64_t)1 << 62))
      return nk_fail(error, NK_ERR_VALUE, "an operand is larger than the address space");
  }
  return NK_OK;
}

void nk_view_extent(const nk_view *v, int64_t *low, int64_t *end) {
  int64_t lo = 0, hi = nk_dtype_size[v->dtype];
  for (int d = 0; d < v->ndim; ++d) {
    if (v->shape[d] == 0) {
      *low = *end = 0;
      return;
    }
    int64_t span = v->stride[d] * (v->shape[d] - 1);
    if (span < 0)
      lo += span;
    else
      hi += span;
  }
  *low = lo;
  *end = hi;
}

bool nk_view_contiguous(const nk_view *v, int first_axis) {
  int64_t expected = nk_dtype_size[v->dtype];
  if (nk_view_size(v) == 0) return true;
  for (int d = v->ndim - 1; d >= first_axis; --d) {
    if (v->shape[d] != 1 && v->stride[d] != expected) return false;
    expected *= v->shape[d];
  }
  return true;
}

bool nk_view_same_layout(const nk_view *a, const nk_view *b) {
  if (a->ndim != b->ndim || nk_dtype_size[a->dtype] != nk_dtype_size[b->dtype]) return false;
  for (int d = 0; d < a->ndim; ++d) {
    if (a->shape[d] != b->shape[d]) return false;
    if (a->shape[d] > 1 && a->stride[d] != b->stride[d]) return false;
  }
  return true;
}

void nk_view_set_contiguous(nk_view *v) {
  int64_t stride = nk_dtype_size[v->dtype];
  for (int d = v->ndim - 1; d >= 0; --d) {
    v->stride[d] = stride;
    if (v->shape[d] > 0) stride *= v->shape[d];
  }
}

void nk_view_text(const nk_view *v, char *text, size_t size) {
  int at = snprintf(text, size, "%s (", nk_dtype_name[v->dtype]);
  for (int d = 0; d < v->ndim && at > 0 && (size_t)at < size; ++d)
    at += snprintf(text + at, size - (size_t)at, d + 1 < v->ndim ? "%lld, " : "%lld",
                   (long long)v->shape[d]);
  if (at > 0 && (size_t)at < size)
    snprintf(text + at, size - (size_t)at, v->ndim == 1 ? ",)" : ")");
}
