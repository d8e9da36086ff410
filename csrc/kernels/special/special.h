/* Special functions of real numbers, one element at a time.
 *
 * Polynomials in double where there are any (inline.h); else sums, continued fractions and asymptotic
 * series in long double, which keep the accuracy of double. Special values are SciPy's.
 */
#ifndef NK_KERNELS_SPECIAL_H
#define NK_KERNELS_SPECIAL_H

#include "../level.h"

/* gamma.c */
double NK_LV(nk_gamma)(double x);
double NK_LV(nk_gammaln)(double x);
double NK_LV(nk_rgamma)(double x);
double NK_LV(nk_digamma)(double x);
double NK_LV(nk_beta)(double a, double b);
double NK_LV(nk_betaln)(double a, double b);
/* zeta.c */
double NK_LV(nk_zeta)(double s, double q);
/* error.c */
double NK_LV(nk_erfcx)(double x);
double NK_LV(nk_erfinv)(double y);
double NK_LV(nk_erfcinv)(double p);
/* incomplete.c */
double NK_LV(nk_gammainc)(double a, double x);
double NK_LV(nk_gammaincc)(double a, double x);
double NK_LV(nk_betainc)(double a, double b, double x);
double NK_LV(nk_betaincc)(double a, double b, double x);
/* integrals.c */
double NK_LV(nk_exp1)(double x);
double NK_LV(nk_expi)(double x);
double NK_LV(nk_expn)(double n, double x);
double NK_LV(nk_dawsn)(double x);
double NK_LV(nk_spence)(double x);
/* bessel.c: integer orders, of iv and ive any order */
double NK_LV(nk_jv)(double v, double x);
double NK_LV(nk_yv)(double v, double x);
double NK_LV(nk_iv)(double v, double x);
double NK_LV(nk_ive)(double v, double x);
double NK_LV(nk_kv)(double v, double x);
double NK_LV(nk_kve)(double v, double x);

#define NK_PI_L 3.14159265358979323846264338327950288L
#define NK_EULER_L 0.577215664901532860606512090082402431L

#endif
