/* Products of real matrices for one element type, as strips of register tiles; tile_typed.h comes
 * before. Sums run over k in parts of PART, whatever the tiles are: an element's bits depend on k.
 */

enum { PACK_FROM = 256, PAGE = 4096 };

/* to (depth, full) = `width` columns of b (any strides, in elements), zeros behind them. */
static void NAME(tile_pack)(REAL *restrict to, const REAL *b, int64_t b_row, int64_t b_col,
                            int64_t depth, int64_t width, int64_t full) {
  if (b_col == 1 && width == full) {
    for (int64_t c = 0; c < depth; ++c, b += b_row)
      for (int64_t j = 0; j < full; j += TILE_LANES, to += TILE_LANES)
        memcpy(to, b + j, TILE_LANES * sizeof(REAL));
    return;
  }
  if (b_col == 1) {
    for (int64_t c = 0; c < depth; ++c, to += full, b += b_row) {
      memcpy(to, b, (size_t)width * sizeof(REAL));
      for (int64_t j = width; j < full; ++j) to[j] = 0;
    }
    return;
  }
  int64_t j = 0;
  for (; j + TILE_LANES <= width && b_row == 1; j += TILE_LANES) {
    int64_t c = 0;
    for (; c + TILE_LANES <= depth; c += TILE_LANES)
      NAME(nk_transpose)(b + j * b_col + c, b_col, to + c * full + j, full);
    for (; c < depth; ++c)
      for (int64_t x = j; x < j + TILE_LANES; ++x) to[c * full + x] = b[x * b_col + c];
  }
  for (; j < full; ++j)
    for (int64_t c = 0; c < depth; ++c) to[c * full + j] = j < width ? b[j * b_col + c * b_row] : 0;
}

void NK_LV(NAME(nk_product))(REAL *out, int64_t out_row, const REAL *a, int64_t a_row,
                             int64_t a_col, const REAL *b, int64_t b_row, int64_t b_col, int64_t m,
                             int64_t n, int64_t k) {
  REAL panel[PART * NAME(TILE_COLS)];
  /* rows of b far apart, or read by many tiles, are worth a copy that lies together */
  const bool far = b_row * (int64_t)sizeof(REAL) >= PAGE && m > 2 * NK_TILE_ROWS;
  const bool copy = b_col != 1 || m >= PACK_FROM || far;
  for (int64_t c = 0; c < k || c == 0; c += PART) {
    NAME(tile)
    t = {.out_row = out_row,
         .a = a + c * a_col,
         .a_row = a_row,
         .a_col = a_col,
         .depth = k - c < PART ? k - c : PART,
         .mode = c > 0 ? NK_TILE_ADD : NK_TILE_SET};
    for (int64_t j = 0; j < n; j += NAME(TILE_COLS)) {
      const REAL *right = b + c * b_row + j * b_col;
      t.out = out + j;
      t.width = n - j < NAME(TILE_COLS) ? n - j : NAME(TILE_COLS);
      const int64_t room = t.width > TILE_LANES ? NAME(TILE_COLS) : TILE_LANES;
      t.b = copy || t.width < room ? panel : right;
      t.b_row = t.b == panel ? room : b_row;
      if (t.b == panel) NAME(tile_pack)(panel, right, b_row, b_col, t.depth, t.width, room);
      NAME(tile_strip)(&t, m);
    }
  }
}
