/* Values between memory and registers.
 *
 * A bool is a byte 0 or 1 in memory, or a bit (bits.c). A read or write of the last, masked turn touches only the
 * elements that exist.
 */
#include <string.h>

#include "emit.h"

static const uint32_t MOVE_IN = NK_INS(1, 0, 0, 0x10), MOVE_OUT = NK_INS(1, 0, 0, 0x11);
static const uint32_t WIDE_IN = NK_INS(1, 1, 1, 0x10), WIDE_OUT = NK_INS(1, 1, 1, 0x11);
static const uint32_t REPEAT = NK_INS(2, 1, 0, 0x18), REPEAT_WIDE = NK_INS(2, 1, 1, 0x19);
static const uint32_t MASK_IN = NK_INS(1, 0, 0, 0x90), MASK_OUT = NK_INS(1, 0, 0, 0x91);
static const uint64_t BYTE_ONES = 0x0101010101010101u;

static int log2_size(int bytes) { return bytes == 8 ? 3 : bytes == 4 ? 2 : bytes == 2 ? 1 : 0; }

/* Where operand k of the call stands at the current element of a turn. */
static nk_rm address(nk_emit *e, int k, int turn) {
  int base = e->pointer[k];
  if (base < 0) {
    base = NK_RCX;
    nk_code_gpr(&e->code, 1, 0x8B, base, nk_rm_mem(NK_EMIT_TABLE, 8 * k), 0, 0);
  }
  nk_rm rm = nk_rm_index(base, NK_EMIT_I, log2_size(e->f->arg[k].size));
  rm.disp = (turn * e->lanes + (int32_t)e->offset) * e->f->arg[k].size;
  return rm;
}

static nk_rm input_address(nk_emit *e, int v) {
  return address(e, v % e->micro.n_value, v / e->micro.n_value);
}

static uint64_t pattern_of(const nk_emit *e, int v) {
  const int64_t dtype = e->micro.constants[2 * (v - e->micro.n_in)];
  const int64_t bits = e->micro.constants[2 * (v - e->micro.n_in) + 1];
  if (dtype == NK_BOOL) return bits != 0 ? ~(uint64_t)0 : 0;
  uint32_t word = (uint32_t)bits;
  if (dtype == NK_F32) {
    double real;
    memcpy(&real, &bits, sizeof real);
    const float narrow = (float)real;
    memcpy(&word, &narrow, sizeof word);
  } else if (dtype != NK_I32) {
    return (uint64_t)bits;
  }
  return (uint64_t)word << 32 | word;
}

static nk_rm slot_rm(int slot) { return nk_rm_mem(NK_RSP, slot * NK_NATIVE_BYTES); }

void nk_emit_prefetch(nk_emit *e, int64_t ahead) {
  for (int v = 0; v < e->micro.n_in; v++) {
    if (!e->micro.value[v].live || e->micro.value[v].uniform) continue;
    nk_rm rm = input_address(e, v);
    rm.index = NK_EMIT_END;
    rm.disp = (int32_t)ahead * e->f->arg[v].size;
    nk_code_gpr(&e->code, 0, 0x0F18, 1, rm, 0, 0);
  }
}

/* Values that stand in memory as the register would hold them. */
static bool at_home(const nk_emit *e, int v) {
  return e->live[v].slot >= 0 || (v >= e->micro.n_in && v < e->micro.n_in + e->micro.n_const);
}

static nk_rm home(nk_emit *e, int v) {
  return e->live[v].slot >= 0 ? slot_rm(e->live[v].slot) : nk_code_pool(&e->code, pattern_of(e, v));
}

/* A value that stands in memory once for each element could be read as a single one. */
static bool may_repeat(const nk_emit *e, int v) {
  return NK_NATIVE_EVEX && e->micro.value[v].uniform && e->micro.value[v].dtype != NK_BOOL;
}

static void load_bool(nk_emit *e, int v, int reg) {
  nk_code *c = &e->code;
  const nk_rm from = input_address(e, v);
  const int s = NK_EMIT_SCRATCH + 3;
  if (NK_NATIVE_EVEX) {
    if (e->tail)
      nk_code_masked(c, NK_INS(1, 3, 0, 0x6F), 0, s, 0, from, NK_NO_IMM, NK_EMIT_TAIL, true);
    else
      nk_code_vector(c, e->lanes == 16 ? NK_INS(1, 3, 0, 0x6F) : NK_INS(1, 2, 1, 0x7E), 0, s, 0,
                     from, NK_NO_IMM);
    nk_code_vector(c, NK_INS(2, 1, 0, 0x26), 0, reg, s, nk_rm_reg(s), NK_NO_IMM);
    return;
  }
  const bool wide = e->lane_bytes == 8;
  nk_code_vector(c, NK_INS(2, 1, 0, wide ? 0x32 : 0x31), 1, reg, 0, from, NK_NO_IMM);
  nk_code_vector(c, NK_INS(1, 0, 0, 0x57), 1, s, s, nk_rm_reg(s), NK_NO_IMM);
  nk_code_vector(c, wide ? NK_INS(2, 1, 0, 0x37) : NK_INS(1, 1, 0, 0x66), 1, reg, reg, nk_rm_reg(s),
                 NK_NO_IMM);
}

void nk_emit_load(nk_emit *e, int v, int reg) {
  nk_code *c = &e->code;
  if (at_home(e, v)) {
    if (nk_emit_is_mask(e, v))
      nk_code_vex(c, MASK_IN, 0, reg, 0, home(e, v), NK_NO_IMM);
    else if (may_repeat(e, v))
      nk_code_vector(c, nk_dtype_size[e->micro.value[v].dtype] == 8 ? REPEAT_WIDE : REPEAT,
                     NK_EMIT_FULL, reg, 0, home(e, v), NK_NO_IMM);
    else
      nk_code_vector(c, MOVE_IN, NK_EMIT_FULL, reg, 0, home(e, v), NK_NO_IMM);
    return;
  }
  const int bytes = nk_dtype_size[e->micro.value[v].dtype];
  const int k = v % e->micro.n_value;
  if (e->f->arg[k].kind == NK_ARG_BITS) {
    nk_emit_load_bits(e, k, v / e->micro.n_value, reg);
  } else if (bytes == 1) {
    load_bool(e, v, reg);
  } else {
    const nk_rm from = input_address(e, v);
    const uint32_t ins = bytes == 8 ? WIDE_IN : MOVE_IN;
    const int length = nk_emit_length(e, bytes);
    if (e->tail)
      nk_code_masked(c, ins, length, reg, 0, from, NK_NO_IMM, NK_EMIT_TAIL, true);
    else
      nk_code_vector(c, ins, length, reg, 0, from, NK_NO_IMM);
  }
}

/* The register of operand k, loaded into `scratch` when it has none. */
int nk_emit_fetch(nk_emit *e, const nk_site *s, int k, int scratch) {
  if (s->reg[k] >= 0) return s->reg[k];
  nk_emit_load(e, s->value->src[k], scratch);
  return scratch;
}

/* Operand k as the operand of an instruction that may read memory. */
nk_rm nk_emit_operand(nk_emit *e, const nk_site *s, int k, int scratch) {
  const int v = s->value->src[k];
  if (s->reg[k] >= 0) return nk_rm_reg(s->reg[k]);
  if (at_home(e, v)) {
    nk_rm rm = home(e, v);
    rm.repeat = may_repeat(e, v);
    return rm;
  }
  if (!e->tail && e->micro.value[v].dtype != NK_BOOL) return input_address(e, v);
  nk_emit_load(e, v, scratch);
  return nk_rm_reg(scratch);
}

static void store_bool(nk_emit *e, int k, int turn, int reg) {
  nk_code *c = &e->code;
  const int s = NK_EMIT_SCRATCH + 3, t = NK_EMIT_SCRATCH + 2;
  const nk_rm ones = nk_code_pool(c, BYTE_ONES);
  if (NK_NATIVE_EVEX) {
    nk_code_masked(c, NK_INS(1, 3, 0, 0x6F), 0, s, 0, ones, NK_NO_IMM, reg, true);
    const nk_rm to = address(e, e->micro.n_in + k, turn);
    if (e->tail)
      nk_code_masked(c, NK_INS(1, 3, 0, 0x7F), 0, s, 0, to, NK_NO_IMM, NK_EMIT_TAIL, false);
    else
      nk_code_vector(c, e->lanes == 16 ? NK_INS(1, 3, 0, 0x7F) : NK_INS(1, 1, 1, 0xD6), 0, s, 0, to,
                     NK_NO_IMM);
    return;
  }
  /* Halves side by side, then lanes packed to words and bytes. */
  nk_code_vector(c, NK_INS(3, 1, 0, 0x39), 1, reg, 0, nk_rm_reg(t), 1);
  if (e->lane_bytes == 8) nk_code_vector(c, NK_INS(1, 0, 0, 0xC6), 0, s, reg, nk_rm_reg(t), 0x88);
  nk_code_vector(c, NK_INS(1, 1, 0, 0x6B), 0, s, e->lane_bytes == 8 ? s : reg,
                 nk_rm_reg(e->lane_bytes == 8 ? s : t), NK_NO_IMM);
  nk_code_vector(c, NK_INS(1, 1, 0, 0x63), 0, s, s, nk_rm_reg(s), NK_NO_IMM);
  nk_code_vector(c, NK_INS(1, 0, 0, 0x54), 0, s, s, ones, NK_NO_IMM);
  const nk_rm to = address(e, e->micro.n_in + k, turn);
  nk_code_vector(c, NK_INS(1, 1, 0, e->lane_bytes == 8 ? 0x7E : 0xD6), 0, s, 0, to, NK_NO_IMM);
}

/* Writes output k of a turn. */
void nk_emit_store(nk_emit *e, int k, int turn) {
  const int v = nk_emit_result(e, k, turn);
  const bool is_mask = nk_emit_is_mask(e, v);
  int reg = e->live[v].reg;
  if (reg < 0) {
    reg = is_mask ? 7 : NK_EMIT_SCRATCH;
    nk_emit_load(e, v, reg);
  }
  const int bytes = nk_dtype_size[e->micro.value[v].dtype];
  if (e->fold != NULL && e->fold->folded[k]) {
    nk_rm to = address(e, e->micro.n_in + k, turn);
    to.disp = 0; /* results of the block lie side by side */
    nk_emit_fold(e, k, reg, to);
  } else if (e->f->arg[e->micro.n_in + k].kind == NK_ARG_BITS) {
    nk_emit_store_bits(e, e->micro.n_in + k, turn, reg);
  } else if (bytes == 1) {
    store_bool(e, k, turn, reg);
  } else {
    const nk_rm to = address(e, e->micro.n_in + k, turn);
    const uint32_t ins = bytes == 8 ? WIDE_OUT : MOVE_OUT;
    const int length = nk_emit_length(e, bytes);
    if (e->tail)
      nk_code_masked(&e->code, ins, length, reg, 0, to, NK_NO_IMM, NK_EMIT_TAIL, false);
    else
      nk_code_vector(&e->code, ins, length, reg, 0, to, NK_NO_IMM);
  }
}

/* A register's value to a new slot. */
void nk_emit_to_slot(nk_emit *e, int v) {
  const int slot = nk_emit_slot(e), reg = e->live[v].reg;
  if (nk_emit_is_mask(e, v))
    nk_code_vex(&e->code, MASK_OUT, 0, reg, 0, slot_rm(slot), NK_NO_IMM);
  else
    nk_code_vector(&e->code, MOVE_OUT, NK_EMIT_FULL, reg, 0, slot_rm(slot), NK_NO_IMM);
  e->live[v].slot = (int16_t)slot;
}

/* Repeats a scalar input over a slot. */
void nk_emit_scalar(nk_emit *e, int v) {
  nk_code *c = &e->code;
  const int s = NK_EMIT_SCRATCH, t = s + 1, bytes = nk_dtype_size[e->micro.value[v].dtype];
  nk_code_gpr(c, 1, 0x8B, NK_RCX, nk_rm_mem(NK_EMIT_TABLE, 8 * v), 0, 0);
  const uint32_t repeat = bytes == 1   ? NK_INS(2, 1, 0, 0x78)
                          : bytes == 4 ? NK_INS(2, 1, 0, 0x18)
                                       : NK_INS(2, 1, NK_NATIVE_EVEX, 0x19);
  nk_code_vector(c, repeat, NK_EMIT_FULL, s, 0, nk_rm_mem(NK_RCX, 0), NK_NO_IMM);
  e->live[v].reg = (int16_t)s;
  if (bytes == 1 && NK_NATIVE_EVEX) {
    nk_code_vector(c, NK_INS(2, 1, 0, 0x26), 0, 7, s, nk_rm_reg(s), NK_NO_IMM);
    e->live[v].reg = 7;
  } else if (bytes == 1) {
    nk_code_vector(c, NK_INS(1, 0, 0, 0x57), 1, t, t, nk_rm_reg(t), NK_NO_IMM);
    nk_code_vector(c, NK_INS(1, 1, 0, 0x64), 1, s, s, nk_rm_reg(t), NK_NO_IMM);
  }
  nk_emit_to_slot(e, v);
  e->live[v].reg = -1;
}
