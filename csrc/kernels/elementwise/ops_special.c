/* The special functions of csrc/kernels/special as block operations; float32 is computed in float64. */
#include <float.h>
#include <math.h>

#include "../special/inline.h"
#include "../special/special.h"
#include "ops.h"

#define SPECIAL_1(name, fn)                                            \
  NK_EACH_V(name##_float, float, float, fn((double)x))                 \
  NK_EACH_V(name##_double, double, double, fn(x))
#define SPECIAL_2(name, fn)                                            \
  NK_EACH_VV(name##_float, float, float, fn((double)x, (double)y))     \
  NK_EACH_VV(name##_double, double, double, fn(x, y))

/* `fast` for x >= least; the others, if there are any, again by `fn`. Lanes at a time, kept aside
 * because the result may overlay the operand. */
#define MOSTLY(T, name, fast, least, fn)                                    \
  static void name##_##T##_v(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                    \
    const T *a = (const T *)r[s->s[0]];                                     \
    for (int64_t k = 0; k < n; k += NK_LANES) {                             \
      double x[NK_LANES], y[NK_LANES];                                      \
      int rare = 0;                                                         \
      for (int i = 0; i < NK_LANES; i++) {                                  \
        x[i] = (double)a[k + i];                                            \
        y[i] = fast(x[i]);                                                  \
      }                                                                     \
      for (int i = 0; i < NK_LANES; i++) rare |= !(x[i] >= least);          \
      if (rare)                                                             \
        for (int i = 0; i < NK_LANES; i++)                                  \
          if (!(x[i] >= least)) y[i] = fn(x[i]);                            \
      for (int i = 0; i < NK_LANES; i++) d[k + i] = (T)y[i];                \
    }                                                                       \
  }
#define MOSTLY_1(name, fast, least, fn)   \
  MOSTLY(float, name, fast, least, fn)    \
  MOSTLY(double, name, fast, least, fn)

/* The same for two operands: `fast` where `usual(x, y)`. */
#define USUALLY(T, name, fast, usual, fn)                                    \
  static void name##_##T##_vv(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                     \
    const T *a = (const T *)r[s->s[0]], *b = (const T *)r[s->s[1]];          \
    for (int64_t k = 0; k < n; k += NK_LANES) {                              \
      double x[NK_LANES], y[NK_LANES], z[NK_LANES];                          \
      int rare = 0;                                                          \
      for (int i = 0; i < NK_LANES; i++) {                                   \
        x[i] = (double)a[k + i];                                             \
        y[i] = (double)b[k + i];                                             \
      }                                                                      \
      for (int i = 0; i < NK_LANES; i++) z[i] = fast(x[i], y[i]);            \
      for (int i = 0; i < NK_LANES; i++) rare |= !usual(x[i], y[i]);         \
      if (rare)                                                              \
        for (int i = 0; i < NK_LANES; i++)                                   \
          if (!usual(x[i], y[i])) z[i] = fn(x[i], y[i]);                     \
      for (int i = 0; i < NK_LANES; i++) d[k + i] = (T)z[i];                 \
    }                                                                        \
  }
#define USUALLY_2(name, fast, usual, fn)  \
  USUALLY(float, name, fast, usual, fn)   \
  USUALLY(double, name, fast, usual, fn)

SPECIAL_1(erfc, erfc)
SPECIAL_1(erfcx, NK_LV(nk_erfcx))
NK_BLOCK_V(erfinv_float, float, float, nk_erfinv_f64((double)x))
NK_BLOCK_V(erfinv_double, double, double, nk_erfinv_f64(x))
MOSTLY_1(erfcinv, nk_erfcinv_inner_f64, 1e-16, NK_LV(nk_erfcinv))
#if NK_INLINE_GAMMA
MOSTLY_1(gamma, nk_gamma_inner_f64, NK_GAMMA_LEAST, NK_LV(nk_gamma))
MOSTLY_1(rgamma, nk_rgamma_inner_f64, NK_GAMMA_LEAST, NK_LV(nk_rgamma))
USUALLY_2(beta, nk_beta_inner_f64, NK_BETA_INNER, NK_LV(nk_beta))
USUALLY_2(betaln, nk_betaln_inner_f64, NK_BETA_INNER, NK_LV(nk_betaln))
#else
SPECIAL_1(gamma, NK_LV(nk_gamma))
SPECIAL_1(rgamma, NK_LV(nk_rgamma))
SPECIAL_2(beta, NK_LV(nk_beta))
SPECIAL_2(betaln, NK_LV(nk_betaln))
#endif
SPECIAL_1(gammaln, NK_LV(nk_gammaln))
MOSTLY_1(digamma, nk_digamma_positive_f64, DBL_TRUE_MIN, NK_LV(nk_digamma))
SPECIAL_2(zeta, NK_LV(nk_zeta))
SPECIAL_2(gammainc, NK_LV(nk_gammainc))
SPECIAL_2(gammaincc, NK_LV(nk_gammaincc))
SPECIAL_2(jv, NK_LV(nk_jv))
SPECIAL_2(yv, NK_LV(nk_yv))
SPECIAL_2(iv, NK_LV(nk_iv))
SPECIAL_2(ive, NK_LV(nk_ive))
SPECIAL_2(kv, NK_LV(nk_kv))
SPECIAL_2(kve, NK_LV(nk_kve))
SPECIAL_1(exp1, NK_LV(nk_exp1))
SPECIAL_1(expi, NK_LV(nk_expi))
SPECIAL_2(expn, NK_LV(nk_expn))
SPECIAL_1(dawsn, NK_LV(nk_dawsn))
SPECIAL_1(spence, NK_LV(nk_spence))

#define SPECIAL_3(T, name, fn)                                                \
  static void name##_##T##_vvv(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                      \
    const T *a = (const T *)r[s->s[0]], *b = (const T *)r[s->s[1]];           \
    const T *x = (const T *)r[s->s[2]];                                       \
    NK_EACH_LOOP d[i] = (T)fn(a[i], b[i], x[i]);                              \
  }
SPECIAL_3(float, betainc, NK_LV(nk_betainc))
SPECIAL_3(double, betainc, NK_LV(nk_betainc))
SPECIAL_3(float, betaincc, NK_LV(nk_betaincc))
SPECIAL_3(double, betaincc, NK_LV(nk_betaincc))

#define ROW_1(name)                            \
  NK_ROW_V(name, NK_F32, name##_float)         \
  NK_ROW_V(name, NK_F64, name##_double)
#define ROW_2(name)                            \
  NK_ROW_VV(name, NK_F32, name##_float)        \
  NK_ROW_VV(name, NK_F64, name##_double)

static const nk_op_row table[] = {
    ROW_1(erfc) ROW_1(erfcx) ROW_1(erfinv) ROW_1(erfcinv) ROW_1(gamma) ROW_1(gammaln)
    ROW_1(rgamma) ROW_1(digamma) ROW_2(zeta) ROW_2(beta) ROW_2(betaln) ROW_2(gammainc)
    ROW_2(gammaincc) ROW_2(jv) ROW_2(yv) ROW_2(iv) ROW_2(ive) ROW_2(kv) ROW_2(kve)
    ROW_1(exp1) ROW_1(expi) ROW_2(expn) ROW_1(dawsn) ROW_1(spence)
    {NK_OP_betainc, NK_F32, 0, 0, betainc_float_vvv},
    {NK_OP_betainc, NK_F64, 0, 0, betainc_double_vvv},
    {NK_OP_betaincc, NK_F32, 0, 0, betaincc_float_vvv},
    {NK_OP_betaincc, NK_F64, 0, 0, betaincc_double_vvv}};
NK_ROWS(nk_ops_special, table)
