/* Kernel `irfft`: the real result of half a Hermitian spectrum.
 *
 *   out[j] = scale sum_k X[k] e^(+- 2 pi i j k / n), X[n - k] = conj X[k], X[k] = weight_k in[k]
 *
 * in complex, cut or filled with zeros to n / 2 + 1; out real, zero beyond n; the imaginary
 * parts at k = 0 and n / 2 are ignored. weight_k as in rfft. Even n costs n / 2 points.
 * ip (axis, n, inverse): inverse 1 takes the sign +. fp (scale, inner_weight).
 */
#include "fft.h"

nk_status NK_LV(nk_irfft_check)(nk_call *call) {
  return NK_LV(nk_fft_plan_make)(call, "irfft", NK_FFT_TO_REAL);
}

nk_status NK_LV(nk_irfft_run)(const nk_call *call) {
  return NK_LV(nk_fft_run_plan)(call, NK_FFT_TO_REAL);
}

void NK_LV(nk_irfft_release)(void *prep) { NK_LV(nk_fft_plan_free)(prep); }
