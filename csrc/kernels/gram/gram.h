/* The Gram engine: G = L R' over the rows of a batch of matrices, lower triangle only, then an
 * epilogue that turns each G into what the caller wants (a full matrix, condensed dissimilarities).
 *
 *   B  matrices in the batch      M  folds (1 where there are none)
 *   n  rows (conditions)          d  columns (channels)
 *
 * The columns are taken in blocks. A block is packed into panels of NR rows (centred, summed over
 * folds, weighted on the way), tiles of NR x NR are multiplied in registers, float32 products are
 * summed over at most NK_GRAM_KC columns before they enter a float64 sum. Tiles and blocks depend
 * on the sizes alone, so results are bit-equal for any number of threads.
 *
 * Cost: B n^2 d / 2 fused multiply-adds (times M with folds), each element read once or twice.
 */
#ifndef NK_GRAM_H
#define NK_GRAM_H

#include "../../engine/kernel.h"
#include "../level.h"

enum {
  NK_GRAM_KC = 256,      /* columns summed in the data's own precision */
  NK_GRAM_KB = 1024,     /* columns packed at a time */
  NK_GRAM_AHEAD = 16,    /* columns fetched before they are needed */
  NK_GRAM_MAX_ROWS = 48, /* of a panel, at any level */
  NK_GRAM_SLOTS = 32     /* matrices in work at once, each with its own workspace */
};

/* How a panel element is made from the data; the flags combine. */
enum {
  NK_GRAM_CENTER_ROWS = 1,    /* minus the (weighted) mean over columns */
  NK_GRAM_CENTER_COLUMNS = 2, /* minus the mean over rows, in each fold */
  NK_GRAM_FOLDS = 4,          /* L = sum of the other folds, R = this fold: S S' - sum X_m X_m' */
  NK_GRAM_WEIGHTS = 8,        /* R = L times weights over columns */
  NK_GRAM_INDEX = 16          /* each batch entry picks columns of its own from x */
};

typedef struct nk_gram {
  nk_dtype dtype;
  int flags;
  int64_t n_batch, n_fold, n, d;
  nk_view x;        /* (B, M, n, d) whatever its layout */
  nk_view w;        /* (B, d), with NK_GRAM_WEIGHTS */
  nk_view index;    /* (B, d) int64 columns of x, with NK_GRAM_INDEX */
  int64_t n_column; /* columns of x; d of them are used */
  int64_t nr;       /* rows of a panel, a property of the level and the element type */
  int64_t n_panel;  /* ceil(n / nr) */
  int64_t n_tile;   /* n_panel (n_panel + 1) / 2 */
  int64_t width;    /* columns of the data in one block; a block is n_fold * width deep */
  int64_t n_slot;   /* batch entries in work at once */
  size_t slot_size; /* bytes of workspace of one slot, and what lies where in it */
  size_t at_left, at_right, at_tile, at_row_mean, at_column_mean, at_diagonal;
} nk_gram;

/* One batch entry in work. */
typedef struct nk_gram_slot {
  const nk_gram *g;
  const nk_ctx *ctx;
  int64_t batch;
  int64_t column, columns; /* the block */
  void *left, *right;      /* (n_panel, depth, nr); the same where L = R */
  double *tile;            /* (n_tile, nr, nr) */
  double *row_mean;        /* (n) */
  double *column_mean;     /* (M, width) */
  double *diagonal;        /* (n) G_ii */
} nk_gram_slot;

/* Called once per batch entry when its G is complete. */
typedef nk_status (*nk_gram_epilogue)(const nk_gram_slot *slot, void *arg);

/* Reads x as (B, M, n, d) and plans blocks; w may be NULL, weights over columns, or (int64) the
 * columns of each batch entry. Returns a failure with its sentence. */
nk_status NK_LV(nk_gram_plan)(nk_gram *g, nk_call *call, const nk_view *x, const nk_view *w,
                              int flags);
nk_status NK_LV(nk_gram_compute)(const nk_gram *g, const nk_call *call, nk_gram_epilogue epilogue,
                                 void *arg);

/* The two element types' own parts (block.c). */
int64_t NK_LV(nk_gram_rows_f32)(void);
int64_t NK_LV(nk_gram_rows_f64)(void);
void NK_LV(nk_gram_mean_f32)(const nk_gram_slot *s, int64_t row);
void NK_LV(nk_gram_mean_f64)(const nk_gram_slot *s, int64_t row);
void NK_LV(nk_gram_column_mean_f32)(const nk_gram_slot *s, int64_t first, int64_t last);
void NK_LV(nk_gram_column_mean_f64)(const nk_gram_slot *s, int64_t first, int64_t last);
void NK_LV(nk_gram_pack_f32)(const nk_gram_slot *s, int64_t panel);
void NK_LV(nk_gram_pack_f64)(const nk_gram_slot *s, int64_t panel);
void NK_LV(nk_gram_multiply_f32)(const nk_gram_slot *s, int64_t i, int64_t j);
void NK_LV(nk_gram_multiply_f64)(const nk_gram_slot *s, int64_t i, int64_t j);

/* G_ij for i >= j of a finished slot. */
static inline double nk_gram_at(const nk_gram_slot *s, int64_t i, int64_t j) {
  const int64_t nr = s->g->nr, p = i / nr, q = j / nr;
  return s->tile[((p * (p + 1) / 2 + q) * nr + (i - p * nr)) * nr + (j - q * nr)];
}

/* G_ij for the rows j > i of one panel, panel >= i / nr: fills g and returns their number, the
 * first of them in *first. */
static inline int64_t nk_gram_below(const nk_gram_slot *s, int64_t i, int64_t panel, int64_t *first,
                                    double g[NK_GRAM_MAX_ROWS]) {
  const int64_t nr = s->g->nr, q = i / nr, start = panel * nr;
  const int64_t last = start + nr < s->g->n ? start + nr : s->g->n;
  const double *column = s->tile + (panel * (panel + 1) / 2 + q) * nr * nr + (i - q * nr);
  *first = panel == q ? i + 1 : start;
  for (int64_t j = *first; j < last; j++) g[j - *first] = column[(j - start) * nr];
  return last - *first;
}

/* Place of the pair i < j among n(n-1)/2, row by row. */
static inline int64_t nk_pair(int64_t n, int64_t i, int64_t j) {
  return i * (2 * n - i - 1) / 2 + (j - i - 1);
}

#endif
