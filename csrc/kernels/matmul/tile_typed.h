/* The register tile of real products for one element type: TILE_ROWS rows by 2 vectors of sums. Set
 * by the file that includes this: REAL, NAME(x), TILE_LANES, and TILE_FMA(a, b, c) on vectors where
 * the level has it. */
#ifndef NK_TILE_ROWS
/* Registers: the sums, 2 vectors of b, one broadcast. */
#if defined(__AVX512F__)
#define NK_TILE_ROWS 12
#elif defined(__FMA__)
#define NK_TILE_ROWS 6
#else
#define NK_TILE_ROWS 4
#endif
/* What becomes of the sums of a tile: written, added to what is there, or begun from it. */
enum { NK_TILE_SET, NK_TILE_ADD, NK_TILE_CONTINUE };
enum { NK_TILE_AHEAD = 32 }; /* rows of b that are fetched before they are needed */
#endif

typedef REAL NAME(tile_vec)
    __attribute__((vector_size(TILE_LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
enum { NAME(TILE_COLS) = 2 * TILE_LANES };

/* Where a strip of tiles reads and writes; steps in elements. */
typedef struct NAME(tile) {
  REAL *out;
  int64_t out_row;
  const REAL *a;
  int64_t a_row, a_col;
  const REAL *b; /* whole vectors of each row are read, 1 or 2 as width asks for */
  int64_t b_row, depth, width;
  int mode;
} NAME(tile);

static inline NAME(tile_vec) NAME(tile_fma)(NAME(tile_vec) a, NAME(tile_vec) b, NAME(tile_vec) c) {
#ifdef TILE_FMA
  return (NAME(tile_vec))TILE_FMA(a, b, c);
#else
  return a * b + c;
#endif
}

/* to (rows, n_vec vectors) = from + a (rows, depth) b (depth, n_vec vectors), sums over depth in
 * order. Without conditions, so that compilers keep the sums in registers throughout. */
static inline __attribute__((always_inline)) void NAME(tile_sums)(REAL *to, int64_t to_row,
                                                                  const REAL *from,
                                                                  int64_t from_row,
                                                                  const NAME(tile) * t, int64_t i,
                                                                  const int rows, const int n_vec) {
  const int64_t a_row = t->a_row, a_col = t->a_col, b_row = t->b_row;
  const REAL *a = t->a + i * a_row, *b = t->b;
  NAME(tile_vec) sum[NK_TILE_ROWS][2];
  NK_UNROLL
  for (int r = 0; r < rows; ++r) NK_UNROLL
  for (int v = 0; v < n_vec; ++v)
    sum[r][v] = *(const NAME(tile_vec) *)(const void *)(from + r * from_row + v * TILE_LANES);
  for (int64_t c = t->depth; c > 0; --c, b += b_row, a += a_col) {
    NAME(tile_vec) column[2];
    NK_UNROLL
    for (int v = 0; v < n_vec; ++v)
      column[v] = *(const NAME(tile_vec) *)(const void *)(b + v * TILE_LANES);
    NK_UNROLL
    for (int v = 0; v < n_vec; ++v) __builtin_prefetch(b + NK_TILE_AHEAD * b_row + v * TILE_LANES);
    NK_UNROLL
    for (int r = 0; r < rows; ++r) {
      const NAME(tile_vec) x = a[r * a_row] - (NAME(tile_vec)){0};
      NK_UNROLL
      for (int v = 0; v < n_vec; ++v) sum[r][v] = NAME(tile_fma)(x, column[v], sum[r][v]);
    }
  }
  NK_UNROLL
  for (int r = 0; r < rows; ++r) NK_UNROLL
  for (int v = 0; v < n_vec; ++v)
    *(NAME(tile_vec) *)(void *)(to + r * to_row + v * TILE_LANES) = sum[r][v];
}

/* Rows i .. i + rows - 1 of the strip. */
static inline __attribute__((always_inline)) void NAME(tile_rows)(const NAME(tile) * t, int64_t i,
                                                                  const int rows, const int n_vec) {
  static const REAL zeros[2 * TILE_LANES] = {0};
  enum { ROW = 2 * TILE_LANES };
  REAL part[NK_TILE_ROWS * ROW], *out = t->out + i * t->out_row;
  const int64_t out_row = t->out_row, width = t->width;
  const bool go_on = t->mode == NK_TILE_CONTINUE, whole = width == n_vec * TILE_LANES;
  if (whole && t->mode != NK_TILE_ADD) {
    NAME(tile_sums)(out, out_row, go_on ? out : zeros, go_on ? out_row : 0, t, i, rows, n_vec);
    return;
  }
  for (int r = 0; go_on && r < rows; ++r)
    memcpy(part + r * ROW, out + r * out_row, (size_t)width * sizeof(REAL));
  NAME(tile_sums)(part, ROW, go_on ? part : zeros, go_on ? ROW : 0, t, i, rows, n_vec);
  for (int r = 0; r < rows; ++r, out += out_row) {
    for (int64_t j = 0; t->mode == NK_TILE_ADD && j < width; ++j) part[r * ROW + j] += out[j];
    memcpy(out, part + r * ROW, (size_t)width * sizeof(REAL));
  }
}

/* One function per number of rows and vectors: none of them has registers to share. */
#define NK_TILE(rows, n_vec)                                                                       \
  static __attribute__((noinline)) void NAME(tile_##rows##x##n_vec)(const NAME(tile) * t,          \
                                                                    int64_t i) {                   \
    NAME(tile_rows)(t, i, rows, n_vec);                                                            \
  }
#if NK_TILE_ROWS == 12
#define NK_TILE_HIGH(n_vec) NK_TILE(12, n_vec) NK_TILE(8, n_vec) NK_TILE(6, n_vec)
#define NK_TILE_STEPS(n_vec) NK_TILE_STEP(12, n_vec) NK_TILE_STEP(8, n_vec) NK_TILE_STEP(6, n_vec)
#elif NK_TILE_ROWS == 6
#define NK_TILE_HIGH(n_vec) NK_TILE(6, n_vec)
#define NK_TILE_STEPS(n_vec) NK_TILE_STEP(6, n_vec)
#else
#define NK_TILE_HIGH(n_vec)
#define NK_TILE_STEPS(n_vec)
#endif
#define NK_TILE_STEP(rows, n_vec)                                                                  \
  for (; i + rows <= m; i += rows) NAME(tile_##rows##x##n_vec)(t, i);
#define NK_TILE_STRIP(n_vec)                                                                       \
  NK_TILE_HIGH(n_vec)                                                                              \
  NK_TILE(4, n_vec) NK_TILE(3, n_vec) NK_TILE(2, n_vec) NK_TILE(1, n_vec)                          \
  static void NAME(tile_strip_##n_vec)(const NAME(tile) * t, int64_t m) {                          \
    int64_t i = 0;                                                                                 \
    NK_TILE_STEPS(n_vec)                                                                           \
    NK_TILE_STEP(4, n_vec) NK_TILE_STEP(3, n_vec) NK_TILE_STEP(2, n_vec) NK_TILE_STEP(1, n_vec)    \
  }
NK_TILE_STRIP(1)
NK_TILE_STRIP(2)
#undef NK_TILE_STRIP
#undef NK_TILE_STEP
#undef NK_TILE_STEPS
#undef NK_TILE_HIGH
#undef NK_TILE

/* All m rows of a strip of width (1 .. TILE_COLS) columns. */
static inline void NAME(tile_strip)(const NAME(tile) * t, int64_t m) {
  if (t->width > TILE_LANES)
    NAME(tile_strip_2)(t, m);
  else
    NAME(tile_strip_1)(t, m);
}
