/* Adaptive LIF, AdEx and Hodgkin-Huxley cells as hand-fused loops: the peers of
 * benchmarks/bodies.py and, line for line, the same steps. `lif` stands in lif.c.
 *
 * N cells with one drive each, states in place. One thread, float32. */
#include <stdint.h>

#include "exp_inline.h"

/* v' = decay v + (1 - decay) drive, threshold v_th + beta a; a spike lowers v by the threshold. */
typedef struct {
  float decay, rest, decay_a, v_th, beta;
} alif_params;

void alif_run(const alif_params *par, int64_t n, int64_t n_steps, float *restrict v,
              float *restrict a, float *restrict count, const float *restrict drive) {
  const alif_params p = *par;
  for (int64_t t = 0; t < n_steps; t++) {
    for (int64_t i = 0; i < n; i++) {
      float u = v[i] * p.decay + p.rest * drive[i];
      float threshold = p.v_th + p.beta * a[i];
      float spike = u > threshold ? 1.0f : 0.0f;
      v[i] = u - spike * threshold;
      a[i] = a[i] * p.decay_a + spike;
      count[i] += spike;
    }
  }
}

/* Brette and Gerstner 2005: C dv/dt = -g (v - e) + g d exp((v - v_th) / d) - w + I. */
typedef struct {
  float rate, e_l, delta, v_th, g, a, rate_w, v_peak, v_reset, b; /* rate = dt / C */
} adex_params;

void adex_run(const adex_params *par, int64_t n, int64_t n_steps, float *restrict v,
              float *restrict w, float *restrict count, const float *restrict drive) {
  const adex_params p = *par;
  for (int64_t t = 0; t < n_steps; t++) {
    for (int64_t i = 0; i < n; i++) {
      float u = v[i], s = w[i];
      float grow = p.delta * exp_inline((u - p.v_th) / p.delta);
      float dv = (p.g * (grow - (u - p.e_l)) - s + drive[i]) * p.rate;
      s = s + (p.a * (u - p.e_l) - s) * p.rate_w;
      u = u + dv;
      int spike = u > p.v_peak;
      v[i] = spike ? p.v_reset : u;
      w[i] = spike ? s + p.b : s;
      count[i] += spike ? 1.0f : 0.0f;
    }
  }
}

/* Hodgkin and Huxley 1952, rates in 1/ms, forward Euler. */
typedef struct {
  float dt, g_na, g_k, g_l, e_na, e_k, e_l;
} hh_params;

/* x / (1 - e^-x), which is 1 + x/2 near 0. */
static inline float linoid(float x) {
  float ratio = x / (1.0f - exp_inline(-x));
  float near = 1.0f + 0.5f * x;
  return x * x < 1e-6f ? near : ratio;
}

void hh_run(const hh_params *par, int64_t n, int64_t n_steps, float *restrict v, float *restrict m,
            float *restrict h, float *restrict k, const float *restrict drive) {
  const hh_params p = *par;
  for (int64_t t = 0; t < n_steps; t++) {
    for (int64_t i = 0; i < n; i++) {
      float u = v[i], a = m[i], b = h[i], c = k[i];
      float current = drive[i] - p.g_na * (a * a * a) * b * (u - p.e_na) -
                      p.g_k * ((c * c) * (c * c)) * (u - p.e_k) - p.g_l * (u - p.e_l);
      float alpha_m = linoid((u + 40.0f) * 0.1f);
      float beta_m = 4.0f * exp_inline((u + 65.0f) * (-1.0f / 18.0f));
      float alpha_h = 0.07f * exp_inline((u + 65.0f) * -0.05f);
      float beta_h = 1.0f / (1.0f + exp_inline((u + 35.0f) * -0.1f));
      float alpha_k = 0.1f * linoid((u + 55.0f) * 0.1f);
      float beta_k = 0.125f * exp_inline((u + 65.0f) * -0.0125f);
      v[i] = u + p.dt * current;
      m[i] = a + p.dt * (alpha_m * (1.0f - a) - beta_m * a);
      h[i] = b + p.dt * (alpha_h * (1.0f - b) - beta_h * b);
      k[i] = c + p.dt * (alpha_k * (1.0f - c) - beta_k * c);
    }
  }
}
