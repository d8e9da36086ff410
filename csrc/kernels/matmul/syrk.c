/* syrk: out (n, n) = a a^T, a (n, k), float32 or float64; symmetric to the bit.
 *
 * Tiles on and below the diagonal by OpenBLAS, each copied to its mirror image by the task that
 * made it. Tiles are cut by n alone: bit-equal at any number of threads. One axis of a is
 * contiguous, and so are the rows of out. Cost n^2 k / 2 multiply-adds.
 */
#include <string.h>

#include "../../base/blas.h"
#include "../../engine/kernel.h"
#include "../level.h"

enum { K_STEP = 4096 };

static int64_t width(int64_t n) { return n <= 512 ? 128 : n <= 2048 ? 256 : 512; }
static int64_t tiles(int64_t n) { return (n + width(n) - 1) / width(n); }

/* Whether the columns of a are the contiguous axis; then *ld is the step between them. */
static bool by_column(const nk_view *a, int64_t size, int64_t *ld) {
  const int64_t n = a->shape[0], k = a->shape[1];
  const int64_t row = n == 1 ? k * size : a->stride[0], col = k == 1 ? size : a->stride[1];
  if (col == size && row >= k * size) {
    *ld = row;
    return false;
  }
  *ld = k == 1 ? n * size : a->stride[1];
  return true;
}

nk_status NK_LV(nk_syrk_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "syrk: wanted 1 output, 1 input");
  const nk_view *a = &call->in[0], *out = &call->out[0];
  if ((a->dtype != NK_F32 && a->dtype != NK_F64) || out->dtype != a->dtype)
    return nk_fail(error, NK_ERR_TYPE, "syrk: wanted float32 or float64, the same for both");
  if (a->ndim != 2 || out->ndim != 2 || out->shape[0] != a->shape[0] ||
      out->shape[1] != a->shape[0])
    return nk_fail(error, NK_ERR_VALUE, "syrk: wanted a (n, k) and out (n, n)");
  const int64_t size = nk_dtype_size[a->dtype], n = a->shape[0], k = a->shape[1];
  if (n == 0) return NK_OK;
  int64_t ld;
  const bool column = by_column(a, size, &ld);
  if (k > 0 && (ld % size != 0 || ld / size > INT32_MAX || n > INT32_MAX ||
                (column && n > 1 && (a->stride[0] != size || ld < n * size))))
    return nk_fail(error, NK_ERR_VALUE, "syrk: one axis of a must be contiguous");
  if (n > 1 && (out->stride[1] != size || out->stride[0] < n * size || out->stride[0] % size != 0 ||
                out->stride[0] / size > INT32_MAX))
    return nk_fail(error, NK_ERR_VALUE, "syrk: the rows of out must be contiguous");
  return NK_OK;
}

#define DEFINE_TILE(T, suffix, syrk, gemm)                                                         \
  static nk_status tile_##suffix(const nk_call *call, int64_t i0, int64_t j0) {                    \
    const nk_view *a = &call->in[0], *out = &call->out[0];                                         \
    const int64_t size = (int64_t)sizeof(T), n = a->shape[0], w = width(n);                        \
    const int64_t rows = n - i0 < w ? n - i0 : w, cols = n - j0 < w ? n - j0 : w;                  \
    int64_t ld = size;                                                                             \
    const bool column = by_column(a, size, &ld);                                                   \
    const int lda = (int)(ld / size < 1 ? 1 : ld / size);                                          \
    const int64_t along = column ? ld / size : 1, across = column ? 1 : ld / size;                 \
    const int64_t step = n > 1 ? out->stride[0] / size : 1;                                        \
    const T *data = (const T *)(const void *)a->data;                                              \
    T *to = (T *)(void *)out->data + i0 * step + j0;                                               \
    for (int64_t c = 0; c < a->shape[1]; c += K_STEP) {                                            \
      if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;                                        \
      const int64_t k = a->shape[1] - c < K_STEP ? a->shape[1] - c : K_STEP;                       \
      const T *left = data + i0 * across + c * along, *right = data + j0 * across + c * along;     \
      if (i0 == j0)                                                                                \
        syrk(NK_ROW_MAJOR, NK_LOWER, column ? NK_TRANS : NK_NO_TRANS, (int)rows, (int)k, 1, left,  \
             lda, c > 0, to, (int)step);                                                           \
      else                                                                                         \
        gemm(NK_ROW_MAJOR, column ? NK_TRANS : NK_NO_TRANS, column ? NK_NO_TRANS : NK_TRANS,       \
             (int)rows, (int)cols, (int)k, 1, left, lda, right, lda, c > 0, to, (int)step);        \
    }                                                                                              \
    T *mirror = (T *)(void *)out->data + j0 * step + i0;                                           \
    for (int64_t i = 0; i < rows; i++)                                                             \
      for (int64_t j = 0; j < (i0 == j0 ? i : cols); j++) mirror[j * step + i] = to[i * step + j]; \
    return NK_OK;                                                                                  \
  }

DEFINE_TILE(float, f32, scipy_cblas_ssyrk, scipy_cblas_sgemm)
DEFINE_TILE(double, f64, scipy_cblas_dsyrk, scipy_cblas_dgemm)

static nk_status task(void *arg, int64_t number, int worker) {
  const nk_call *call = arg;
  int64_t row = 0;
  (void)worker;
  for (; number > row; row++) number -= row + 1;
  const int64_t w = width(call->in[0].shape[0]);
  return call->in[0].dtype == NK_F32 ? tile_f32(call, row * w, number * w)
                                     : tile_f64(call, row * w, number * w);
}

nk_status NK_LV(nk_syrk_run)(const nk_call *call) {
  nk_call copy = *call;
  const nk_view *out = &call->out[0];
  const int64_t n = out->shape[0], t = tiles(n);
  if (call->in[0].shape[1] == 0) {
    const size_t row = (size_t)(n * nk_dtype_size[out->dtype]);
    for (int64_t i = 0; i < n; i++) memset(out->data + i * out->stride[0], 0, row);
    return NK_OK;
  }
  return t == 0 ? NK_OK : nk_parallel(call->ctx, t * (t + 1) / 2, task, &copy);
}
