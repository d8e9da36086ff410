/* Factors of a length and accurate roots of unity. */
#include <math.h>

#include "fft.h"

void NK_LV(nk_fft_turn)(int64_t k, int64_t n, double *re, double *im) {
  /* the angle is folded into one eighth of the circle, where sin and cos are at their best */
  const int64_t a = 8 * (k % n);
  const int64_t octant = a / n;
  const int64_t b = octant % 2 == 0 ? a - octant * n : (octant + 1) * n - a;
  const double angle = 0.78539816339744830962 * ((double)b / (double)n);
  const double c = cos(angle), s = sin(angle);
  const bool swap = octant == 1 || octant == 2 || octant == 5 || octant == 6;
  const double x = swap ? s : c, y = swap ? c : s;
  *re = octant >= 2 && octant <= 5 ? -x : x;
  *im = octant >= 4 ? y : -y;
}

bool NK_LV(nk_fft_factor)(nk_fft_passes *p, int64_t n) {
  static const int first[] = {8, 4, 2, 3, 5};
  p->n = n;
  p->n_stages = 0;
  for (int i = 0; i < 5; i++)
    while (n % first[i] == 0) {
      p->radix[p->n_stages++] = first[i];
      n /= first[i];
    }
  for (int r = 7; n > 1 && r <= NK_FFT_MAX_RADIX; r += 2)
    while (n % r == 0) {
      p->radix[p->n_stages++] = r;
      n /= r;
    }
  return n == 1;
}

void NK_LV(nk_fft_line_free)(nk_fft_line *line) {
  if (line == NULL) return;
  NK_LV(nk_fft_line_free)(line->inner);
  nk_free(line->a.twiddle);
  nk_free(line->b.twiddle);
  nk_free(line->join);
  nk_free(line->chirp);
  nk_free(line->chirp_hat);
  nk_free(line);
}
