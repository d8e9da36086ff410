/* Means, packing and the register tile of the Gram engine for one element type.
 * Included by block.c with T, NK_T(name), LANES (of one vector), MR (rows of a register tile). */

enum { NK_T(NV) = 3, NK_T(NR) = 3 * LANES };

typedef T NK_T(vec) __attribute__((vector_size(LANES * sizeof(T)), aligned(LANES * sizeof(T))));

static inline NK_T(vec) NK_T(fma)(NK_T(vec) a, NK_T(vec) b, NK_T(vec) c) {
#ifdef NK_VECTOR_FMA
  return (NK_T(vec))NK_VECTOR_FMA(a, b, c);
#else
  return a * b + c;
#endif
}

int64_t NK_LV(NK_T(nk_gram_rows))(void) { return NK_T(NR); }

static inline const char *NK_T(row)(const nk_gram_slot *s, int64_t fold, int64_t row) {
  const nk_view *x = &s->g->x;
  return x->data + s->batch * x->stride[0] + fold * x->stride[1] + row * x->stride[2];
}

/* Bytes from the first column of x to column c of this batch entry. */
static inline int64_t NK_T(column)(const nk_gram_slot *s, int64_t c) {
  const nk_gram *g = s->g;
  if (!(g->flags & NK_GRAM_INDEX)) return c * g->x.stride[3];
  const char *p = g->index.data + s->batch * g->index.stride[0] + c * g->index.stride[1];
  return *(const int64_t *)(const void *)p * g->x.stride[3];
}

static inline double NK_T(load)(const char *p) { return (double)*(const T *)(const void *)p; }

/* True when the row holds one value throughout; stops at the first other one. */
static int NK_T(constant)(const nk_gram_slot *s, const char *p) {
  const double first = NK_T(load)(p + NK_T(column)(s, 0));
  for (int64_t c = 1; c < s->g->d; c++)
    if (NK_T(load)(p + NK_T(column)(s, c)) != first) return 0;
  return 1;
}

/* Mean of one row, weighted where there are weights, in float64 over eight partial sums. A row of
 * one value throughout has exactly that mean, so that it centres to exact zeros. */
void NK_LV(NK_T(nk_gram_mean))(const nk_gram_slot *s, int64_t row) {
  const nk_gram *g = s->g;
  const char *p = NK_T(row)(s, 0, row);
  const int64_t step = g->x.stride[3], whole = g->d - g->d % 8;
  double sum[8] = {0}, weight = (double)g->d;
  if (NK_T(constant)(s, p)) {
    s->row_mean[row] = NK_T(load)(p + NK_T(column)(s, 0));
    return;
  }
  if (g->flags & NK_GRAM_WEIGHTS) {
    const char *w = g->w.data + s->batch * g->w.stride[0];
    weight = 0;
    for (int64_t c = 0; c < g->d; c++) {
      const double wc = NK_T(load)(w + c * g->w.stride[1]);
      weight += wc;
      sum[c % 8] += wc * NK_T(load)(p + c * step);
    }
  } else if (step == (int64_t)sizeof(T) && !(g->flags & NK_GRAM_INDEX)) {
    const T *v = (const T *)(const void *)p;
    for (int64_t c = 0; c < whole; c += 8)
      for (int k = 0; k < 8; k++) sum[k] += (double)v[c + k];
    for (int64_t c = whole; c < g->d; c++) sum[c % 8] += (double)v[c];
  } else {
    for (int64_t c = 0; c < g->d; c++) sum[c % 8] += NK_T(load)(p + NK_T(column)(s, c));
  }
  s->row_mean[row] =
      (((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]))) / weight;
}

/* Means over the rows for columns first..last-1 of the block, in each fold. */
void NK_LV(NK_T(nk_gram_column_mean))(const nk_gram_slot *s, int64_t first, int64_t last) {
  const nk_gram *g = s->g;
  const int64_t step = g->x.stride[3];
  for (int64_t m = 0; m < g->n_fold; m++) {
    double *mean = s->column_mean + m * g->width;
    for (int64_t c = first; c < last; c++) mean[c] = 0;
    int64_t r = 0;
    if (step == (int64_t)sizeof(T))
      for (; r + 4 <= g->n; r += 4) { /* four rows share one pass over the sums */
        const T *v[4];
        for (int k = 0; k < 4; k++)
          v[k] = (const T *)(const void *)(NK_T(row)(s, m, r + k) + s->column * step);
        for (int64_t c = first; c < last; c++)
          mean[c] += ((double)v[0][c] + (double)v[1][c]) + ((double)v[2][c] + (double)v[3][c]);
      }
    for (; r < g->n; r++) {
      const char *p = NK_T(row)(s, m, r) + s->column * step;
      for (int64_t c = first; c < last; c++) mean[c] += NK_T(load)(p + c * step);
    }
    for (int64_t c = first; c < last; c++) mean[c] /= (double)g->n;
  }
}

enum { NK_T(STRIP) = 64 };

/* Centred values of one row in one fold, columns c .. c + count - 1 of the block. */
static inline void NK_T(read)(const nk_gram_slot *s, int64_t fold, int64_t row, int64_t c,
                              int64_t count, T *restrict to) {
  const nk_gram *g = s->g;
  const int64_t step = g->x.stride[3];
  const char *start = NK_T(row)(s, fold, row), *p = start + (s->column + c) * step;
  const double mean = g->flags & NK_GRAM_CENTER_ROWS ? s->row_mean[row] : 0;
  const double *column_mean = s->column_mean + fold * g->width + c;
  const T *v = (const T *)(const void *)p;
  if (g->flags & NK_GRAM_INDEX) {
    for (int64_t k = 0; k < count; k++)
      to[k] = (T)(NK_T(load)(start + NK_T(column)(s, s->column + c + k)) - mean);
  } else if (step == (int64_t)sizeof(T) && g->flags & NK_GRAM_CENTER_COLUMNS) {
    for (int64_t k = 0; k < count; k++) to[k] = (T)((double)v[k] - column_mean[k]);
  } else if (step == (int64_t)sizeof(T)) {
    for (int64_t k = 0; k < count; k++) to[k] = (T)((double)v[k] - mean);
  } else {
    for (int64_t k = 0; k < count; k++) {
      const double away = g->flags & NK_GRAM_CENTER_COLUMNS ? column_mean[k] : mean;
      to[k] = (T)(NK_T(load)(p + k * step) - away);
    }
  }
}

/* A strip of values (LANES rows, STRIP apart) into a panel: element (k, r) to k NR + r. */
static inline void NK_T(turn)(const T *restrict value, int64_t count, T *restrict to) {
  int64_t k = 0;
  for (; k + LANES <= count; k += LANES)
    NK_T(nk_transpose)(value + k, NK_T(STRIP), to + k * NK_T(NR), NK_T(NR));
  for (; k < count; k++)
    for (int64_t r = 0; r < LANES; r++) to[k * NK_T(NR) + r] = value[r * NK_T(STRIP) + k];
}

/* As below where the rows of a column lie side by side, as in the panel: plain copies. */
static void NK_T(pack_columns)(const nk_gram_slot *s, int64_t panel) {
  const nk_gram *g = s->g;
  const int64_t nr = NK_T(NR), columns = s->columns, n_fold = g->n_fold, first = panel * nr;
  const int64_t rows = g->n - first < nr ? g->n - first : nr;
  T *left = (T *)s->left + panel * n_fold * g->width * nr;
  T *right = (T *)s->right + panel * n_fold * g->width * nr;
  for (int64_t c = 0; c < columns; c++) {
    const int64_t at = NK_T(column)(s, s->column + c);
    T total[NK_T(NR)] = {0};
    for (int64_t m = 0; m < n_fold; m++) {
      const T *from = (const T *)(const void *)(NK_T(row)(s, m, first) + at);
      T *to = right + (m * columns + c) * nr;
      if (g->flags & NK_GRAM_CENTER_ROWS)
        for (int64_t r = 0; r < rows; r++) to[r] = (T)((double)from[r] - s->row_mean[first + r]);
      else
        memcpy(to, from, (size_t)rows * sizeof(T));
      for (int64_t r = rows; r < nr; r++) to[r] = 0;
      for (int64_t r = 0; r < nr; r++) total[r] += to[r];
    }
    if (g->flags & NK_GRAM_FOLDS)
      for (int64_t m = 0; m < n_fold; m++) {
        const int64_t k = (m * columns + c) * nr;
        for (int64_t r = 0; r < nr; r++) left[k + r] = total[r] - right[k + r];
      }
  }
}

/* Packs the block's columns of one panel of rows: element (k, r) at k NR + r, missing rows zero.
 * With folds, depth m columns + c holds fold m of column c. LANES rows at a time. */
void NK_LV(NK_T(nk_gram_pack))(const nk_gram_slot *s, int64_t panel) {
  const int apart = NK_GRAM_CENTER_COLUMNS | NK_GRAM_WEIGHTS;
  if (s->g->x.stride[2] == (int64_t)sizeof(T) && !(s->g->flags & apart)) {
    NK_T(pack_columns)(s, panel);
    return;
  }
  const nk_gram *g = s->g;
  const int64_t nr = NK_T(NR), columns = s->columns, n_fold = g->n_fold;
  T *left = (T *)s->left + panel * n_fold * g->width * nr;
  T *right = (T *)s->right + panel * n_fold * g->width * nr;
  _Alignas(NK_ALIGN) T value[LANES * NK_T(STRIP)], total[LANES * NK_T(STRIP)];
  const int64_t strip = NK_T(STRIP), n = LANES * strip;

  for (int64_t r0 = 0; r0 < nr; r0 += LANES) {
    const int64_t first = panel * nr + r0;
    const int64_t rows = first >= g->n ? 0 : g->n - first < LANES ? g->n - first : LANES;
    for (int64_t k = 0; k < n; k++) value[k] = 0;
    for (int64_t c = 0; c < columns; c += strip) {
      const int64_t count = columns - c < strip ? columns - c : strip;
      for (int64_t k = 0; k < n; k++) total[k] = 0;
      for (int64_t m = 0; m < n_fold; m++) {
        const int64_t at = (m * columns + c) * nr + r0;
        for (int64_t r = 0; r < rows; r++) NK_T(read)(s, m, first + r, c, count, value + r * strip);
        NK_T(turn)(value, count, right + at);
        if (n_fold > 1)
          for (int64_t k = 0; k < n; k++) total[k] += value[k];
      }
      if (!(g->flags & NK_GRAM_FOLDS)) continue;
      for (int64_t m = 0; m < n_fold; m++) /* the sum over folds for now */
        NK_T(turn)(total, count, left + (m * columns + c) * nr + r0);
    }
  }
  const int64_t size = n_fold * columns * nr;
  if (g->flags & NK_GRAM_FOLDS)
    for (int64_t k = 0; k < size; k++) left[k] -= right[k];
  if (g->flags & NK_GRAM_WEIGHTS) {
    const char *w = g->w.data + s->batch * g->w.stride[0] + s->column * g->w.stride[1];
    for (int64_t k = 0; k < n_fold * columns; k++) {
      const T wk = (T)NK_T(load)(w + (k % columns) * g->w.stride[1]);
      const T *from = g->flags & NK_GRAM_FOLDS ? left : right;
      for (int64_t r = 0; r < nr; r++) left[k * nr + r] = from[k * nr + r] * wk;
    }
  }
}

/* c (MR, NR) += a' b over kc columns, a the first MR of NR packed rows, b the first nv vectors of
 * NR. The sums stay in registers: per column one load per vector of b and MR broadcasts feed MR nv
 * multiply-adds. nv is a constant at every call. */
static inline __attribute__((always_inline)) void NK_T(micro)(int64_t kc, const T *restrict a,
                                                              const T *restrict b,
                                                              double *restrict c, const int nv) {
  NK_T(vec) sum[MR][NK_T(NV)];
  for (int i = 0; i < MR; i++)
    for (int j = 0; j < nv; j++) sum[i][j] = (NK_T(vec)){0};
  for (int64_t k = 0; k < kc; k++) {
    NK_T(vec) column[NK_T(NV)];
    NK_UNROLL
    for (int j = 0; j < nv; j++)
      column[j] = *(const NK_T(vec) *)(const void *)(b + k * NK_T(NR) + j * LANES);
    __builtin_prefetch(a + (k + NK_GRAM_AHEAD) * NK_T(NR));
    NK_UNROLL
    for (int j = 0; j < nv; j++) __builtin_prefetch(b + (k + NK_GRAM_AHEAD) * NK_T(NR) + j * LANES);
    NK_UNROLL
    for (int i = 0; i < MR; i++) {
      const NK_T(vec) element = a[k * NK_T(NR) + i] - (NK_T(vec)){0};
      NK_UNROLL
      for (int j = 0; j < nv; j++) sum[i][j] = NK_T(fma)(element, column[j], sum[i][j]);
    }
  }
  NK_UNROLL
  for (int i = 0; i < MR; i++)
    for (int j = 0; j < nv; j++)
      for (int l = 0; l < LANES; l++) c[i * NK_T(NR) + j * LANES + l] += (double)sum[i][j][l];
}

static __attribute__((noinline)) void NK_T(micro_1)(int64_t kc, const T *a, const T *b, double *c) {
  NK_T(micro)(kc, a, b, c, 1);
}

static __attribute__((noinline)) void NK_T(micro_2)(int64_t kc, const T *a, const T *b, double *c) {
  NK_T(micro)(kc, a, b, c, 2);
}

static __attribute__((noinline)) void NK_T(micro_3)(int64_t kc, const T *a, const T *b, double *c) {
  NK_T(micro)(kc, a, b, c, 3);
}

/* Adds the block's part of tile (i, j), i >= j. Of a diagonal tile only the vectors that reach
 * below the diagonal are computed. */
void NK_LV(NK_T(nk_gram_multiply))(const nk_gram_slot *s, int64_t i, int64_t j) {
  const nk_gram *g = s->g;
  const int64_t nr = NK_T(NR), stride = g->n_fold * g->width * nr, depth = g->n_fold * s->columns;
  const T *left = (const T *)s->left + i * stride, *right = (const T *)s->right + j * stride;
  double *tile = s->tile + (i * (i + 1) / 2 + j) * nr * nr;
  const int64_t rows = g->n - i * nr < nr ? g->n - i * nr : nr;
  for (int64_t k = 0; k < depth; k += NK_GRAM_KC) {
    const int64_t kc = depth - k < NK_GRAM_KC ? depth - k : NK_GRAM_KC;
    for (int64_t r = 0; r < rows; r += MR) {
      const T *a = left + k * nr + r, *b = right + k * nr;
      const int64_t vectors = i == j ? (r + MR + LANES - 1) / LANES : NK_T(NV);
      if (vectors >= 3)
        NK_T(micro_3)(kc, a, b, tile + r * nr);
      else if (vectors == 2)
        NK_T(micro_2)(kc, a, b, tile + r * nr);
      else
        NK_T(micro_1)(kc, a, b, tile + r * nr);
    }
  }
}
