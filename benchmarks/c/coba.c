/* COBA network (Vogels and Abbott 2005) as one hand-fused loop: the peer of benchmarks/coba.py.
 *
 *   tau dv/dt = -(v - v_rest) + g_e (0 - v) + g_i (-80 - v) + drive,   g' = -g / tau_syn
 *
 * Exponential Euler for v, exact decay for g, weights in units of the leak, one step of delay.
 * N cells, of which the first n_exc are excitatory; wiring is CSR by source, without weights.
 * Cost per step: O(N) for the cells, O(events) for the synapses. One thread, float32. */
#include <stddef.h>
#include <stdint.h>
#include "exp_inline.h"

enum { BLOCK = 64 };

typedef struct {
  float v_rest, v_reset, v_th, t_ref; /* mV, mV, mV, ms */
  float tau, tau_e, tau_i, dt;        /* ms */
  float rev_e, rev_i, drive;          /* mV */
  float weight_e, weight_i;           /* units of the leak */
  float decay_e, decay_i;             /* exp(-dt / tau_e), exp(-dt / tau_i) */
} coba_params;

/* Runs n_steps. State v, g_e, g_i and left (remaining refractory steps) have N elements. The
 * spikes go to spike_step, spike_cell up to `capacity`; the return value is the number of
 * spikes, or -1 if they did not fit. */
int64_t coba_run(const coba_params *par, int64_t n, int64_t n_exc, int64_t n_steps,
                 const int32_t *restrict indptr, const int32_t *restrict indices, float *restrict v,
                 float *restrict g_e, float *restrict g_i, int32_t *restrict left,
                 int32_t *restrict spike_step, int32_t *restrict spike_cell, int64_t capacity) {
  const coba_params p = *par;
  const float scale = -p.dt / p.tau;
  const int32_t hold = (int32_t)(p.t_ref / p.dt + 0.5f);
  int64_t n_spikes = 0;
  for (int64_t t = 0; t < n_steps; t++) {
    int64_t first = n_spikes;
    for (int64_t start = 0; start < n; start += BLOCK) {
      uint8_t fired[BLOCK];
      int64_t stop = n - start < BLOCK ? n - start : BLOCK;
      int any = 0;
      for (int64_t j = 0; j < stop; j++) {
        int64_t i = start + j;
        float e = g_e[i], h = g_i[i];
        g_e[i] = e * p.decay_e; /* ready for the next step: the */
        g_i[i] = h * p.decay_i; /* scatter below adds to it */
        float total = 1.0f + e + h;
        float target = (p.v_rest + p.drive + e * p.rev_e + h * p.rev_i) / total;
        float next = target + (v[i] - target) * exp_inline(scale * total);
        int32_t l = left[i];
        next = l > 0 ? p.v_reset : next;
        int spike = next > p.v_th;
        v[i] = spike ? p.v_reset : next;
        left[i] = spike ? hold : (l > 0 ? l - 1 : 0);
        fired[j] = (uint8_t)spike;
        any |= spike;
      }
      if (!any) continue;
      for (int64_t j = 0; j < stop; j++) {
        if (!fired[j]) continue;
        if (n_spikes == capacity) return -1;
        spike_step[n_spikes] = (int32_t)t;
        spike_cell[n_spikes++] = (int32_t)(start + j);
      }
    }
    for (int64_t s = first; s < n_spikes; s++) {
      int32_t cell = spike_cell[s];
      float *restrict to = cell < n_exc ? g_e : g_i;
      float w = cell < n_exc ? p.weight_e : p.weight_i;
      for (int32_t k = indptr[cell]; k < indptr[cell + 1]; k++) to[indices[k]] += w;
    }
  }
  return n_spikes;
}
