/* matmul_sum: out (m, n) = acc (m, n) + a[0] b[0] + a[1] b[1] + ..., the gradient of a weight that a
 * loop used at every step; ins are acc, a (T, m, k), b (T, k, n).
 *
 * ip[0] = 1 adds from the last t to the first. An element's products are added one after the other,
 * in the order of t and then of k, to what acc holds: cutting T into stretches, one call each, gives
 * the same bits. Tiles of out are packed and run through registers; cost 2 T m k n. acc and out may
 * be one memory.
 */
#include "matmul_sum.h"

#include "../copy/strided.h"

enum { CHUNK_WORK = 1 << 21 };

nk_status NK_LV(nk_matmul_sum_check)(nk_call *call);
nk_status NK_LV(nk_matmul_sum_run)(const nk_call *call);

nk_status NK_LV(nk_matmul_sum_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 3 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "matmul_sum takes 3 ins, 1 out and an order");
  const nk_view *out = &call->out[0], *a = &call->in[1], *b = &call->in[2];
  nk_status status = nk_same_array(out, &call->in[0], "matmul_sum", error);
  if (status != NK_OK) return status;
  bool fits = out->ndim == 2 && a->ndim == 3 && b->ndim == 3 && a->shape[0] == b->shape[0] &&
              a->shape[1] == out->shape[0] && b->shape[2] == out->shape[1] &&
              a->shape[2] == b->shape[1];
  if (!fits)
    return nk_fail(error, NK_ERR_VALUE,
                   "matmul_sum: shapes must be (m, n), (m, n), (T, m, k), (T, k, n)");
  if (a->dtype != out->dtype || b->dtype != out->dtype ||
      (out->dtype != NK_F32 && out->dtype != NK_F64))
    return nk_fail(error, NK_ERR_TYPE, "matmul_sum: float32 or float64 throughout, got %s and %s",
                   nk_dtype_name[a->dtype], nk_dtype_name[b->dtype]);
  return NK_OK;
}

typedef struct job {
  const nk_call *call;
  nk_sum_operands x;
  int64_t m, n, columns; /* of out, and how many tiles lie side by side */
  int64_t rows_per_tile, columns_per_tile;
} job;

static nk_status tile(void *arg, int64_t number, int worker) {
  const job *q = arg;
  (void)worker;
  if (nk_cancelled(q->call->ctx)) return NK_ERR_CANCELLED;
  int64_t i = number / q->columns * q->rows_per_tile;
  int64_t j = number % q->columns * q->columns_per_tile;
  int64_t m = q->m - i < q->rows_per_tile ? q->m - i : q->rows_per_tile;
  int64_t n = q->n - j < q->columns_per_tile ? q->n - j : q->columns_per_tile;
  if (q->call->out[0].dtype == NK_F32)
    NK_LV(nk_sum_tile_f32)(&q->x, i, j, m, n);
  else
    NK_LV(nk_sum_tile_f64)(&q->x, i, j, m, n);
  return NK_OK;
}

nk_status NK_LV(nk_matmul_sum_run)(const nk_call *call) {
  const nk_view *out = &call->out[0], *a = &call->in[1], *b = &call->in[2];
  if (call->alias[0] != 0) NK_LV(nk_strided_copy)(out, &call->in[0]);
  int64_t m = out->shape[0], n = out->shape[1], depth = a->shape[0] * a->shape[2];
  if (m == 0 || n == 0 || depth == 0) return NK_OK;
  bool backwards = call->ip[0] != 0;
  int64_t last = a->shape[0] - 1;
  job q = {.call = call,
           .m = m,
           .n = n,
           .rows_per_tile = NK_SUM_ROWS,
           .columns_per_tile = NK_LV(nk_sum_columns)(out->dtype),
           .x = {.out = out->data,
                 .out_row = out->stride[0],
                 .out_col = out->stride[1],
                 .a = a->data + (backwards ? last * a->stride[0] : 0),
                 .a_step = backwards ? -a->stride[0] : a->stride[0],
                 .a_row = a->stride[1],
                 .a_col = a->stride[2],
                 .b = b->data + (backwards ? last * b->stride[0] : 0),
                 .b_step = backwards ? -b->stride[0] : b->stride[0],
                 .b_row = b->stride[1],
                 .b_col = b->stride[2],
                 .n_step = a->shape[0],
                 .k = a->shape[2]}};
  q.columns = (n + q.columns_per_tile - 1) / q.columns_per_tile;
  int64_t tiles = (m + q.rows_per_tile - 1) / q.rows_per_tile * q.columns;
  if (tiles == 1 || m * n * depth < CHUNK_WORK) {
    for (int64_t t = 0; t < tiles; ++t) {
      nk_status status = tile(&q, t, 0);
      if (status != NK_OK) return status;
    }
    return NK_OK;
  }
  return nk_parallel(call->ctx, tiles, tile, &q);
}
