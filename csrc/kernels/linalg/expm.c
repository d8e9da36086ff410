/* expm: the exponential of square matrices A (..., n, n), float64 or complex128.
 *
 * exp(A) = (exp(A / 2^s))^(2^s), the inner one by the diagonal Pade approximant of degree 3, 5, 7,
 * 9 or 13 that reaches double precision (N. J. Higham, The scaling and squaring method for the
 * matrix exponential revisited, SIAM J. Matrix Anal. Appl. 26, 2005, doi:10.1137/04061101X). Works
 * on the transpose, exp(A^T) = exp(A)^T. About (7 + s) n^3 multiply-adds.
 */
#include <math.h>
#include <string.h>

#include "linalg.h"

enum { MATRICES = 7 };

static const int CORE[] = {2, 2};

static const double PADE_3[] = {120, 60, 12, 1};
static const double PADE_5[] = {30240, 15120, 3360, 420, 30, 1};
static const double PADE_7[] = {17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1};
static const double PADE_9[] = {17643225600., 8821612800., 2075673600., 302702400., 30270240.,
                                2162160.,     110880.,     3960.,       90.,        1.};
static const double PADE_13[] = {64764752532480000.,
                                 32382376266240000.,
                                 7771770303897600.,
                                 1187353796428800.,
                                 129060195264000.,
                                 10559470521600.,
                                 670442572800.,
                                 33522128640.,
                                 1323241920.,
                                 40840800.,
                                 960960.,
                                 16380.,
                                 182.,
                                 1.};

nk_status NK_LV(nk_expm_check)(nk_call *call) {
  nk_linalg *p;
  nk_status status = NK_LV(nk_linalg_begin)(call, "expm", 1, 1, 0, CORE, &p);
  if (status != NK_OK) return status;
  const nk_view *a = &call->in[0], *out = &call->out[0];
  p->n = (int)nk_axis(a, 1);
  if (nk_axis(a, 2) != p->n || nk_axis(out, 1) != p->n || nk_axis(out, 2) != p->n ||
      out->dtype != p->dtype || (p->dtype != NK_F64 && p->dtype != NK_C128))
    return nk_fail(call->ctx->error, NK_ERR_VALUE,
                   "expm: wanted a square matrix of double precision");
  for (int i = 0; i < MATRICES; i++)
    p->at[i] = NK_LV(nk_linalg_place)(p, (int64_t)p->n * p->n, nk_dtype_size[p->dtype]);
  p->at[MATRICES] = NK_LV(nk_linalg_place)(p, p->n, sizeof(int));
  p->cost = 10.0 * p->n * p->n * p->n;
  return NK_LV(nk_linalg_end)(p, call);
}

static void multiply(const nk_linalg *p, double *c, const double *a, const double *b) {
  const double one[2] = {1, 0}, zero[2] = {0, 0};
  const int *n = &p->n;
  NK_LAPACK(p->dtype, gemm, "N", "N", n, n, n, one, a, n, b, n, zero, c, n);
}

/* The largest column sum. */
static double norm_1(const nk_linalg *p, const double *a) {
  double largest = 0;
  for (int j = 0; j < p->n; j++) {
    double sum = 0;
    for (int i = 0; i < p->n; i++, a += p->dtype == NK_F64 ? 1 : 2)
      sum += p->dtype == NK_F64 ? fabs(a[0]) : hypot(a[0], a[1]);
    if (!(sum <= largest)) largest = sum;
  }
  return largest;
}

/* out = sum_k c[2 k + odd] powers[k], powers[0] the identity (NULL). */
static void combine(const nk_linalg *p, double *out, const double *c, int odd, int from, int to,
                    double *const *powers) {
  const size_t width = p->dtype == NK_F64 ? 1 : 2, n = (size_t)p->n, count = n * n * width;
  for (size_t i = 0; i < count; i++) {
    double sum = 0;
    for (int k = from > 1 ? from : 1; k <= to; k++) sum += c[2 * k + odd] * powers[k][i];
    out[i] = sum;
  }
  if (from == 0)
    for (size_t i = 0; i < n; i++) out[i * (n + 1) * width] += c[odd];
}

static void add(double *to, const double *from, size_t count) {
  for (size_t i = 0; i < count; i++) to[i] += from[i];
}

/* u = odd part, v = even part of the numerator; t is scratch. */
static void pade(const nk_linalg *p, int degree, const double *c, double *a, double *const *power,
                 double *u, double *v, double *t) {
  const size_t count = (size_t)p->n * (size_t)p->n * (p->dtype == NK_F64 ? 1 : 2);
  if (degree < 13) {
    combine(p, t, c, 1, 0, degree / 2, power);
    multiply(p, u, a, t);
    combine(p, v, c, 0, 0, degree / 2, power);
    return;
  }
  /* degree 13: A^6 times the high half, so that no power beyond A^6 is needed */
  double *const high[] = {NULL, power[1], power[2], power[3]};
  combine(p, t, c + 6, 1, 1, 3, high);
  multiply(p, u, power[3], t);
  combine(p, t, c, 1, 0, 3, power);
  add(t, u, count);
  multiply(p, u, a, t);
  combine(p, t, c + 6, 0, 1, 3, high);
  multiply(p, v, power[3], t);
  combine(p, t, c, 0, 0, 3, power);
  add(v, t, count);
}

static void fill_nan(const nk_linalg *p, double *x) {
  const size_t count = (size_t)p->n * (size_t)p->n * (p->dtype == NK_F64 ? 1 : 2);
  for (size_t i = 0; i < count; i++) x[i] = NAN;
}

static double *exponential(const nk_linalg *p, double *const *w, int *pivots, int *info) {
  static const double theta[] = {1.495585217958292e-2, 2.539398330063230e-1, 9.504178996162932e-1,
                                 2.097847961257068};
  static const double *const table[] = {PADE_3, PADE_5, PADE_7, PADE_9};
  const size_t count = (size_t)p->n * (size_t)p->n * (p->dtype == NK_F64 ? 1 : 2);
  double *a = w[0], *u = w[4], *v = w[5], *t = w[6];
  const double norm = norm_1(p, a);
  if (!isfinite(norm)) {
    fill_nan(p, a);
    return a;
  }
  double *power[5] = {NULL, w[1], w[2], w[3], NULL};
  int squarings = 0;
  const int kind = norm <= theta[0]   ? 0
                   : norm <= theta[1] ? 1
                   : norm <= theta[2] ? 2
                   : norm <= theta[3] ? 3
                                      : 4;
  if (kind == 4) {
    const double ratio = norm / 5.371920351148152;
    if (ratio > 1) squarings = (int)ceil(log2(ratio));
    const double scale = ldexp(1, -squarings);
    for (size_t i = 0; i < count; i++) a[i] *= scale;
  }
  multiply(p, power[1], a, a);
  if (kind >= 1) multiply(p, power[2], power[1], power[1]);
  if (kind >= 2) multiply(p, power[3], power[2], power[1]);
  if (kind == 3) { /* degree 9 needs A^8 as well; u and v are still free, t is not */
    multiply(p, v, power[2], power[2]);
    power[4] = v;
    combine(p, t, PADE_9, 1, 0, 4, power);
    multiply(p, u, a, t);
    combine(p, t, PADE_9, 0, 0, 4, power);
    memcpy(v, t, count * sizeof(double));
  } else if (kind == 4) {
    pade(p, 13, PADE_13, a, power, u, v, t);
  } else {
    pade(p, 2 * kind + 3, table[kind], a, power, u, v, t);
  }
  for (size_t i = 0; i < count; i++) {
    const double x = u[i], y = v[i];
    u[i] = y + x; /* numerator */
    v[i] = y - x; /* denominator */
  }
  const int n = p->n;
  NK_LAPACK(p->dtype, getrf, &n, &n, v, &n, pivots, info);
  if (*info == 0) NK_LAPACK(p->dtype, getrs, "N", &n, &n, v, &n, pivots, u, &n, info);
  for (int i = 0; i < squarings; i++) {
    multiply(p, t, u, u);
    double *swap = u;
    u = t;
    t = swap;
  }
  return u;
}

static nk_status one(const nk_linalg *p, const nk_call *call, char *work) {
  if (p->n == 0) return NK_OK;
  double *w[MATRICES];
  for (int i = 0; i < MATRICES; i++) w[i] = (double *)(void *)(work + p->at[i]);
  int info = 0;
  NK_LV(nk_linalg_load)(w[0], p->n, &call->in[0]);
  const double *e = exponential(p, w, (int *)(void *)(work + p->at[MATRICES]), &info);
  if (info != 0) return nk_fail(call->ctx->error, NK_ERR_LINALG, "expm: singular denominator");
  NK_LV(nk_linalg_store)(&call->out[0], e, p->n);
  return NK_OK;
}

nk_status NK_LV(nk_expm_run)(const nk_call *call) { return NK_LV(nk_linalg_run)(call, CORE, one); }

void NK_LV(nk_expm_release)(void *prep) { nk_free(prep); }
