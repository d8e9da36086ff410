/* The passes of one element type T: included by f32.c and f64.c, which define T, the vectors of T
 * and NK_FFT(name). The passes with a whole number of vectors run on vectors, the others on
 * numbers. */
#define NK_PASS(name) name##_vector
#define NK_N NK_VECTOR
#define NK_STEP NK_FFT_WIDTH
#define NK_LOAD(p) NK_V_LOAD(p)
#define NK_STORE(p, x) NK_V_STORE((p), (x))
#define NK_SPLAT(x) NK_V_SPLAT(x)
#define NK_N_FMA(a, b, c) NK_V_FMA((a), (b), (c))
#include "butterflies.h"

#define NK_PASS(name) name##_single
#define NK_N T
#define NK_STEP 1
#define NK_LOAD(p) (*(p))
#define NK_STORE(p, x) (*(p) = (x))
#define NK_SPLAT(x) (x)
#define NK_N_FMA(a, b, c) NK_T_FMA((a), (b), (c))
#include "butterflies.h"

#define NK_MUL(yr, yi, ar, ai, wr, wi)           \
  do {                                           \
    (yr) = NK_T_FMA((ar), (wr), -((ai) * (wi))); \
    (yi) = NK_T_FMA((ar), (wi), ((ai) * (wr)));  \
  } while (0)

/* Any odd radix r: pairs j, r - j share a cosine and a sine; roots[j] = e^(-2 pi i j / r). */
static void pass_odd(int r, const T *restrict roots, int64_t m, int64_t s, const T *restrict w,
                     const T *restrict xr, const T *restrict xi, T *restrict yr, T *restrict yi) {
  enum { TILE = 64 };
  const int half = r / 2;
  T pr[NK_FFT_MAX_RADIX / 2][TILE], pi[NK_FFT_MAX_RADIX / 2][TILE];
  T qr[NK_FFT_MAX_RADIX / 2][TILE], qi[NK_FFT_MAX_RADIX / 2][TILE];
  T ar[TILE], ai[TILE], br[TILE], bi[TILE];
  for (int64_t p = 0; p < m; p++, w += 2 * (r - 1))
    for (int64_t from = 0; from < s; from += TILE) {
      const int64_t width = s - from < TILE ? s - from : TILE;
      const T *restrict x0r = xr + p * s + from, *restrict x0i = xi + p * s + from;
      T *restrict y0r = yr + p * r * s + from, *restrict y0i = yi + p * r * s + from;
      for (int64_t i = 0; i < width; i++) ar[i] = x0r[i], ai[i] = x0i[i];
      for (int j = 0; j < half; j++) {
        const int64_t u = (j + 1) * m * s, v = (r - 1 - j) * m * s;
        for (int64_t i = 0; i < width; i++) {
          pr[j][i] = x0r[i + u] + x0r[i + v], pi[j][i] = x0i[i + u] + x0i[i + v];
          qr[j][i] = x0r[i + u] - x0r[i + v], qi[j][i] = x0i[i + u] - x0i[i + v];
          ar[i] += pr[j][i], ai[i] += pi[j][i];
        }
      }
      for (int64_t i = 0; i < width; i++) y0r[i] = ar[i], y0i[i] = ai[i];
      for (int k = 1; k <= half; k++) {
        for (int64_t i = 0; i < width; i++) ar[i] = x0r[i], ai[i] = x0i[i], br[i] = bi[i] = 0;
        for (int j = 0; j < half; j++) {
          const int t = (j + 1) * k % r;
          const T c = roots[2 * t], d = roots[2 * t + 1];
          for (int64_t i = 0; i < width; i++) {
            ar[i] = NK_T_FMA(c, pr[j][i], ar[i]), ai[i] = NK_T_FMA(c, pi[j][i], ai[i]);
            br[i] = NK_T_FMA(-d, qi[j][i], br[i]), bi[i] = NK_T_FMA(d, qr[j][i], bi[i]);
          }
        }
        const int64_t u = k * s, v = (r - k) * s;
        const T *restrict wu = w + 2 * (k - 1), *restrict wv = w + 2 * (r - k - 1);
        for (int64_t i = 0; i < width; i++) {
          const T er = ar[i] + br[i], ei = ai[i] + bi[i], fr = ar[i] - br[i], fi = ai[i] - bi[i];
          NK_MUL(y0r[i + u], y0i[i + u], er, ei, wu[0], wu[1]);
          NK_MUL(y0r[i + v], y0i[i + v], fr, fi, wv[0], wv[1]);
        }
      }
    }
}

/* All passes; buffers are (re, im, re, im), the input in the first pair. Returns the pair (0 or 2)
 * that holds the result. */
static int run_passes(const nk_fft_passes *f, int64_t lanes, T *const *buffer) {
  int64_t n = f->n, s = lanes;
  int from = 0;
  for (int stage = 0; stage < f->n_stages; stage++, from ^= 2) {
    const int r = f->radix[stage];
    const int64_t m = n / r;
    const T *w = (const T *)f->twiddle + f->at[stage];
    const T *xr = buffer[from], *xi = buffer[from + 1];
    T *yr = buffer[from ^ 2], *yi = buffer[(from ^ 2) + 1];
    const bool whole = s % NK_FFT_WIDTH == 0;
    switch (r) {
      case 2: (whole ? pass_2_vector : pass_2_single)(m, s, w, xr, xi, yr, yi); break;
      case 3: (whole ? pass_3_vector : pass_3_single)(m, s, w, xr, xi, yr, yi); break;
      case 4: (whole ? pass_4_vector : pass_4_single)(m, s, w, xr, xi, yr, yi); break;
      case 5: (whole ? pass_5_vector : pass_5_single)(m, s, w, xr, xi, yr, yi); break;
      case 8: (whole ? pass_8_vector : pass_8_single)(m, s, w, xr, xi, yr, yi); break;
      default: pass_odd(r, w + 2 * m * (r - 1), m, s, w, xr, xi, yr, yi);
    }
    n = m;
    s *= r;
  }
  return from;
}
