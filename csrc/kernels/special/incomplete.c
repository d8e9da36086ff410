/* Regularised incomplete gamma and beta functions.
 *
 * gammainc: power series (DLMF 8.11.4), continued fraction (8.9.2), and for small a the series of the
 * complement (8.7.3 with the leading one taken off). betainc: continued fraction (8.17.22). The first
 * fraction is evaluated by Lentz's method, the second as the quotient of two numbers by their recurrences,
 * so that a step takes no division; the range of long double holds many steps between two looks at them. Cost grows as the square root of the parameters; from
 * 1e8 on gammainc is Temme's uniform expansion (8.12.3, 8.12.4), whose second term is below rounding.
 * betainc is NaN where the fraction does not settle, parameters beyond about 1e12.
 */
#include <float.h>
#include <math.h>

#include "inline.h"
#include "special.h"

enum { MOST = 2000000, LARGE = 100000000, LOOK = 8 }; /* steps; shape; steps between two looks */
static const long double tiny = 1e-4000L;

/* Successive numerators and denominators of a fraction: p / q is its value so far. */
typedef struct convergent {
  long double p, q, p_before, q_before;
} convergent;

/* The next one of b + a / (...). */
static inline void extend(convergent *c, long double a, long double b) {
  const long double p = b * c->p + a * c->p_before, q = b * c->q + a * c->q_before;
  c->p_before = c->p, c->q_before = c->q;
  c->p = p, c->q = q;
}

/* Brings all four back to the middle of their range; is the last value that of the one before? */
static int settled(convergent *c) {
  const long double difference = c->p * c->q_before - c->p_before * c->q;
  const int same = fabsl(difference) <= 1e-18L * fabsl(c->p * c->q_before);
  const int n = -ilogbl(c->q == 0 ? c->q_before : c->q);
  c->p = scalbnl(c->p, n), c->q = scalbnl(c->q, n);
  c->p_before = scalbnl(c->p_before, n), c->q_before = scalbnl(c->q_before, n);
  return same;
}

/* log Gamma(1 + a), accurate for small a too (DLMF 5.7.3). */
static long double log_gamma_1p(long double a) {
  static const long double zeta[] = {
      1.644934066848226436472415166646L, 1.202056903159594285399738161511L,
      1.082323233711138191516003696541L, 1.036927755143369926331365486457L,
      1.017343061984449139714517929790L, 1.008349277381922826839797549849L,
      1.004077356197944339378685238508L, 1.002008392826082214417852769232L,
      1.000994575127818085337145958900L, 1.000494188604119464558702282526L,
      1.000246086553308048298637998047L, 1.000122713347578489146751836526L,
      1.000061248135058704829258545105L, 1.000030588236307020493551728510L};
  if (a > 0.05L) {
    int sign;
    return lgammal_r(1 + a, &sign);
  }
  long double sum = -NK_EULER_L * a, power = -a;
  for (int k = 0; k < 14; k++) {
    power *= -a;
    sum -= k % 2 == 0 ? -zeta[k] * fabsl(power) / (k + 2) : zeta[k] * fabsl(power) / (k + 2);
  }
  return sum;
}

/* log(x / a) - m for m = (x - a) / a, without cancellation where m is small. */
static long double log_less(long double x, long double a) {
  const long double m = (x - a) / a;
  if (fabsl(m) > 0.01L) return logl(x / a) - m;
  long double sum = 0;
  for (int k = 11; k > 1; k--) sum = (k % 2 ? 1.0L : -1.0L) / k + m * sum;
  return m * m * sum;
}

/* log Gamma(a) less (a - 1/2) log(a) - a + log(2 pi) / 2, a >= 20 (DLMF 5.11.1). */
static long double stirling(long double a) {
  const long double t = 1 / (a * a);
  return (1.0L / 12 -
          t * (1.0L / 360 -
               t * (1.0L / 1260 -
                    t * (1.0L / 1680 - t * (1.0L / 1188 - t * (691.0L / 360360 - t / 156)))))) / a;
}

/* x^a exp(-x) / Gamma(a) */
static long double front(long double a, long double x) {
#if NK_INLINE_GAMMA
  if (a >= NK_GAMMA_LEAST && a <= NK_BETA_MOST && x >= DBL_MIN && x <= 2 * NK_BETA_MOST) {
    double l_low, e_low, g_low, product;
    const double l = nk_log2_pair_f64((double)x, &l_low), e = nk_two_product_f64((double)a, l, &e_low);
    const double g = nk_log2_gamma((double)a, 0.0, &g_low, &product);
    const long double power = (long double)e - x * 1.442695040888963407359924681001892L - g;
    const double high = (double)power;
    const double low = (double)(power - high) + ((e_low - g_low) + (double)a * l_low);
    if (high > -1000) return (long double)nk_exp2_pair_f64(high, low) * product;
  }
#endif
  if (a < 20) return expl(a * logl(x) - x - log_gamma_1p(a)) * a;
  return sqrtl(a / (2 * NK_PI_L)) * expl(a * log_less(x, a) - stirling(a));
}

static long double series(long double a, long double x) {
  long double sum = 1, term = 1;
  for (int n = 1; n < MOST && term > 1e-21L * sum; n++) sum += term *= x / (a + n);
  return front(a, x) / a * sum;
}

static long double fraction(long double a, long double x) {
  long double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;
  for (int i = 1; i < MOST; i++) {
    const long double an = -i * (i - a);
    b += 2;
    d = an * d + b;
    d = 1 / (fabsl(d) < tiny ? tiny : d);
    c = b + an / c;
    if (fabsl(c) < tiny) c = tiny;
    h *= c * d;
    if (fabsl(c * d - 1) < 1e-19L) break;
  }
  return front(a, x) * h;
}

/* Both parts for large a: the lower one, or its complement. */
static long double uniform(long double a, long double x, int upper) {
  static const long double c[] = {-1.0L / 3, 1.0L / 12, -2.0L / 135, 1.0L / 864, 1.0L / 2835};
  const long double m = (x - a) / a, half = -log_less(x, a);
  const long double eta = copysignl(sqrtl(2 * half), m);
  long double c0 = 1 / m - 1 / eta;
  if (fabsl(eta) < 1e-3L) c0 = c[0] + eta * (c[1] + eta * (c[2] + eta * (c[3] + eta * c[4])));
  const long double more = expl(-a * half) / sqrtl(2 * NK_PI_L * a) * c0;
  const long double tail = erfcl((upper ? eta : -eta) * sqrtl(a / 2)) / 2;
  return upper ? tail + more : tail - more;
}

/* The complement for x about 1 or less, where a is small. */
static long double small_complement(long double a, long double x) {
  long double sum = 0, term = 1;
  for (int n = 1; n < 100; n++) {
    term *= -x / n;
    sum += term / (a + n);
    if (fabsl(term) < 1e-21L * fabsl(sum)) break;
  }
  const long double power = a * logl(x) - log_gamma_1p(a);
  return -expm1l(power) - expl(power) * a * sum;
}

/* The value at the edges of the domain; false inside. */
static int at_edge(double a, double x, double *lower) {
  if (isnan(a) || isnan(x) || a < 0 || x < 0 || (a == 0 && x == 0) || (isinf(a) && isinf(x)))
    return *lower = NAN, 1;
  if (a == 0 || isinf(x)) return *lower = 1, 1;
  if (x == 0 || isinf(a)) return *lower = 0, 1;
  return 0;
}

static int by_fraction(double a, double x) {
  return x > 1.1 && x > a;
}

double NK_LV(nk_gammainc)(double a, double x) {
  double edge;
  if (at_edge(a, x, &edge)) return edge;
  if (a > LARGE) return (double)uniform(a, x, 0);
  return (double)(by_fraction(a, x) ? 1 - fraction(a, x) : series(a, x));
}

double NK_LV(nk_gammaincc)(double a, double x) {
  double edge;
  if (at_edge(a, x, &edge)) return 1 - edge;
  if (a > LARGE) return (double)uniform(a, x, 1);
  if (by_fraction(a, x)) return (double)fraction(a, x);
  const int plain = x > 1.1 || (x <= 0.5 ? -0.4 / log(x) < a : x * 1.1 < a);
  return (double)(plain ? 1 - series(a, x) : small_complement(a, x));
}

/* log(x^a y^b / B(a, b)), y = 1 - x; for large a and b about the mode, where the logarithms cancel. */
static long double log_beta_front(long double a, long double b, long double x) {
  const long double y = 1 - x, n = a + b;
  if (a > 20 && b > 20)
    return a * log_less(x, a / n) + b * log_less(y, b / n) + logl(a / n * b / (2 * NK_PI_L)) / 2 +
           stirling(n) - stirling(a) - stirling(b);
  int sign;
  return a * logl(x) + b * log1pl(-x) + lgammal_r(n, &sign) - lgammal_r(a, &sign) -
         lgammal_r(b, &sign);
}

/* x^a y^b / B(a, b), y = 1 - x */
static long double beta_front(double a, double b, double x) {
#if NK_INLINE_GAMMA
  if (NK_BETA_INNER(a, b) && x >= DBL_MIN && x < 1) {
    double x_low, y_low, a_low, b_low, sum_low;
    const double y = 1 - x, y_rest = (1 - y) - x;
    const double log_x = nk_log2_pair_f64(x, &x_low), log_y = nk_log2_pair_f64(y, &y_low);
    const double by_a = nk_two_product_f64(a, log_x, &a_low);
    const double by_b = nk_two_product_f64(b, log_y, &b_low);
    const double high = nk_two_diff_f64(by_a, -by_b, &sum_low);
    const double low = sum_low + (a_low + a * x_low) +
                       (b_low + b * (y_low + y_rest / y * 1.4426950408889634));
    if (high > -1000) return (long double)nk_exp2_pair_f64(high, low) / nk_beta_inner_f64(a, b);
  }
#endif
  return expl(log_beta_front(a, b, x));
}

/* 1 + d_1 / (1 + d_2 / (...)) of DLMF 8.17.22 with d_n = u_n / v_n: the numbers times v_1 ... v_n. */
static long double beta_fraction(long double a, long double b, long double x) {
  convergent c = {1, 1, 1, 0};
  long double v = a + 1, v_before;
  extend(&c, -(a + b) * x, v);
  for (int m = 1; m < MOST;) {
    for (const int end = m + LOOK; m < end; m++) {
      v_before = v;
      v = (a + 2 * m - 1) * (a + 2 * m);
      extend(&c, m * (b - m) * x * v_before, v);
      v_before = v;
      v = (a + 2 * m) * (a + 2 * m + 1);
      extend(&c, -(a + m) * (a + b + m) * x * v_before, v);
    }
    if (settled(&c)) return c.q / c.p;
  }
  return NAN;
}

/* The lower function, or its complement. */
static double beta_part(double a, double b, double x, int upper) {
  if (isnan(a) || isnan(b) || isnan(x) || a < 0 || b < 0 || x < 0 || x > 1) return NAN;
  if ((a == 0 && b == 0) || (isinf(a) && isinf(b))) return NAN;
  if (x == 0 || x == 1) return (x == 1) != upper;
  if (a == 0 || isinf(b)) return !upper;
  if (b == 0 || isinf(a)) return upper;
  const int swap = x > (a + 1) / (a + b + 2);
  const long double y = 1 - (long double)x, factor = beta_front(a, b, x);
  const long double part = factor * (swap ? beta_fraction(b, a, y) / b : beta_fraction(a, b, x) / a);
  return (double)(swap == upper ? part : 1 - part);
}

double NK_LV(nk_betainc)(double a, double b, double x) {
  return beta_part(a, b, x, 0);
}

double NK_LV(nk_betaincc)(double a, double b, double x) {
  return beta_part(a, b, x, 1);
}
