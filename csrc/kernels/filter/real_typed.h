/* The fast ways of kernel `filter` for one real type: REAL, LANES, FMA (scalars) and, where the
 * level has it, VFMA (vectors) are set by the file that includes this, before line_typed.h. */

#ifndef VFMA
#define VFMA(x, y, z) ((x) * (y) + (z))
#endif

typedef REAL VEC
    __attribute__((vector_size(sizeof(REAL) * LANES), aligned(sizeof(REAL)), may_alias));

enum { TILE = 8 * LANES };

static inline VEC load(const REAL *at) { return *(const VEC *)(const void *)at; }
static inline void store(REAL *at, VEC v) { *(VEC *)(void *)at = v; }
static inline VEC splat(REAL x) { return x - (VEC){0}; }

/* u_i += sum_k b_k x_{i-k}; x has its past before it; n whole blocks of four vectors. */
static void moving_sum(REAL *u, const REAL *x, const REAL *b, int64_t nb, int64_t n) {
  for (int64_t i = 0; i < n; i += 4 * LANES) {
    VEC s0 = load(u + i), s1 = load(u + i + LANES);
    VEC s2 = load(u + i + 2 * LANES), s3 = load(u + i + 3 * LANES);
    for (int64_t k = 0; k < nb; ++k) {
      const REAL *from = x + i - k;
      const VEC c = splat(b[k]);
      s0 = VFMA(c, load(from), s0);
      s1 = VFMA(c, load(from + LANES), s1);
      s2 = VFMA(c, load(from + 2 * LANES), s2);
      s3 = VFMA(c, load(from + 3 * LANES), s3);
    }
    store(u + i, s0);
    store(u + i + LANES, s1);
    store(u + i + 2 * LANES, s2);
    store(u + i + 3 * LANES, s3);
  }
}

/* Samples t to t + n of columns side by side, row by row; the past lies before x and y. */
static void columns(const nk_filter *p, const REAL *b, const REAL *a, REAL *y, int64_t y_row,
                    const REAL *x, int64_t x_row, const char *z, int64_t z_row, int64_t z_column,
                    int64_t width, int64_t t, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const int64_t now = t + i;
    const int64_t nb = p->n_b < now + 1 ? p->n_b : now + 1, na = p->n_a < now ? p->n_a : now;
    for (int64_t c = 0; c < width; c += LANES) {
      VEC sum = {0};
      if (now < p->n_z)
        for (int j = 0; j < LANES; ++j)
          sum[j] = *(const REAL *)(const void *)(z + now * z_row + (c + j) * z_column);
      for (int64_t k = 0; k < nb; ++k)
        sum = VFMA(splat(b[k]), load(x + (i - k) * x_row + c), sum);
      for (int64_t k = na; k > 0; --k)
        sum = VFMA(splat(-a[k - 1]), load(y + (i - k) * y_row + c), sum);
      store(y + i * y_row + c, sum);
    }
  }
}
