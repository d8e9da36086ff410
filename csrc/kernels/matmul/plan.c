/* Chooses how a matrix product is computed and cuts it into chunks.
 *
 * Batches that are really more rows (b the same for all) are folded into m. A matrix with one
 * contiguous axis is used where it lies, any other is packed first. Chunks are tiles of one product
 * or groups of whole products, cut by size alone.
 */
#include "../../simd/lanes.h"
#include "matmul.h"

enum { SMALL_WORK = 32 * 32 * 32, OWN_WORK = 1 << 24, CHUNK_WORK = 1 << 21, M_TILE = 256, N_TILE = 1024 };

static bool is_blas(nk_dtype dtype) {
  return dtype == NK_F32 || dtype == NK_F64 || dtype == NK_C64 || dtype == NK_C128;
}

static nk_status validate(const nk_view *out, const nk_view *a, const nk_view *b,
                          nk_error *error) {
  int nd = out->ndim;
  if (nd < 2 || a->ndim != nd || b->ndim != nd)
    return nk_fail(error, NK_ERR_VALUE, "matmul: a, b and out need one number (>= 2) of axes");
  bool fits = a->shape[nd - 2] == out->shape[nd - 2] && b->shape[nd - 1] == out->shape[nd - 1] &&
              a->shape[nd - 1] == b->shape[nd - 2];
  for (int d = 0; d < nd - 2; ++d)
    fits = fits && a->shape[d] == out->shape[d] && b->shape[d] == out->shape[d];
  if (!fits)
    return nk_fail(error, NK_ERR_VALUE,
                   "matmul: (%lld, %lld) times (%lld, %lld) into (%lld, %lld), or the batch axes, "
                   "do not fit",
                   (long long)a->shape[nd - 2], (long long)a->shape[nd - 1],
                   (long long)b->shape[nd - 2], (long long)b->shape[nd - 1],
                   (long long)out->shape[nd - 2], (long long)out->shape[nd - 1]);
  if (a->dtype != out->dtype || b->dtype != out->dtype ||
      (!is_blas(out->dtype) && out->dtype != NK_I32 && out->dtype != NK_I64 &&
       out->dtype != NK_BOOL))
    return nk_fail(error, NK_ERR_TYPE, "matmul: no product of %s and %s into %s",
                   nk_dtype_name[a->dtype], nk_dtype_name[b->dtype], nk_dtype_name[out->dtype]);
  return NK_OK;
}

/* Batch axes with a stride per array; axes of length one are dropped. */
static void set_batch(nk_matmul_plan *p, const nk_view *out, const nk_view *a, const nk_view *b) {
  p->n_batch = 1;
  p->n_axis = 0;
  for (int d = 0; d < out->ndim - 2; ++d) {
    p->n_batch *= out->shape[d];
    if (out->shape[d] == 1) continue;
    p->shape[p->n_axis] = out->shape[d];
    p->a_step[p->n_axis] = a->stride[d];
    p->b_step[p->n_axis] = b->stride[d];
    p->out_step[p->n_axis++] = out->stride[d];
  }
}

/* The innermost batch axis becomes rows as long as b does not move and the rows follow on. */
static void fold_batch(nk_matmul_plan *p) {
  while (p->n_axis > 0) {
    int d = p->n_axis - 1;
    bool joins = p->b_step[d] == 0 && (p->m == 1 || (p->a_step[d] == p->m * p->a.from_row &&
                                                     p->out_step[d] == p->m * p->out_row));
    if (!joins) return;
    if (p->m == 1) {
      p->a.from_row = p->a_step[d];
      p->out_row = p->out_step[d];
    }
    p->m *= p->shape[d];
    p->n_batch = p->shape[d] > 0 ? p->n_batch / p->shape[d] : p->n_batch;
    --p->n_axis;
  }
}

/* Does one axis have unit stride and the other a step that BLAS takes? If not, pack. The stride of
 * an axis of length one is free. */
static void set_side(nk_matmul_side *s, int64_t rows, int64_t cols, int64_t item) {
  int64_t row = s->from_row, col = cols == 1 ? item : s->from_col;
  if (rows == 1) row = col == item ? cols * item : item;
  bool by_row = col == item && row >= cols * item && row % item == 0 && row / item <= INT32_MAX;
  bool by_col = row == item && col >= rows * item && col % item == 0 && col / item <= INT32_MAX;
  s->packed = !by_row && !by_col;
  s->trans = by_col && !by_row;
  s->row = s->packed ? cols * item : row;
  s->col = s->packed ? item : col;
  int64_t ld = (s->trans ? s->col : s->row) / item;
  s->ld = ld < 1 ? 1 : (int)ld;
}

/* A side that must be a contiguous vector of n items along axis stride `step`. */
static void set_vector(nk_matmul_side *s, int64_t n, int64_t step, int64_t row, int64_t item) {
  if (n > 1 && step != item) s->packed = true;
  s->row = row;
  s->col = item;
}

/* Whether register tiles beat OpenBLAS: no long sums, no tile mostly empty. Very small products
 * always, for they spare its preparations. */
static bool is_own(const nk_matmul_plan *p, int64_t item) {
  const int64_t work = p->m * p->n * p->k, lanes = NK_VECTOR_BYTES / item;
  const int64_t room = (p->n + lanes - 1) / lanes * lanes;
  if (p->k <= 1 || work <= SMALL_WORK) return !p->b.trans || p->k <= 1;
  return work <= OWN_WORK && p->m >= 4 && 8 * p->n >= 7 * room;
}

static void set_path(nk_matmul_plan *p, int64_t item) {
  bool real = p->dtype == NK_F32 || p->dtype == NK_F64, vector = real || p->k > 0;
  if (p->m == 0 || p->n == 0 || p->n_batch == 0) {
    p->path = NK_MATMUL_NOTHING;
  } else if (!is_blas(p->dtype)) {
    p->path = NK_MATMUL_INTEGER;
    p->a.packed = p->b.packed = false;
    p->a.row = p->a.from_row, p->a.col = p->a.from_col;
    p->b.row = p->b.from_row, p->b.col = p->b.from_col;
  } else if (vector && p->n == 1) {
    p->path = NK_MATMUL_GEMV;
    set_vector(&p->b, p->k, p->b.from_row, item, item);
  } else if (vector && p->m == 1) {
    p->path = NK_MATMUL_GEMV;
    set_vector(&p->a, p->k, p->a.from_col, p->k * item, item);
  } else if (real && is_own(p, item)) {
    p->path = NK_MATMUL_TILES;
  } else {
    p->path = NK_MATMUL_BLAS;
  }
}

static int64_t at_least(int64_t x, int64_t least) { return x < least ? least : x; }

static void set_tiles(nk_matmul_plan *p) {
  int64_t k = at_least(p->k, 1), work = p->m * p->n * k;
  p->m_tile = at_least(p->m, 1);
  p->n_tile = at_least(p->n, 1);
  p->group = 1;
  if (work < CHUNK_WORK) {
    p->group = CHUNK_WORK / at_least(work, 1);
  } else if (p->path == NK_MATMUL_BLAS) {
    p->m_tile = M_TILE;
    p->n_tile = p->m < M_TILE ? N_TILE / 4 : N_TILE;
  } else {
    int64_t width = p->n < N_TILE ? p->n : N_TILE;
    p->m_tile = at_least(CHUNK_WORK / (k * width), 96) / 12 * 12; /* whole register tiles */
    p->n_tile = p->m > 1 ? N_TILE : at_least(CHUNK_WORK / k, 16);
  }
  p->m_tiles = (p->m + p->m_tile - 1) / p->m_tile;
  p->n_tiles = (p->n + p->n_tile - 1) / p->n_tile;
}

nk_status NK_LV(nk_matmul_plan_make)(nk_matmul_plan *p, const nk_view *out, const nk_view *a,
                                     const nk_view *b, nk_call *call) {
  nk_error *error = call->ctx->error;
  nk_status status = validate(out, a, b, error);
  if (status != NK_OK) return status;
  int nd = out->ndim;
  int64_t item = nk_dtype_size[out->dtype];
  p->dtype = out->dtype;
  p->m = out->shape[nd - 2];
  p->n = out->shape[nd - 1];
  p->k = a->shape[nd - 1];
  p->a.from_row = a->stride[nd - 2];
  p->a.from_col = a->stride[nd - 1];
  p->b.from_row = b->stride[nd - 2];
  p->b.from_col = b->stride[nd - 1];
  p->out_row = p->m == 1 ? p->n * item : out->stride[nd - 2];
  p->out_col = p->n == 1 ? item : out->stride[nd - 1];
  if (p->m > 0 && p->n > 0 && (p->out_col != item || p->out_row % item != 0 ||
                               (p->m > 1 && p->out_row < p->n * item)))
    return nk_fail(error, NK_ERR_VALUE, "matmul: the rows of out must be contiguous");
  set_batch(p, out, a, b);
  fold_batch(p);
  set_side(&p->a, p->m, p->k, item);
  set_side(&p->b, p->k, p->n, item);
  set_path(p, item);
  bool by_blas = p->path == NK_MATMUL_BLAS || p->dtype == NK_C64 || p->dtype == NK_C128;
  if (by_blas && (p->m > INT32_MAX || p->n > INT32_MAX || p->k > INT32_MAX ||
                                    p->out_row / item > INT32_MAX))
    return nk_fail(error, NK_ERR_VALUE, "matmul: an axis is longer than 2^31 - 1");
  p->ld_out = p->path == NK_MATMUL_BLAS ? (int)(p->out_row / item) : 0;
  set_tiles(p);
  int64_t a_work = p->a.packed ? p->m * p->k * item : 0;
  p->b_work = (a_work + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  call->work_size = (size_t)(p->b_work + (p->b.packed ? p->k * p->n * item : 0));
  return NK_OK;
}
