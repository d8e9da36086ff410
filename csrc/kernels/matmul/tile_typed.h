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

/* M(0) M(1) ... for each row of a tile. */
#define NK_ROWS_1(M) M(0)
#define NK_ROWS_2(M) NK_ROWS_1(M) M(1)
#define NK_ROWS_3(M) NK_ROWS_2(M) M(2)
#define NK_ROWS_4(M) NK_ROWS_3(M) M(3)
#define NK_ROWS_6(M) NK_ROWS_4(M) M(4) M(5)
#define NK_ROWS_8(M) NK_ROWS_6(M) M(6) M(7)
#define NK_ROWS_12(M) NK_ROWS_8(M) M(8) M(9) M(10) M(11)

/* What each row does, in the names of NK_TILE's function. */
#define NK_TILE_BEGIN(r)                                                     \
  vec s##r = *(const vec *)(const void *)(from + r * from_row), t##r = zero; \
  if (two) t##r = *(const vec *)(const void *)(from + r * from_row + lanes);
#define NK_TILE_ROW(r)                \
  x = a[r * a_row] - zero;            \
  s##r = NAME(tile_fma)(x, b0, s##r); \
  if (two) t##r = NAME(tile_fma)(x, b1, t##r);
#define NK_TILE_END(r)                      \
  *(vec *)(void *)(to + r * to_row) = s##r; \
  if (two) *(vec *)(void *)(to + r * to_row + lanes) = t##r;
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

typedef void (*NAME(sums_fn))(REAL *to, int64_t to_row, const REAL *from, int64_t from_row,
                              const NAME(tile) * t, int64_t i);

/* Rows i .. i + rows - 1 of the strip, their sums by `sums`. */
static void NAME(tile_rows)(const NAME(tile) * t, int64_t i, int rows, int n_vec,
                            NAME(sums_fn) sums) {
  static const REAL zeros[2 * TILE_LANES] = {0};
  enum { ROW = 2 * TILE_LANES };
  REAL part[NK_TILE_ROWS * ROW], *out = t->out + i * t->out_row;
  const int64_t out_row = t->out_row, width = t->width;
  const bool go_on = t->mode == NK_TILE_CONTINUE, whole = width == n_vec * TILE_LANES;
  for (int r = 0; r < rows; ++r) { /* needed when the sums are done */
    __builtin_prefetch(out + r * out_row, 1);
    __builtin_prefetch(out + r * out_row + width - 1, 1);
  }
  if (whole && t->mode != NK_TILE_ADD) {
    sums(out, out_row, go_on ? out : zeros, go_on ? out_row : 0, t, i);
    return;
  }
  for (int r = 0; go_on && r < rows; ++r)
    memcpy(part + r * ROW, out + r * out_row, (size_t)width * sizeof(REAL));
  sums(part, ROW, go_on ? part : zeros, go_on ? ROW : 0, t, i);
  for (int r = 0; r < rows; ++r, out += out_row) {
    if (t->mode != NK_TILE_ADD) {
      memcpy(out, part + r * ROW, (size_t)width * sizeof(REAL));
    } else if (whole) {
      for (int64_t j = 0; j < width; j += TILE_LANES) {
        NAME(tile_vec) *at = (NAME(tile_vec) *)(void *)(out + j);
        *at += *(const NAME(tile_vec) *)(const void *)(part + r * ROW + j);
      }
    } else {
      for (int64_t j = 0; j < width; ++j) out[j] += part[r * ROW + j];
    }
  }
}

/* to (rows, n_vec vectors) = from + a (rows, depth) b (depth, n_vec vectors), sums over depth in
 * order. Each sum is a variable of its own: of an array compilers keep copies in memory. The empty
 * asm hides the steps from them: GCC else makes a second loop for steps of one, and spills where
 * the two join. */
#define NK_TILE(rows, n_vec)                                                               \
  static __attribute__((noinline)) void NAME(sums_##rows##x##n_vec)(                       \
      REAL * to, int64_t to_row, const REAL *from, int64_t from_row, const NAME(tile) * t, \
      int64_t i) {                                                                         \
    typedef NAME(tile_vec) vec;                                                            \
    enum { two = n_vec == 2, lanes = TILE_LANES };                                         \
    const int64_t a_row = t->a_row, a_col = t->a_col, b_row = t->b_row;                    \
    const REAL *a = t->a + i * a_row, *b = t->b;                                           \
    const vec zero = {0};                                                                  \
    vec x, b0, b1 = zero;                                                                  \
    NK_ROWS_##rows(NK_TILE_BEGIN);                                                         \
    for (int64_t c = t->depth; c > 0; --c) {                                               \
      b0 = *(const vec *)(const void *)b;                                                  \
      if (two) b1 = *(const vec *)(const void *)(b + lanes);                               \
      __builtin_prefetch(b + NK_TILE_AHEAD * b_row);                                       \
      if (two) __builtin_prefetch(b + NK_TILE_AHEAD * b_row + lanes);                      \
      NK_ROWS_##rows(NK_TILE_ROW);                                                         \
      a += a_col;                                                                          \
      b += b_row;                                                                          \
      __asm__("" : "+r"(a), "+r"(b));                                                      \
    }                                                                                      \
    NK_ROWS_##rows(NK_TILE_END);                                                           \
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
#define NK_TILE_STEP(rows, n_vec) \
  for (; i + rows <= m; i += rows) NAME(tile_rows)(t, i, rows, n_vec, NAME(sums_##rows##x##n_vec));
#define NK_TILE_STRIP(n_vec)                                                                    \
  NK_TILE_HIGH(n_vec)                                                                           \
  NK_TILE(4, n_vec)                                                                             \
  NK_TILE(3, n_vec) NK_TILE(2, n_vec) NK_TILE(1, n_vec) static void NAME(tile_strip_##n_vec)(   \
      const NAME(tile) * t, int64_t m) {                                                        \
    int64_t i = 0;                                                                              \
    NK_TILE_STEPS(n_vec)                                                                        \
    NK_TILE_STEP(4, n_vec) NK_TILE_STEP(3, n_vec) NK_TILE_STEP(2, n_vec) NK_TILE_STEP(1, n_vec) \
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
