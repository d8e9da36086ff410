/* Kernel `crossnobis`: cross-validated squared distances from sums over folds, in one pass.
 *
 *   out[0] (B, n(n-1)/2)
 *   in[0]  X (B, M, n, d) float32 or float64, whitened by the caller: what condition i gave in
 *          fold m, as a mean or (with counts) as a sum over trials
 *   in[1]  optional counts c (B, M, n) float64: trials of condition i in fold m; or int64 (B, k):
 *          the columns of X that each entry uses (searchlights), X then centred by the caller
 *
 *   A = S S' - sum_m X_m X_m' = sum_m (S - X_m) X_m',  S = sum_m X_m
 *   without counts  k_ij = A_ij / (M (M - 1) d)
 *   with counts     k_ij = A_ij / (Q_ij d),  Q_ij = n_i n_j - sum_m c_mi c_mj,  n_i = sum_m c_mi:
 *                   the mean of x_a . x_b / d over all trial pairs of different folds
 *   d_ij = k_ii + k_jj - 2 k_ij; NaN where no pair of folds has both.
 *
 * Negative values stay. Without counts the mean pattern of each fold drops out of d and is taken
 * away first; with counts it would not drop out.
 */
#include <math.h>

#include "condensed.h"

static bool has_columns(const nk_call *call) {
  return call->n_in > 1 && call->in[1].dtype == NK_I64;
}

static nk_status plan(nk_gram *g, nk_call *call) {
  const int flags = NK_GRAM_FOLDS | (call->n_in > 1 ? 0 : NK_GRAM_CENTER_COLUMNS);
  const nk_view *columns = has_columns(call) ? &call->in[1] : NULL;
  return NK_LV(nk_gram_plan)(g, call, &call->in[0], columns, flags);
}

nk_status NK_LV(nk_crossnobis_check)(nk_call *call) {
  nk_gram g;
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in < 1 || call->n_in > 2)
    return nk_fail(error, NK_ERR_VALUE, "crossnobis: wanted 1 output and 1 or 2 inputs");
  const nk_status status = plan(&g, call);
  if (status != NK_OK) return status;
  if (g.n_fold < 2)
    return nk_fail(error, NK_ERR_VALUE, "crossnobis: wanted at least 2 folds, got %lld",
                   (long long)g.n_fold);
  if (call->n_in > 1 && !has_columns(call)) {
    const nk_view *c = &call->in[1];
    if (c->dtype != NK_F64 || c->ndim != 3 || c->shape[0] != g.n_batch || c->shape[1] != g.n_fold ||
        c->shape[2] != g.n)
      return nk_fail(error, NK_ERR_VALUE,
                     "crossnobis: counts: wanted float64 of shape (%lld, %lld, %lld)",
                     (long long)g.n_batch, (long long)g.n_fold, (long long)g.n);
  }
  return nk_condensed_check(call, "crossnobis", &g);
}

typedef struct finish {
  const nk_gram_slot *s;
  const nk_view *out, *counts;
} finish;

/* Number of trial pairs of i and j from different folds; fold pairs where there are no counts. */
static double pairs_between(const finish *f, int64_t i, int64_t j) {
  const nk_gram *g = f->s->g;
  if (f->counts == NULL) return (double)(g->n_fold * (g->n_fold - 1));
  const nk_view *c = f->counts;
  const char *base = c->data + f->s->batch * c->stride[0];
  double ni = 0, nj = 0, same = 0;
  for (int64_t m = 0; m < g->n_fold; m++) {
    const double a = *(const double *)(const void *)(base + m * c->stride[1] + i * c->stride[2]);
    const double b = *(const double *)(const void *)(base + m * c->stride[1] + j * c->stride[2]);
    ni += a;
    nj += b;
    same += a * b;
  }
  return ni * nj - same;
}

static nk_status row(void *arg, int64_t i, int worker) {
  const finish *f = arg;
  const nk_gram_slot *s = f->s;
  const int64_t n = s->g->n, first = nk_pair(n, i, i + 1);
  const double scale = 1.0 / (double)s->g->d;
  const double kii = s->diagonal[i] / pairs_between(f, i, i);
  (void)worker;
  for (int64_t panel = i / s->g->nr; panel < s->g->n_panel; panel++) {
    int64_t j0;
    double g[NK_GRAM_MAX_ROWS];
    const int64_t count = nk_gram_below(s, i, panel, &j0, g);
    for (int64_t k = 0; k < count; k++) {
      const int64_t j = j0 + k;
      const double kjj = s->diagonal[j] / pairs_between(f, j, j);
      const double kij = g[k] / pairs_between(f, i, j);
      nk_condensed_put(f->out, s->batch, first + j - i - 1, (kii + kjj - 2 * kij) * scale);
    }
  }
  return NK_OK;
}

static nk_status condense(const nk_gram_slot *s, void *arg) {
  finish f = *(const finish *)arg;
  f.s = s;
  return nk_parallel(s->ctx, s->g->n - 1, row, &f);
}

nk_status NK_LV(nk_crossnobis_run)(const nk_call *call) {
  nk_gram g;
  nk_call again = *call;
  const nk_status status = plan(&g, &again);
  if (status != NK_OK) return status;
  finish f = {.out = &call->out[0], .counts = NULL};
  if (call->n_in > 1 && !has_columns(call)) f.counts = &call->in[1];
  return NK_LV(nk_gram_compute)(&g, call, condense, &f);
}
