/* A tile of matmul_sum for one element type; tile_typed.h comes before. */

enum { NAME(SUM_COLUMNS) = 8 * NAME(TILE_COLS) };

/* to[p * width + i] = element (p, i) of a slab of `count` rows and `used` columns, 0 beyond them. A
 * row is one (t, k); rows of one t are `inner` apart, those of the next t follow after `step`. */
static inline void NAME(pack)(REAL *restrict to, const int width, const char *from, int64_t step,
                              int64_t inner, int64_t k, int64_t across, int64_t first,
                              int64_t count, int64_t used) {
  int64_t t = first / k, c = first % k;
  bool whole = across == (int64_t)sizeof(REAL) && used == width;
  for (int64_t p = 0; p < count; ++p, to += width) {
    const char *row = from + t * step + c * inner;
    if (whole) {
      memcpy(to, row, (size_t)width * sizeof(REAL));
    } else {
      for (int64_t i = 0; i < used; ++i) to[i] = *(const REAL *)(const void *)(row + i * across);
      for (int64_t i = used; i < width; ++i) to[i] = 0;
    }
    if (++c == k) {
      c = 0;
      ++t;
    }
  }
}

/* Moves m x n elements between out and a block of rows TILE_COLS long. */
static void NAME(exchange)(REAL *block, const nk_sum_operands *x, int64_t i, int64_t j, int64_t m,
                           int64_t n, bool store) {
  for (int64_t r = 0; r < m; ++r, block += NAME(TILE_COLS)) {
    char *row = x->out + (i + r) * x->out_row + j * x->out_col;
    for (int64_t c = 0; c < n; ++c) {
      REAL *element = (REAL *)(void *)(row + c * x->out_col);
      if (store)
        *element = block[c];
      else
        block[c] = *element;
    }
  }
}

void NK_LV(NAME(nk_sum_tile))(const nk_sum_operands *x, int64_t i, int64_t j, int64_t m,
                              int64_t n) {
  REAL a[NK_SUM_DEPTH * NK_SUM_ROWS], b[NK_SUM_DEPTH * NAME(SUM_COLUMNS)];
  REAL block[NK_TILE_ROWS * NAME(TILE_COLS)];
  const int64_t depth = x->n_step * x->k;
  const bool direct = x->out_col == (int64_t)sizeof(REAL) && x->out_row % x->out_col == 0;
  for (int64_t first = 0; first < depth; first += NK_SUM_DEPTH) {
    int64_t count = depth - first < NK_SUM_DEPTH ? depth - first : NK_SUM_DEPTH;
    for (int64_t r = 0; r < m; r += NK_TILE_ROWS)
      NAME(pack)
      (a + r * NK_SUM_DEPTH, NK_TILE_ROWS, x->a + (i + r) * x->a_row, x->a_step, x->a_col, x->k,
       x->a_row, first, count, m - r < NK_TILE_ROWS ? m - r : NK_TILE_ROWS);
    for (int64_t c = 0; c < n; c += NAME(TILE_COLS))
      NAME(pack)
      (b + c * NK_SUM_DEPTH, NAME(TILE_COLS), x->b + (j + c) * x->b_col, x->b_step, x->b_row, x->k,
       x->b_col, first, count, n - c < NAME(TILE_COLS) ? n - c : NAME(TILE_COLS));
    for (int64_t c = 0; c < n; c += NAME(TILE_COLS))
      for (int64_t r = 0; r < m; r += NK_TILE_ROWS) {
        int64_t rows = m - r < NK_TILE_ROWS ? m - r : NK_TILE_ROWS;
        void *out = x->out + (i + r) * x->out_row + (j + c) * x->out_col;
        NAME(tile)
        t = {.out = direct ? out : block,
             .out_row = direct ? x->out_row / x->out_col : NAME(TILE_COLS),
             .a = a + r * NK_SUM_DEPTH,
             .a_row = 1,
             .a_col = NK_TILE_ROWS,
             .b = b + c * NK_SUM_DEPTH,
             .b_row = NAME(TILE_COLS),
             .depth = count,
             .width = n - c < NAME(TILE_COLS) ? n - c : NAME(TILE_COLS),
             .mode = NK_TILE_CONTINUE};
        if (!direct) NAME(exchange)(block, x, i + r, j + c, rows, t.width, false);
        NAME(tile_strip)(&t, rows);
        if (!direct) NAME(exchange)(block, x, i + r, j + c, rows, t.width, true);
      }
  }
}
