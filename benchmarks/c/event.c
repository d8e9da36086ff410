/* Event product as a plain loop: the peer of benchmarks/event_product.py.
 *
 *   out[j] += sum over i with spikes[i] of w[i, j]
 *
 * CSR by source, N_PRE rows, one weight for all synapses or one for each (weights != NULL). T spike
 * vectors one after the other. Cost: O(T N_PRE) to find the spikes, O(events) to deliver them. */
#include <stddef.h>
#include <stdint.h>

void event_run(int64_t n_steps, int64_t n_pre, const int32_t *restrict indptr,
               const int32_t *restrict indices, const float *restrict weights, float weight,
               const uint8_t *restrict spikes, float *restrict out) {
  for (int64_t t = 0; t < n_steps; t++) {
    const uint8_t *s = spikes + t * n_pre;
    for (int64_t i = 0; i < n_pre; i++) {
      if (!s[i]) continue;
      if (weights == NULL)
        for (int32_t k = indptr[i]; k < indptr[i + 1]; k++) out[indices[k]] += weight;
      else
        for (int32_t k = indptr[i]; k < indptr[i + 1]; k++) out[indices[k]] += weights[k];
    }
  }
}
