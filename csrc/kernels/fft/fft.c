/* Kernel `fft`: the discrete Fourier transform along one axis.
 *
 *   out[k] = scale sum_j in[j] e^(-+ 2 pi i j k / n), k below the length of out
 *
 * in real or complex, cut or filled with zeros to n; out complex, cut or filled likewise.
 * ip (axis, n, inverse): inverse 1 takes the sign +. fp (scale, unused).
 */
#include "fft.h"

nk_status NK_LV(nk_fft_check)(nk_call *call) {
  return NK_LV(nk_fft_plan_make)(call, "fft", NK_FFT_COMPLEX);
}

nk_status NK_LV(nk_fft_run)(const nk_call *call) {
  return NK_LV(nk_fft_run_plan)(call, NK_FFT_COMPLEX);
}

void NK_LV(nk_fft_release)(void *prep) { NK_LV(nk_fft_plan_free)(prep); }
