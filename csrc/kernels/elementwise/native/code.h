/* A buffer of x86-64 machine code and the encoder of vector instructions.
 *
 * One encoder for both vector prefixes: VEX (AVX2, 16 registers) and EVEX (AVX-512, 32 registers
 * and masks); the level the file is compiled for decides. Instructions are named by NK_INS(map,
 * prefix, W, opcode) as the processor manuals list them: map 1 = 0F, 2 = 0F38, 3 = 0F3A; prefix 0
 * none, 1 = 66, 2 = F3, 3 = F2.
 */
#ifndef NK_NATIVE_CODE_H
#define NK_NATIVE_CODE_H

#include "../../../base/nk.h"
#include "../../level.h"

/* Bytes of a vector register the emitter uses; 0 where it has no code for the machine. */
#if defined(__x86_64__) && defined(__AVX512F__) && defined(__AVX512VL__) && \
    defined(__AVX512DQ__) && defined(__AVX512BW__)
enum { NK_NATIVE_BYTES = 64, NK_NATIVE_REGS = 32 };
#elif defined(__x86_64__) && defined(__AVX2__) && defined(__FMA__)
enum { NK_NATIVE_BYTES = 32, NK_NATIVE_REGS = 16 };
#else
enum { NK_NATIVE_BYTES = 0, NK_NATIVE_REGS = 16 };
#endif
enum { NK_NATIVE_EVEX = NK_NATIVE_BYTES == 64 };

/* External names carry the level; inside this folder they are short. */
#define nk_code_byte NK_LV(nk_code_byte)
#define nk_code_u32 NK_LV(nk_code_u32)
#define nk_code_u64 NK_LV(nk_code_u64)
#define nk_code_gpr NK_LV(nk_code_gpr)
#define nk_code_vector NK_LV(nk_code_vector)
#define nk_code_masked NK_LV(nk_code_masked)
#define nk_code_vex NK_LV(nk_code_vex)
#define nk_code_pool NK_LV(nk_code_pool)
#define nk_code_jump NK_LV(nk_code_jump)
#define nk_code_land NK_LV(nk_code_land)
#define nk_code_finish NK_LV(nk_code_finish)
#define nk_code_free NK_LV(nk_code_free)

enum {
  NK_RAX,
  NK_RCX,
  NK_RDX,
  NK_RBX,
  NK_RSP,
  NK_RBP,
  NK_RSI,
  NK_RDI,
  NK_R8,
  NK_R9,
  NK_R10,
  NK_R11,
  NK_R12,
  NK_R13,
  NK_R14,
  NK_R15
};

/* The operand that may stand in memory: a register, [base + index * scale + disp] or a constant. */
enum { NK_RM_REG, NK_RM_MEM, NK_RM_POOL };
typedef struct nk_rm {
  uint8_t kind;
  bool repeat;   /* one element in memory, for all (AVX-512: loads half as wide, twice as many) */
  uint8_t reg;   /* register, or base */
  int8_t index;  /* -1 for none */
  uint8_t shift; /* log2 of the scale */
  int32_t disp;  /* or number of the constant */
} nk_rm;

typedef struct nk_fixup {
  int32_t at, end, constant; /* place of the displacement, end of its instruction */
} nk_fixup;

typedef struct nk_code {
  uint8_t *byte;
  size_t n, capacity;
  nk_fixup *fixup;
  size_t n_fixup, fixup_capacity;
  uint64_t *constant; /* patterns of 8 bytes, each repeated over a vector */
  size_t n_constant, constant_capacity;
  bool failed; /* out of memory */
} nk_code;

#define NK_INS(map, prefix, w, opcode) \
  ((uint32_t)(map) << 12 | (uint32_t)(prefix) << 10 | (uint32_t)(w) << 8 | (uint32_t)(opcode))
enum { NK_NO_IMM = -1 };

static inline nk_rm nk_rm_reg(int reg) { return (nk_rm){NK_RM_REG, false, (uint8_t)reg, -1, 0, 0}; }
static inline nk_rm nk_rm_mem(int base, int32_t disp) {
  return (nk_rm){NK_RM_MEM, false, (uint8_t)base, -1, 0, disp};
}
static inline nk_rm nk_rm_index(int base, int index, int shift) {
  return (nk_rm){NK_RM_MEM, false, (uint8_t)base, (int8_t)index, (uint8_t)shift, 0};
}

void nk_code_byte(nk_code *c, int byte);
void nk_code_u32(nk_code *c, uint32_t word);
void nk_code_u64(nk_code *c, uint64_t word);

/* Legacy instruction with 64-bit operands (w = 1) or 32-bit (w = 0): opcode, reg, r/m, immediate of
 * imm_bytes. */
void nk_code_gpr(nk_code *c, int w, int opcode, int reg, nk_rm rm, int imm_bytes, int32_t imm);

/* Vector instruction; length 0, 1, 2 for 128, 256, 512 bits; `second` is the operand in vvvv. An
 * r/m operand with `repeat` must suit the instruction: elements of 4 bytes, or 8 with W = 1. */
void nk_code_vector(nk_code *c, uint32_t ins, int length, int reg, int second, nk_rm rm, int imm);

/* The same under mask register k, zeroing the other elements if `zero`. AVX-512 only. */
void nk_code_masked(nk_code *c, uint32_t ins, int length, int reg, int second, nk_rm rm, int imm,
                    int k, bool zero);

/* Always in VEX form: mask registers, vzeroupper. */
void nk_code_vex(nk_code *c, uint32_t ins, int length, int reg, int second, nk_rm rm, int imm);

/* The operand of a constant: `pattern` repeated over a vector, placed behind the code. */
nk_rm nk_code_pool(nk_code *c, uint64_t pattern);

/* A jump forward; it is told where to when that is known, or backward at once. */
enum { NK_JUMP_BELOW = 2, NK_JUMP_NOT_BELOW = 3, NK_JUMP_ZERO = 4, NK_JUMP_ALWAYS = 16 };
size_t nk_code_jump(nk_code *c, int condition);
void nk_code_land(nk_code *c, size_t jump, size_t to);

/* Appends the constants and fills in their distances. */
void nk_code_finish(nk_code *c);
void nk_code_free(nk_code *c);

#endif
