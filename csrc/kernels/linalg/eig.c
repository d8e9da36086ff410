/* eig: A V = V diag(w) of any square A (..., n, n); w and V complex.
 *
 *   out (w) or (w, V); a column of V has norm 1 and its largest component is real
 *
 * LAPACK geev; about 25 n^3 multiply-adds with vectors. NaN and infinity are an error.
 */
#include "linalg.h"

#include <math.h>

static const int CORE_ALL[] = {1, 2, 2}, CORE_VALUES[] = {1, 2};

static int geev(const nk_linalg *p, bool vectors, void *a, char *w, char *wi, void *v, void *work,
                int lwork, void *rwork) {
  int info = 0;
  const int ld = nk_at_least_1(p->n), one = 1;
  const char *job = vectors ? "V" : "N";
  switch (p->dtype) {
    case NK_F32:
      scipy_sgeev_("N", job, &p->n, a, &ld, w, wi, NULL, &one, v, &ld, work, &lwork, &info);
      break;
    case NK_F64:
      scipy_dgeev_("N", job, &p->n, a, &ld, w, wi, NULL, &one, v, &ld, work, &lwork, &info);
      break;
    case NK_C64:
      scipy_cgeev_("N", job, &p->n, a, &ld, w, NULL, &one, v, &ld, work, &lwork, rwork, &info);
      break;
    default:
      scipy_zgeev_("N", job, &p->n, a, &ld, w, NULL, &one, v, &ld, work, &lwork, rwork, &info);
  }
  return info;
}

nk_status NK_LV(nk_eig_check)(nk_call *call) {
  nk_linalg *p;
  const bool vectors = call->n_out == 2;
  nk_status status = NK_LV(nk_linalg_begin)(call, "eig", vectors ? 2 : 1, 1, 0,
                                            vectors ? CORE_ALL : CORE_VALUES, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *w = &call->out[0], *v = &call->out[1];
  const nk_dtype complex = nk_complex_of(p->dtype);
  p->n = (int)nk_axis(a, 1);
  if (nk_axis(a, 2) != p->n || nk_axis(w, 1) != p->n || w->dtype != complex ||
      (vectors && (nk_axis(v, 1) != p->n || nk_axis(v, 2) != p->n || v->dtype != complex)))
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "eig: wanted a square matrix");
  const size_t item = nk_dtype_size[p->dtype], pair = nk_dtype_size[complex];
  const int64_t n = p->n;
  double answer[2] = {1, 0}, none[2]; /* LAPACK writes the first element of more than work */
  char *unused = (char *)none;
  if (n > 0) geev(p, vectors, unused, unused, unused, unused, answer, -1, unused);
  p->lwork = nk_work_wanted(p->dtype, answer);
  p->at[0] = NK_LV(nk_linalg_place)(p, n * n, item);
  p->at[1] = NK_LV(nk_linalg_place)(p, n, item);
  p->at[2] = NK_LV(nk_linalg_place)(p, n, item);
  p->at[3] = NK_LV(nk_linalg_place)(p, vectors ? n * n : 1, item);
  p->at[4] = NK_LV(nk_linalg_place)(p, p->lwork, item);
  p->at[5] = NK_LV(nk_linalg_place)(p, 2 * n, pair); /* rwork, then w joined */
  p->at[6] = NK_LV(nk_linalg_place)(p, vectors ? n * n : 1, pair);
  p->cost = (vectors ? 25.0 : 10.0) * (double)(n * n * n);
  return NK_LV(nk_linalg_end)(p, call);
}

/* w = wr + i wi; conjugate pairs of columns of v hold the real and imaginary parts of a vector. */
#define DEFINE_JOIN(T, suffix)                                                                   \
  static void join_##suffix(int64_t n, bool vectors, const T *wr, const T *wi, const T *v, T *w, \
                            T *out) {                                                            \
    for (int64_t j = 0; j < n; j++) {                                                            \
      w[2 * j] = wr[j];                                                                          \
      w[2 * j + 1] = wi[j];                                                                      \
    }                                                                                            \
    for (int64_t j = 0; vectors && j < n; j++) {                                                 \
      const bool is_pair = wi[j] != 0 && j + 1 < n;                                              \
      for (int64_t i = 0; i < n; i++) {                                                          \
        const T re = v[j * n + i], im = is_pair ? v[(j + 1) * n + i] : 0;                        \
        out[2 * (j * n + i)] = re;                                                               \
        out[2 * (j * n + i) + 1] = im;                                                           \
        if (is_pair) {                                                                           \
          out[2 * ((j + 1) * n + i)] = re;                                                       \
          out[2 * ((j + 1) * n + i) + 1] = -im;                                                  \
        }                                                                                        \
      }                                                                                          \
      if (is_pair) j++;                                                                          \
    }                                                                                            \
  }                                                                                              \
  static bool finite_##suffix(const T *a, int64_t n) {                                           \
    for (int64_t i = 0; i < n; i++)                                                              \
      if (!isfinite(a[i])) return false;                                                         \
    return true;                                                                                 \
  }

DEFINE_JOIN(float, f32)
DEFINE_JOIN(double, f64)

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const int64_t n = p->n;
  if (n == 0) return NK_OK;
  const bool vectors = call->n_out == 2, complex = nk_is_complex(p->dtype);
  const bool single = nk_real_of(p->dtype) == NK_F32;
  void *w = work + p->at[1], *wi = work + p->at[2], *v = work + p->at[3];
  NK_LV(nk_linalg_load)(work, n, &call->in[0]);
  const int64_t count = n * n * (complex ? 2 : 1);
  if (single ? !finite_f32((void *)work, count) : !finite_f64((void *)work, count))
    return nk_fail(call->ctx->error, NK_ERR_LINALG, "Array must not contain infs or NaNs");
  if (geev(p, vectors, work, w, wi, v, work + p->at[4], p->lwork, work + p->at[5]) != 0)
    return nk_fail(call->ctx->error, NK_ERR_LINALG, "Eigenvalues did not converge");
  if (!complex) {
    void *joined = work + p->at[5], *out = work + p->at[6];
    if (single)
      join_f32(n, vectors, w, wi, v, joined, out);
    else
      join_f64(n, vectors, w, wi, v, joined, out);
    w = joined;
    v = out;
  }
  NK_LV(nk_linalg_store_vector)(&call->out[0], w);
  if (vectors) NK_LV(nk_linalg_store)(&call->out[1], v, n);
  return NK_OK;
}

nk_status NK_LV(nk_eig_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, call->n_out == 2 ? CORE_ALL : CORE_VALUES, one);
}

void NK_LV(nk_eig_release)(void *prep) { nk_free(prep); }
