/* copy: out = in, cast to the type of out; equal shapes, any strides on both sides.
 *
 * At check the axes are sorted by output stride and merged where both sides allow it, so that a
 * contiguous copy is one memcpy and a transpose is a walk over tiles that stay in cache.
 * Cost O(n). Large copies are cut into rows of the outermost axis.
 */
#include <string.h>

#include "../../engine/kernel.h"
#include "cast.h"

enum { TILE = 32, CHUNK_BYTES = 1 << 19 };

typedef struct copy_plan {
  nk_cast_loop loop;
  int64_t n_bytes; /* when the whole is one memcpy, else -1 */
  int ndim;        /* merged axes, outermost first; 0 axes: one item */
  bool tiled;      /* the two innermost axes are walked in tiles */
  int64_t n_chunk, chunk; /* rows of axis 0 per chunk */
  int64_t shape[NK_MAXDIM], out[NK_MAXDIM], in[NK_MAXDIM];
} copy_plan;

static int64_t magnitude(int64_t x) { return x < 0 ? -x : x; }

/* Axes longer than one, by descending output stride (stable). */
static void sort_axes(copy_plan *p, const nk_view *out, const nk_view *in) {
  p->ndim = 0;
  for (int d = 0; d < out->ndim; ++d) {
    if (out->shape[d] == 1) continue;
    int at = p->ndim++;
    for (; at > 0 && magnitude(p->out[at - 1]) < magnitude(out->stride[d]); --at) {
      p->shape[at] = p->shape[at - 1];
      p->out[at] = p->out[at - 1];
      p->in[at] = p->in[at - 1];
    }
    p->shape[at] = out->shape[d];
    p->out[at] = out->stride[d];
    p->in[at] = in->stride[d];
  }
}

static void merge_axes(copy_plan *p) {
  int kept = 0;
  for (int d = 0; d < p->ndim; ++d) {
    if (kept > 0 && p->out[kept - 1] == p->out[d] * p->shape[d] &&
        p->in[kept - 1] == p->in[d] * p->shape[d]) {
      p->shape[kept - 1] *= p->shape[d];
      p->out[kept - 1] = p->out[d];
      p->in[kept - 1] = p->in[d];
      continue;
    }
    p->shape[kept] = p->shape[d];
    p->out[kept] = p->out[d];
    p->in[kept] = p->in[d];
    ++kept;
  }
  p->ndim = kept;
}

/* A read axis that is contiguous but not innermost moves next to the innermost, for tiles. */
static void find_tiles(copy_plan *p, int64_t item) {
  int last = p->ndim - 1;
  p->tiled = false;
  if (last < 1 || magnitude(p->in[last]) <= item || p->shape[last] < 4) return;
  for (int d = 0; d < last; ++d) {
    if (magnitude(p->in[d]) != item || p->shape[d] < 4) continue;
    int64_t shape = p->shape[d], out = p->out[d], in = p->in[d];
    for (int e = d; e < last - 1; ++e) {
      p->shape[e] = p->shape[e + 1];
      p->out[e] = p->out[e + 1];
      p->in[e] = p->in[e + 1];
    }
    p->shape[last - 1] = shape;
    p->out[last - 1] = out;
    p->in[last - 1] = in;
    p->tiled = true;
    return;
  }
}

nk_status NK_LV(nk_copy_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1)
    return nk_fail(error, NK_ERR_VALUE, "copy takes 1 in and 1 out");
  const nk_view *out = &call->out[0], *in = &call->in[0];
  bool same = out->ndim == in->ndim;
  for (int d = 0; same && d < out->ndim; ++d) same = out->shape[d] == in->shape[d];
  if (!same) return nk_fail(error, NK_ERR_VALUE, "copy: the shapes of in and out differ");
  copy_plan *p = nk_alloc_zero(sizeof *p);
  if (p == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory");
  call->prep = p;
  int64_t n = 1, item = nk_dtype_size[out->dtype];
  for (int d = 0; d < out->ndim; ++d) n *= out->shape[d];
  p->loop = NK_LV(nk_cast_find)(out->dtype, in->dtype);
  p->n_bytes = n == 0 ? 0 : -1;
  if (n == 0) return NK_OK;
  sort_axes(p, out, in);
  merge_axes(p);
  if (out->dtype == in->dtype && (p->ndim == 0 || (p->ndim == 1 && p->out[0] == item &&
                                                   p->in[0] == item)))
    p->n_bytes = n * item;
  find_tiles(p, nk_dtype_size[in->dtype]);
  p->chunk = p->n_chunk = 1;
  if (p->ndim > 0) {
    int64_t row = n / p->shape[0] * item;
    p->chunk = row >= CHUNK_BYTES ? 1 : CHUNK_BYTES / row;
    p->n_chunk = (p->shape[0] + p->chunk - 1) / p->chunk;
  }
  return NK_OK;
}

static void copy_tiles(const copy_plan *p, int d, char *out, const char *in, int64_t rows) {
  int64_t columns = p->shape[d + 1];
  for (int64_t r = 0; r < rows; r += TILE)
    for (int64_t c = 0; c < columns; c += TILE) {
      int64_t r_end = r + TILE < rows ? r + TILE : rows;
      int64_t width = columns - c < TILE ? columns - c : TILE;
      for (int64_t i = r; i < r_end; ++i)
        p->loop(out + i * p->out[d] + c * p->out[d + 1], p->out[d + 1],
                in + i * p->in[d] + c * p->in[d + 1], p->in[d + 1], width);
    }
}

/* Axes d and inner, with `rows` of axis d. */
static void copy_axes(const copy_plan *p, int d, char *out, const char *in, int64_t rows) {
  if (d >= p->ndim - 1) {
    p->loop(out, p->out[d], in, p->in[d], rows);
  } else if (p->tiled && d == p->ndim - 2) {
    copy_tiles(p, d, out, in, rows);
  } else {
    for (int64_t i = 0; i < rows; ++i)
      copy_axes(p, d + 1, out + i * p->out[d], in + i * p->in[d], p->shape[d + 1]);
  }
}

static nk_status copy_chunk(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const copy_plan *p = call->prep;
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  int64_t start = chunk * p->chunk;
  int64_t rows = p->shape[0] - start < p->chunk ? p->shape[0] - start : p->chunk;
  char *out = call->out[0].data + start * p->out[0];
  const char *in = call->in[0].data + start * p->in[0];
  if (p->n_bytes > 0)
    memcpy(out, in, (size_t)(rows * p->out[0]));
  else
    copy_axes(p, 0, out, in, rows);
  return NK_OK;
}

nk_status NK_LV(nk_copy_run)(const nk_call *call) {
  const copy_plan *p = call->prep;
  char *out = call->out[0].data;
  const char *in = call->in[0].data;
  if (p->n_bytes >= 0 && p->n_bytes <= CHUNK_BYTES) {
    if (p->n_bytes > 0) memcpy(out, in, (size_t)p->n_bytes);
    return NK_OK;
  }
  if (p->ndim == 0) {
    p->loop(out, 0, in, 0, 1);
    return NK_OK;
  }
  if (p->n_chunk == 1) {
    copy_axes(p, 0, out, in, p->shape[0]);
    return NK_OK;
  }
  return nk_parallel(call->ctx, p->n_chunk, copy_chunk, (void *)(uintptr_t)call);
}

void NK_LV(nk_copy_release)(void *prep) { nk_free(prep); }
