/* The walk of a reduction.
 *
 * By rows: the R elements of an output, in C order, are read in blocks (straight from memory, or
 * gathered and cast), blocks are folded, then their results. By columns, when neighbouring outputs
 * are neighbours in memory: tiles of outputs take up one row after the other, groups of rows being
 * merged like the carries of a binary counter, which is again pairwise. Neither order knows threads.
 */
#include <string.h>

#include "reduce.h"

enum { TILE = 128, SEGMENT = NK_REDUCE_SEGMENT, GROUP = NK_REDUCE_GROUP, LEVELS = 48 };

typedef struct counter {
  _Alignas(64) char level[LEVELS][TILE * NK_REDUCE_ITEM];
  _Alignas(64) char sum[TILE * NK_REDUCE_ITEM];
  _Alignas(64) char row[TILE * NK_REDUCE_ITEM];
} counter;

void NK_LV(nk_reduce_locate)(const nk_reduce_plan *p, int64_t output, int64_t *in, int64_t *out) {
  *in = *out = 0;
  for (int d = p->n_kept - 1; d > 0; --d) {
    int64_t i = output % p->kept[d];
    output /= p->kept[d];
    *in += i * p->kept_in[d];
    *out += i * p->kept_out[d];
  }
  if (p->n_kept > 0) {
    *in += output * p->kept_in[0];
    *out += output * p->kept_out[0];
  }
}

static int64_t row_offset(const nk_reduce_plan *p, int64_t pos) {
  int64_t offset = 0;
  for (int d = p->n_reduced - 1; d > 0; --d) {
    offset += pos % p->reduced[d] * p->reduced_in[d];
    pos /= p->reduced[d];
  }
  return p->n_reduced > 0 ? offset + pos * p->reduced_in[0] : offset;
}

const void *NK_LV(nk_reduce_read)(const nk_reduce_plan *p, const char *base, int64_t pos,
                                  int64_t n, void *buffer) {
  int last = p->n_reduced - 1;
  int64_t stride = last < 0 ? p->item : p->reduced_in[last];
  int64_t length = last < 0 ? 1 : p->reduced[last];
  if (last <= 0) {
    const char *from = base + pos * stride;
    if (p->direct && stride == p->item) return from;
    p->load(buffer, p->acc_item, from, stride, n);
    return buffer;
  }
  for (int64_t done = 0; done < n;) {
    int64_t run = length - (pos + done) % length;
    if (run > n - done) run = n - done;
    p->load((char *)buffer + done * p->acc_item, p->acc_item, base + row_offset(p, pos + done),
            stride, run);
    done += run;
  }
  return buffer;
}

void NK_LV(nk_reduce_fold)(const nk_reduce_op *op, char *part, int64_t n) {
  const int64_t item = nk_dtype_size[op->acc];
  while (n > 1) {
    int64_t to = 0;
    for (int64_t i = 0; i < n; i += NK_REDUCE_BLOCK, ++to)
      op->block(part + to * item, part + i * item,
                n - i < NK_REDUCE_BLOCK ? n - i : NK_REDUCE_BLOCK);
    n = to;
  }
}

/* Elements pos .. pos + n - 1 (n > 0, at most 2 SEGMENT) of one output. */
static void reduce_segment(const nk_reduce_plan *p, const char *base, int64_t pos, int64_t n,
                           char *acc) {
  _Alignas(64) char buffer[NK_REDUCE_BLOCK * NK_REDUCE_ITEM];
  _Alignas(64) char part[2 * SEGMENT / NK_REDUCE_BLOCK * NK_REDUCE_ITEM];
  int64_t n_part = 0;
  for (int64_t i = 0; i < n; i += NK_REDUCE_BLOCK, ++n_part) {
    int64_t length = n - i < NK_REDUCE_BLOCK ? n - i : NK_REDUCE_BLOCK;
    const void *x = NK_LV(nk_reduce_read)(p, base, pos + i, length, buffer);
    p->op->block(part + n_part * p->acc_item, x, length);
  }
  NK_LV(nk_reduce_fold)(p->op, part, n_part);
  memcpy(acc, part, (size_t)p->acc_item);
}

/* Neighbouring rows of one block each, not empty, neither gathered nor cast. */
static bool rows_are_blocks(const nk_reduce_plan *p, const nk_call *call) {
  return p->direct && call->out[0].dtype == p->op->acc && p->n_kept == 1 && p->n_reduced == 1 &&
         p->reduced_in[0] == p->item && p->n_row > 0 && p->n_row <= NK_REDUCE_BLOCK;
}

static void rows_chunk(const nk_call *call, int64_t chunk) {
  const nk_reduce_plan *p = call->prep;
  int64_t from = chunk * p->per_chunk, to = from + p->per_chunk, in, out;
  _Alignas(64) char acc[NK_REDUCE_ITEM];
  if (rows_are_blocks(p, call)) {
    for (int64_t i = from; i < to && i < p->n_out; ++i)
      p->op->block(call->out[0].data + i * p->kept_out[0], call->in[0].data + i * p->kept_in[0],
                   p->n_row);
    return;
  }
  for (int64_t i = from; i < to && i < p->n_out; ++i) {
    NK_LV(nk_reduce_locate)(p, i, &in, &out);
    if (p->n_row > 0)
      reduce_segment(p, call->in[0].data + in, 0, p->n_row, acc);
    else
      memcpy(acc, p->op->identity, (size_t)p->acc_item);
    p->store(call->out[0].data + out, 0, acc, 0, 1);
  }
}

/* ---- columns ---- */

/* Adds one row of a tile to `sum`, or starts it. */
static void take_row(const nk_reduce_plan *p, counter *c, const char *from, int64_t stride,
                     int64_t n, bool first) {
  if (first) {
    p->load(c->sum, p->acc_item, from, stride, n);
    return;
  }
  const void *x = from;
  if (!p->direct || stride != p->item) {
    p->load(c->row, p->acc_item, from, stride, n);
    x = c->row;
  }
  p->op->merge(c->sum, x, n);
}

static void reduce_tile(const nk_reduce_plan *p, counter *c, const char *base, int64_t n,
                        char *out) {
  int last = p->n_kept - 1, inner = p->n_reduced - 1;
  int64_t stride = p->kept_in[last], groups = 0, run = inner < 0 ? 1 : p->reduced[inner];
  int64_t step = inner < 0 ? 0 : p->reduced_in[inner];
  size_t bytes = (size_t)(n * p->acc_item);
  for (int64_t r = 0; r < p->n_row; ++groups) {
    int64_t end = r + GROUP < p->n_row ? r + GROUP : p->n_row;
    const char *row = NULL;
    for (int64_t i = r; i < end; ++i, row += step) {
      if (row == NULL || i % run == 0) row = base + row_offset(p, i);
      take_row(p, c, row, stride, n, i == r);
    }
    int level = 0;
    for (; (groups >> level) & 1; ++level) {
      p->op->merge(c->level[level], c->sum, n);
      memcpy(c->sum, c->level[level], bytes);
    }
    memcpy(c->level[level], c->sum, bytes);
    r = end;
  }
  const char *sum = NULL;
  for (int level = 0; groups >> level; ++level) {
    if (!((groups >> level) & 1)) continue;
    if (sum != NULL) p->op->merge(c->level[level], sum, n);
    sum = c->level[level];
  }
  if (sum != NULL)
    p->store(out, p->kept_out[last], sum, p->acc_item, n);
  else
    p->store(out, p->kept_out[last], p->op->identity, 0, n);
}

static void columns_chunk(const nk_call *call, int64_t chunk) {
  const nk_reduce_plan *p = call->prep;
  int64_t length = p->kept[p->n_kept - 1], n_tile = p->n_out / length * p->tiles;
  counter c;
  for (int64_t t = chunk * p->per_chunk; t < (chunk + 1) * p->per_chunk && t < n_tile; ++t) {
    int64_t start = t % p->tiles * TILE, in, out;
    NK_LV(nk_reduce_locate)(p, t / p->tiles * length + start, &in, &out);
    reduce_tile(p, &c, call->in[0].data + in, length - start < TILE ? length - start : TILE,
                call->out[0].data + out);
  }
}

/* ---- chunks ---- */

static nk_status chunk_task(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_reduce_plan *p = call->prep;
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  if (p->columns) {
    columns_chunk(call, chunk);
  } else if (p->n_segment > 1) {
    int64_t pos = chunk % p->n_segment * SEGMENT, in, out;
    NK_LV(nk_reduce_locate)(p, chunk / p->n_segment, &in, &out);
    reduce_segment(p, call->in[0].data + in, pos, p->n_row - pos < SEGMENT ? p->n_row - pos : SEGMENT,
                   call->work + chunk * p->acc_item);
  } else {
    rows_chunk(call, chunk);
  }
  return NK_OK;
}

nk_status NK_LV(nk_reduce_run)(const nk_call *call) {
  const nk_reduce_plan *p = call->prep;
  if (p->n_out == 0) return NK_OK;
  void *arg = (void *)(uintptr_t)call;
  nk_status status = p->n_chunk == 1 ? chunk_task(arg, 0, 0)
                                     : nk_parallel(call->ctx, p->n_chunk, chunk_task, arg);
  if (status != NK_OK || p->n_segment == 1) return status;
  for (int64_t i = 0; i < p->n_out; ++i) {
    char *part = call->work + i * p->n_segment * p->acc_item;
    int64_t in, out;
    NK_LV(nk_reduce_locate)(p, i, &in, &out);
    NK_LV(nk_reduce_fold)(p->op, part, p->n_segment);
    p->store(call->out[0].data + out, 0, part, 0, 1);
  }
  return NK_OK;
}
