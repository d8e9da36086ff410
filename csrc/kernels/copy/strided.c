/* A plain walk over all axes; the copy kernel plans, this does not. */
#include "strided.h"

#include <string.h>

static bool contiguous(const nk_view *v) {
  int64_t expected = nk_dtype_size[v->dtype];
  for (int d = v->ndim - 1; d >= 0; --d) {
    if (v->shape[d] != 1 && v->stride[d] != expected) return false;
    expected *= v->shape[d];
  }
  return true;
}

void NK_LV(nk_strided_copy)(const nk_view *out, const nk_view *in) {
  int64_t n = 1, index[NK_MAXDIM] = {0};
  for (int d = 0; d < out->ndim; ++d) n *= out->shape[d];
  if (n == 0 || (out->data == in->data && out->dtype == in->dtype)) return;
  if (out->dtype == in->dtype && contiguous(out) && contiguous(in)) {
    memcpy(out->data, in->data, (size_t)(n * nk_dtype_size[out->dtype]));
    return;
  }
  nk_cast_loop loop = NK_LV(nk_cast_find)(out->dtype, in->dtype);
  int last = out->ndim - 1;
  int64_t length = last < 0 ? 1 : out->shape[last];
  char *to = out->data;
  const char *from = in->data;
  for (;;) {
    loop(to, last < 0 ? 0 : out->stride[last], from, last < 0 ? 0 : in->stride[last], length);
    int d = last - 1;
    for (; d >= 0; --d) {
      to += out->stride[d];
      from += in->stride[d];
      if (++index[d] < out->shape[d]) break;
      to -= out->stride[d] * out->shape[d];
      from -= in->stride[d] * out->shape[d];
      index[d] = 0;
    }
    if (d < 0) return;
  }
}
