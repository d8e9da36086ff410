/* lu_solve: X (..., n, k) with op(A) X = B, from what `lu` made of A.
 *
 *   in[0] packed factors (..., n, n);  in[1] pivots (..., n) int32;  in[2] B (..., n, k)
 *   ip    (op, lenient): op 0 A, 1 A^T, 2 A^H; lenient 1 gives NaN for a singular matrix
 *
 * LAPACK getrs; n^2 k multiply-adds.
 */
#include "linalg.h"

#include <math.h>

static const int CORE[] = {2, 2, 1, 2};

nk_status NK_LV(nk_lu_solve_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "lu_solve", 1, 3, 2, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *pivots = &call->in[1], *b = &call->in[2], *x = &call->out[0];
  p->n = (int)nk_axis(a, 1);
  p->nrhs = (int)nk_axis(b, 1);
  if (nk_axis(a, 2) != p->n || nk_axis(pivots, 1) != p->n || nk_axis(b, 2) != p->n ||
      nk_axis(x, 2) != p->n || nk_axis(x, 1) != p->nrhs || pivots->dtype != NK_I32 ||
      b->dtype != p->dtype || x->dtype != p->dtype || call->ip[0] < 0 || call->ip[0] > 2)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "lu_solve: operands do not fit");
  const size_t item = nk_dtype_size[p->dtype];
  p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->n, item);
  p->at[1] = NK_LV(nk_linalg_place)(p, p->n, sizeof(int));
  p->at[2] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->nrhs, item);
  p->cost = (double)p->n * p->n * p->nrhs;
  return NK_LV(nk_linalg_end)(p, call);
}

/* Whether some diagonal element is exactly zero. */
static bool is_singular(const nk_linalg *p, const char *a) {
  const size_t item = nk_dtype_size[p->dtype];
  for (int i = 0; i < p->n; i++) {
    const char *d = a + ((size_t)i * (size_t)p->n + (size_t)i) * item;
    bool is_zero = true;
    for (size_t k = 0; k < item; k += nk_dtype_size[nk_real_of(p->dtype)])
      is_zero =
          is_zero && (nk_real_of(p->dtype) == NK_F32 ? *(const float *)(const void *)(d + k) == 0
                                                     : *(const double *)(const void *)(d + k) == 0);
    if (is_zero) return true;
  }
  return false;
}

static void fill_nan(const nk_linalg *p, char *x, size_t bytes) {
  if (nk_real_of(p->dtype) == NK_F32)
    for (size_t i = 0; i < bytes / 4; i++) ((float *)(void *)x)[i] = NAN;
  else
    for (size_t i = 0; i < bytes / 8; i++) ((double *)(void *)x)[i] = NAN;
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const int n = p->n, ld = nk_at_least_1(n);
  char *a = work + p->at[0], *x = work + p->at[2];
  int *pivots = (int *)(void *)(work + p->at[1]);
  int info = 0;
  NK_LV(nk_linalg_load)(a, ld, &call->in[0]);
  if (is_singular(p, a)) {
    if (!call->ip[1]) return nk_fail(call->ctx->error, NK_ERR_LINALG, "Singular matrix");
    fill_nan(p, x, (size_t)n * (size_t)p->nrhs * nk_dtype_size[p->dtype]);
  } else {
    const nk_view *v = &call->in[1];
    for (int i = 0; i < n; i++)
      pivots[i] = 1 + *(const int *)(const void *)(v->data + i * v->stride[v->ndim - 1]);
    NK_LV(nk_linalg_load)(x, ld, &call->in[2]);
    const char *op = call->ip[0] == 0 ? "N" : call->ip[0] == 1 ? "T" : "C";
    if (n > 0 && p->nrhs > 0)
      NK_LAPACK(p->dtype, getrs, op, &n, &p->nrhs, a, &ld, pivots, x, &ld, &info);
  }
  NK_LV(nk_linalg_store)(&call->out[0], x, ld);
  return NK_OK;
}

nk_status NK_LV(nk_lu_solve_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, CORE, one);
}

void NK_LV(nk_lu_solve_release)(void *prep) { nk_free(prep); }
