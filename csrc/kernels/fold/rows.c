/* Folding along rows: the R elements of an output follow on each other (Q = 1).
 *
 * Short rows are made many at a time and folded one by one. Of long ones each block of 1024 elements
 * leaves a partial result, and these are folded behind all chunks, by segments where the reduction's
 * kernel cuts the row into segments.
 */
#include <string.h>

#include "fold.h"

int64_t NK_LV(nk_fold_rows_plan)(nk_fold *f, int64_t piece) {
  f->n_block = (f->r + NK_REDUCE_BLOCK - 1) / NK_REDUCE_BLOCK;
  const int64_t unit = f->n_block > 1 ? NK_REDUCE_BLOCK : f->r;
  const int64_t n_unit = f->p * f->n_block;
  f->per_chunk = piece / unit > 0 ? piece / unit : 1;
  f->n_chunk = (n_unit + f->per_chunk - 1) / f->per_chunk;
  return f->n_block > 1 ? n_unit : 0;
}

/* Does the reduction's kernel add these rows element by element, many rows side by side? */
static bool side_by_side(const nk_fold *f) {
  return f->r < NK_REDUCE_SHORT && f->p >= NK_REDUCE_COLUMNS;
}

/* m whole rows of one folded output, whose values are in the space, into acc. */
static void fold_rows(const nk_fold *f, nk_fold_space *s, int j, int64_t m, char *acc) {
  const nk_fold_out *o = &f->out[j];
  const char *value = s->value[j];
  if (side_by_side(f)) {
    const int64_t stride = f->r * o->item;
    o->load(acc, o->acc_item, value, stride, m);
    for (int64_t r = 1; r < f->r; ++r) {
      o->load(s->cast, o->acc_item, value + r * o->item, stride, m);
      o->op->merge(acc, s->cast, m);
    }
    return;
  }
  if (!o->direct) {
    o->load(s->cast, o->acc_item, value, o->item, m * f->r);
    value = s->cast;
  }
  for (int64_t i = 0; i < m; ++i)
    o->op->block(acc + i * o->acc_item, value + i * f->r * o->acc_item, f->r);
}

/* One row of every output by the code that keeps the values in registers. */
static bool in_registers(const nk_call *call, nk_fold_space *s, int64_t i) {
  const nk_fold *f = call->prep;
  char *acc[NK_FOLD_OUTPUTS];
  for (int j = 0; j < f->n_out; ++j)
    acc[j] = call->out[f->out[j].number].data + i * f->out[j].out_item;
  return NK_LV(nk_fold_code_run)(s, f, i * f->r, acc);
}

static void short_rows(const nk_call *call, nk_fold_space *s, int64_t from, int64_t to) {
  const nk_fold *f = call->prep;
  const int64_t most = NK_REDUCE_BLOCK / f->r;
  _Alignas(NK_ALIGN) char acc[NK_REDUCE_BLOCK * NK_FOLD_ITEM];
  for (int64_t i = from, m; i < to; i += m) {
    m = 1;
    if (in_registers(call, s, i)) continue;
    m = to - i < most ? to - i : most;
    NK_LV(nk_fold_compute)(s, f, i * f->r, m * f->r);
    for (int j = 0; j < f->n_out; ++j) {
      const nk_fold_out *o = &f->out[j];
      char *out = call->out[o->number].data + i * o->out_item;
      fold_rows(f, s, j, m, o->kept ? out : acc);
      if (!o->kept) o->store(out, o->out_item, acc, o->acc_item, m);
    }
  }
}

/* Blocks from .. to - 1 of all outputs, numbered through. */
static void blocks(const nk_call *call, nk_fold_space *s, int64_t from, int64_t to) {
  const nk_fold *f = call->prep;
  for (int64_t b = from; b < to; ++b) {
    const int64_t pos = b % f->n_block * NK_REDUCE_BLOCK, left = f->r - pos;
    const int64_t n = left < NK_REDUCE_BLOCK ? left : NK_REDUCE_BLOCK;
    const int64_t start = b / f->n_block * f->r + pos;
    char *part[NK_FOLD_OUTPUTS];
    for (int j = 0; j < f->n_out; ++j) part[j] = nk_fold_part(call, f, j) + b * f->out[j].acc_item;
    if (n == f->block && NK_LV(nk_fold_code_run)(s, f, start, part)) continue;
    NK_LV(nk_fold_compute)(s, f, start, n);
    for (int j = 0; j < f->n_out; ++j) {
      const nk_fold_out *o = &f->out[j];
      const char *value = s->value[j];
      if (!o->direct) {
        o->load(s->cast, o->acc_item, value, o->item, n);
        value = s->cast;
      }
      o->op->block(part[j], value, n);
    }
  }
}

void NK_LV(nk_fold_rows_chunk)(const nk_call *call, nk_fold_space *s, int64_t chunk) {
  const nk_fold *f = call->prep;
  const int64_t n_unit = f->p * f->n_block, from = chunk * f->per_chunk;
  const int64_t to = from + f->per_chunk < n_unit ? from + f->per_chunk : n_unit;
  if (f->n_block > 1)
    blocks(call, s, from, to);
  else
    short_rows(call, s, from, to);
}

/* The partial results of one output become one, in place. */
static void fold_parts(const nk_reduce_op *op, int64_t item, char *part, int64_t n, int64_t r) {
  enum { EACH = NK_REDUCE_SEGMENT / NK_REDUCE_BLOCK };
  if (r > 2 * NK_REDUCE_SEGMENT) {
    int64_t to = 0;
    for (int64_t i = 0; i < n; i += EACH, ++to) {
      NK_LV(nk_reduce_fold)(op, part + i * item, n - i < EACH ? n - i : EACH);
      if (i > 0) memcpy(part + to * item, part + i * item, (size_t)item);
    }
    n = to;
  }
  NK_LV(nk_reduce_fold)(op, part, n);
}

void NK_LV(nk_fold_rows_end)(const nk_call *call) {
  const nk_fold *f = call->prep;
  if (f->n_block == 1) return;
  for (int j = 0; j < f->n_out; ++j) {
    const nk_fold_out *o = &f->out[j];
    for (int64_t i = 0; i < f->p; ++i) {
      char *part = nk_fold_part(call, f, j) + i * f->n_block * o->acc_item;
      fold_parts(o->op, o->acc_item, part, f->n_block, f->r);
      o->store(call->out[o->number].data + i * o->out_item, 0, part, 0, 1);
    }
  }
}
