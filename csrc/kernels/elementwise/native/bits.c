/* Bools between registers and memory where they are bits, eight elements to a byte.
 *
 * AVX-512 moves a mask register as it is. AVX2 moves the signs of lanes to a general register, and
 * lanes back by testing one bit of a repeated byte each; four lanes are half a byte, the other half
 * of which stays as it is.
 */
#include "emit.h"

enum { SHIFT = NK_RCX, WORD = NK_RDX, KEEP = NK_RAX, BASE = NK_RDI, BYTE = NK_RSI, MASK = 7 };

static const uint32_t MASK_IN = NK_INS(1, 0, 0, 0x90), MASK_OUT = NK_INS(1, 0, 0, 0x91),
                      BYTE_IN = NK_INS(1, 1, 0, 0x90), BYTE_OUT = NK_INS(1, 1, 0, 0x91);
static const uint32_t SHIFT_LEFT = NK_INS(2, 1, 0, 0xF7), SHIFT_RIGHT = NK_INS(2, 3, 0, 0xF7);
static const uint64_t EACH_BIT = 0x8040201008040201u; /* bit i of byte i */

/* The byte that holds the bits of a turn of operand k; with half bytes SHIFT is its first bit. */
static nk_rm byte_of(nk_emit *e, int k, int turn) {
  nk_code *c = &e->code;
  nk_code_gpr(c, 1, 0x8D, BYTE, nk_rm_mem(NK_EMIT_I, turn * e->lanes), 0, 0); /* lea */
  if (e->lanes == 4) {
    nk_code_gpr(c, 0, 0x89, BYTE, nk_rm_reg(SHIFT), 0, 0); /* mov */
    nk_code_gpr(c, 0, 0x83, 4, nk_rm_reg(SHIFT), 1, 4);    /* and */
  }
  nk_code_gpr(c, 1, 0xC1, 5, nk_rm_reg(BYTE), 1, 3); /* shr */
  int base = e->pointer[k];
  if (base < 0) {
    base = BASE;
    nk_code_gpr(c, 1, 0x8B, base, nk_rm_mem(NK_EMIT_TABLE, 8 * k), 0, 0);
  }
  return nk_rm_index(base, BYTE, 0);
}

/* A tail of up to 8 elements in a turn of 16 has one byte: the mask moves by either instruction. */
static void move_mask(nk_emit *e, uint32_t two, uint32_t one, int reg, nk_rm rm) {
  nk_code *c = &e->code;
  if (e->lanes == 16 && e->tail) {
    nk_code_gpr(c, 0, 0xF7, 0, nk_rm_reg(NK_EMIT_END), 4, 0x100); /* test: a ninth element? */
    const size_t first = nk_code_jump(c, NK_JUMP_ZERO);
    nk_code_vex(c, two, 0, reg, 0, rm, NK_NO_IMM);
    const size_t done = nk_code_jump(c, NK_JUMP_ALWAYS);
    nk_code_land(c, first, c->n);
    nk_code_vex(c, one, 0, reg, 0, rm, NK_NO_IMM);
    nk_code_land(c, done, c->n);
  } else {
    nk_code_vex(c, e->lanes == 16 ? two : one, 0, reg, 0, rm, NK_NO_IMM);
  }
}

/* AVX2: lanes of all ones where their bit is set; `scratch` becomes zero. */
static void to_lanes(nk_emit *e, int reg, int scratch, nk_rm byte) {
  nk_code *c = &e->code;
  const bool wide = e->lanes == 4;
  if (wide) {
    nk_code_gpr(c, 0, 0x0FB6, WORD, byte, 0, 0); /* movzx */
    nk_code_vex(c, SHIFT_RIGHT, 0, WORD, SHIFT, nk_rm_reg(WORD), NK_NO_IMM);
    nk_code_vector(c, NK_INS(1, 1, 0, 0x6E), 0, reg, 0, nk_rm_reg(WORD), NK_NO_IMM);
    byte = nk_rm_reg(reg);
  }
  nk_code_vector(c, NK_INS(2, 1, 0, 0x78), 0, reg, 0, byte, NK_NO_IMM); /* to all bytes */
  nk_code_vector(c, NK_INS(1, 0, 0, 0x54), 0, reg, reg, nk_code_pool(c, EACH_BIT), NK_NO_IMM);
  nk_code_vector(c, NK_INS(2, 1, 0, wide ? 0x32 : 0x31), 1, reg, 0, nk_rm_reg(reg), NK_NO_IMM);
  nk_code_vector(c, NK_INS(1, 0, 0, 0x57), 1, scratch, scratch, nk_rm_reg(scratch), NK_NO_IMM);
  nk_code_vector(c, wide ? NK_INS(2, 1, 0, 0x37) : NK_INS(1, 1, 0, 0x66), 1, reg, reg,
                 nk_rm_reg(scratch), NK_NO_IMM);
}

/* AVX2: the signs of the lanes. */
static void from_lanes(nk_emit *e, int reg, nk_rm byte) {
  nk_code *c = &e->code;
  const bool wide = e->lanes == 4;
  nk_code_vector(c, NK_INS(1, wide, 0, 0x50), 1, WORD, 0, nk_rm_reg(reg), NK_NO_IMM);
  if (!wide) {
    nk_code_gpr(c, 0, 0x88, WORD, byte, 0, 0); /* mov */
    return;
  }
  nk_code_vex(c, SHIFT_LEFT, 0, WORD, SHIFT, nk_rm_reg(WORD), NK_NO_IMM);
  nk_code_gpr(c, 0, 0xC7, 0, nk_rm_reg(KEEP), 4, 0xF0); /* mov */
  nk_code_vex(c, SHIFT_RIGHT, 0, KEEP, SHIFT, nk_rm_reg(KEEP), NK_NO_IMM);
  nk_code_gpr(c, 0, 0x20, KEEP, byte, 0, 0); /* and */
  nk_code_gpr(c, 0, 0x08, WORD, byte, 0, 0); /* or */
}

void nk_emit_load_bits(nk_emit *e, int k, int turn, int reg) {
  const nk_rm byte = byte_of(e, k, turn);
  if (NK_NATIVE_EVEX)
    move_mask(e, MASK_IN, BYTE_IN, reg, byte);
  else
    to_lanes(e, reg, NK_EMIT_SCRATCH + 3, byte);
}

void nk_emit_store_bits(nk_emit *e, int k, int turn, int reg) {
  const nk_rm byte = byte_of(e, k, turn);
  if (!NK_NATIVE_EVEX) {
    from_lanes(e, reg, byte);
    return;
  }
  if (e->tail) {
    nk_code_vex(&e->code, NK_INS(1, 0, 0, 0x41), 1, MASK, reg, nk_rm_reg(NK_EMIT_TAIL), NK_NO_IMM);
    reg = MASK;
  }
  move_mask(e, MASK_OUT, BYTE_OUT, reg, byte);
}
