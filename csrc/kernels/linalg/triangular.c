/* triangular_solve: X (..., n, k) with op(T) X = B for a triangular T (..., n, n).
 *
 *   in[0] T, of which only one triangle is read;  in[1] B (..., n, k)
 *   ip    (lower, op, unit): op 0 T, 1 T^T, 2 T^H; unit 1 takes the diagonal as ones
 *
 * BLAS trsm where T and X lie, if their rows are contiguous (or T's columns), over blocks of
 * columns that the pool shares; n^2 k / 2 multiply-adds. A zero on the diagonal is an error.
 */
#include "linalg.h"

#include "../../base/blas.h"
#include "../copy/strided.h"

enum { COLUMNS = 256 };

static const int CORE[] = {2, 2, 2};

/* T as BLAS is to read it: by rows, or by columns as the rows of its transpose. */
typedef struct triangle {
  const char *data;
  int ld, uplo, op;
} triangle;

static bool by_column(const nk_view *a, int op, nk_view *turned) {
  *turned = nk_core(a);
  turned->stride[0] = nk_core(a).stride[1];
  turned->stride[1] = nk_core(a).stride[0];
  return (op != 2 || !nk_is_complex(a->dtype)) && nk_has_rows(turned);
}

nk_status NK_LV(nk_triangular_solve_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "triangular_solve", 1, 2, 3, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *b = &call->in[1], *x = &call->out[0];
  nk_view turned;
  p->n = (int)nk_axis(a, 1);
  p->nrhs = (int)nk_axis(b, 1);
  if (nk_axis(a, 2) != p->n || nk_axis(b, 2) != p->n || nk_axis(x, 2) != p->n ||
      nk_axis(x, 1) != p->nrhs || b->dtype != p->dtype || x->dtype != p->dtype || call->ip[1] < 0 ||
      call->ip[1] > 2)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "triangular_solve: operands do not fit");
  const size_t item = nk_dtype_size[p->dtype];
  if (!nk_has_rows(a) && !by_column(a, (int)call->ip[1], &turned))
    p->at[0] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->n, item);
  if (!nk_has_rows(x)) p->at[1] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->nrhs, item);
  p->cost = (double)p->n * p->n * p->nrhs / 2;
  return NK_LV(nk_linalg_end)(p, call);
}

static triangle read(const nk_linalg *p, const nk_call *call, char *work) {
  static const int ops[] = {NK_NO_TRANS, NK_TRANS, NK_CONJ_TRANS};
  const nk_view *a = &call->in[0];
  nk_view from = nk_core(a), turned;
  triangle t = {.uplo = call->ip[0] ? NK_LOWER : NK_UPPER, .op = ops[call->ip[1]]};
  if (!nk_has_rows(a) && by_column(a, (int)call->ip[1], &turned)) {
    from = turned;
    t.uplo = call->ip[0] ? NK_UPPER : NK_LOWER;
    t.op = call->ip[1] ? NK_NO_TRANS : NK_TRANS;
  } else if (!nk_has_rows(a)) {
    from = nk_rows_at(work + p->at[0], p->dtype, p->n, p->n);
    const nk_view given = nk_core(a);
    NK_LV(nk_strided_copy)(&from, &given);
  }
  t.data = from.data;
  t.ld = nk_at_least_1(from.stride[0] / (int64_t)nk_dtype_size[p->dtype]);
  return t;
}

/* The first zero on the diagonal, or -1. */
static int64_t zero_on_diagonal(const nk_linalg *p, const triangle *t) {
  const nk_dtype real = nk_real_of(p->dtype);
  const int64_t item = (int64_t)nk_dtype_size[p->dtype], half = (int64_t)nk_dtype_size[real];
  for (int64_t i = 0; i < p->n; i++) {
    const char *at = t->data + i * (t->ld + 1) * item;
    bool zero = true;
    for (int64_t part = 0; part < item; part += half)
      zero = zero && (real == NK_F32 ? *(const float *)(const void *)(at + part) == 0
                                     : *(const double *)(const void *)(at + part) == 0);
    if (zero) return i;
  }
  return -1;
}

typedef struct job {
  const nk_linalg *plan;
  const nk_call *call;
  triangle t;
  char *x;
  int ld;
} job;

static nk_status columns(void *arg, int64_t number, int worker) {
  const job *q = arg;
  const triangle *t = &q->t;
  const nk_linalg *p = q->plan;
  const double one_d[2] = {1, 0};
  const float one_f[2] = {1, 0};
  const int64_t first = number * COLUMNS;
  const int n = p->n, k = (int)(p->nrhs - first < COLUMNS ? p->nrhs - first : COLUMNS);
  const int diag = q->call->ip[2] ? NK_UNIT : NK_NON_UNIT;
  const void *a = t->data;
  void *x = q->x + first * (int64_t)nk_dtype_size[p->dtype];
  (void)worker;
  if (nk_cancelled(q->call->ctx)) return NK_ERR_CANCELLED;
  switch (p->dtype) {
    case NK_F32:
      scipy_cblas_strsm(NK_ROW_MAJOR, NK_LEFT, t->uplo, t->op, diag, n, k, 1, a, t->ld, x, q->ld);
      break;
    case NK_F64:
      scipy_cblas_dtrsm(NK_ROW_MAJOR, NK_LEFT, t->uplo, t->op, diag, n, k, 1, a, t->ld, x, q->ld);
      break;
    case NK_C64:
      scipy_cblas_ctrsm(NK_ROW_MAJOR, NK_LEFT, t->uplo, t->op, diag, n, k, one_f, a, t->ld, x,
                        q->ld);
      break;
    default:
      scipy_cblas_ztrsm(NK_ROW_MAJOR, NK_LEFT, t->uplo, t->op, diag, n, k, one_d, a, t->ld, x,
                        q->ld);
  }
  return NK_OK;
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  if (p->n == 0 || p->nrhs == 0) return NK_OK;
  const nk_view *out = &call->out[0], end = nk_core(out), given = nk_core(&call->in[1]);
  const nk_view to = nk_has_rows(out) ? end : nk_rows_at(work + p->at[1], p->dtype, p->n, p->nrhs);
  job q = {.plan = p, .call = call, .t = read(p, call, work), .x = to.data};
  q.ld = nk_at_least_1(to.stride[0] / (int64_t)nk_dtype_size[p->dtype]);
  const int64_t zero = call->ip[2] ? -1 : zero_on_diagonal(p, &q.t);
  if (zero >= 0)
    return nk_fail(call->ctx->error, NK_ERR_LINALG,
                   "Singular matrix: resolution failed at diagonal %d", (int)zero);
  NK_LV(nk_strided_copy)(&to, &given);
  const int64_t blocks = (p->nrhs + COLUMNS - 1) / COLUMNS;
  const nk_status status =
      blocks == 1 ? columns(&q, 0, 0) : nk_parallel(call->ctx, blocks, columns, &q);
  if (status == NK_OK && to.data != end.data) NK_LV(nk_strided_copy)(&end, &to);
  return status;
}

nk_status NK_LV(nk_triangular_solve_run)(const nk_call *call) {
  return NK_LV(nk_linalg_run)(call, CORE, one);
}

void NK_LV(nk_triangular_solve_release)(void *prep) { nk_free(prep); }
