/* Kernel `ridge_error`: squared test error of a diagonalised ridge problem for every alpha.
 *
 *   out[0] E (n_alpha, t) float64: E_kt = sum_r (Z_rt - sum_q P_rq D_kq A_qt)^2
 *   in[0]  A (q, t) targets turned to the eigenvectors of the training problem
 *   in[1]  P (r, q) predictors of the test samples in the same basis
 *   in[2]  D (n_alpha, q) float64: 1 / (eigenvalue + alpha)
 *   in[3]  Z (r, t) what was measured; may be left out: zero
 *   ip     (triangular,): 1 says that P is square and zero below its diagonal, and Z is left out
 *
 * A, P, Z are float32 or float64 alike; rows of P are contiguous. Targets are taken in chunks whose
 * scaled copy D A stays in cache; a triangular P is multiplied in place at half the cost. Squares
 * are summed in float64. Cost: n_alpha r q t multiply-adds.
 */
#include "../../base/blas.h"
#include "../../engine/kernel.h"
#include "../level.h"

enum { TARGETS = 256, ROWS = 256, SLOTS = 16 };

static size_t slot_size(int64_t q, int64_t size) {
  const int64_t bytes = (q + ROWS) * TARGETS * size + TARGETS * (int64_t)sizeof(double);
  return ((size_t)bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
}

static int64_t chunks(const nk_call *call) {
  return (call->in[0].shape[1] + TARGETS - 1) / TARGETS;
}

static int64_t slots(const nk_call *call) { return chunks(call) < SLOTS ? chunks(call) : SLOTS; }

nk_status NK_LV(nk_ridge_error_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  const bool measured = call->n_in == 4;
  if (call->n_out != 1 || (call->n_in != 3 && !measured) || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE,
                   "ridge_error: wanted 1 output, 3 or 4 inputs, ip (triangular,)");
  const nk_view *a = &call->in[0], *p = &call->in[1], *d = &call->in[2], *e = &call->out[0];
  const nk_view *z = measured ? &call->in[3] : NULL;
  if ((a->dtype != NK_F32 && a->dtype != NK_F64) || p->dtype != a->dtype ||
      (measured && z->dtype != a->dtype) || d->dtype != NK_F64 || e->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE,
                   "ridge_error: wanted A, P, Z of one type float32 or float64, D and E float64");
  if (a->ndim != 2 || p->ndim != 2 || d->ndim != 2 || e->ndim != 2 || p->shape[1] != a->shape[0] ||
      d->shape[1] != a->shape[0] || e->shape[0] != d->shape[0] || e->shape[1] != a->shape[1] ||
      (measured && (z->ndim != 2 || z->shape[0] != p->shape[0] || z->shape[1] != a->shape[1])))
    return nk_fail(error, NK_ERR_VALUE, "ridge_error: shapes of A, P, Z, D and E do not fit");
  if (call->ip[0] && (measured || p->shape[0] != p->shape[1]))
    return nk_fail(error, NK_ERR_VALUE, "ridge_error: a triangular P is square and goes without Z");
  const int64_t size = nk_dtype_size[a->dtype];
  if (p->shape[1] > 1 && p->stride[1] != size)
    return nk_fail(error, NK_ERR_VALUE, "ridge_error: rows of P must be contiguous");
  if (p->shape[0] > 1 && (p->stride[0] < p->shape[1] * size || p->stride[0] % size))
    return nk_fail(error, NK_ERR_VALUE, "ridge_error: rows of P must follow one another");
  call->work_size = slot_size(a->shape[0], size) * (size_t)slots(call);
  return NK_OK;
}

static inline double factor_of(const nk_view *d, int64_t k, int64_t q) {
  return *(const double *)(const void *)(d->data + k * d->stride[0] + q * d->stride[1]);
}

/* One chunk of targets for all alphas; T is float or double, `gemm` and `trmm` the BLAS calls. */
#define DEFINE_CHUNK(T, suffix, gemm, trmm)                                                     \
  /* to = factor * from, over t values */                                                       \
  static void scale_##suffix(T *restrict to, const nk_view *from, int64_t row, int64_t first,   \
                             int64_t t, T factor) {                                             \
    const char *data = from->data + row * from->stride[0] + first * from->stride[1];            \
    if (from->stride[1] == (int64_t)sizeof(T)) {                                                \
      const T *x = (const T *)(const void *)data;                                               \
      for (int64_t j = 0; j < t; j++) to[j] = x[j] * factor;                                    \
    } else {                                                                                    \
      for (int64_t j = 0; j < t; j++)                                                           \
        to[j] = *(const T *)(const void *)(data + j * from->stride[1]) * factor;                \
    }                                                                                           \
  }                                                                                             \
                                                                                                \
  static void square_##suffix(double *restrict sum, const T *x, int64_t rows, int64_t t) {      \
    for (int64_t m = 0; m < rows; m++)                                                          \
      for (int64_t j = 0; j < t; j++) sum[j] += (double)x[m * t + j] * (double)x[m * t + j];    \
  }                                                                                             \
                                                                                                \
  static void chunk_##suffix(const nk_call *call, int64_t first, char *work) {                  \
    const nk_view *a = &call->in[0], *p = &call->in[1], *d = &call->in[2], *e = &call->out[0];  \
    const nk_view *z = call->n_in == 4 ? &call->in[3] : NULL;                                   \
    const int64_t q = a->shape[0], r = p->shape[0];                                             \
    const int64_t t = a->shape[1] - first < TARGETS ? a->shape[1] - first : TARGETS;            \
    const int lda = (int)(r > 1 ? p->stride[0] / (int64_t)sizeof(T) : (q > 1 ? q : 1));         \
    T *scaled = (T *)(void *)work, *error = scaled + q * TARGETS;                               \
    double *sum = (double *)(void *)(error + ROWS * TARGETS);                                   \
    for (int64_t k = 0; k < d->shape[0]; k++) {                                                 \
      for (int64_t i = 0; i < q; i++)                                                           \
        scale_##suffix(scaled + i * t, a, i, first, t, (T)factor_of(d, k, i));                  \
      for (int64_t j = 0; j < t; j++) sum[j] = 0;                                               \
      if (call->ip[0]) {                                                                        \
        if (q > 0)                                                                              \
          trmm(NK_ROW_MAJOR, NK_LEFT, NK_UPPER, NK_NO_TRANS, NK_NON_UNIT, (int)q, (int)t, 1,    \
               (const T *)(const void *)p->data, lda, scaled, (int)t);                          \
        square_##suffix(sum, scaled, q, t);                                                     \
      } else {                                                                                  \
        for (int64_t i = 0; i < r; i += ROWS) {                                                 \
          const int64_t rows = r - i < ROWS ? r - i : ROWS;                                     \
          for (int64_t m = 0; m < rows; m++) {                                                  \
            if (z != NULL)                                                                      \
              scale_##suffix(error + m * t, z, i + m, first, t, 1);                             \
            else                                                                                \
              for (int64_t j = 0; j < t; j++) error[m * t + j] = 0;                             \
          }                                                                                     \
          if (q > 0)                                                                            \
            gemm(NK_ROW_MAJOR, NK_NO_TRANS, NK_NO_TRANS, (int)rows, (int)t, (int)q, -1,         \
                 (const T *)(const void *)(p->data + i * p->stride[0]), lda, scaled, (int)t, 1, \
                 error, (int)t);                                                                \
          square_##suffix(sum, error, rows, t);                                                 \
        }                                                                                       \
      }                                                                                         \
      for (int64_t j = 0; j < t; j++)                                                           \
        *(double *)(void *)(e->data + k * e->stride[0] + (first + j) * e->stride[1]) = sum[j];  \
    }                                                                                           \
  }

DEFINE_CHUNK(float, f32, scipy_cblas_sgemm, scipy_cblas_strmm)
DEFINE_CHUNK(double, f64, scipy_cblas_dgemm, scipy_cblas_dtrmm)

static nk_status task(void *arg, int64_t slot, int worker) {
  const nk_call *call = arg;
  const int64_t size = nk_dtype_size[call->in[0].dtype];
  char *work = call->work + (size_t)slot * slot_size(call->in[0].shape[0], size);
  (void)worker;
  for (int64_t c = slot; c < chunks(call); c += slots(call)) {
    if (call->in[0].dtype == NK_F32)
      chunk_f32(call, c * TARGETS, work);
    else
      chunk_f64(call, c * TARGETS, work);
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_ridge_error_run)(const nk_call *call) {
  nk_call copy = *call;
  return nk_parallel(call->ctx, slots(call), task, &copy);
}
