/* Encodes x86-64 instructions into a growing buffer.
 *
 * Displacements are 32 bits wide (or absent), so no instruction changes its length later. Constants
 * stand behind the code and are addressed relative to it: the bytes may be placed anywhere.
 */
#include "code.h"

#include <string.h>

static bool grow(nk_code *c, void **array, size_t n, size_t *capacity, size_t size) {
  if (c->failed) return false;
  if (n < *capacity) return true;
  const size_t wanted = *capacity > 0 ? 2 * *capacity : 4096 / size;
  void *bigger = nk_alloc(wanted * size);
  if (bigger == NULL) {
    c->failed = true;
    return false;
  }
  if (n > 0) memcpy(bigger, *array, n * size);
  nk_free(*array);
  *array = bigger;
  *capacity = wanted;
  return true;
}

void nk_code_byte(nk_code *c, int byte) {
  void *array = c->byte;
  if (!grow(c, &array, c->n, &c->capacity, 1)) return;
  c->byte = array;
  c->byte[c->n++] = (uint8_t)byte;
}

void nk_code_u32(nk_code *c, uint32_t word) {
  for (int k = 0; k < 4; k++) nk_code_byte(c, (int)(word >> 8 * k & 255));
}

void nk_code_u64(nk_code *c, uint64_t word) {
  nk_code_u32(c, (uint32_t)word);
  nk_code_u32(c, (uint32_t)(word >> 32));
}

static void add_fixup(nk_code *c, int32_t constant, int imm_bytes) {
  void *array = c->fixup;
  if (!grow(c, &array, c->n_fixup, &c->fixup_capacity, sizeof *c->fixup)) return;
  c->fixup = array;
  const int32_t at = (int32_t)c->n;
  c->fixup[c->n_fixup++] = (nk_fixup){at, at + 4 + imm_bytes, constant};
  nk_code_u32(c, 0);
}

/* ModRM, SIB and displacement. */
static void put_rm(nk_code *c, int reg, nk_rm rm, int imm_bytes) {
  const int middle = (reg & 7) << 3;
  if (rm.kind == NK_RM_REG) {
    nk_code_byte(c, 0xC0 | middle | (rm.reg & 7));
    return;
  }
  if (rm.kind == NK_RM_POOL) {
    nk_code_byte(c, middle | 5);
    add_fixup(c, rm.disp, imm_bytes);
    return;
  }
  const bool sib = rm.index >= 0 || (rm.reg & 7) == NK_RSP;
  const int mode = rm.disp != 0 ? 0x80 : (rm.reg & 7) == NK_RBP ? 0x40 : 0;
  nk_code_byte(c, mode | middle | (sib ? 4 : rm.reg & 7));
  if (sib) nk_code_byte(c, rm.shift << 6 | (rm.index < 0 ? 4 : rm.index & 7) << 3 | (rm.reg & 7));
  if (mode == 0x80) nk_code_u32(c, (uint32_t)rm.disp);
  if (mode == 0x40) nk_code_byte(c, 0);
}

void nk_code_gpr(nk_code *c, int w, int opcode, int reg, nk_rm rm, int imm_bytes, int32_t imm) {
  const int x = rm.kind == NK_RM_MEM && rm.index >= 8;
  const int b = rm.kind != NK_RM_POOL && rm.reg >= 8;
  const int rex = w << 3 | (reg >> 3) << 2 | x << 1 | b;
  if (rex != 0) nk_code_byte(c, 0x40 | rex);
  if (opcode > 255) nk_code_byte(c, opcode >> 8);
  nk_code_byte(c, opcode & 255);
  put_rm(c, reg, rm, imm_bytes);
  for (int k = 0; k < imm_bytes; k++) nk_code_byte(c, imm >> 8 * k & 255);
}

/* Bits 3 and 4 of the r/m operand as the prefixes want them: B and X. */
static int bit_b(nk_rm rm) { return rm.kind == NK_RM_POOL ? 0 : rm.reg >> 3 & 1; }
static int bit_x(nk_rm rm) {
  if (rm.kind == NK_RM_REG) return rm.reg >> 4 & 1;
  return rm.kind == NK_RM_MEM && rm.index >= 8;
}

static void put_tail(nk_code *c, uint32_t ins, int reg, nk_rm rm, int imm) {
  nk_code_byte(c, (int)(ins & 255));
  put_rm(c, reg, rm, imm != NK_NO_IMM);
  if (imm != NK_NO_IMM) nk_code_byte(c, imm & 255);
}

void nk_code_vex(nk_code *c, uint32_t ins, int length, int reg, int second, nk_rm rm, int imm) {
  const int map = (int)(ins >> 12), prefix = (int)(ins >> 10 & 3), w = (int)(ins >> 8 & 1);
  nk_code_byte(c, 0xC4);
  nk_code_byte(c, (~reg >> 3 & 1) << 7 | !bit_x(rm) << 6 | !bit_b(rm) << 5 | map);
  nk_code_byte(c, w << 7 | (~second & 15) << 3 | length << 2 | prefix);
  put_tail(c, ins, reg, rm, imm);
}

void nk_code_masked(nk_code *c, uint32_t ins, int length, int reg, int second, nk_rm rm, int imm,
                    int k, bool zero) {
  const int map = (int)(ins >> 12), prefix = (int)(ins >> 10 & 3), w = (int)(ins >> 8 & 1);
  nk_code_byte(c, 0x62);
  nk_code_byte(
      c, (~reg >> 3 & 1) << 7 | !bit_x(rm) << 6 | !bit_b(rm) << 5 | (~reg >> 4 & 1) << 4 | map);
  nk_code_byte(c, w << 7 | (~second & 15) << 3 | 4 | prefix);
  nk_code_byte(
      c, (int)zero << 7 | length << 5 | (int)rm.repeat << 4 | (~second >> 4 & 1) << 3 | k);
  put_tail(c, ins, reg, rm, imm);
}

void nk_code_vector(nk_code *c, uint32_t ins, int length, int reg, int second, nk_rm rm, int imm) {
  if (NK_NATIVE_EVEX)
    nk_code_masked(c, ins, length, reg, second, rm, imm, 0, false);
  else
    nk_code_vex(c, ins, length, reg, second, rm, imm);
}

nk_rm nk_code_pool(nk_code *c, uint64_t pattern) {
  size_t k = 0;
  while (k < c->n_constant && c->constant[k] != pattern) k++;
  if (k == c->n_constant) {
    void *array = c->constant;
    if (grow(c, &array, c->n_constant, &c->constant_capacity, sizeof pattern)) {
      c->constant = array;
      c->constant[c->n_constant++] = pattern;
    }
  }
  return (nk_rm){.kind = NK_RM_POOL, .index = -1, .disp = (int32_t)k};
}

size_t nk_code_jump(nk_code *c, int condition) {
  if (condition == NK_JUMP_ALWAYS) {
    nk_code_byte(c, 0xE9);
  } else {
    nk_code_byte(c, 0x0F);
    nk_code_byte(c, 0x80 | condition);
  }
  nk_code_u32(c, 0);
  return c->n;
}

void nk_code_land(nk_code *c, size_t jump, size_t to) {
  const int32_t distance = (int32_t)to - (int32_t)jump;
  if (!c->failed) memcpy(c->byte + jump - 4, &distance, sizeof distance);
}

void nk_code_finish(nk_code *c) {
  while (c->n % NK_ALIGN != 0 && !c->failed) nk_code_byte(c, 0xCC);
  const int32_t pool = (int32_t)c->n;
  for (size_t k = 0; k < c->n_constant; k++)
    for (int i = 0; i < NK_NATIVE_BYTES / 8; i++) nk_code_u64(c, c->constant[k]);
  for (size_t k = 0; k < c->n_fixup && !c->failed; k++) {
    const nk_fixup f = c->fixup[k];
    const int32_t distance = pool + f.constant * NK_NATIVE_BYTES - f.end;
    memcpy(c->byte + f.at, &distance, sizeof distance);
  }
}

void nk_code_free(nk_code *c) {
  nk_free(c->byte);
  nk_free(c->fixup);
  nk_free(c->constant);
  memset(c, 0, sizeof *c);
}
