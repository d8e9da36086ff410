/* Small products for one element type, as tiles of 4 rows by 2 vectors held in registers. Set by
 * the file that includes this: REAL, NAME(x), TILE_LANES, and TILE_FMA(a, b, c) on vectors where
 * the level has it. Each sum runs over k in order, in parts of PART. */

typedef REAL NAME(tile_vec)
    __attribute__((vector_size(TILE_LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
enum { TILE_ROWS = 4, TILE_COLS = 2 * TILE_LANES };

static inline NAME(tile_vec) tile_fma(NAME(tile_vec) a, NAME(tile_vec) b, NAME(tile_vec) c) {
#ifdef TILE_FMA
  return (NAME(tile_vec))TILE_FMA(a, b, c);
#else
  return a * b + c;
#endif
}

/* to (rows, width) = or += a (rows, k) b (k, n_vec * TILE_LANES). */
static inline __attribute__((always_inline)) void tile(REAL *to, int64_t to_row, const REAL *a,
                                                       int64_t a_row, int64_t a_col, const REAL *b,
                                                       int64_t b_row, int64_t k, int64_t width,
                                                       bool add, const int rows, const int n_vec) {
  NAME(tile_vec) sum[TILE_ROWS][2];
  NK_UNROLL
  for (int r = 0; r < rows; ++r) sum[r][0] = sum[r][1] = (NAME(tile_vec)){0};
  for (int64_t c = 0; c < k; ++c, b += b_row, a += a_col) {
    NAME(tile_vec) column[2];
    NK_UNROLL
    for (int v = 0; v < n_vec; ++v)
      column[v] = *(const NAME(tile_vec) *)(const void *)(b + v * TILE_LANES);
    NK_UNROLL
    for (int r = 0; r < rows; ++r) {
      const NAME(tile_vec) x = a[r * a_row] - (NAME(tile_vec)){0};
      NK_UNROLL
      for (int v = 0; v < n_vec; ++v) sum[r][v] = tile_fma(x, column[v], sum[r][v]);
    }
  }
  NK_UNROLL
  for (int r = 0; r < rows; ++r) {
    REAL *out = to + r * to_row, part[TILE_COLS];
    if (width == n_vec * TILE_LANES) {
      NK_UNROLL
      for (int v = 0; v < n_vec; ++v) {
        NAME(tile_vec) *at = (NAME(tile_vec) *)(void *)(out + v * TILE_LANES);
        if (add) sum[r][v] += *at;
        *at = sum[r][v];
      }
      continue;
    }
    memcpy(part, sum[r], sizeof part);
    for (int64_t j = 0; j < width; ++j) out[j] = add ? out[j] + part[j] : part[j];
  }
}

/* All rows of a strip of `width` columns, of which b has n_vec vectors that may be read. */
static inline __attribute__((always_inline)) void strip(REAL *to, int64_t to_row, const REAL *a,
                                                        int64_t a_row, int64_t a_col, const REAL *b,
                                                        int64_t b_row, int64_t m, int64_t k,
                                                        int64_t width, bool add, const int n_vec) {
  int64_t i = 0;
  for (; i + TILE_ROWS <= m; i += TILE_ROWS)
    tile(to + i * to_row, to_row, a + i * a_row, a_row, a_col, b, b_row, k, width, add, TILE_ROWS,
         n_vec);
  for (; i < m; ++i)
    tile(to + i * to_row, to_row, a + i * a_row, a_row, a_col, b, b_row, k, width, add, 1, n_vec);
}

static void strip_1(REAL *to, int64_t to_row, const REAL *a, int64_t a_row, int64_t a_col,
                    const REAL *b, int64_t b_row, int64_t m, int64_t k, int64_t width, bool add) {
  strip(to, to_row, a, a_row, a_col, b, b_row, m, k, width, add, 1);
}

static void strip_2(REAL *to, int64_t to_row, const REAL *a, int64_t a_row, int64_t a_col,
                    const REAL *b, int64_t b_row, int64_t m, int64_t k, int64_t width, bool add) {
  strip(to, to_row, a, a_row, a_col, b, b_row, m, k, width, add, 2);
}

void NK_LV(NAME(nk_small))(REAL *out, int64_t out_row, const REAL *a, int64_t a_row, int64_t a_col,
                           const REAL *b, int64_t b_row, int64_t m, int64_t n, int64_t k) {
  REAL last[PART * TILE_LANES]; /* columns that do not fill a vector, with zeros behind them */
  for (int64_t c = 0; c < k || c == 0; c += PART) {
    const int64_t depth = k - c < PART ? k - c : PART;
    const REAL *left = a + c * a_col, *right = b + c * b_row;
    const bool add = c > 0;
    int64_t j = 0;
    for (; j + TILE_COLS <= n; j += TILE_COLS)
      strip_2(out + j, out_row, left, a_row, a_col, right + j, b_row, m, depth, TILE_COLS, add);
    for (; j + TILE_LANES <= n; j += TILE_LANES)
      strip_1(out + j, out_row, left, a_row, a_col, right + j, b_row, m, depth, TILE_LANES, add);
    if (j == n) continue;
    for (int64_t r = 0; r < depth; ++r)
      for (int64_t x = 0; x < TILE_LANES; ++x)
        last[r * TILE_LANES + x] = j + x < n ? right[r * b_row + j + x] : 0;
    strip_1(out + j, out_row, left, a_row, a_col, last, TILE_LANES, m, depth, n - j, add);
  }
}
