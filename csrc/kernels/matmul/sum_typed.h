/* A tile of matmul_sum for one element type; REAL, NAME(x), LANES, MR and maybe VECTOR_FMA are set by
 * the file that includes this. */

enum { NAME(NR) = 2 * LANES, NAME(COLUMNS) = 8 * NAME(NR) };

typedef REAL NAME(vec) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)),
                                      may_alias));

static inline NAME(vec) NAME(fma)(NAME(vec) a, NAME(vec) b, NAME(vec) c) {
#ifdef VECTOR_FMA
  return (NAME(vec))VECTOR_FMA(a, b, c);
#else
  return a * b + c;
#endif
}

/* to[p * width + i] = element (p, i) of a slab of `count` rows and `used` columns, 0 beyond them. A row
 * is one (t, k); rows of one t are `inner` apart, those of the next t follow after `step`. */
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

/* sums (MR, NR) += a (count, MR) transposed times b (count, NR), one product after the other. */
static void NAME(register_tile)(REAL *sums, const REAL *restrict a, const REAL *restrict b,
                                int64_t count) {
  NAME(vec) s[MR][2];
  NK_UNROLL
  for (int i = 0; i < MR; ++i) {
    s[i][0] = *(const NAME(vec) *)(const void *)(sums + i * NAME(NR));
    s[i][1] = *(const NAME(vec) *)(const void *)(sums + i * NAME(NR) + LANES);
  }
  for (int64_t p = 0; p < count; ++p, a += MR, b += NAME(NR)) {
    const NAME(vec) b0 = *(const NAME(vec) *)(const void *)b;
    const NAME(vec) b1 = *(const NAME(vec) *)(const void *)(b + LANES);
    NK_UNROLL
    for (int i = 0; i < MR; ++i) {
      const NAME(vec) v = a[i] - (NAME(vec)){0};
      s[i][0] = NAME(fma)(v, b0, s[i][0]);
      s[i][1] = NAME(fma)(v, b1, s[i][1]);
    }
  }
  NK_UNROLL
  for (int i = 0; i < MR; ++i) {
    *(NAME(vec) *)(void *)(sums + i * NAME(NR)) = s[i][0];
    *(NAME(vec) *)(void *)(sums + i * NAME(NR) + LANES) = s[i][1];
  }
}

/* Moves a register tile's elements between out and sums. */
static void NAME(exchange)(REAL *sums, const nk_sum_operands *x, int64_t i, int64_t j, int64_t m,
                           int64_t n, bool store) {
  for (int64_t r = 0; r < m; ++r) {
    char *row = x->out + (i + r) * x->out_row + j * x->out_col;
    REAL *s = sums + r * NAME(NR);
    for (int64_t c = 0; c < n; ++c) {
      REAL *element = (REAL *)(void *)(row + c * x->out_col);
      if (store)
        *element = s[c];
      else
        s[c] = *element;
    }
  }
}

void NK_LV(NAME(nk_sum_tile))(const nk_sum_operands *x, int64_t i, int64_t j, int64_t m,
                              int64_t n) {
  REAL a[NK_SUM_DEPTH * NK_SUM_ROWS], b[NK_SUM_DEPTH * NAME(COLUMNS)], sums[MR * NAME(NR)] = {0};
  int64_t depth = x->n_step * x->k;
  for (int64_t first = 0; first < depth; first += NK_SUM_DEPTH) {
    int64_t count = depth - first < NK_SUM_DEPTH ? depth - first : NK_SUM_DEPTH;
    for (int64_t r = 0; r < m; r += MR)
      NAME(pack)(a + r * NK_SUM_DEPTH, MR, x->a + (i + r) * x->a_row, x->a_step, x->a_col, x->k,
                 x->a_row, first, count, m - r < MR ? m - r : MR);
    for (int64_t c = 0; c < n; c += NAME(NR))
      NAME(pack)(b + c * NK_SUM_DEPTH, NAME(NR), x->b + (j + c) * x->b_col, x->b_step, x->b_row,
                 x->k, x->b_col, first, count, n - c < NAME(NR) ? n - c : NAME(NR));
    for (int64_t c = 0; c < n; c += NAME(NR))
      for (int64_t r = 0; r < m; r += MR) {
        int64_t rows = m - r < MR ? m - r : MR, cols = n - c < NAME(NR) ? n - c : NAME(NR);
        NAME(exchange)(sums, x, i + r, j + c, rows, cols, false);
        NAME(register_tile)(sums, a + r * NK_SUM_DEPTH, b + c * NK_SUM_DEPTH, count);
        NAME(exchange)(sums, x, i + r, j + c, rows, cols, true);
      }
  }
}
