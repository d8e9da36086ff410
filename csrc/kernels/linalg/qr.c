/* qr: A (..., m, n) = Q (..., m, k) R (..., k, n), Q with orthonormal columns, R upper triangular.
 *
 * k is min(m, n), or m for the complete form; it is read from the outputs. LAPACK geqrf and
 * orgqr / ungqr; about 2 m n^2 multiply-adds.
 */
#include "linalg.h"

#include <string.h>

static const int CORE[] = {2, 2, 2};

static void make_q(const nk_linalg *p, int k, char *a, const int *ld, char *tau, char *work,
                   int lwork, int *info) {
  const int reflectors = p->m < p->n ? p->m : p->n;
  switch (p->dtype) {
    case NK_F32: scipy_sorgqr_(&p->m, &k, &reflectors, a, ld, tau, work, &lwork, info); break;
    case NK_F64: scipy_dorgqr_(&p->m, &k, &reflectors, a, ld, tau, work, &lwork, info); break;
    case NK_C64: scipy_cungqr_(&p->m, &k, &reflectors, a, ld, tau, work, &lwork, info); break;
    default: scipy_zungqr_(&p->m, &k, &reflectors, a, ld, tau, work, &lwork, info);
  }
}

nk_status NK_LV(nk_qr_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "qr", 2, 1, 0, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *q = &call->out[0], *r = &call->out[1];
  p->m = (int)nk_axis(a, 2);
  p->n = (int)nk_axis(a, 1);
  const int least = p->m < p->n ? p->m : p->n, k = (int)nk_axis(q, 1);
  if (nk_axis(q, 2) != p->m || nk_axis(r, 2) != k || nk_axis(r, 1) != p->n ||
      (k != least && k != p->m) || q->dtype != p->dtype || r->dtype != p->dtype)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "qr: outputs do not fit");
  const size_t item = nk_dtype_size[p->dtype];
  double answer[2] = {0, 0}, none[2];
  int info, query = -1, ld = nk_at_least_1(p->m);
  NK_LAPACK(p->dtype, geqrf, &p->m, &p->n, none, &ld, none, answer, &query, &info);
  p->lwork = nk_work_wanted(p->dtype, answer);
  make_q(p, k, (char *)none, &ld, (char *)none, (char *)answer, query, &info);
  const int again = nk_work_wanted(p->dtype, answer);
  if (again > p->lwork) p->lwork = again;
  if (p->lwork < p->n) p->lwork = p->n;
  const int64_t columns = p->n > k ? p->n : k;
  p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->m * columns, item);
  p->at[1] = NK_LV(nk_linalg_place)(p, least, item);
  p->at[2] = NK_LV(nk_linalg_place)(p, p->lwork, item);
  p->cost = 2.0 * p->m * p->n * p->n;
  return NK_LV(nk_linalg_end)(p, call);
}

/* R from the upper triangle of the packed factors. */
static void store_r(const nk_linalg *p, const nk_view *r, const char *a) {
  const size_t item = nk_dtype_size[p->dtype];
  const int64_t rows = nk_axis(r, 2);
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < p->n; j++) {
      char *to = r->data + i * r->stride[r->ndim - 2] + j * r->stride[r->ndim - 1];
      if (j < i)
        memset(to, 0, item);
      else
        memcpy(to, a + (size_t)(j * p->m + i) * item, item);
    }
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const nk_view *q = &call->out[0];
  const int ld = nk_at_least_1(p->m), k = (int)nk_axis(q, 1);
  char *a = work + p->at[0], *tau = work + p->at[1], *more = work + p->at[2];
  int info = 0;
  NK_LV(nk_linalg_load)(a, ld, &call->in[0]);
  if (p->m > 0 && p->n > 0)
    NK_LAPACK(p->dtype, geqrf, &p->m, &p->n, a, &ld, tau, more, &p->lwork, &info);
  store_r(p, &call->out[1], a);
  if (p->m > 0 && k > 0) make_q(p, k, a, &ld, tau, more, p->lwork, &info);
  if (info != 0) return nk_fail(call->ctx->error, NK_ERR_LINALG, "QR factorization failed");
  NK_LV(nk_linalg_store)(q, a, ld);
  return NK_OK;
}

nk_status NK_LV(nk_qr_run)(const nk_call *call) { return NK_LV(nk_linalg_run)(call, CORE, one); }

void NK_LV(nk_qr_release)(void *prep) { nk_free(prep); }
