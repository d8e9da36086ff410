/* cholesky: L (..., n, n) lower, A = L L^H, of a Hermitian positive definite A (..., n, n).
 *
 * Only the lower triangle of A is read; it is factorised where L is to lie, if its rows are
 * contiguous. LAPACK potrf; large real matrices by blocks, whose rows and updates are shared out to
 * the pool and cut by n alone. n^3/3 multiply-adds per matrix.
 */
#include "linalg.h"

#include <string.h>

#include "../../base/blas.h"
#include "../copy/strided.h"

enum { BLOCK = 256, WHOLE = 512 };

static const int CORE[] = {2, 2};

nk_status NK_LV(nk_cholesky_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "cholesky", 1, 1, 0, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *out = &call->out[0];
  p->n = (int)nk_axis(a, 1);
  if (nk_axis(a, 2) != p->n || nk_axis(out, 1) != p->n || nk_axis(out, 2) != p->n ||
      out->dtype != p->dtype)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "cholesky: wanted a square matrix");
  if (!nk_has_rows(out)) NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->n, nk_dtype_size[p->dtype]);
  p->cost = (double)p->n * p->n * p->n / 3;
  return NK_LV(nk_linalg_end)(p, call);
}

/* A matrix in row order on its way to L: columns up to `first` are done, `width` are next. */
typedef struct factor {
  const nk_ctx *ctx;
  nk_dtype dtype;
  char *data;
  int64_t n, ld, first, width;
} factor;

#define DEFINE_STEPS(T, suffix, trsm, syrk, gemm)                                                  \
  static void panel_##suffix(const factor *f, int64_t i, int64_t rows) {                           \
    T *a = (T *)(void *)f->data + f->first;                                                        \
    const int ld = (int)f->ld, width = (int)f->width;                                              \
    trsm(NK_ROW_MAJOR, NK_RIGHT, NK_LOWER, NK_TRANS, NK_NON_UNIT, (int)rows, width, 1,             \
         a + f->first * f->ld, ld, a + i * f->ld, ld);                                             \
  }                                                                                                \
  static void update_##suffix(const factor *f, int64_t i, int64_t rows, int64_t j, int64_t cols) { \
    T *a = (T *)(void *)f->data, *to = a + i * f->ld + j;                                          \
    const T *left = a + i * f->ld + f->first, *right = a + j * f->ld + f->first;                   \
    const int ld = (int)f->ld, width = (int)f->width;                                              \
    if (i == j)                                                                                    \
      syrk(NK_ROW_MAJOR, NK_LOWER, NK_NO_TRANS, (int)rows, width, -1, left, ld, 1, to, ld);        \
    else                                                                                           \
      gemm(NK_ROW_MAJOR, NK_NO_TRANS, NK_TRANS, (int)rows, (int)cols, width, -1, left, ld, right,  \
           ld, 1, to, ld);                                                                         \
  }

DEFINE_STEPS(float, f32, scipy_cblas_strsm, scipy_cblas_ssyrk, scipy_cblas_sgemm)
DEFINE_STEPS(double, f64, scipy_cblas_dtrsm, scipy_cblas_dsyrk, scipy_cblas_dgemm)

static inline int64_t at_most(int64_t x, int64_t most) { return x > most ? most : x; }

static nk_status panel(void *arg, int64_t number, int worker) {
  const factor *f = arg;
  (void)worker;
  if (nk_cancelled(f->ctx)) return NK_ERR_CANCELLED;
  const int64_t i = f->first + f->width + number * BLOCK, rows = at_most(f->n - i, BLOCK);
  if (f->dtype == NK_F32)
    panel_f32(f, i, rows);
  else
    panel_f64(f, i, rows);
  return NK_OK;
}

static nk_status update(void *arg, int64_t number, int worker) {
  const factor *f = arg;
  int64_t row = 0;
  (void)worker;
  if (nk_cancelled(f->ctx)) return NK_ERR_CANCELLED;
  for (; number > row; row++) number -= row + 1;
  const int64_t rest = f->first + f->width, i = rest + row * BLOCK, j = rest + number * BLOCK;
  const int64_t rows = at_most(f->n - i, BLOCK), cols = at_most(f->n - j, BLOCK);
  if (f->dtype == NK_F32)
    update_f32(f, i, rows, j, cols);
  else
    update_f64(f, i, rows, j, cols);
  return NK_OK;
}

/* The lower triangle of rows is the upper one of columns, LAPACK's order. */
static nk_status diagonal(const factor *f) {
  const int n = (int)f->width, ld = (int)f->ld;
  int info = 0;
  char *at = f->data + (f->first * f->ld + f->first) * (int64_t)nk_dtype_size[f->dtype];
  NK_LAPACK(f->dtype, potrf, "U", &n, at, &ld, &info);
  return info == 0 ? NK_OK
                   : nk_fail(f->ctx->error, NK_ERR_LINALG, "Matrix is not positive definite");
}

static nk_status factorise(factor *f) {
  const bool whole = f->n <= WHOLE || nk_is_complex(f->dtype);
  for (; f->first < f->n; f->first += f->width) {
    f->width = whole ? f->n : at_most(f->n - f->first, BLOCK);
    const int64_t tiles = (f->n - f->first - f->width + BLOCK - 1) / BLOCK;
    nk_status status = diagonal(f);
    if (status == NK_OK && tiles > 0) status = nk_parallel(f->ctx, tiles, panel, f);
    if (status == NK_OK && tiles > 0)
      status = nk_parallel(f->ctx, tiles * (tiles + 1) / 2, update, f);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const nk_view *a = &call->in[0], *out = &call->out[0];
  const int64_t n = p->n, item = (int64_t)nk_dtype_size[p->dtype];
  const nk_view to = nk_has_rows(out) ? nk_core(out) : nk_rows_at(work, p->dtype, n, n);
  const nk_view from = nk_core(a);
  if (n == 0) return NK_OK;
  if (from.stride[1] != item) NK_LV(nk_strided_copy)(&to, &from);
  for (int64_t i = 0; i < n; i++) {
    char *row = to.data + i * to.stride[0];
    if (from.stride[1] == item)
      memcpy(row, from.data + i * from.stride[0], (size_t)((i + 1) * item));
    memset(row + (i + 1) * item, 0, (size_t)((n - i - 1) * item));
  }
  factor f = {.ctx = call->ctx,
              .dtype = p->dtype,
              .data = to.data,
              .n = n,
              .ld = nk_at_least_1(to.stride[0] / item)};
  const nk_status status = factorise(&f);
  if (status == NK_OK && to.data != out->data) {
    const nk_view end = nk_core(out);
    NK_LV(nk_strided_copy)(&end, &to);
  }
  return status;
}

nk_status NK_LV(nk_cholesky_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, CORE, one);
}

void NK_LV(nk_cholesky_release)(void *prep) { nk_free(prep); }
