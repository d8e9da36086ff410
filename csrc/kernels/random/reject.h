/* Laws by rejection, one element at a time: Poisson, gamma, integers below a bound.
 *
 * Each attempt reads counters of its own, so a draw stays a function of (seed, site, step,
 * element).
 */
#ifndef NK_RANDOM_REJECT_H
#define NK_RANDOM_REJECT_H

#include "draw.h"
#include "functions.h"

#include <math.h>
#include <stdbool.h>

/* No law here needs more than a few dozen attempts; 16 bits of the counter hold them. */
enum { MAX_ATTEMPTS = 30000 };

/* log(k!) for k = 0 .. 15. */
static const double log_factorial_table[16] = {0.0,
                                               0.0,
                                               0.69314718055994530942,
                                               1.7917594692280550008,
                                               3.1780538303479456197,
                                               4.7874917427820459943,
                                               6.5792512120101009951,
                                               8.5251613610654143002,
                                               10.604602902745250228,
                                               12.801827480081469611,
                                               15.104412573075515295,
                                               17.502307845873885839,
                                               19.987214495661886150,
                                               22.552163853123422886,
                                               25.191221182738681500,
                                               27.899271383840891566};

/* Stirling's series, error below 1e-13 from k = 16 on. */
static inline double log_factorial(double k) {
  if (k < 16.0) return log_factorial_table[(int)k];
  double x = k + 1.0, inverse = 1.0 / x, z = inverse * inverse;
  double series =
      inverse * (1.0 / 12.0 - z * (1.0 / 360.0 - z * (1.0 / 1260.0 - z * (1.0 / 1680.0))));
  return (x - 0.5) * random_log(x) - x + 0.91893853320467274178 + series;
}

/* Poisson, mean < 10: inversion of the distribution function at u; `zero` = exp(-mean). */
static inline double poisson_small(double u, double mean, double zero) {
  double p = zero, k = 0.0;
  while (u >= p && k < 128.0) { /* the mass above 128 is below 1e-90 */
    u -= p;
    k += 1.0;
    p = p * mean / k;
  }
  return k;
}

/* Poisson, mean >= 10: transformed rejection with squeeze, algorithm PTRS of Hoermann (1993),
 * doi:10.1016/0167-6687(93)90997-4. Returns -1 if every attempt failed. */
static inline double poisson_large(const draw *d, uint64_t element, double mean) {
  double root = sqrt(mean), log_mean = random_log(mean);
  double b = 0.931 + 2.53 * root;
  double a = -0.059 + 0.02483 * b;
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
  double v_r = 0.9277 - 3.6224 / (b - 2.0);
  for (uint32_t attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
    nk_philox x = draw_one(d, element, attempt);
    double u = draw_open(x.v[0], x.v[1]) - 0.5, v = draw_open(x.v[2], x.v[3]);
    double us = 0.5 - fabs(u);
    double k = floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0.0 || k > 9e18 || (us < 0.013 && v > us)) continue;
    double left = random_log(v) + random_log(inverse_alpha) - random_log(a / (us * us) + b);
    if (left <= -mean + k * log_mean - log_factorial(k)) return k;
  }
  return -1.0;
}

/* Gamma with unit scale: Marsaglia and Tsang (2000), doi:10.1145/358407.358414; a shape below 1 is
 * drawn at shape + 1 and multiplied by U^(1/shape). Attempt i reads counters 2i - 1 (normal) and
 * 2i (uniform). Returns -1 if every attempt failed. */
static inline double gamma_draw(const draw *d, uint64_t element, double shape) {
  double boosted = shape < 1.0 ? shape + 1.0 : shape;
  double dd = boosted - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * dd);
  for (uint32_t attempt = 1; attempt < MAX_ATTEMPTS; attempt++) {
    nk_philox x = draw_one(d, element, 2 * attempt - 1);
    nk_philox y = draw_one(d, element, 2 * attempt);
    double cosine, sine;
    random_sincos(draw_turn(x.v[2], x.v[3]), &cosine, &sine);
    double normal = sqrt(-2.0 * random_log(draw_open(x.v[0], x.v[1]))) * cosine;
    double v = 1.0 + c * normal;
    if (v <= 0.0) continue;
    v = v * v * v;
    double u = draw_open(y.v[0], y.v[1]), square = normal * normal;
    if (random_log(u) >= 0.5 * square + dd - dd * v + dd * random_log(v)) continue;
    if (shape >= 1.0) return dd * v;
    return dd * v * random_exp(random_log(draw_open(y.v[2], y.v[3])) / shape);
  }
  return -1.0;
}

/* Integer in [0, range), range > 0, or any 64 bits when range = 0: Lemire (2019),
 * doi:10.1145/3230636, without bias. `bits` is the first try. */
static inline uint64_t integer_below(const draw *d, uint64_t element, uint64_t range,
                                     uint64_t bits) {
  if (range == 0) return bits;
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)bits * range;
  if ((uint64_t)product < range) {
    uint64_t threshold = (0 - range) % range;
    for (uint32_t attempt = 1; (uint64_t)product < threshold && attempt < MAX_ATTEMPTS; attempt++) {
      nk_philox x = draw_one(d, element, attempt);
      product = (wide)(x.v[0] | (uint64_t)x.v[1] << 32) * range;
    }
  }
  return (uint64_t)(product >> 64);
}

#endif
