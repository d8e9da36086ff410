/* Emits a whole group: void f(char *const *operands, int64_t n).
 *
 *   uniform values -> stack slots        once per call
 *   the most used of them -> registers the loop does not need
 *   for i = 0; i < n - n % V; i += V     inputs, operations, outputs, all in registers
 *   the last n % V elements              the same under a mask (AVX-512; AVX2 callers pad)
 *
 * An output is written as soon as no input that may share its memory is read later. Cost: two
 * passes over the operations; the first finds how many registers the loop needs.
 */
#include <string.h>

#include "emit.h"

static bool is_op(const nk_emit *e, int v, bool uniform) {
  const nk_value *value = e->micro.value + v;
  return value->code >= 0 && value->live && value->uniform == uniform;
}

/* Fills next, first and weight for the operations of one part. */
static void scan_uses(nk_emit *e, bool uniform) {
  const nk_micro *m = &e->micro;
  for (int v = 0; v < m->n_value; v++) {
    const nk_value *value = m->value + v;
    const bool kept = value->output || (uniform && value->uniform && e->live[v].weight > 0);
    if (value->uniform == uniform) e->live[v].first = kept ? m->n_value : NK_EMIT_NEVER;
  }
  for (int v = m->n_value - 1; v >= 0; v--) {
    const nk_value *value = m->value + v;
    if (!is_op(e, v, uniform)) continue;
    for (int k = 0; k < value->n_src; k++) e->next[3 * v + k] = e->live[value->src[k]].first;
    for (int k = 0; k < value->n_src; k++) {
      nk_live *live = e->live + value->src[k];
      if (m->value[value->src[k]].uniform == uniform) live->first = v;
      if (!uniform && m->value[value->src[k]].uniform) live->weight++;
    }
  }
}

/* An output waits for the last read of inputs that may share its memory. */
static void find_ready(nk_emit *e) {
  const nk_micro *m = &e->micro;
  for (int k = 0; k < m->n_out; k++) {
    const nk_arg *out = e->f->arg + m->n_in + k;
    e->ready[k] = 0;
    for (int i = 0; i < m->n_in; i++) {
      if (!m->value[i].live || m->value[i].uniform) continue;
      const bool shares = e->call->alias ? e->call->alias[k] == i : e->f->arg[i].size == out->size;
      if (!shares) continue;
      int32_t last = m->value[i].output ? m->n_value : 0;
      for (int v = m->n_value - 1; v > last; v--)
        for (int j = 0; is_op(e, v, false) && j < m->value[v].n_src; j++)
          if (m->value[v].src[j] == i && v > last) last = v;
      if (last > e->ready[k]) e->ready[k] = last;
    }
  }
}

static bool is_dead(const nk_emit *e, int v) {
  const nk_live *live = e->live + v;
  return !e->micro.value[v].uniform &&
         (live->next == NK_EMIT_NEVER || (live->next == e->micro.n_value && live->pending == 0));
}

static void store_ready(nk_emit *e, int now) {
  const nk_micro *m = &e->micro;
  for (int k = 0; k < m->n_out; k++) {
    const int v = (int)m->results[k];
    const bool known =
        now >= m->n_value || (m->value[v].code >= 0 && !m->value[v].uniform && v <= now);
    if (e->stored[k] || e->ready[k] > now || !known) continue;
    nk_emit_store(e, k);
    e->stored[k] = 1;
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

static bool emit_value(nk_emit *e, int v) {
  const nk_value *value = e->micro.value + v;
  if (!has_code(value)) return false;
  nk_site s = {.value = value,
               .dtype = value->op_dtype,
               .wide = nk_dtype_size[value->op_dtype] == 8,
               .length = nk_emit_length(e, nk_dtype_size[value->op_dtype])};
  for (int k = 0; k < value->n_src; k++) {
    const int src = value->src[k];
    nk_live *live = e->live + src;
    if (live->reg < 0 && !e->micro.value[src].uniform && e->next[3 * v + k] < e->micro.n_value) {
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
  if (!value->uniform) store_ready(e, v);
  return !e->failed;
}

/* Forgets what the last turn left in registers and slots; uniform values stay in theirs. */
static void begin_turn(nk_emit *e) {
  const nk_micro *m = &e->micro;
  memset(e->vector, -1, sizeof e->vector);
  memset(e->mask, -1, sizeof e->mask);
  memset(e->slot, 0, sizeof e->slot);
  memset(e->stored, 0, (size_t)m->n_out);
  for (int v = 0; v < m->n_value; v++) {
    nk_live *live = e->live + v;
    live->pending = 0;
    if (m->value[v].uniform) {
      if (live->slot >= 0) e->slot[live->slot] = 1;
      continue;
    }
    live->reg = live->slot = -1;
    live->next = live->first;
  }
  for (int k = 0; k < m->n_out; k++) e->live[m->results[k]].pending++;
}

/* Inputs that are outputs as they stand leave memory before it is overwritten. */
static void set_aside(nk_emit *e) {
  for (int k = 0; k < e->micro.n_out; k++) {
    const int v = (int)e->micro.results[k];
    nk_live *live = e->live + v;
    if (e->stored[k] || v >= e->micro.n_in || live->reg >= 0 || live->slot >= 0) continue;
    live->reg = (int16_t)(nk_emit_is_mask(e, v) ? 7 : NK_EMIT_SCRATCH);
    nk_emit_load(e, v, live->reg);
    nk_emit_to_slot(e, v);
    live->reg = -1;
  }
}

static bool emit_turn(nk_emit *e) {
  begin_turn(e);
  for (int v = 0; v < e->micro.n_value; v++)
    if (is_op(e, v, false) && !emit_value(e, v)) return false;
  set_aside(e);
  store_ready(e, e->micro.n_value);
  return !e->failed;
}

static bool emit_uniform(nk_emit *e) {
  const nk_micro *m = &e->micro;
  for (int v = 0; v < m->n_in; v++)
    if (m->value[v].uniform && m->value[v].live) nk_emit_scalar(e, v);
  for (int v = 0; v < m->n_value; v++) {
    if (!is_op(e, v, true)) continue;
    if (!emit_value(e, v)) return false;
    if (e->live[v].slot < 0) nk_emit_to_slot(e, v);
    nk_emit_release(e, v);
  }
  return !e->failed;
}

/* Registers above those the loop needs keep the uniform values it reads most. */
static void load_residents(nk_emit *e) {
  for (int reg = e->limit; reg < NK_EMIT_SCRATCH; reg++) {
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
  const int n_free = e->calls ? 1 : (int)sizeof free_register;
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

/* A conditional jump whose target is written later, or known. */
static size_t jump(nk_code *c, int condition) {
  nk_code_byte(c, 0x0F);
  nk_code_byte(c, 0x80 | condition);
  nk_code_u32(c, 0);
  return c->n;
}

static void land(nk_code *c, size_t from, size_t to) {
  const int32_t distance = (int32_t)to - (int32_t)from;
  if (!c->failed) memcpy(c->byte + from - 4, &distance, sizeof distance);
}

enum { BELOW = 2, NOT_BELOW = 3, ZERO = 4 };

static bool emit_loop(nk_emit *e) {
  nk_code *c = &e->code;
  nk_code_gpr(c, 1, 0x89, NK_EMIT_N, nk_rm_reg(NK_EMIT_END), 0, 0);
  nk_code_gpr(c, 1, 0x83, 4, nk_rm_reg(NK_EMIT_END), 1, -e->lanes);
  nk_code_gpr(c, 0, 0x31, NK_EMIT_I, nk_rm_reg(NK_EMIT_I), 0, 0);
  nk_code_gpr(c, 1, 0x39, NK_EMIT_END, nk_rm_reg(NK_EMIT_I), 0, 0);
  const size_t none = jump(c, NOT_BELOW);
  while (c->n % 32 != 0 && !c->failed) nk_code_byte(c, 0x90);
  const size_t top = c->n;
  if (!emit_turn(e)) return false;
  nk_code_gpr(c, 1, 0x83, 0, nk_rm_reg(NK_EMIT_I), 1, e->lanes);
  nk_code_gpr(c, 1, 0x39, NK_EMIT_END, nk_rm_reg(NK_EMIT_I), 0, 0);
  land(c, jump(c, BELOW), top);
  land(c, none, c->n);
  return true;
}

/* rcx = elements left; the mask of that many. */
static bool emit_tail(nk_emit *e) {
  nk_code *c = &e->code;
  nk_code_gpr(c, 0, 0x89, NK_EMIT_N, nk_rm_reg(NK_RCX), 0, 0);
  nk_code_gpr(c, 0, 0x29, NK_EMIT_I, nk_rm_reg(NK_RCX), 0, 0);
  const size_t done = jump(c, ZERO);
  nk_code_gpr(c, 1, 0xC7, 0, nk_rm_reg(NK_EMIT_END), 4, -1);
  nk_code_vex(c, NK_INS(2, 0, 0, 0xF5), 0, NK_EMIT_END, NK_RCX, nk_rm_reg(NK_EMIT_END), NK_NO_IMM);
  nk_code_vex(c, NK_INS(1, 0, 0, 0x92), 0, NK_EMIT_TAIL, 0, nk_rm_reg(NK_EMIT_END), NK_NO_IMM);
  e->tail = true;
  if (!emit_turn(e)) return false;
  e->tail = false;
  land(c, done, c->n);
  return true;
}

bool nk_emit_function(nk_emit *e) {
  nk_code *c = &e->code;
  scan_uses(e, false);
  scan_uses(e, true);
  find_ready(e);
  for (int v = 0; v < e->micro.n_value; v++) {
    e->live[v].reg = e->live[v].slot = -1;
    e->calls |= is_op(e, v, false) && nk_emit_calls(e->micro.value + v);
  }
  e->limit = NK_EMIT_SCRATCH;
  const size_t frame = emit_entry(e);
  begin_turn(e);
  if (!emit_uniform(e)) return false;
  load_pointers(e);
  const size_t n = c->n, n_fixup = c->n_fixup;
  e->peak = 0;
  if (!emit_turn(e)) return false;
  c->n = n;
  c->n_fixup = n_fixup;
  if (!e->calls) {
    e->limit = e->peak;
    load_residents(e);
  }
  if (!emit_loop(e) || (NK_NATIVE_EVEX && !emit_tail(e))) return false;
  emit_exit(e);
  if (c->failed) return false;
  const int32_t size = e->n_slot * NK_NATIVE_BYTES;
  const int32_t aligned = (size + NK_ALIGN - 1) & -NK_ALIGN;
  memcpy(c->byte + frame, &aligned, sizeof aligned);
  nk_code_finish(c);
  return !c->failed;
}
