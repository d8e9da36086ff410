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

static inline double NK_T(load)(const char *p) { return (double)*(const T *)(const void *)p; }

/* True when the row holds one value throughout; stops at the first other one. */
static int NK_T(constant)(const char *p, int64_t step, int64_t d) {
  const double first = NK_T(load)(p);
  for (int64_t c = 1; c < d; c++)
    if (NK_T(load)(p + c * step) != first) return 0;
  return 1;
}

/* Mean of one row, weighted where there are weights, in float64 over eight partial sums. A row of
 * one value throughout has exactly that mean, so that it centres to exact zeros. */
void NK_LV(NK_T(nk_gram_mean))(const nk_gram_slot *s, int64_t row) {
  const nk_gram *g = s->g;
  const char *p = NK_T(row)(s, 0, row);
  const int64_t step = g->x.stride[3], whole = g->d - g->d % 8;
  double sum[8] = {0}, weight = (double)g->d;
  if (NK_T(constant)(p, step, g->d)) {
    s->row_mean[row] = NK_T(load)(p);
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
  } else if (step == (int64_t)sizeof(T)) {
    const T *v = (const T *)(const void *)p;
    for (int64_t c = 0; c < whole; c += 8)
      for (int k = 0; k < 8; k++) sum[k] += (double)v[c + k];
    for (int64_t c = whole; c < g->d; c++) sum[c % 8] += (double)v[c];
  } else {
    for (int64_t c = 0; c < g->d; c++) sum[c % 8] += NK_T(load)(p + c * step);
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
    for (int64_t r = 0; r < g->n; r++) {
      const char *p = NK_T(row)(s, m, r) + s->column * step;
      if (step == (int64_t)sizeof(T)) {
        const T *v = (const T *)(const void *)p;
        for (int64_t c = first; c < last; c++) mean[c] += (double)v[c];
      } else {
        for (int64_t c = first; c < last; c++) mean[c] += NK_T(load)(p + c * step);
      }
    }
    for (int64_t c = first; c < last; c++) mean[c] /= (double)g->n;
  }
}

enum { NK_T(STRIP) = 256 };

/* Centred values of one row in one fold, columns c .. c + count - 1 of the block. */
static inline void NK_T(read)(const nk_gram_slot *s, int64_t fold, int64_t row, int64_t c,
                              int64_t count, T *restrict to) {
  const nk_gram *g = s->g;
  const int64_t step = g->x.stride[3];
  const char *p = NK_T(row)(s, fold, row) + (s->column + c) * step;
  const double mean = g->flags & NK_GRAM_CENTER_ROWS ? s->row_mean[row] : 0;
  const double *column_mean = s->column_mean + fold * g->width + c;
  if (g->flags & NK_GRAM_CENTER_COLUMNS) {
    for (int64_t k = 0; k < count; k++)
      to[k] = (T)(NK_T(load)(p + k * step) - column_mean[k]);
  } else if (step == (int64_t)sizeof(T)) {
    const T *v = (const T *)(const void *)p;
    for (int64_t k = 0; k < count; k++) to[k] = (T)((double)v[k] - mean);
  } else {
    for (int64_t k = 0; k < count; k++) to[k] = (T)(NK_T(load)(p + k * step) - mean);
  }
}

/* Packs the block's columns of one panel of rows: element (k, r) at k NR + r, missing rows zero.
 * With folds, depth m columns + c holds fold m of column c. */
void NK_LV(NK_T(nk_gram_pack))(const nk_gram_slot *s, int64_t panel) {
  const nk_gram *g = s->g;
  const int64_t nr = NK_T(NR), columns = s->columns, n_fold = g->n_fold;
  const int64_t depth = n_fold * columns;
  T *left = (T *)s->left + panel * g->n_fold * g->width * nr;
  T *right = (T *)s->right + panel * g->n_fold * g->width * nr;
  T value[NK_T(STRIP)], total[NK_T(STRIP)];
  const int64_t first = panel * nr, rows = g->n - first < nr ? g->n - first : nr;
  if (rows < nr)
    for (int64_t k = 0; k < depth; k++)
      for (int64_t r = rows; r < nr; r++) left[k * nr + r] = right[k * nr + r] = 0;

  for (int64_t c = 0; c < columns; c += NK_T(STRIP)) {
    const int64_t count = columns - c < NK_T(STRIP) ? columns - c : NK_T(STRIP);
    for (int64_t r = 0; r < rows; r++) {
      if (!(g->flags & NK_GRAM_FOLDS)) {
        NK_T(read)(s, 0, first + r, c, count, value);
        for (int64_t k = 0; k < count; k++) left[(c + k) * nr + r] = value[k];
        continue;
      }
      for (int64_t k = 0; k < count; k++) total[k] = 0;
      for (int64_t m = 0; m < n_fold; m++) {
        NK_T(read)(s, m, first + r, c, count, value);
        for (int64_t k = 0; k < count; k++) {
          right[(m * columns + c + k) * nr + r] = value[k];
          total[k] += value[k];
        }
      }
      for (int64_t m = 0; m < n_fold; m++)
        for (int64_t k = 0; k < count; k++) {
          const int64_t at = (m * columns + c + k) * nr + r;
          left[at] = total[k] - right[at];
        }
    }
  }
  if (g->flags & NK_GRAM_WEIGHTS) {
    const char *w = g->w.data + s->batch * g->w.stride[0] + s->column * g->w.stride[1];
    for (int64_t k = 0; k < depth; k++) {
      const T wk = (T)NK_T(load)(w + (k % columns) * g->w.stride[1]);
      T *to = g->flags & NK_GRAM_FOLDS ? left : right; /* either side may carry the weight */
      for (int64_t r = 0; r < rows; r++) to[k * nr + r] = left[k * nr + r] * wk;
    }
  }
}

/* c (MR, NR) += a' b over kc columns, a the first MR of NR packed rows. The MR x NR sums stay in
 * registers: per column one load per vector of b and MR broadcasts feed MR NV multiply-adds. */
static inline void NK_T(micro)(int64_t kc, const T *restrict a, const T *restrict b,
                               double *restrict c) {
  NK_T(vec) sum[MR][NK_T(NV)];
  for (int i = 0; i < MR; i++)
    for (int j = 0; j < NK_T(NV); j++) sum[i][j] = (NK_T(vec)){0};
  for (int64_t k = 0; k < kc; k++) {
    NK_T(vec) column[NK_T(NV)];
    NK_UNROLL
    for (int j = 0; j < NK_T(NV); j++)
      column[j] = *(const NK_T(vec) *)(const void *)(b + k * NK_T(NR) + j * LANES);
    NK_UNROLL
    for (int i = 0; i < MR; i++) {
      const NK_T(vec) element = a[k * NK_T(NR) + i] - (NK_T(vec)){0};
      NK_UNROLL
      for (int j = 0; j < NK_T(NV); j++) sum[i][j] = NK_T(fma)(element, column[j], sum[i][j]);
    }
  }
  NK_UNROLL
  for (int i = 0; i < MR; i++)
    NK_UNROLL
    for (int j = 0; j < NK_T(NV); j++)
      for (int l = 0; l < LANES; l++) c[i * NK_T(NR) + j * LANES + l] += (double)sum[i][j][l];
}

/* Adds the block's part of tile (i, j), i >= j. */
void NK_LV(NK_T(nk_gram_multiply))(const nk_gram_slot *s, int64_t i, int64_t j) {
  const nk_gram *g = s->g;
  const int64_t nr = NK_T(NR), stride = g->n_fold * g->width * nr, depth = g->n_fold * s->columns;
  const T *left = (const T *)s->left + i * stride, *right = (const T *)s->right + j * stride;
  double *tile = s->tile + (i * (i + 1) / 2 + j) * nr * nr;
  const int64_t rows = g->n - i * nr < nr ? g->n - i * nr : nr;
  for (int64_t k = 0; k < depth; k += NK_GRAM_KC) {
    const int64_t kc = depth - k < NK_GRAM_KC ? depth - k : NK_GRAM_KC;
    for (int64_t r = 0; r < rows; r += MR)
      NK_T(micro)(kc, left + k * nr + r, right + k * nr, tile + r * nr);
  }
}
