/* What a run may watch on request: the first NaN, and time. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "frame.h"

int64_t nk_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool is_nan(const char *item, nk_dtype dtype) {
  float f[2] = {0, 0};
  double d[2] = {0, 0};
  if (dtype == NK_F32 || dtype == NK_C64)
    memcpy(f, item, nk_dtype_size[dtype]);
  else
    memcpy(d, item, nk_dtype_size[dtype]);
  return f[0] != f[0] || f[1] != f[1] || d[0] != d[0] || d[1] != d[1];
}

/* Walks the elements in C order; true, with its index, at the first NaN. */
static bool find_nan(const nk_view *v, int64_t *index) {
  if (v->dtype < NK_F32 || nk_view_size(v) == 0) return false;
  memset(index, 0, sizeof(int64_t) * NK_MAXDIM);
  const char *item = v->data;
  for (;;) {
    if (is_nan(item, v->dtype)) return true;
    int d = v->ndim - 1;
    for (; d >= 0; --d) {
      item += v->stride[d];
      if (++index[d] < v->shape[d]) break;
      item -= v->stride[d] * v->shape[d];
      index[d] = 0;
    }
    if (d < 0) return false;
  }
}

bool nk_nan_in(const nk_call *call) {
  int64_t index[NK_MAXDIM];
  for (int k = 0; k < call->n_in; ++k)
    if (find_nan(&call->in[k], index)) return true;
  return false;
}

nk_status nk_nan_check(const nk_call *call, nk_error *error) {
  int64_t index[NK_MAXDIM];
  for (int j = 0; j < call->n_out; ++j) {
    if (!find_nan(&call->out[j], index)) continue;
    char text[160];
    int at = 0;
    text[0] = '\0';
    for (int d = 0; d < call->out[j].ndim && at < 130; ++d)
      at += snprintf(text + at, sizeof text - (size_t)at, d > 0 ? ", %lld" : "%lld",
                     (long long)index[d]);
    return nk_fail(error, NK_ERR_NAN, "the first NaN appears at element (%s)", text);
  }
  return NK_OK;
}
