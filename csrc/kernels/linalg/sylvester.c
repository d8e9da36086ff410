/* sylvester: X (..., m, n) with A X + X B = Q, A (..., m, m), B (..., n, n), double precision.
 *
 * Schur forms A = U R U^H, B = V S V^H leave R Y + Y S = U^H Q V, which is solved row by row
 * (R. H. Bartels and G. W. Stewart, Solution of the matrix equation AX + XB = C, Commun. ACM 15,
 * 1972, doi:10.1145/361573.361582). LAPACK gees and trsyl; about 25 (m^3 + n^3) multiply-adds.
 * An eigenvalue of A that is minus one of B makes it singular: an error.
 */
#include "linalg.h"

static const int CORE[] = {2, 2, 2, 2};

static int schur(const nk_linalg *p, int n, void *a, void *vectors, char *work, int lwork,
                 void *eigenvalues, void *more) {
  int sdim, info = 0;
  const int ld = nk_at_least_1(n);
  if (p->dtype == NK_F64)
    scipy_dgees_("V", "N", NULL, &n, a, &ld, &sdim, eigenvalues, more, vectors, &ld, work, &lwork,
                 NULL, &info);
  else
    scipy_zgees_("V", "N", NULL, &n, a, &ld, &sdim, eigenvalues, vectors, &ld, work, &lwork, more,
                 NULL, &info);
  return info;
}

nk_status NK_LV(nk_sylvester_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "sylvester", 1, 3, 0, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *b = &call->in[1], *q = &call->in[2], *x = &call->out[0];
  p->m = (int)nk_axis(a, 1);
  p->n = (int)nk_axis(b, 1);
  if (nk_axis(a, 2) != p->m || nk_axis(b, 2) != p->n || nk_axis(q, 2) != p->m ||
      nk_axis(q, 1) != p->n || nk_axis(x, 2) != p->m || nk_axis(x, 1) != p->n ||
      b->dtype != p->dtype || q->dtype != p->dtype || x->dtype != p->dtype ||
      (p->dtype != NK_F64 && p->dtype != NK_C128))
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "sylvester: operands do not fit");
  const size_t item = nk_dtype_size[p->dtype];
  const int64_t m = p->m, n = p->n, large = m > n ? m : n;
  double answer[2] = {1, 0}, none[2];
  if (large > 0) schur(p, (int)large, none, none, (char *)answer, -1, none, none);
  p->lwork = nk_work_wanted(p->dtype, answer);
  if (p->lwork < 3 * large) p->lwork = nk_at_least_1(3 * large);
  p->at[0] = NK_LV(nk_linalg_place)(p, m * m, item); /* R */
  p->at[1] = NK_LV(nk_linalg_place)(p, m * m, item); /* U */
  p->at[2] = NK_LV(nk_linalg_place)(p, n * n, item); /* S */
  p->at[3] = NK_LV(nk_linalg_place)(p, n * n, item); /* V */
  p->at[4] = NK_LV(nk_linalg_place)(p, m * n, item);
  p->at[5] = NK_LV(nk_linalg_place)(p, m * n, item);
  p->at[6] = NK_LV(nk_linalg_place)(p, p->lwork, item);
  p->at[7] = NK_LV(nk_linalg_place)(p, large, 16);
  p->at[8] = NK_LV(nk_linalg_place)(p, large, 16);
  p->cost = 25.0 * ((double)(m * m * m) + (double)(n * n * n));
  return NK_LV(nk_linalg_end)(p, call);
}

/* c (m, n) = op(a) op(b), inner length k. */
static void multiply(const nk_linalg *p, const char *op_a, const char *op_b, int k, int lda,
                     int ldb, const void *a, const void *b, void *c) {
  const double one[2] = {1, 0}, zero[2] = {0, 0};
  NK_LAPACK(p->dtype, gemm, op_a, op_b, &p->m, &p->n, &k, one, a, &lda, b, &ldb, zero, c, &p->m);
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const int m = p->m, n = p->n, plus = 1;
  if (m == 0 || n == 0) return NK_OK;
  char *part[9];
  for (int i = 0; i < 9; i++) part[i] = work + p->at[i];
  char *r = part[0], *u = part[1], *s = part[2], *v = part[3], *x = part[4], *y = part[5];
  NK_LV(nk_linalg_load)(r, m, &call->in[0]);
  NK_LV(nk_linalg_load)(s, n, &call->in[1]);
  NK_LV(nk_linalg_load)(x, m, &call->in[2]);
  if (schur(p, m, r, u, part[6], p->lwork, part[7], part[8]) != 0 ||
      schur(p, n, s, v, part[6], p->lwork, part[7], part[8]) != 0)
    return nk_fail(call->ctx->error, NK_ERR_LINALG, "Schur form not found");
  multiply(p, "C", "N", m, m, m, u, x, y);
  multiply(p, "N", "N", n, m, n, y, v, x);
  double scale = 1;
  int info = 0;
  NK_LAPACK(p->dtype, trsyl, "N", "N", &plus, &m, &n, r, &m, s, &n, x, &m, &scale, &info);
  if (info != 0)
    return nk_fail(call->ctx->error, NK_ERR_LINALG,
                   "Singular equation: an eigenvalue of A is minus one of B");
  multiply(p, "N", "N", m, m, m, u, x, y);
  multiply(p, "N", "C", n, m, n, y, v, x);
  double *values = (double *)(void *)x;
  const int64_t count = (int64_t)m * n * (p->dtype == NK_F64 ? 1 : 2);
  for (int64_t i = 0; i < count; i++) values[i] *= scale;
  NK_LV(nk_linalg_store)(&call->out[0], x, m);
  return NK_OK;
}

nk_status NK_LV(nk_sylvester_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, CORE, one);
}

void NK_LV(nk_sylvester_release)(void *prep) { nk_free(prep); }
