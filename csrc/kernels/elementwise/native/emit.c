/* Emits a whole group: void f(char *const *operands, int64_t n).
 *
 *   uniform values -> stack slots        once per call
 *   the most used of them -> registers the loop does not need
 *   for i = 0; T V elements left; i += T V   inputs, operations, outputs, all in registers
 *   the same for T = 1
 *   the last n % V elements              under a mask (AVX-512; AVX2 callers pad)
 *
 * A group with folded outputs (native.h) has one loop over an eighth of the block, with eight passes
 * in it, and no tail.
 *
 * The order of operations is that of schedule.c. An output is written as soon as no input that may
 * share its memory is read later. Cost: two passes over the operations; the first finds how many
 * registers the loop needs.
 */
#include <string.h>

#include "emit.h"

enum {
  DEAR = 4,  /* cost of a uniform value to load before each use; of one an instruction reads, 1 */
  FEW = 24,  /* operations of a turn: below, the processor looks ahead over several turns itself */
  MANY = 90, /* above, one turn has enough that it may do at once */
  FOLDED = 12, /* operations of a group that folds in registers; more gain nothing */
  SPARE = 2  /* registers the order leaves for outputs that wait for the last read of an input */
};

/* May operand k stand in memory in the instruction itself? */
static bool reads_memory(const nk_micro *m, const nk_value *value, int k) {
  switch (value->code) {
    case NK_OP_fma: /* one of the three */
      for (int j = k + 1; j < 3; j++)
        if (m->value[value->src[j]].uniform) return false;
      return true;
    case NK_OP_add:
    case NK_OP_mul: return true;
    default: return k == 1;
  }
}

/* Fills at, next, first, last and weight for the operations of one part, in their order. */
static void scan_uses(nk_emit *e, bool uniform) {
  const nk_micro *m = &e->micro;
  for (int v = 0; v < e->turns * m->n_value; v++) {
    const nk_value *value = m->value + v;
    nk_live *live = e->live + v;
    if (!uniform) live->weight = 0;
    if (value->uniform != uniform) continue;
    live->at = e->n_order;
    live->last = -1;
    live->first = value->output || live->weight > 0 ? e->n_order : NK_EMIT_NEVER;
  }
  for (int p = e->n_order - 1; p >= 0; p--) {
    const int v = e->order[p];
    const nk_value *value = m->value + v;
    e->live[v].at = p;
    for (int k = 0; k < value->n_src; k++) e->next[3 * v + k] = e->live[value->src[k]].first;
    for (int k = 0; k < value->n_src; k++) {
      nk_live *live = e->live + value->src[k];
      if (m->value[value->src[k]].uniform == uniform) {
        live->first = p;
        if (live->last < 0) live->last = p;
      }
      if (!uniform && m->value[value->src[k]].uniform)
        live->weight += reads_memory(m, value, k) ? 1 : DEAR;
    }
  }
}

/* An output waits for the last read of inputs that may share its memory. */
static void find_ready(nk_emit *e) {
  const nk_micro *m = &e->micro;
  for (int j = 0; j < e->turns * m->n_out; j++) {
    const int turn = j / m->n_out, k = j % m->n_out;
    e->ready[j] = 0;
    for (int i = 0; i < m->n_in; i++) {
      if (!m->value[i].live || m->value[i].uniform) continue;
      const bool shares = e->call->alias ? e->call->alias[k] == i
                                         : e->f->arg[i].size == e->f->arg[m->n_in + k].size;
      const int32_t last =
          m->value[i].output ? e->n_order : e->live[i + turn * m->n_value].last;
      if (shares && last > e->ready[j]) e->ready[j] = last;
    }
  }
}

static bool is_dead(const nk_emit *e, int v) {
  const nk_live *live = e->live + v;
  return !e->micro.value[v].uniform &&
         (live->next == NK_EMIT_NEVER || (live->next == e->n_order && live->pending == 0));
}

static void store_ready(nk_emit *e, int now) {
  const nk_micro *m = &e->micro;
  for (int j = 0; j < e->turns * m->n_out; j++) {
    const int turn = j / m->n_out, k = j % m->n_out, v = nk_emit_result(e, k, turn);
    const bool known = now >= e->n_order || (!m->value[v].uniform && e->live[v].at <= now);
    if (e->stored[j] || e->ready[j] > now || !known) continue;
    nk_emit_store(e, k, turn);
    e->stored[j] = 1;
    e->live[v].pending--;
    if (is_dead(e, v)) nk_emit_release(e, v);
  }
}

static bool emit_op(nk_emit *e, const nk_site *s) {
  const nk_value *value = s->value;
  if (nk_emit_calls(value)) return nk_emit_call(e, s);
  if (value->code == NK_OP_convert) return nk_emit_convert(e, s);
  if (value->code == NK_OP_select) return nk_emit_select(e, s);
  if (value->dtype == NK_BOOL && value->op_dtype != NK_BOOL) return nk_emit_compare(e, s);
  if (value->op_dtype == NK_BOOL) return nk_emit_bool(e, s);
  return s->dtype == NK_F32 || s->dtype == NK_F64 ? nk_emit_float(e, s) : nk_emit_int(e, s);
}

static bool has_code(const nk_value *value) {
  const int code = value->code;
  return code < NK_OP_exp || nk_emit_calls(value) ||
         (code >= NK_OP_isnan && code != NK_OP_pow && code != NK_OP_mod && code != NK_OP_floordiv);
}

/* The operation at one place of the order. */
static bool emit_value(nk_emit *e, int place) {
  const int v = e->order[place];
  const nk_value *value = e->micro.value + v;
  if (!has_code(value)) return false;
  nk_site s = {.value = value,
               .dtype = value->op_dtype,
               .wide = nk_dtype_size[value->op_dtype] == 8,
               .length = nk_emit_length(e, nk_dtype_size[value->op_dtype])};
  for (int k = 0; k < value->n_src; k++) {
    const int src = value->src[k];
    nk_live *live = e->live + src;
    if (live->reg < 0 && !e->micro.value[src].uniform && e->next[3 * v + k] < e->n_order) {
      const int reg = nk_emit_alloc(e, src, value, false);
      if (reg >= 0) nk_emit_load(e, src, reg);
    }
  }
  for (int k = 0; k < value->n_src; k++) {
    s.reg[k] = e->live[value->src[k]].reg;
    if (e->micro.value[value->src[k]].uniform == value->uniform)
      e->live[value->src[k]].next = e->next[3 * v + k];
  }
  for (int k = 0; k < value->n_src; k++)
    if (is_dead(e, value->src[k]) || (value->uniform && e->next[3 * v + k] == NK_EMIT_NEVER))
      nk_emit_release(e, value->src[k]);
  s.dst = nk_emit_alloc(e, v, value, true);
  e->live[v].next = e->live[v].first;
  if (s.dst < 0 || !emit_op(e, &s)) return false;
  for (int k = 0; k < value->n_src; k++) {
    nk_live *live = e->live + value->src[k];
    if (is_dead(e, value->src[k]) && live->slot >= 0) {
      e->slot[live->slot] = 0;
      live->slot = -1;
    }
  }
  if (!value->uniform) store_ready(e, place);
  return !e->failed;
}

/* Forgets what the code before left in registers and slots; uniform values stay in theirs. */
static void begin_pass(nk_emit *e) {
  const nk_micro *m = &e->micro;
  memset(e->vector, -1, sizeof e->vector);
  memset(e->mask, -1, sizeof e->mask);
  memset(e->slot, 0, sizeof e->slot);
  memset(e->stored, 0, (size_t)(e->turns * m->n_out));
  for (int v = 0; v < e->turns * m->n_value; v++) {
    nk_live *live = e->live + v;
    live->pending = 0;
    if (m->value[v].uniform) {
      if (live->slot >= 0) e->slot[live->slot] = 1;
      continue;
    }
    live->reg = live->slot = -1;
    live->next = live->first;
  }
  for (int j = 0; j < e->turns * m->n_out; j++)
    e->live[nk_emit_result(e, j % m->n_out, j / m->n_out)].pending++;
}

/* Inputs that are outputs as they stand leave memory before it is overwritten. */
static void set_aside(nk_emit *e) {
  for (int j = 0; j < e->turns * e->micro.n_out; j++) {
    const int k = j % e->micro.n_out, v = nk_emit_result(e, k, j / e->micro.n_out);
    nk_live *live = e->live + v;
    if (e->stored[j] || e->micro.results[k] >= e->micro.n_in || live->reg >= 0 || live->slot >= 0)
      continue;
    live->reg = (int16_t)(nk_emit_is_mask(e, v) ? 7 : NK_EMIT_SCRATCH);
    nk_emit_load(e, v, live->reg);
    nk_emit_to_slot(e, v);
    live->reg = -1;
  }
}

/* All turns of one pass through the loop. */
static bool emit_pass(nk_emit *e) {
  begin_pass(e);
  for (int p = 0; p < e->n_order; p++)
    if (!emit_value(e, p)) return false;
  set_aside(e);
  store_ready(e, e->n_order);
  return !e->failed;
}

static bool emit_uniform(nk_emit *e) {
  const nk_micro *m = &e->micro;
  for (int v = 0; v < m->n_in; v++)
    if (m->value[v].uniform && m->value[v].live) nk_emit_scalar(e, v);
  for (int p = 0; p < e->n_order; p++) {
    const int v = e->order[p];
    if (!emit_value(e, p)) return false;
    if (e->live[v].slot < 0) nk_emit_to_slot(e, v);
    nk_emit_release(e, v);
  }
  return !e->failed;
}

/* Registers above those the loop needs keep the uniform values it reads most. */
static void load_residents(nk_emit *e) {
  for (int reg = e->limit + nk_emit_partials(e); reg < NK_EMIT_SCRATCH; reg++) {
    int best = -1;
    for (int v = 0; v < e->micro.n_value; v++) {
      const nk_live *live = e->live + v;
      if (e->micro.value[v].uniform && live->reg < 0 && live->weight > 0 &&
          !nk_emit_is_mask(e, v) && (best < 0 || live->weight > e->live[best].weight))
        best = v;
    }
    if (best < 0) return;
    nk_emit_load(e, best, reg);
    e->live[best].reg = (int16_t)reg;
  }
}

static void load_pointers(nk_emit *e) {
  static const int8_t free_register[] = {NK_R15, NK_R8,  NK_R9,  NK_R10, NK_R11,
                                         NK_RAX, NK_RDX, NK_RSI, NK_RDI};
  const int n_reserved = !e->has_bits ? 0 : NK_NATIVE_EVEX ? 2 : 4; /* see bits.c */
  const int n_free = e->calls ? 1 : (int)sizeof free_register - n_reserved;
  int n = 0;
  for (int k = 0; k < e->micro.n_in + e->micro.n_out; k++) {
    const bool is_in = k < e->micro.n_in;
    const bool wanted = !is_in || (e->micro.value[k].live && !e->micro.value[k].uniform);
    e->pointer[k] = -1;
    if (!wanted || n == n_free) continue;
    e->pointer[k] = free_register[n++];
    nk_code_gpr(&e->code, 1, 0x8B, e->pointer[k], nk_rm_mem(NK_EMIT_TABLE, 8 * k), 0, 0);
  }
}

/* Saves registers and makes an aligned frame; returns where its size is written later. */
static size_t emit_entry(nk_emit *e) {
  nk_code *c = &e->code;
  nk_code_byte(c, 0x55);                                                        /* push rbp */
  nk_code_gpr(c, 1, 0x89, NK_RSP, nk_rm_reg(NK_RBP), 0, 0);                     /* mov rbp, rsp */
  nk_code_byte(c, 0x53);                                                        /* push rbx */
  for (int r = 0x54; r <= 0x57; r++) nk_code_byte(c, 0x41), nk_code_byte(c, r); /* r12 .. r15 */
  nk_code_gpr(c, 1, 0x83, 4, nk_rm_reg(NK_RSP), 1, -NK_ALIGN);                  /* and rsp, -64 */
  nk_code_gpr(c, 1, 0x81, 5, nk_rm_reg(NK_RSP), 4, 0);                          /* sub rsp, frame */
  const size_t frame = c->n - 4;
  nk_code_gpr(c, 1, 0x89, NK_RDI, nk_rm_reg(NK_EMIT_TABLE), 0, 0);
  nk_code_gpr(c, 1, 0x89, NK_RSI, nk_rm_reg(NK_EMIT_N), 0, 0);
  return frame;
}

static void emit_exit(nk_emit *e) {
  nk_code *c = &e->code;
  nk_code_vex(c, NK_INS(1, 0, 0, 0x77), 0, 0, 0, nk_rm_reg(0), NK_NO_IMM); /* vzeroupper */
  c->n -= c->failed ? 0 : 1; /* which has no operand byte */
  nk_code_gpr(c, 1, 0x8D, NK_RSP, nk_rm_mem(NK_RBP, -40), 0, 0);
  for (int r = 0x5F; r >= 0x5C; r--) nk_code_byte(c, 0x41), nk_code_byte(c, r);
  nk_code_byte(c, 0x5B);
  nk_code_byte(c, 0x5D);
  nk_code_byte(c, 0xC3);
}

/* From element I on, as long as whole passes are left. */
static bool emit_loop(nk_emit *e) {
  nk_code *c = &e->code;
  const int step = e->turns * e->lanes;
  nk_code_gpr(c, 1, 0x89, NK_EMIT_N, nk_rm_reg(NK_EMIT_END), 0, 0);
  nk_code_gpr(c, 1, 0x83, 4, nk_rm_reg(NK_EMIT_END), 1, -step);
  nk_code_gpr(c, 1, 0x39, NK_EMIT_END, nk_rm_reg(NK_EMIT_I), 0, 0);
  const size_t none = nk_code_jump(c, NK_JUMP_NOT_BELOW);
  while (c->n % 32 != 0 && !c->failed) nk_code_byte(c, 0x90);
  const size_t top = c->n;
  if (!emit_pass(e)) return false;
  nk_code_gpr(c, 1, 0x83, 0, nk_rm_reg(NK_EMIT_I), 1, step);
  nk_code_gpr(c, 1, 0x39, NK_EMIT_END, nk_rm_reg(NK_EMIT_I), 0, 0);
  nk_code_land(c, nk_code_jump(c, NK_JUMP_BELOW), top);
  nk_code_land(c, none, c->n);
  return true;
}

/* The loop of a group with folded outputs. Its eight streams keep processors from fetching ahead, so
 * the next block is asked for, in order: END = 8 I elements. */
static bool emit_fold_loop(nk_emit *e) {
  nk_code *c = &e->code;
  nk_code_gpr(c, 0, 0x31, NK_EMIT_END, nk_rm_reg(NK_EMIT_END), 0, 0);
  while (c->n % 32 != 0 && !c->failed) nk_code_byte(c, 0x90);
  const size_t top = c->n;
  for (e->fold_pass = 0; e->fold_pass < NK_EMIT_FOLDS; e->fold_pass++) {
    e->offset = nk_emit_fold_at(e, e->fold_pass);
    nk_emit_prefetch(e, e->fold->block + e->fold_pass * e->lanes);
    if (!emit_pass(e)) return false;
  }
  nk_code_gpr(c, 1, 0x83, 0, nk_rm_reg(NK_EMIT_I), 1, e->lanes);
  nk_code_gpr(c, 1, 0x81, 0, nk_rm_reg(NK_EMIT_END), 4, NK_EMIT_FOLDS * e->lanes);
  nk_code_gpr(c, 1, 0x81, 7, nk_rm_reg(NK_EMIT_I), 4, (int32_t)(e->fold->block / NK_EMIT_FOLDS));
  nk_code_land(c, nk_code_jump(c, NK_JUMP_BELOW), top);
  return true;
}

/* rcx = elements left; the mask of that many, which END keeps. */
static bool emit_tail(nk_emit *e) {
  nk_code *c = &e->code;
  nk_code_gpr(c, 0, 0x89, NK_EMIT_N, nk_rm_reg(NK_RCX), 0, 0);
  nk_code_gpr(c, 0, 0x29, NK_EMIT_I, nk_rm_reg(NK_RCX), 0, 0);
  const size_t done = nk_code_jump(c, NK_JUMP_ZERO);
  nk_code_gpr(c, 1, 0xC7, 0, nk_rm_reg(NK_EMIT_END), 4, -1);
  nk_code_vex(c, NK_INS(2, 0, 0, 0xF5), 0, NK_EMIT_END, NK_RCX, nk_rm_reg(NK_EMIT_END), NK_NO_IMM);
  nk_code_vex(c, NK_INS(1, 0, 0, 0x92), 0, NK_EMIT_TAIL, 0, nk_rm_reg(NK_EMIT_END), NK_NO_IMM);
  e->tail = true;
  if (!emit_pass(e)) return false;
  e->tail = false;
  nk_code_land(c, done, c->n);
  return true;
}

/* The order of the loop's operations, and what follows from it. */
static void set_order(nk_emit *e, int turns, bool scheduled, int n_register) {
  if (scheduled)
    nk_emit_schedule(e, turns, n_register);
  else
    nk_emit_in_order(e, turns, false);
  scan_uses(e, false);
  find_ready(e);
}

/* One pass for its demand on registers alone: true where nothing is spilled. */
static bool try_pass(nk_emit *e) {
  nk_code *c = &e->code;
  const size_t n = c->n, n_fixup = c->n_fixup;
  e->peak = 0;
  e->spills = false;
  const bool done = emit_pass(e);
  c->n = n;
  c->n_fixup = n_fixup;
  return done && !e->spills;
}

/* Two turns a pass where they fit the registers, one in a better order where not even that, program
 * order where that does not fit or is good enough. True for a better order than that. */
static bool choose_order(nk_emit *e) {
  nk_emit_in_order(e, 1, false);
  const int wanted = e->calls || e->fold != NULL || e->n_order < FEW ? 0 : e->n_order > MANY ? 1 : 2;
  for (int turns = wanted; turns > 0; turns--) {
    set_order(e, turns, true, NK_EMIT_SCRATCH - SPARE);
    if (try_pass(e)) return true;
  }
  set_order(e, 1, false, 0);
  try_pass(e);
  return false;
}

bool nk_emit_function(nk_emit *e) {
  nk_code *c = &e->code;
  nk_emit_copies(e);
  set_order(e, 1, false, 0);
  nk_emit_in_order(e, 1, true);
  scan_uses(e, true);
  for (int v = 0; v < NK_EMIT_TURNS * e->micro.n_value; v++) {
    e->live[v].reg = e->live[v].slot = -1;
    e->calls |= nk_emit_is_op(e, v, false) && nk_emit_calls(e->micro.value + v);
  }
  for (int k = 0; k < e->micro.n_in + e->micro.n_out; k++)
    e->has_bits |= e->f->arg[k].kind == NK_ARG_BITS;
  e->limit = NK_EMIT_SCRATCH;
  const size_t frame = emit_entry(e);
  begin_pass(e);
  if (!emit_uniform(e)) return false;
  load_pointers(e);
  const bool scheduled = choose_order(e);
  if (e->failed) return false;
  if (e->fold != NULL &&
      (e->calls || e->spills || e->n_order > FOLDED || e->peak + nk_emit_partials(e) > NK_EMIT_SCRATCH))
    return false;
  if (!e->calls) {
    e->limit = e->peak;
    load_residents(e);
  }
  nk_code_gpr(c, 0, 0x31, NK_EMIT_I, nk_rm_reg(NK_EMIT_I), 0, 0);
  if (e->fold != NULL ? !emit_fold_loop(e) : !emit_loop(e)) return false;
  if (e->turns > 1) {
    set_order(e, 1, scheduled, e->limit - SPARE);
    if (!emit_loop(e)) return false;
  }
  if (NK_NATIVE_EVEX && e->fold == NULL && !emit_tail(e)) return false;
  emit_exit(e);
  if (c->failed) return false;
  const int32_t size = e->n_slot * NK_NATIVE_BYTES;
  const int32_t aligned = (size + NK_ALIGN - 1) & -NK_ALIGN;
  memcpy(c->byte + frame, &aligned, sizeof aligned);
  nk_code_finish(c);
  return !c->failed;
}
