/* Own products for one element type: REAL, VEC (64 bytes of REAL), LANES, FMA and NAME(x) are set
 * by the file that includes this. Sums have a fixed order that depends on shapes alone. */

typedef REAL VEC __attribute__((vector_size(64), aligned(sizeof(REAL)), may_alias));
enum { LANES = 64 / (int)sizeof(REAL), STRIP = 1024 / (int)sizeof(REAL), PART = 256 };

static inline REAL lanes_sum(VEC v) {
  REAL s[LANES];
  for (int l = 0; l < LANES; ++l) s[l] = v[l];
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int l = 0; l < half; ++l) s[l] += s[l + half];
  return s[0];
}

/* Four dot products that share x. */
static inline void dot4(REAL *y, const REAL *m0, const REAL *m1, const REAL *m2, const REAL *m3,
                        const REAL *x, int64_t n) {
  VEC a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0};
  int64_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    const VEC v = *(const VEC *)(const void *)(x + i);
    a0 += *(const VEC *)(const void *)(m0 + i) * v;
    a1 += *(const VEC *)(const void *)(m1 + i) * v;
    a2 += *(const VEC *)(const void *)(m2 + i) * v;
    a3 += *(const VEC *)(const void *)(m3 + i) * v;
  }
  y[0] = lanes_sum(a0);
  y[1] = lanes_sum(a1);
  y[2] = lanes_sum(a2);
  y[3] = lanes_sum(a3);
  for (; i < n; ++i) {
    y[0] = FMA(m0[i], x[i], y[0]);
    y[1] = FMA(m1[i], x[i], y[1]);
    y[2] = FMA(m2[i], x[i], y[2]);
    y[3] = FMA(m3[i], x[i], y[3]);
  }
}

/* Rows are contiguous: dot products, four rows at a time (the last ones repeat a row). */
static void gemv_rows(REAL *y, int64_t y_step, const REAL *matrix, int64_t row, const REAL *x,
                      int64_t rows, int64_t cols) {
  for (int64_t r = 0; r < rows; r += 4) {
    REAL sum[4];
    int64_t left = rows - r < 4 ? rows - r : 4;
    const REAL *m0 = matrix + r * row;
    dot4(sum, m0, m0 + (left > 1 ? row : 0), m0 + (left > 2 ? 2 * row : 0),
         m0 + (left > 3 ? 3 * row : 0), x, cols);
    for (int64_t i = 0; i < left; ++i) y[(r + i) * y_step] = sum[i];
  }
}

/* strip (n) += four columns times four numbers. */
static inline void axpy4(REAL *restrict strip, const REAL *c0, const REAL *c1, const REAL *c2,
                         const REAL *c3, const REAL x[4], int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    strip[i] = FMA(c3[i], x[3], FMA(c2[i], x[2], FMA(c1[i], x[1], FMA(c0[i], x[0], strip[i]))));
}

/* strip (n) += columns (k) times the numbers x, x_step apart; columns are `column` apart. */
static void strip_add(REAL *restrict strip, const REAL *columns, int64_t column, const REAL *x,
                      int64_t x_step, int64_t n, int64_t k) {
  int64_t c = 0;
  for (; c + 4 <= k; c += 4) {
    const REAL v[4] = {x[c * x_step], x[(c + 1) * x_step], x[(c + 2) * x_step],
                       x[(c + 3) * x_step]};
    const REAL *c0 = columns + c * column;
    axpy4(strip, c0, c0 + column, c0 + 2 * column, c0 + 3 * column, v, n);
  }
  for (; c < k; ++c) {
    const REAL v = x[c * x_step], *c0 = columns + c * column;
    for (int64_t i = 0; i < n; ++i) strip[i] = FMA(c0[i], v, strip[i]);
  }
}

/* strip (n) = columns (k) times the numbers x. Long sums are made of partial ones. */
static void strip_dot(REAL *restrict strip, const REAL *columns, int64_t column, const REAL *x,
                      int64_t x_step, int64_t n, int64_t k) {
  for (int64_t i = 0; i < n; ++i) strip[i] = 0;
  strip_add(strip, columns, column, x, x_step, n, k < PART ? k : PART);
  for (int64_t c = PART; c < k; c += PART) {
    REAL part[STRIP];
    for (int64_t i = 0; i < n; ++i) part[i] = 0;
    strip_add(part, columns + c * column, column, x + c * x_step, x_step, n,
              k - c < PART ? k - c : PART);
    for (int64_t i = 0; i < n; ++i) strip[i] += part[i];
  }
}

void NK_LV(NAME(nk_gemv))(REAL *y, int64_t y_step, const REAL *matrix, int64_t row, int64_t col,
                          const REAL *x, int64_t rows, int64_t cols) {
  if (col == 1 && (row != 1 || rows <= cols)) {
    gemv_rows(y, y_step, matrix, row, x, rows, cols);
    return;
  }
  REAL strip[STRIP];
  for (int64_t r = 0; r < rows; r += STRIP) {
    int64_t n = rows - r < STRIP ? rows - r : STRIP;
    strip_dot(strip, matrix + r, col, x, 1, n, cols);
    for (int64_t i = 0; i < n; ++i) y[(r + i) * y_step] = strip[i];
  }
}
