/* lu: P A = L U by rows exchanged, A (..., m, n).
 *
 *   out[0] L below the diagonal (of ones) and U, packed (..., m, n)
 *   out[1] pivots (..., min(m, n)) int32: row i was exchanged with row pivots[i], counted from 0
 *   out[2] permutation (..., m) int32: row i of P A is row permutation[i] of A
 *
 * A singular matrix is no error: a zero stands on the diagonal of U. LAPACK getrf; cost mn
 * min(m,n).
 */
#include "linalg.h"

static const int CORE[] = {2, 1, 1, 2};

nk_status NK_LV(nk_lu_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "lu", 3, 1, 0, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *out = call->out;
  p->m = (int)nk_axis(a, 2);
  p->n = (int)nk_axis(a, 1);
  const int k = p->m < p->n ? p->m : p->n;
  if (nk_axis(&out[0], 2) != p->m || nk_axis(&out[0], 1) != p->n || out[0].dtype != p->dtype ||
      nk_axis(&out[1], 1) != k || nk_axis(&out[2], 1) != p->m || out[1].dtype != NK_I32 ||
      out[2].dtype != NK_I32)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "lu: outputs do not fit");
  p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->m * p->n, nk_dtype_size[p->dtype]);
  p->at[1] = NK_LV(nk_linalg_place)(p, k, sizeof(int));
  p->at[2] = NK_LV(nk_linalg_place)(p, p->m, sizeof(int));
  p->cost = (double)p->m * p->n * k / 2;
  return NK_LV(nk_linalg_end)(p, call);
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  const int k = p->m < p->n ? p->m : p->n, ld = nk_at_least_1(p->m);
  int *pivots = (int *)(void *)(work + p->at[1]), *rows = (int *)(void *)(work + p->at[2]);
  int info = 0;
  NK_LV(nk_linalg_load)(work, ld, &call->in[0]);
  if (k > 0) NK_LAPACK(p->dtype, getrf, &p->m, &p->n, work, &ld, pivots, &info);
  NK_LV(nk_linalg_store)(&call->out[0], work, ld);
  for (int i = 0; i < p->m; i++) rows[i] = i;
  for (int i = 0; i < k; i++) {
    const int with = --pivots[i], row = rows[i];
    rows[i] = rows[with];
    rows[with] = row;
  }
  NK_LV(nk_linalg_store_vector)(&call->out[1], pivots);
  NK_LV(nk_linalg_store_vector)(&call->out[2], rows);
  return NK_OK;
}

nk_status NK_LV(nk_lu_run)(const nk_call *call) { return NK_LV(nk_linalg_run)(call, CORE, one); }

void NK_LV(nk_lu_release)(void *prep) { nk_free(prep); }
