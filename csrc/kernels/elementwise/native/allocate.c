/* Registers for the values of straight-line code: when none is free, the value whose next use is
 * furthest away goes to a stack slot (inputs and constants are in memory already). */
#include "emit.h"

int nk_emit_slot(nk_emit *e) {
  int k = 0;
  while (k < NK_EMIT_SLOTS && e->slot[k]) k++;
  if (k == NK_EMIT_SLOTS) {
    e->failed = true;
    return 0;
  }
  e->slot[k] = 1;
  if (k >= e->n_slot) e->n_slot = k + 1;
  return k;
}

static int32_t *owners(nk_emit *e, int v) { return nk_emit_is_mask(e, v) ? e->mask : e->vector; }

static bool is_pinned(const nk_value *pinned, int v) {
  for (int k = 0; pinned != NULL && k < pinned->n_src; k++)
    if (pinned->src[k] == v) return true;
  return false;
}

/* Out of its register, into memory if it is not there. */
void nk_emit_evict(nk_emit *e, int v) {
  nk_live *live = e->live + v;
  if (live->slot < 0 && e->micro.value[v].code >= 0) {
    nk_emit_to_slot(e, v);
    e->spills = true;
  }
  nk_emit_release(e, v);
}

int nk_emit_alloc(nk_emit *e, int v, const nk_value *pinned, bool may_evict) {
  const bool is_mask = nk_emit_is_mask(e, v);
  const int first = is_mask ? NK_EMIT_MASK_FIRST : 0, end = is_mask ? NK_EMIT_MASK_END : e->limit;
  int32_t *owner = owners(e, v);
  int reg = -1, worst = -1;
  for (int r = first; r < end && reg < 0; r++) {
    if (owner[r] < 0)
      reg = r;
    else if (!is_pinned(pinned, owner[r]) &&
             (worst < 0 || e->live[owner[r]].next > e->live[owner[worst]].next))
      worst = r;
  }
  if (reg < 0 && may_evict && worst >= 0) {
    nk_emit_evict(e, owner[worst]);
    reg = worst;
    if (!is_mask) e->peak = end;
  }
  if (reg < 0) return -1;
  owner[reg] = v;
  e->live[v].reg = (int16_t)reg;
  if (!is_mask && reg >= e->peak) e->peak = reg + 1;
  return reg;
}

void nk_emit_release(nk_emit *e, int v) {
  nk_live *live = e->live + v;
  if (live->reg < 0 || (!nk_emit_is_mask(e, v) && live->reg >= e->limit)) return;
  owners(e, v)[live->reg] = -1;
  live->reg = -1;
}
