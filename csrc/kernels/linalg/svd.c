/* svd: A (..., m, n) = U diag(s) V^H, s (..., min(m, n)) real and falling.
 *
 *   out   (s), or (U, s, V^H): U (..., m, k), V^H (..., k, n) with k = min(m, n), or the full
 *         square matrices
 *
 * LAPACK gesdd (divide and conquer); about 4 m n min(m, n) to 20 m n min(m, n) multiply-adds.
 */
#include "linalg.h"

static const int CORE_ALL[] = {2, 1, 2, 2}, CORE_VALUES[] = {1, 2};

typedef struct decomposition {
  char job;
  int ldu, ldvt;
} decomposition;

static decomposition shape_of(const nk_linalg *p, const nk_call *call) {
  const int k = p->m < p->n ? p->m : p->n;
  decomposition d = {.job = 'N', .ldu = nk_at_least_1(p->m), .ldvt = 1};
  if (call->n_out == 3) {
    const bool thin = nk_axis(&call->out[0], 1) == k && nk_axis(&call->out[2], 2) == k;
    d.job = thin ? 'S' : 'A';
    d.ldvt = nk_at_least_1(nk_axis(&call->out[2], 2));
  }
  return d;
}

static int gesdd(const nk_linalg *p, const decomposition *d, void *a, void *s, void *u, void *vt,
                 void *work, int lwork, void *rwork, int *iwork) {
  int info = 0;
  const int ld = nk_at_least_1(p->m);
  switch (p->dtype) {
    case NK_F32:
      scipy_sgesdd_(&d->job, &p->m, &p->n, a, &ld, s, u, &d->ldu, vt, &d->ldvt, work, &lwork, iwork,
                    &info);
      break;
    case NK_F64:
      scipy_dgesdd_(&d->job, &p->m, &p->n, a, &ld, s, u, &d->ldu, vt, &d->ldvt, work, &lwork, iwork,
                    &info);
      break;
    case NK_C64:
      scipy_cgesdd_(&d->job, &p->m, &p->n, a, &ld, s, u, &d->ldu, vt, &d->ldvt, work, &lwork, rwork,
                    iwork, &info);
      break;
    default:
      scipy_zgesdd_(&d->job, &p->m, &p->n, a, &ld, s, u, &d->ldu, vt, &d->ldvt, work, &lwork, rwork,
                    iwork, &info);
  }
  return info;
}

static bool outputs_fit(const nk_linalg *p, const nk_call *call) {
  const int k = p->m < p->n ? p->m : p->n;
  const nk_view *s = &call->out[call->n_out / 2];
  if (nk_axis(s, 1) != k || s->dtype != nk_real_of(p->dtype)) return false;
  if (call->n_out == 1) return true;
  const nk_view *u = &call->out[0], *vt = &call->out[2];
  const bool thin = nk_axis(u, 1) == k && nk_axis(vt, 2) == k;
  const bool full = nk_axis(u, 1) == p->m && nk_axis(vt, 2) == p->n;
  return nk_axis(u, 2) == p->m && nk_axis(vt, 1) == p->n && (thin || full) &&
         u->dtype == p->dtype && vt->dtype == p->dtype;
}

nk_status NK_LV(nk_svd_check)(nk_call *call) {
  nk_linalg *p;
  const bool all = call->n_out == 3;
  nk_status status =
      NK_LV(nk_linalg_begin)(call, "svd", all ? 3 : 1, 1, 0, all ? CORE_ALL : CORE_VALUES, &p);
  if (status != NK_OK) return status;
  p->m = (int)nk_axis(&call->in[0], 2);
  p->n = (int)nk_axis(&call->in[0], 1);
  if (!outputs_fit(p, call))
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "svd: outputs do not fit");
  const decomposition d = shape_of(p, call);
  const int64_t k = p->m < p->n ? p->m : p->n, large = p->m < p->n ? p->n : p->m;
  const size_t item = nk_dtype_size[p->dtype], real = nk_dtype_size[nk_real_of(p->dtype)];
  double answer[2] = {1, 0};
  int none[8];
  if (k > 0) gesdd(p, &d, answer, answer, answer, answer, answer, -1, answer, none);
  p->lwork = k > 0 ? nk_work_wanted(p->dtype, answer) : 1;
  p->lrwork =
      nk_at_least_1(k * (5 * k + 7 > 2 * large + 2 * k + 1 ? 5 * k + 7 : 2 * large + 2 * k + 1));
  p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->m * p->n, item);
  p->at[1] = NK_LV(nk_linalg_place)(p, k, real);
  p->at[2] = NK_LV(nk_linalg_place)(p, all ? p->m * nk_axis(&call->out[0], 1) : 1, item);
  p->at[3] = NK_LV(nk_linalg_place)(p, all ? (int64_t)d.ldvt * p->n : 1, item);
  p->at[4] = NK_LV(nk_linalg_place)(p, p->lwork, item);
  p->at[5] = NK_LV(nk_linalg_place)(p, nk_is_complex(p->dtype) ? p->lrwork : 1, real);
  p->at[6] = NK_LV(nk_linalg_place)(p, 8 * k, sizeof(int));
  p->cost = 8.0 * p->m * p->n * (double)k;
  return NK_LV(nk_linalg_end)(p, call);
}

/* With no element to decompose, the full factors are identities. */
static void store_identity(const nk_view *v) {
  const size_t item = nk_dtype_size[v->dtype];
  for (int64_t i = 0; i < nk_axis(v, 2); i++)
    for (int64_t j = 0; j < nk_axis(v, 1); j++) {
      char *to = v->data + i * v->stride[v->ndim - 2] + j * v->stride[v->ndim - 1];
      const double one = i == j ? 1 : 0;
      if (nk_real_of(v->dtype) == NK_F32) {
        *(float *)(void *)to = (float)one;
        if (item == 8) ((float *)(void *)to)[1] = 0;
      } else {
        *(double *)(void *)to = one;
        if (item == 16) ((double *)(void *)to)[1] = 0;
      }
    }
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  if (p->m == 0 || p->n == 0) {
    if (call->n_out == 3) {
      store_identity(&call->out[0]);
      store_identity(&call->out[2]);
    }
    return NK_OK;
  }
  const decomposition d = shape_of(p, call);
  char *u = work + p->at[2], *vt = work + p->at[3];
  NK_LV(nk_linalg_load)(work, p->m, &call->in[0]);
  const int info = gesdd(p, &d, work, work + p->at[1], u, vt, work + p->at[4], p->lwork,
                         work + p->at[5], (int *)(void *)(work + p->at[6]));
  if (info != 0) return nk_fail(call->ctx->error, NK_ERR_LINALG, "SVD did not converge");
  NK_LV(nk_linalg_store_vector)(&call->out[call->n_out / 2], work + p->at[1]);
  if (call->n_out == 3) {
    NK_LV(nk_linalg_store)(&call->out[0], u, d.ldu);
    NK_LV(nk_linalg_store)(&call->out[2], vt, d.ldvt);
  }
  return NK_OK;
}

nk_status NK_LV(nk_svd_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, call->n_out == 3 ? CORE_ALL : CORE_VALUES, one);
}

void NK_LV(nk_svd_release)(void *prep) { nk_free(prep); }
