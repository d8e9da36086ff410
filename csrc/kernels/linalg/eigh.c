/* eigh: A = V diag(w) V^H of a Hermitian A (..., n, n); w (..., n) real and rising.
 *
 *   out (w) or (w, V);  ip (lower,): which triangle of A is read
 *
 * LAPACK syevd / heevd; about 9 n^3 multiply-adds with vectors.
 */
#include "linalg.h"

static const int CORE_ALL[] = {1, 2, 2}, CORE_VALUES[] = {1, 2};

static int evd(const nk_linalg *p, bool vectors, bool lower, void *a, void *w, void *work,
               int lwork, void *rwork, int lrwork, int *iwork, int liwork) {
  int info = 0;
  const int ld = nk_at_least_1(p->n);
  const char *job = vectors ? "V" : "N", *uplo = lower ? "L" : "U";
  switch (p->dtype) {
    case NK_F32:
      scipy_ssyevd_(job, uplo, &p->n, a, &ld, w, work, &lwork, iwork, &liwork, &info);
      break;
    case NK_F64:
      scipy_dsyevd_(job, uplo, &p->n, a, &ld, w, work, &lwork, iwork, &liwork, &info);
      break;
    case NK_C64:
      scipy_cheevd_(job, uplo, &p->n, a, &ld, w, work, &lwork, rwork, &lrwork, iwork, &liwork,
                    &info);
      break;
    default:
      scipy_zheevd_(job, uplo, &p->n, a, &ld, w, work, &lwork, rwork, &lrwork, iwork, &liwork,
                    &info);
  }
  return info;
}

nk_status NK_LV(nk_eigh_check)(nk_call *call) {
  nk_linalg *p;
  const bool vectors = call->n_out == 2;
  nk_status status = NK_LV(nk_linalg_begin)(call, "eigh", vectors ? 2 : 1, 1, 1,
                                            vectors ? CORE_ALL : CORE_VALUES, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *w = &call->out[0], *v = &call->out[1];
  p->n = (int)nk_axis(a, 1);
  if (nk_axis(a, 2) != p->n || nk_axis(w, 1) != p->n || w->dtype != nk_real_of(p->dtype) ||
      (vectors && (nk_axis(v, 1) != p->n || nk_axis(v, 2) != p->n || v->dtype != p->dtype)))
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "eigh: wanted a square matrix");
  const size_t item = nk_dtype_size[p->dtype], real = nk_dtype_size[nk_real_of(p->dtype)];
  double answer[2] = {1, 0}, real_answer[2] = {1, 0}, none[2];
  int int_answer = 1;
  if (p->n > 0) evd(p, vectors, true, none, none, answer, -1, real_answer, -1, &int_answer, -1);
  p->lwork = nk_work_wanted(p->dtype, answer);
  p->lrwork = nk_work_wanted(p->dtype, real_answer);
  p->liwork = nk_at_least_1(int_answer);
  p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->n, item);
  p->at[1] = NK_LV(nk_linalg_place)(p, p->n, real);
  p->at[2] = NK_LV(nk_linalg_place)(p, p->lwork, item);
  p->at[3] = NK_LV(nk_linalg_place)(p, p->lrwork, real);
  p->at[4] = NK_LV(nk_linalg_place)(p, p->liwork, sizeof(int));
  p->cost = (vectors ? 9.0 : 3.0) * p->n * p->n * p->n;
  return NK_LV(nk_linalg_end)(p, call);
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  if (p->n == 0) return NK_OK;
  const bool vectors = call->n_out == 2;
  char *w = work + p->at[1];
  NK_LV(nk_linalg_load)(work, p->n, &call->in[0]);
  const int info = evd(p, vectors, call->ip[0] != 0, work, w, work + p->at[2], p->lwork,
                       work + p->at[3], p->lrwork, (int *)(void *)(work + p->at[4]), p->liwork);
  if (info != 0) return nk_fail(call->ctx->error, NK_ERR_LINALG, "Eigenvalues did not converge");
  NK_LV(nk_linalg_store_vector)(&call->out[0], w);
  if (vectors) NK_LV(nk_linalg_store)(&call->out[1], work, p->n);
  return NK_OK;
}

nk_status NK_LV(nk_eigh_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, call->n_out == 2 ? CORE_ALL : CORE_VALUES, one);
}

void NK_LV(nk_eigh_release)(void *prep) { nk_free(prep); }
