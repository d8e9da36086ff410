/* The order in which the operations of the loop are emitted.
 *
 * A processor looks ahead over some 60 vector operations, and an exponential is a chain of 20 that
 * wait for each other: in program order it runs out of work. So a pass of the loop may take several
 * turns, and its operations are put in order by list scheduling: of those whose operands are there,
 * the one with the longest way to the end, as long as the values alive fit the registers. Every
 * order gives the same bits. Cost: the square of the number of operations.
 */
#include <string.h>

#include "emit.h"

/* Steps until the result can be used, one step per operation emitted. */
static int latency(const nk_value *value) {
  switch (value->code) {
    case NK_OP_div:
    case NK_OP_reciprocal: return 14;
    case NK_OP_sqrt: return 20;
    case NK_OP_copy:
    case NK_OP_abs:
    case NK_OP_neg:
    case NK_OP_and:
    case NK_OP_or:
    case NK_OP_xor:
    case NK_OP_select: return 2;
    default: return 5;
  }
}

void nk_emit_copies(nk_emit *e) {
  const nk_micro *m = &e->micro;
  for (int v = 0; v < (NK_EMIT_TURNS - 1) * m->n_value; v++) {
    nk_value *value = m->value + m->n_value + v;
    *value = m->value[v];
    for (int k = 0; k < value->n_src; k++)
      if (!m->value[value->src[k]].uniform) value->src[k] += m->n_value;
  }
}

void nk_emit_in_order(nk_emit *e, int turns, bool uniform) {
  e->turns = turns;
  e->n_order = 0;
  for (int v = 0; v < turns * e->micro.n_value; v++)
    if (nk_emit_is_op(e, v, uniform)) e->order[e->n_order++] = v;
}

static bool in_loop(const nk_emit *e, int v) { return !e->micro.value[v].uniform; }

/* The source is the same value as an earlier one of the operation. */
static bool is_repeated(const nk_value *value, int k) {
  for (int j = 0; j < k; j++)
    if (value->src[j] == value->src[k]) return true;
  return false;
}

/* Heights, reads and unmet operands of everything in the loop. */
static void prepare(nk_emit *e) {
  for (int v = 0; v < e->turns * e->micro.n_value; v++) {
    nk_live *live = e->live + v;
    live->height = live->reads = live->unmet = live->start = 0;
    live->loaded = e->micro.value[v].code >= 0;
  }
  for (int i = e->n_order - 1; i >= 0; i--) {
    const nk_value *value = e->micro.value + e->order[i];
    nk_live *live = e->live + e->order[i];
    live->height += latency(value);
    for (int k = 0; k < value->n_src; k++) {
      nk_live *src = e->live + value->src[k];
      if (!in_loop(e, value->src[k]) || is_repeated(value, k)) continue;
      if (src->height < live->height) src->height = live->height;
      src->reads++;
      live->unmet += e->micro.value[value->src[k]].code >= 0;
    }
  }
}

/* Registers of each kind that the operation takes (positive) or sets free. */
static void change(const nk_emit *e, int v, int by[2]) {
  const nk_value *value = e->micro.value + v;
  by[0] = by[1] = 0;
  by[nk_emit_is_mask(e, v)] += e->live[v].reads > 0;
  for (int k = 0; k < value->n_src; k++) {
    const int s = value->src[k];
    if (!in_loop(e, s) || is_repeated(value, k)) continue;
    by[nk_emit_is_mask(e, s)] += (e->live[s].reads > 1) - e->live[s].loaded;
  }
}

/* Which of order[i ..] comes next: of those whose operands are there what needs no register too
 * many, is ready first, and has the longest way to go. */
static int choose(const nk_emit *e, int i, const int used[2], const int limit[2]) {
  int best = -1, best_over = 0, best_start = 0;
  for (int j = i; j < e->n_order; j++) {
    const nk_live *live = e->live + e->order[j];
    if (live->unmet > 0) continue;
    int by[2], over = 0;
    change(e, e->order[j], by);
    for (int c = 0; c < 2; c++)
      if (by[c] > 0 && used[c] + by[c] > limit[c]) over += used[c] + by[c] - limit[c];
    const int start = live->start > i ? live->start : i;
    if (best >= 0) {
      if (over > best_over || (over == best_over && start > best_start)) continue;
      if (over == best_over && start == best_start &&
          live->height <= e->live[e->order[best]].height)
        continue;
    }
    best = j;
    best_over = over;
    best_start = start;
  }
  return best;
}

/* Operation i of the order is placed: what that means for the others. */
static void finish(nk_emit *e, int i, int used[2]) {
  const int v = e->order[i];
  const nk_value *value = e->micro.value + v;
  int by[2];
  change(e, v, by);
  for (int c = 0; c < 2; c++) used[c] += by[c];
  for (int k = 0; k < value->n_src; k++) {
    nk_live *src = e->live + value->src[k];
    if (!in_loop(e, value->src[k]) || is_repeated(value, k)) continue;
    src->reads--;
    src->loaded = src->reads > 0;
  }
  const int ready = i + latency(value);
  for (int j = i + 1; j < e->n_order; j++) {
    const nk_value *reader = e->micro.value + e->order[j];
    for (int k = 0; k < reader->n_src; k++) {
      if (reader->src[k] != v || is_repeated(reader, k)) continue;
      nk_live *live = e->live + e->order[j];
      live->unmet--;
      if (live->start < ready) live->start = ready;
    }
  }
}

void nk_emit_schedule(nk_emit *e, int turns, int n_register) {
  nk_emit_in_order(e, turns, false);
  if (e->n_order > NK_EMIT_SCHEDULED) return;
  prepare(e);
  const int limit[2] = {n_register, NK_EMIT_MASK_END - NK_EMIT_MASK_FIRST};
  int used[2] = {0, 0};
  for (int i = 0; i < e->n_order; i++) {
    const int j = choose(e, i, used, limit), v = e->order[j];
    memmove(e->order + i + 1, e->order + i, (size_t)(j - i) * sizeof *e->order);
    e->order[i] = v;
    finish(e, i, used);
  }
}
