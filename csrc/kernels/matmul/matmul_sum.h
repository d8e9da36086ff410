/* What matmul_sum and its typed tiles share. Strides in bytes; a and b begin at the first t added. */
#ifndef NK_KERNELS_MATMUL_SUM_H
#define NK_KERNELS_MATMUL_SUM_H

#include "../../engine/kernel.h"
#include "../level.h"

enum { NK_SUM_ROWS = 96, NK_SUM_DEPTH = 128 }; /* rows of a tile of out; products packed at once */

typedef struct nk_sum_operands {
  char *out;
  int64_t out_row, out_col;
  const char *a, *b;
  int64_t a_step, a_row, a_col; /* a (T, m, k) */
  int64_t b_step, b_row, b_col; /* b (T, k, n) */
  int64_t n_step, k;
} nk_sum_operands;

int64_t NK_LV(nk_sum_columns)(nk_dtype dtype); /* columns of a tile of out */

/* Adds all products to rows i .. i + m - 1, columns j .. j + n - 1 of out. */
void NK_LV(nk_sum_tile_f32)(const nk_sum_operands *x, int64_t i, int64_t j, int64_t m, int64_t n);
void NK_LV(nk_sum_tile_f64)(const nk_sum_operands *x, int64_t i, int64_t j, int64_t m, int64_t n);

#endif
