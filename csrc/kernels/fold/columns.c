/* Folding along columns: rows of Q values are added to each other, R of them (Q > 1).
 *
 * As in csrc/kernels/reduce/walk.c, groups of 32 rows are added one row after the other, the groups
 * pairwise, like the carries of a binary counter. A stretch of 2^k groups is therefore one term of
 * that sum, and stretches can be summed apart from each other.
 */
#include <string.h>

#include "fold.h"

int64_t NK_LV(nk_fold_columns_plan)(nk_fold *f, int64_t piece) {
  int levels = 1;
  f->stretch = NK_REDUCE_GROUP;
  while (f->stretch * f->q < piece && f->stretch < f->r && levels < NK_FOLD_LEVELS) {
    f->stretch *= 2;
    ++levels;
  }
  f->n_stretch = (f->r + f->stretch - 1) / f->stretch;
  int64_t per_column = 0;
  for (int j = 0; j < f->n_out; ++j) per_column += f->out[j].acc_item * (levels + 1);
  f->width = NK_FOLD_MEMORY / per_column < NK_REDUCE_BLOCK ? NK_FOLD_MEMORY / per_column & -64
                                                           : NK_REDUCE_BLOCK;
  if (f->width > f->q) f->width = f->q;
  f->n_tile = (f->q + f->width - 1) / f->width;
  const int64_t rows = f->stretch < f->r ? f->stretch : f->r;
  f->per_chunk = piece / (rows * f->width) > 0 ? piece / (rows * f->width) : 1;
  f->n_chunk = (f->p * f->n_stretch * f->n_tile + f->per_chunk - 1) / f->per_chunk;
  return f->n_stretch > 1 ? f->p * f->n_stretch * f->q : 0;
}

/* Running sums of n columns of one output: of the group, then of 2^level groups. */
typedef struct counter {
  char *sum, *level;
  int64_t n, bytes;
} counter;

static void take_row(const nk_fold_out *o, counter *c, const char *row, char *cast, bool first) {
  if (first) {
    o->load(c->sum, o->acc_item, row, o->item, c->n);
    return;
  }
  if (!o->direct) {
    o->load(cast, o->acc_item, row, o->item, c->n);
    row = cast;
  }
  o->op->merge(c->sum, row, c->n);
}

static void end_group(const nk_fold_out *o, counter *c, int64_t group) {
  char *level = c->level;
  for (; group & 1; group >>= 1, level += c->bytes) {
    o->op->merge(level, c->sum, c->n);
    memcpy(c->sum, level, (size_t)c->bytes);
  }
  memcpy(level, c->sum, (size_t)c->bytes);
}

static const char *total(const nk_fold_out *o, counter *c, int64_t groups) {
  const char *sum = NULL;
  char *level = c->level;
  for (; groups > 0; groups >>= 1, level += c->bytes) {
    if (!(groups & 1)) continue;
    if (sum != NULL) o->op->merge(level, sum, c->n);
    sum = level;
  }
  return sum;
}

/* n columns from q on, rows from .. to - 1 of outer index p, into the counters. */
static void sum_rows(nk_fold_space *s, const nk_fold *f, counter *c, int64_t p, int64_t from,
                     int64_t to, int64_t q, int64_t n) {
  const int64_t most = n == f->q ? NK_REDUCE_BLOCK / n : 1;
  for (int64_t r = from, m; r < to; r += m) {
    m = to - r < most ? to - r : most;
    NK_LV(nk_fold_compute)(s, f, (p * f->r + r) * f->q + q, m * n);
    for (int j = 0; j < f->n_out; ++j) {
      const nk_fold_out *o = &f->out[j];
      for (int64_t i = 0; i < m; ++i) {
        const int64_t row = r + i - from;
        take_row(o, &c[j], s->value[j] + i * n * o->item, s->cast, row % NK_REDUCE_GROUP == 0);
        if ((row + 1) % NK_REDUCE_GROUP == 0 || r + i + 1 == to)
          end_group(o, &c[j], row / NK_REDUCE_GROUP);
      }
    }
  }
}

static void sum_tile(const nk_call *call, nk_fold_space *s, int64_t p, int64_t stretch, int64_t q) {
  const nk_fold *f = call->prep;
  const int64_t n = f->q - q < f->width ? f->q - q : f->width;
  const int64_t from = stretch * f->stretch;
  const int64_t to = from + f->stretch < f->r ? from + f->stretch : f->r;
  const int64_t groups = (to - from + NK_REDUCE_GROUP - 1) / NK_REDUCE_GROUP;
  _Alignas(NK_ALIGN) char memory[NK_FOLD_MEMORY + NK_FOLD_OUTPUTS * NK_ALIGN];
  counter c[NK_FOLD_OUTPUTS];
  int64_t at = 0;
  for (int j = 0; j < f->n_out; ++j) {
    const int64_t bytes = n * f->out[j].acc_item;
    c[j] = (counter){.sum = memory + at, .level = memory + at + bytes, .n = n, .bytes = bytes};
    for (int64_t g = groups; g > 0; g >>= 1) at += bytes;
    at = (at + bytes + NK_ALIGN - 1) & -(int64_t)NK_ALIGN;
  }
  sum_rows(s, f, c, p, from, to, q, n);
  for (int j = 0; j < f->n_out; ++j) {
    const nk_fold_out *o = &f->out[j];
    const char *sum = total(o, &c[j], groups);
    if (f->n_stretch > 1)
      memcpy(nk_fold_part(call, f, j) + ((p * f->n_stretch + stretch) * f->q + q) * o->acc_item,
             sum, (size_t)c[j].bytes);
    else
      o->store(call->out[o->number].data + (p * f->q + q) * o->out_item, o->out_item, sum,
               o->acc_item, n);
  }
}

void NK_LV(nk_fold_columns_chunk)(const nk_call *call, nk_fold_space *s, int64_t chunk) {
  const nk_fold *f = call->prep;
  const int64_t n = f->p * f->n_stretch * f->n_tile, from = chunk * f->per_chunk;
  for (int64_t t = from; t < from + f->per_chunk && t < n; ++t)
    sum_tile(call, s, t / f->n_tile / f->n_stretch, t / f->n_tile % f->n_stretch,
             t % f->n_tile * f->width);
}

/* Stretches are summed pairwise, in place. */
void NK_LV(nk_fold_columns_end)(const nk_call *call) {
  const nk_fold *f = call->prep;
  if (f->n_stretch == 1) return;
  for (int j = 0; j < f->n_out; ++j) {
    const nk_fold_out *o = &f->out[j];
    const int64_t row = f->q * o->acc_item;
    for (int64_t p = 0; p < f->p; ++p) {
      char *part = nk_fold_part(call, f, j) + p * f->n_stretch * row;
      for (int64_t span = 1; span < f->n_stretch; span *= 2)
        for (int64_t i = 0; i + span < f->n_stretch; i += 2 * span)
          o->op->merge(part + i * row, part + (i + span) * row, f->q);
      o->store(call->out[o->number].data + p * f->q * o->out_item, o->out_item, part, o->acc_item,
               f->q);
    }
  }
}
