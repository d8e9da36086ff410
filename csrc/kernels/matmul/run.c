/* Runs a planned matrix product: packs what must be packed, then tiles over the pool. */
#include <string.h>

#include "../../base/blas.h"
#include "matmul.h"

enum { K_STEP = 4096 }; /* inside a tile k is walked in such steps, so that a cancel is seen */

typedef struct product {
  const nk_matmul_plan *plan;
  const nk_ctx *ctx;
  char *out;
  const char *a, *b;
  int64_t n_batch; /* of this call: all of the plan's, or one */
} product;

static void pack(char *to, const char *from, int64_t from_row, int64_t from_col, int64_t rows,
                 int64_t cols, size_t item) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < cols; ++j, to += item)
      memcpy(to, from + i * from_row + j * from_col, item);
}

/* One step of k of one tile. */
static void gemm(const nk_matmul_plan *p, char *out, const char *a, const char *b, int m, int n,
                 int k, bool add) {
  int ta = p->a.trans ? NK_TRANS : NK_NO_TRANS, tb = p->b.trans ? NK_TRANS : NK_NO_TRANS;
  const double one[2] = {1, 0}, beta[2] = {add, 0};
  const float one_f[2] = {1, 0}, beta_f[2] = {add, 0};
  const void *av = a, *bv = b;
  void *ov = out;
  switch (p->dtype) {
    case NK_F32:
      scipy_cblas_sgemm(NK_ROW_MAJOR, ta, tb, m, n, k, 1.0f, av, p->a.ld, bv, p->b.ld, beta_f[0],
                        ov, p->ld_out);
      break;
    case NK_F64:
      scipy_cblas_dgemm(NK_ROW_MAJOR, ta, tb, m, n, k, 1.0, av, p->a.ld, bv, p->b.ld, beta[0], ov,
                        p->ld_out);
      break;
    case NK_C64:
      scipy_cblas_cgemm(NK_ROW_MAJOR, ta, tb, m, n, k, one_f, av, p->a.ld, bv, p->b.ld, beta_f, ov,
                        p->ld_out);
      break;
    default:
      scipy_cblas_zgemm(NK_ROW_MAJOR, ta, tb, m, n, k, one, av, p->a.ld, bv, p->b.ld, beta, ov,
                        p->ld_out);
  }
}

static nk_status tile_blas(const product *q, char *out, const char *a, const char *b, int64_t m,
                           int64_t n) {
  const nk_matmul_plan *p = q->plan;
  int64_t c = 0;
  do {
    if (nk_cancelled(q->ctx)) return NK_ERR_CANCELLED;
    int64_t k = p->k - c < K_STEP ? p->k - c : K_STEP;
    gemm(p, out, a + c * p->a.col, b + c * p->b.row, (int)m, (int)n, (int)k, c > 0);
    c += K_STEP;
  } while (c < p->k);
  return NK_OK;
}

/* A complex matrix, one of whose axes is contiguous, by a vector. */
static void gemv_complex(nk_dtype dtype, void *y, int64_t y_step, const void *matrix, int64_t row,
                         int64_t col, const void *x, int64_t rows, int64_t k) {
  const bool by_row = col == 1 || k == 1;
  const int trans = by_row ? NK_NO_TRANS : NK_TRANS, ld = (int)(by_row ? row : col);
  const int m = (int)(by_row ? rows : k), n = (int)(by_row ? k : rows);
  const int64_t step = rows == 1 ? 1 : y_step;
  const int fits = ld < n ? n : ld; /* the stride of a single row is free */
  const double one[2] = {1, 0}, zero[2] = {0, 0};
  const float one_f[2] = {1, 0}, zero_f[2] = {0, 0};
  if (dtype == NK_C64)
    scipy_cblas_cgemv(NK_ROW_MAJOR, trans, m, n, one_f, matrix, fits, x, 1, zero_f, y, (int)step);
  else
    scipy_cblas_zgemv(NK_ROW_MAJOR, trans, m, n, one, matrix, fits, x, 1, zero, y, (int)step);
}

static void tile_gemv(const nk_matmul_plan *p, char *out, const char *a, const char *b, int64_t m,
                      int64_t n) {
  int64_t item = nk_dtype_size[p->dtype];
  bool by_a = p->n == 1; /* the matrix is a; else it is b, transposed */
  const void *matrix = by_a ? a : b, *x = by_a ? b : a;
  int64_t row = (by_a ? p->a.row : p->b.col) / item, col = (by_a ? p->a.col : p->b.row) / item;
  int64_t rows = by_a ? m : n, step = by_a ? p->out_row / item : 1;
  void *y = out;
  if (p->dtype == NK_C64 || p->dtype == NK_C128)
    gemv_complex(p->dtype, y, step, matrix, row, col, x, rows, p->k);
  else if (p->dtype == NK_F32)
    NK_LV(nk_gemv_f32)(y, step, matrix, row, col, x, rows, p->k);
  else
    NK_LV(nk_gemv_f64)(y, step, matrix, row, col, x, rows, p->k);
}

static void tile_own(const nk_matmul_plan *p, char *out, const char *a, const char *b, int64_t m,
                     int64_t n) {
  int64_t item = nk_dtype_size[p->dtype], a_row = p->a.row / item, a_col = p->a.col / item;
  int64_t out_row = p->out_row / item, b_row = p->b.row / item, b_col = p->b.col / item;
  const void *av = a, *bv = b;
  void *ov = out;
  if (p->dtype == NK_F32)
    NK_LV(nk_product_f32)(ov, out_row, av, a_row, a_col, bv, b_row, b_col, m, n, p->k);
  else
    NK_LV(nk_product_f64)(ov, out_row, av, a_row, a_col, bv, b_row, b_col, m, n, p->k);
}

/* Rows i0.. and columns j0.. of one product. */
static nk_status tile(const product *q, char *out, const char *a, const char *b, int64_t i0,
                      int64_t j0) {
  const nk_matmul_plan *p = q->plan;
  int64_t m = p->m - i0 < p->m_tile ? p->m - i0 : p->m_tile;
  int64_t n = p->n - j0 < p->n_tile ? p->n - j0 : p->n_tile;
  if (p->path == NK_MATMUL_INTEGER) {
    NK_LV(nk_matmul_integer)(p, out, a, b, i0, i0 + m, j0, j0 + n);
    return NK_OK;
  }
  out += i0 * p->out_row + j0 * p->out_col;
  a += i0 * p->a.row;
  b += j0 * p->b.col;
  if (p->path == NK_MATMUL_BLAS) return tile_blas(q, out, a, b, m, n);
  if (p->path == NK_MATMUL_GEMV)
    tile_gemv(p, out, a, b, m, n);
  else
    tile_own(p, out, a, b, m, n);
  return NK_OK;
}

static void batch_offsets(const nk_matmul_plan *p, int64_t batch, int64_t *out, int64_t *a,
                          int64_t *b) {
  *out = *a = *b = 0;
  for (int d = p->n_axis - 1; d >= 0; --d) {
    int64_t i = batch % p->shape[d];
    batch /= p->shape[d];
    *out += i * p->out_step[d];
    *a += i * p->a_step[d];
    *b += i * p->b_step[d];
  }
}

static nk_status chunk(void *arg, int64_t number, int worker) {
  const product *q = arg;
  const nk_matmul_plan *p = q->plan;
  int64_t tiles = p->m_tiles * p->n_tiles, first = number / tiles, t = number % tiles;
  int64_t from = first * p->group, to = from + p->group < q->n_batch ? from + p->group : q->n_batch;
  (void)worker;
  for (int64_t batch = from; batch < to; ++batch) {
    int64_t out, a, b;
    if (nk_cancelled(q->ctx)) return NK_ERR_CANCELLED;
    batch_offsets(p, batch, &out, &a, &b);
    nk_status status = tile(q, q->out + out, q->a + a, q->b + b, t / p->n_tiles * p->m_tile,
                            t % p->n_tiles * p->n_tile);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}

static nk_status run_chunks(const product *q) {
  const nk_matmul_plan *p = q->plan;
  int64_t n = (q->n_batch + p->group - 1) / p->group * p->m_tiles * p->n_tiles;
  if (n == 1) return chunk((void *)(uintptr_t)q, 0, 0);
  return nk_parallel(q->ctx, n, chunk, (void *)(uintptr_t)q);
}

nk_status NK_LV(nk_matmul_plan_run)(const nk_matmul_plan *p, const nk_call *call, char *out,
                                    const char *a, const char *b) {
  if (p->path == NK_MATMUL_NOTHING) return NK_OK;
  product q = {.plan = p, .ctx = call->ctx, .out = out, .a = a, .b = b, .n_batch = p->n_batch};
  if (!p->a.packed && !p->b.packed) return run_chunks(&q);
  size_t item = nk_dtype_size[p->dtype];
  q.n_batch = 1;
  for (int64_t batch = 0; batch < p->n_batch; ++batch) {
    int64_t out_at, a_at, b_at;
    batch_offsets(p, batch, &out_at, &a_at, &b_at);
    q.out = out + out_at;
    q.a = a + a_at;
    q.b = b + b_at;
    if (p->a.packed) {
      pack(call->work, q.a, p->a.from_row, p->a.from_col, p->m, p->k, item);
      q.a = call->work;
    }
    if (p->b.packed) {
      pack(call->work + p->b_work, q.b, p->b.from_row, p->b.from_col, p->k, p->n, item);
      q.b = call->work + p->b_work;
    }
    nk_status status = run_chunks(&q);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}
