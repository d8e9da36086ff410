/* The sums of kernel `correlate` for one type: T, LANES, NAME and, where the level has it, VFMA (on
 * vectors) are set by the file that includes this.
 *
 * Many outputs: vectors of neighbouring ones, each h[j] spread over them. Few: one at a time, vectors
 * along j. Either way a sum is made of blocks of BLOCK elements of h. */

#ifndef VFMA
#define VFMA(x, y, z) ((x) * (y) + (z))
#endif

typedef T VEC __attribute__((vector_size(sizeof(T) * LANES), aligned(sizeof(T)), may_alias));

enum { WIDE = 4, BLOCK = 512 };

static inline VEC load(const T *at) { return *(const VEC *)(const void *)at; }
static inline void store(T *at, VEC v) { *(VEC *)(void *)at = v; }
static inline VEC splat(T x) { return x - (VEC){0}; }

/* WIDE vectors of outputs. */
static void wide(T *y, const T *x, const T *h, int64_t m) {
  VEC t0 = {0}, t1 = {0}, t2 = {0}, t3 = {0};
  for (int64_t block = 0; block < m; block += BLOCK) {
    VEC s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    const int64_t end = m - block < BLOCK ? m : block + BLOCK;
    for (int64_t j = block; j < end; ++j) {
      const VEC c = splat(h[j]);
      s0 = VFMA(c, load(x + j), s0);
      s1 = VFMA(c, load(x + j + LANES), s1);
      s2 = VFMA(c, load(x + j + 2 * LANES), s2);
      s3 = VFMA(c, load(x + j + 3 * LANES), s3);
    }
    t0 += s0;
    t1 += s1;
    t2 += s2;
    t3 += s3;
  }
  store(y, t0);
  store(y + LANES, t1);
  store(y + 2 * LANES, t2);
  store(y + 3 * LANES, t3);
}

static void narrow(T *y, const T *x, const T *h, int64_t m) {
  VEC t = {0};
  for (int64_t block = 0; block < m; block += BLOCK) {
    VEC s = {0};
    const int64_t end = m - block < BLOCK ? m : block + BLOCK;
    for (int64_t j = block; j < end; ++j) s = VFMA(splat(h[j]), load(x + j), s);
    t += s;
  }
  store(y, t);
}

static T one(const T *x, const T *h, int64_t m) {
  T total = 0;
  for (int64_t block = 0; block < m; block += BLOCK) {
    VEC s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    const int64_t end = m - block < BLOCK ? m : block + BLOCK;
    int64_t j = block;
    for (; j + WIDE * LANES <= end; j += WIDE * LANES) {
      s0 = VFMA(load(h + j), load(x + j), s0);
      s1 = VFMA(load(h + j + LANES), load(x + j + LANES), s1);
      s2 = VFMA(load(h + j + 2 * LANES), load(x + j + 2 * LANES), s2);
      s3 = VFMA(load(h + j + 3 * LANES), load(x + j + 3 * LANES), s3);
    }
    s0 = (s0 + s1) + (s2 + s3);
    T sum = 0;
    for (int k = 0; k < LANES; ++k) sum += s0[k];
    for (; j < end; ++j) sum += h[j] * x[j];
    total += sum;
  }
  return total;
}

/* The last vectors may overlap those before: an output has the same bits in both. */
void NK_LV(NAME(nk_correlate))(void *out, const void *in, const void *taps, int64_t n, int64_t m) {
  T *y = out;
  const T *x = in, *h = taps;
  if (n < LANES) {
    for (int64_t i = 0; i < n; ++i) y[i] = one(x + i, h, m);
    return;
  }
  int64_t i = 0;
  for (; i + WIDE * LANES <= n; i += WIDE * LANES) wide(y + i, x + i, h, m);
  if (i > 0 && i < n) {
    wide(y + n - WIDE * LANES, x + n - WIDE * LANES, h, m);
    return;
  }
  for (; i + LANES <= n; i += LANES) narrow(y + i, x + i, h, m);
  if (i < n) narrow(y + n - LANES, x + n - LANES, h, m);
}
