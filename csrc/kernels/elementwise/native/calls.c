/* Functions the loop calls for one vector: those of csrc/simd, so with the interpreter's bits.
 *
 * The operand goes to a stack slot, the function works there, the result comes back. All that lives
 * in vector and mask registers goes to slots before, since a called function may use them all.
 */
#include <string.h>

#include "../../../simd/math32.h"
#include "../../../simd/math64.h"
#include "emit.h"

enum {
  LANES_F32 = NK_NATIVE_BYTES > 0 ? NK_NATIVE_BYTES / 4 : 1,
  LANES_F64 = NK_NATIVE_BYTES > 0 ? NK_NATIVE_BYTES / 8 : 1
};

typedef void (*vector_fn)(void *x);

#define IN_PLACE(name)                                                     \
  static void name##_narrow(void *vector) {                                \
    float *x = vector;                                                     \
    for (int i = 0; i < LANES_F32; i++) x[i] = nk_##name##_f32(x[i]);      \
  }                                                                        \
  static void name##_wide(void *vector) {                                  \
    double *x = vector;                                                    \
    for (int i = 0; i < LANES_F64; i++) x[i] = nk_##name##_f64(x[i]);      \
  }
#define FUNCTIONS(X) \
  X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(tanh) X(sigmoid) X(erf)
FUNCTIONS(IN_PLACE)

static vector_fn find(int code, bool wide) {
  switch (code) {
#define CASE(name) \
  case NK_OP_##name: return wide ? name##_wide : name##_narrow;
    FUNCTIONS(CASE)
#undef CASE
  default: return NULL;
  }
}

bool nk_emit_calls(int code) { return find(code, false) != NULL; }

static void to_slots(nk_emit *e, const int32_t *owner, int n, const nk_value *self) {
  for (int reg = 0; reg < n; reg++)
    if (owner[reg] >= 0 && e->micro.value + owner[reg] != self) nk_emit_evict(e, owner[reg]);
}

bool nk_emit_call(nk_emit *e, const nk_site *s) {
  nk_code *c = &e->code;
  const vector_fn fn = find(s->value->code, s->wide);
  const int slot = nk_emit_slot(e);
  const nk_rm place = nk_rm_mem(NK_RSP, slot * NK_NATIVE_BYTES);
  const int x = nk_emit_fetch(e, s, 0, NK_EMIT_SCRATCH);
  nk_code_vector(c, NK_INS(1, 0, 0, 0x11), NK_EMIT_FULL, x, 0, place, NK_NO_IMM);
  to_slots(e, e->vector, e->limit, s->value);
  to_slots(e, e->mask, 8, s->value);
  nk_code_gpr(c, 1, 0x8D, NK_RDI, place, 0, 0);
  uint64_t address;
  memcpy(&address, &fn, sizeof address);
  nk_code_byte(c, 0x48); /* mov rax, address */
  nk_code_byte(c, 0xB8);
  nk_code_u64(c, address);
  nk_code_gpr(c, 0, 0xFF, 2, nk_rm_reg(NK_RAX), 0, 0);
  if (e->tail) /* the mask of the tail is made again: END still holds it */
    nk_code_vex(c, NK_INS(1, 0, 0, 0x92), 0, NK_EMIT_TAIL, 0, nk_rm_reg(NK_EMIT_END), NK_NO_IMM);
  nk_code_vector(c, NK_INS(1, 0, 0, 0x10), NK_EMIT_FULL, s->dst, 0, place, NK_NO_IMM);
  e->slot[slot] = 0;
  return true;
}
