/* Kernel `rfft`: the transform of real input, the half of the spectrum that says all.
 *
 *   out[k] = scale weight_k sum_j in[j] e^(-+ 2 pi i j k / n), 0 <= k <= n / 2
 *
 * in real, cut or filled with zeros to n; out complex, zero beyond n / 2. weight_k is
 * inner_weight but 1 for k = 0 and k = n / 2. Even n costs a transform of n / 2 points.
 * ip (axis, n, inverse): inverse 1 takes the sign +. fp (scale, inner_weight).
 */
#include "fft.h"

nk_status NK_LV(nk_rfft_check)(nk_call *call) {
  return NK_LV(nk_fft_plan_make)(call, "rfft", NK_FFT_FROM_REAL);
}

nk_status NK_LV(nk_rfft_run)(const nk_call *call) {
  return NK_LV(nk_fft_run_plan)(call, NK_FFT_FROM_REAL);
}

void NK_LV(nk_rfft_release)(void *prep) { NK_LV(nk_fft_plan_free)(prep); }
