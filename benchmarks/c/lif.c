/* Conductance LIF cells without synapses among them, as one hand-fused loop: the peer of
 * benchmarks/k5_lif.py and, line for line, the same step.
 *
 *   dv = ((e_l - v) + g_e (e_e - v) + g_i (e_i - v)) dt / tau,   g <- a g + drive
 *
 * with a refractory counter `ref` (ms left) and a spike count per cell: 20 operations per cell
 * and step, each `where` a select. N cells. One thread, float32. */
#include <stdint.h>

typedef struct {
  float decay_e, decay_i;             /* exp(-dt / tau_e), exp(-dt / tau_i) */
  float e_e, e_i, e_l, v_th, v_reset; /* mV */
  float rate, dt, t_ref;              /* dt / tau; ms; ms */
} lif_params;

void lif_run(const lif_params *par, int64_t n, int64_t n_steps, float *restrict v,
             float *restrict g_e, float *restrict g_i, float *restrict ref, float *restrict count,
             const float *restrict drive_e, const float *restrict drive_i) {
  const lif_params p = *par;
  for (int64_t t = 0; t < n_steps; t++) {
    for (int64_t i = 0; i < n; i++) {
      float u = v[i], r = ref[i];
      float e = g_e[i] * p.decay_e + drive_e[i];
      float h = g_i[i] * p.decay_i + drive_i[i];
      float dv = ((p.e_l - u) + e * (p.e_e - u) + h * (p.e_i - u)) * p.rate;
      u = r <= 0.0f ? u + dv : u;
      int spike = u > p.v_th;
      g_e[i] = e;
      g_i[i] = h;
      v[i] = spike ? p.v_reset : u;
      ref[i] = spike ? p.t_ref : r - p.dt;
      count[i] += spike ? 1.0f : 0.0f;
    }
  }
}
