/* Kernel `rdm`: condensed dissimilarities between the rows of each matrix of a batch.
 *
 *   out[0] (B, n(n-1)/2) pairs i < j row by row
 *   in[0]  X (B, n, d) float32 or float64, any strides;  in[1] optional channel weights w (B, d),
 *          or int64: the columns of X that each entry uses (searchlights), X then centred over rows
 *          by the caller
 *   ip     (metric,)
 *     0 euclidean    sum_c w_c (x_ic - x_jc)^2 / d
 *     1 correlation  1 - r_ij, weighted where there are weights
 *     2 cosine       1 - cos_ij
 *
 * All from G of the engine: euclidean G_ii + G_jj - 2 G_ij, the others 1 - G_ij / sqrt(G_ii G_jj).
 * Euclidean distances do not change when one pattern is taken from all rows; taking the mean away
 * keeps the difference of large numbers small. A row of norm zero gives NaN (0 times infinity), as
 * does one whose norm overflows.
 */
#include <math.h>

#include "condensed.h"

enum { EUCLIDEAN, CORRELATION, COSINE, N_METRICS };

static nk_status plan(nk_gram *g, nk_call *call) {
  static const int flags[N_METRICS] = {NK_GRAM_CENTER_COLUMNS, NK_GRAM_CENTER_ROWS, 0};
  const nk_view *extra = call->n_in > 1 ? &call->in[1] : NULL;
  int flag = flags[call->ip[0]];
  if (extra != NULL && extra->dtype == NK_I64) flag &= ~NK_GRAM_CENTER_COLUMNS;
  return NK_LV(nk_gram_plan)(g, call, &call->in[0], extra, flag);
}

nk_status NK_LV(nk_rdm_check)(nk_call *call) {
  nk_gram g;
  if (call->n_out != 1 || call->n_in < 1 || call->n_in > 2)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "rdm: wanted 1 output and 1 or 2 inputs");
  if (call->n_ip != 1 || call->ip[0] < 0 || call->ip[0] >= N_METRICS)
    return nk_fail(call->ctx->error, NK_ERR_VALUE, "rdm: wanted ip = (metric,), metric 0, 1 or 2");
  const nk_status status = plan(&g, call);
  return status != NK_OK ? status : nk_condensed_check(call, "rdm", &g);
}

typedef struct finish {
  const nk_gram_slot *s;
  const nk_view *out;
  int64_t metric;
} finish;

static nk_status row(void *arg, int64_t i, int worker) {
  const finish *f = arg;
  const nk_gram_slot *s = f->s;
  const int64_t first = nk_pair(s->g->n, i, i + 1);
  const double *diagonal = s->diagonal, di = diagonal[i], scale = 1.0 / (double)s->g->d;
  (void)worker;
  for (int64_t panel = i / s->g->nr; panel < s->g->n_panel; panel++) {
    int64_t j0;
    double g[NK_GRAM_MAX_ROWS];
    const int64_t count = nk_gram_below(s, i, panel, &j0, g);
    if (f->metric == EUCLIDEAN) {
      for (int64_t k = 0; k < count; k++) {
        const double v = (di + diagonal[j0 + k] - 2 * g[k]) * scale;
        g[k] = v < 0 ? 0 : v; /* rounding, NaN stays */
      }
    } else {
      for (int64_t k = 0; k < count; k++) {
        const double r = g[k] * (di * diagonal[j0 + k]);
        g[k] = 1 - (r > 1 ? 1 : r < -1 ? -1 : r);
      }
    }
    for (int64_t k = 0; k < count; k++)
      nk_condensed_put(f->out, s->batch, first + j0 + k - i - 1, g[k]);
  }
  return NK_OK;
}

static nk_status condense(const nk_gram_slot *s, void *arg) {
  finish f = *(const finish *)arg;
  f.s = s;
  if (f.metric != EUCLIDEAN)
    for (int64_t i = 0; i < s->g->n; i++)
      s->diagonal[i] = isinf(s->diagonal[i]) ? (double)NAN : 1 / sqrt(s->diagonal[i]);
  return nk_parallel(s->ctx, s->g->n - 1, row, &f);
}

nk_status NK_LV(nk_rdm_run)(const nk_call *call) {
  nk_gram g;
  nk_call again = *call;
  const nk_status status = plan(&g, &again);
  if (status != NK_OK) return status;
  finish f = {.out = &call->out[0], .metric = call->ip[0]};
  return NK_LV(nk_gram_compute)(&g, call, condense, &f);
}
