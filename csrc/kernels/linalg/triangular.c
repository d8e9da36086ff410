/* triangular_solve: X (..., n, k) with op(T) X = B for a triangular T (..., n, n).
 *
 *   in[0] T, of which only one triangle is read;  in[1] B (..., n, k)
 *   ip    (lower, op, unit): op 0 T, 1 T^T, 2 T^H; unit 1 takes the diagonal as ones
 *
 * LAPACK trtrs; n^2 k / 2 multiply-adds. A zero on the diagonal is an error.
 */
#include "linalg.h"

static const int CORE[] = {2, 2, 2};

nk_status NK_LV(nk_triangular_solve_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "triangular_solve", 1, 2, 3, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *b = &call->in[1], *x = &call->out[0];
  p->n = (int)nk_axis(a, 1);
  p->nrhs = (int)nk_axis(b, 1);
  if (nk_axis(a, 2) != p->n || nk_axis(b, 2) != p->n || nk_axis(x, 2) != p->n ||
      nk_axis(x, 1) != p->nrhs || b->dtype != p->dtype || x->dtype != p->dtype || call->ip[1] < 0 ||
      call->ip[1] > 2)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "triangular_solve: operands do not fit");
  const size_t item = nk_dtype_size[p->dtype];
  p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->n, item);
  p->at[1] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->nrhs, item);
  p->cost = (double)p->n * p->n * p->nrhs / 2;
  return NK_LV(nk_linalg_end)(p, call);
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const int n = p->n, ld = nk_at_least_1(n);
  char *a = work + p->at[0], *x = work + p->at[1];
  int info = 0;
  NK_LV(nk_linalg_load)(a, ld, &call->in[0]);
  NK_LV(nk_linalg_load)(x, ld, &call->in[1]);
  const char *op = call->ip[1] == 0 ? "N" : call->ip[1] == 1 ? "T" : "C";
  if (n > 0 && p->nrhs > 0)
    NK_LAPACK(p->dtype, trtrs, call->ip[0] ? "L" : "U", op, call->ip[2] ? "U" : "N", &n, &p->nrhs,
              a, &ld, x, &ld, &info);
  if (info > 0)
    return nk_fail(call->ctx->error, NK_ERR_LINALG,
                   "Singular matrix: resolution failed at diagonal %d", info - 1);
  NK_LV(nk_linalg_store)(&call->out[0], x, ld);
  return NK_OK;
}

nk_status NK_LV(nk_triangular_solve_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, CORE, one);
}

void NK_LV(nk_triangular_solve_release)(void *prep) { nk_free(prep); }
