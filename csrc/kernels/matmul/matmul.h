/* The plan of a matrix product, and the loops that run it.
 *
 * Shape letters: a (B, m, k), b (B, k, n), out (B, m, n); B stands for all leading axes.
 */
#ifndef NK_KERNELS_MATMUL_H
#define NK_KERNELS_MATMUL_H

#include "../../engine/kernel.h"
#include "../level.h"

typedef enum nk_matmul_path {
  NK_MATMUL_NOTHING, /* no element to compute */
  NK_MATMUL_GEMV,    /* m or n is 1 (or k is 1 and small): own loops */
  NK_MATMUL_TILES, /* own register tiles */
  NK_MATMUL_BLAS,
  NK_MATMUL_INTEGER
} nk_matmul_path;

/* One matrix: strides in bytes of its two axes, and what BLAS wants to hear about it. */
typedef struct nk_matmul_side {
  int64_t row, col;           /* byte strides, after packing if packed */
  bool packed;                /* copied to the workspace first, row by row */
  bool trans;                 /* BLAS: the columns are the contiguous ones */
  int ld;                     /* BLAS: leading dimension in elements */
  int64_t from_row, from_col; /* byte strides before packing */
} nk_matmul_side;

typedef struct nk_matmul_plan {
  nk_dtype dtype;
  nk_matmul_path path;
  int64_t m, n, k, n_batch;
  nk_matmul_side a, b;
  int64_t out_row, out_col;
  int ld_out;
  int n_axis; /* batch axes */
  int64_t shape[NK_MAXDIM], a_step[NK_MAXDIM], b_step[NK_MAXDIM], out_step[NK_MAXDIM];
  int64_t m_tile, n_tile, m_tiles, n_tiles; /* of one product */
  int64_t group;                            /* products per chunk when there is one tile */
  int64_t b_work;                           /* where packed b begins in the workspace */
} nk_matmul_plan;

/* Validates a, b and out and fills the plan; asks for workspace. */
nk_status NK_LV(nk_matmul_plan_make)(nk_matmul_plan *p, const nk_view *out, const nk_view *a,
                                     const nk_view *b, nk_call *call);
/* out = a b */
nk_status NK_LV(nk_matmul_plan_run)(const nk_matmul_plan *p, const nk_call *call, char *out,
                                    const char *a, const char *b);

/* y (rows) = M (rows, cols) x (cols); M has one contiguous axis, x is contiguous. */
void NK_LV(nk_gemv_f32)(float *y, int64_t y_step, const float *matrix, int64_t row, int64_t col,
                        const float *x, int64_t rows, int64_t cols);
void NK_LV(nk_gemv_f64)(double *y, int64_t y_step, const double *matrix, int64_t row, int64_t col,
                        const double *x, int64_t rows, int64_t cols);
/* out (m, n) = a (m, k) b (k, n); steps in elements; rows of out are contiguous. */
void NK_LV(nk_product_f32)(float *out, int64_t out_row, const float *a, int64_t a_row,
                           int64_t a_col, const float *b, int64_t b_row, int64_t b_col, int64_t m,
                           int64_t n, int64_t k);
void NK_LV(nk_product_f64)(double *out, int64_t out_row, const double *a, int64_t a_row,
                           int64_t a_col, const double *b, int64_t b_row, int64_t b_col, int64_t m,
                           int64_t n, int64_t k);
/* bool, int32, int64 with any strides, in bytes. */
void NK_LV(nk_matmul_integer)(const nk_matmul_plan *p, char *out, const char *a, const char *b,
                              int64_t i0, int64_t i1, int64_t j0, int64_t j1);

#endif
