/* Transforms of one element type T: plans, the split of one line, Bluestein. See fft.h. */
#include "passes_typed.h"

static bool fill_twiddles(nk_fft_passes *f) {
  int64_t total = 0, n = f->n;
  for (int i = 0; i < f->n_stages; i++) {
    const int r = f->radix[i];
    f->at[i] = total;
    total += 2 * (n / r) * (r - 1) + (r > 8 || r == 7 ? 2 * r : 0);
    n /= r;
  }
  T *w = f->twiddle = nk_alloc((size_t)(total + 1) * sizeof(T));
  if (w == NULL) return false;
  double re, im;
  n = f->n;
  for (int i = 0; i < f->n_stages; i++) {
    const int r = f->radix[i];
    for (int64_t p = 0; p < n / r; p++)
      for (int k = 1; k < r; k++) {
        NK_LV(nk_fft_turn)(p * k, n, &re, &im);
        *w++ = (T)re, *w++ = (T)im;
      }
    for (int k = 0; (r > 8 || r == 7) && k < r; k++) {
      NK_LV(nk_fft_turn)(k, r, &re, &im);
      *w++ = (T)re, *w++ = (T)im;
    }
    n /= r;
  }
  return true;
}

/* The width of the split of a single line: a divisor that fills vectors. */
static int64_t split_of(int64_t n) {
  int64_t best = 1, best_score = 0;
  for (int64_t d = 2; d <= NK_FFT_MAX_SPLIT && d * 2 <= n; d++) {
    if (n % d != 0) continue;
    const int64_t vectors = (d + NK_FFT_WIDTH - 1) / NK_FFT_WIDTH;
    const int64_t score = 1000 * d / (vectors * NK_FFT_WIDTH) - vectors;
    if (score >= best_score) best = d, best_score = score;
  }
  return best;
}

static bool plan_split(nk_fft_line *f) {
  const int64_t m = f->n / f->w;
  NK_LV(nk_fft_factor)(&f->a, m);
  NK_LV(nk_fft_factor)(&f->b, f->w);
  T *w = f->join = nk_alloc((size_t)(2 * f->n) * sizeof(T));
  if (w == NULL || !fill_twiddles(&f->a) || !fill_twiddles(&f->b)) return false;
  for (int64_t k = 0; k < m; k++)
    for (int64_t v = 0; v < f->w; v++) {
      double re, im;
      NK_LV(nk_fft_turn)(k * v, f->n, &re, &im);
      w[k * f->w + v] = (T)re;
      w[f->n + k * f->w + v] = (T)im;
    }
  return true;
}

/* The least 2^i 3^j 5^k of whole vectors that is not below n. */
static int64_t convolution_of(int64_t n) {
  int64_t best = INT64_MAX;
  for (int64_t five = 32; five < 5 * n + 160; five *= 5)
    for (int64_t size = five; size < 3 * n + 96; size *= 3) {
      int64_t whole = size;
      while (whole < n) whole *= 2;
      if (whole < best) best = whole;
    }
  return best;
}

static int run_line(const nk_fft_line *f, T *const *buffer);

/* chirp[j] = e^(-pi i j^2 / n); X[k] = chirp[k] sum_j (x[j] chirp[j]) conj(chirp[k - j]). */
static bool plan_bluestein(nk_fft_line *f) {
  const int64_t n = f->n;
  const int64_t size = convolution_of(2 * n - 1);
  f->inner = NK_FFT(nk_fft_line_new)(size, f->lanes);
  T *c = f->chirp = nk_alloc((size_t)(2 * n) * sizeof(T));
  T *hat = f->chirp_hat = nk_alloc((size_t)(2 * size) * sizeof(T));
  nk_fft_line *once = NK_FFT(nk_fft_line_new)(size, 1);
  T *work = nk_alloc((size_t)(4 * size) * sizeof(T));
  const bool fine = f->inner && c && hat && once && work;
  if (fine) {
    T *buffer[4] = {work, work + size, work + 2 * size, work + 3 * size};
    for (int64_t i = 0; i < 2 * size; i++) work[i] = 0;
    for (int64_t j = 0; j < n; j++) {
      double re, im;
      /* j^2 mod 2 n without overflow: n is below 2^31 */
      NK_LV(nk_fft_turn)((int64_t)((uint64_t)j * (uint64_t)j % (uint64_t)(2 * n)), 2 * n, &re, &im);
      c[2 * j] = (T)re, c[2 * j + 1] = (T)im;
      const int64_t back = j == 0 ? 0 : size - j;
      buffer[0][j] = buffer[0][back] = (T)(re / (double)size);
      buffer[1][j] = buffer[1][back] = (T)(-im / (double)size);
    }
    const int at = run_line(once, buffer);
    for (int64_t i = 0; i < size; i++)
      hat[2 * i] = buffer[at][i], hat[2 * i + 1] = buffer[at + 1][i];
    f->room = f->inner->room;
  }
  nk_free(work);
  NK_LV(nk_fft_line_free)(once);
  return fine;
}

nk_fft_line *NK_FFT(nk_fft_line_new)(int64_t n, int64_t lanes) {
  nk_fft_line *f = nk_alloc_zero(sizeof *f);
  if (f == NULL) return NULL;
  f->n = f->room = n;
  f->lanes = lanes;
  f->w = 1;
  bool fine;
  if (!NK_LV(nk_fft_factor)(&f->a, n)) {
    fine = plan_bluestein(f);
  } else {
    if (lanes == 1) f->w = split_of(n);
    fine = f->w > 1 ? plan_split(f) : fill_twiddles(&f->a);
  }
  if (fine) return f;
  NK_LV(nk_fft_line_free)(f);
  return NULL;
}

/* The last step of a split line: tiles of NK_FFT_WIDTH rows are turned, transposed and transformed.
 */
static void join_split(const nk_fft_line *f, const T *restrict xr, const T *restrict xi,
                       T *restrict yr, T *restrict yi) {
  enum { V = NK_FFT_WIDTH };
  T tile[4][NK_FFT_MAX_SPLIT * V];
  T *buffer[4] = {tile[0], tile[1], tile[2], tile[3]};
  const int64_t w = f->w, m = f->n / w;
  const T *cr = f->join, *ci = cr + f->n;
  for (int64_t k = 0; k < m; k += V) {
    const int64_t rows = m - k < V ? m - k : V;
    for (int64_t i = 0; rows < V && i < w * V; i++) tile[0][i] = tile[1][i] = 0;
    for (int64_t t = 0; t < rows; t++) {
      const int64_t at = (k + t) * w;
      T tr[NK_FFT_MAX_SPLIT], ti[NK_FFT_MAX_SPLIT];
      for (int64_t v = 0; v < w; v++)
        NK_MUL(tr[v], ti[v], xr[at + v], xi[at + v], cr[at + v], ci[at + v]);
      for (int64_t v = 0; v < w; v++) tile[0][v * V + t] = tr[v], tile[1][v * V + t] = ti[v];
    }
    const int done = run_passes(&f->b, V, buffer);
    for (int64_t u = 0; u < w; u++)
      for (int64_t t = 0; t < rows; t++) {
        yr[u * m + k + t] = buffer[done][u * V + t];
        yi[u * m + k + t] = buffer[done + 1][u * V + t];
      }
  }
}

static void multiply(T *restrict re, T *restrict im, const T *restrict c, int64_t n,
                     int64_t lanes) {
  for (int64_t j = 0; j < n; j++) {
    const T wr = c[2 * j], wi = c[2 * j + 1];
    for (int64_t i = j * lanes; i < (j + 1) * lanes; i++) {
      const T ar = re[i], ai = im[i];
      NK_MUL(re[i], im[i], ar, ai, wr, wi);
    }
  }
}

static int run_bluestein(const nk_fft_line *f, T *const *buffer) {
  const int64_t n = f->n, size = f->inner->n, lanes = f->lanes;
  multiply(buffer[0], buffer[1], f->chirp, n, lanes);
  for (int64_t i = n * lanes; i < size * lanes; i++) buffer[0][i] = buffer[1][i] = 0;
  const int at = run_line(f->inner, buffer);
  multiply(buffer[at], buffer[at + 1], f->chirp_hat, size, lanes);
  T *back[4] = {buffer[at + 1], buffer[at], buffer[(at ^ 2) + 1], buffer[at ^ 2]};
  const int end = run_line(f->inner, back) ^ at;
  multiply(buffer[end], buffer[end + 1], f->chirp, n, lanes);
  return end;
}

/* The transform; buffers as in run_passes, each of room * lanes numbers. */
static int run_line(const nk_fft_line *f, T *const *buffer) {
  if (f->inner != NULL) return run_bluestein(f, buffer);
  if (f->w == 1) return run_passes(&f->a, f->lanes, buffer);
  const int at = run_passes(&f->a, f->w, buffer);
  join_split(f, buffer[at], buffer[at + 1], buffer[at ^ 2], buffer[(at ^ 2) + 1]);
  return at ^ 2;
}
