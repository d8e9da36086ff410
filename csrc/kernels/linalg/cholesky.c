/* cholesky: L (..., n, n) lower, A = L L^H, of a Hermitian positive definite A (..., n, n).
 *
 * Only the lower triangle of A is read. LAPACK potrf; n^3/3 multiply-adds per matrix.
 */
#include "linalg.h"

#include <string.h>

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
  p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->n, nk_dtype_size[p->dtype]);
  p->cost = (double)p->n * p->n * p->n / 3;
  return NK_LV(nk_linalg_end)(p, call);
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const int n = p->n, ld = nk_at_least_1(n);
  const size_t item = nk_dtype_size[p->dtype];
  int info = 0;
  NK_LV(nk_linalg_load)(work, ld, &call->in[0]);
  if (n > 0) NK_LAPACK(p->dtype, potrf, "L", &n, work, &ld, &info);
  if (info != 0) return nk_fail(call->ctx->error, NK_ERR_LINALG, "Matrix is not positive definite");
  for (int j = 1; j < n; j++) memset(work + (size_t)j * (size_t)n * item, 0, (size_t)j * item);
  NK_LV(nk_linalg_store)(&call->out[0], work, ld);
  return NK_OK;
}

nk_status NK_LV(nk_cholesky_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, CORE, one);
}

void NK_LV(nk_cholesky_release)(void *prep) { nk_free(prep); }
