/* Functions the loop calls for one vector: those the interpreter uses, so with its bits.
 *
 * The operands go to stack slots, the function works there, the result comes back. All that lives
 * in vector and mask registers goes to slots before, since a called function may use them all.
 */
#include <math.h>
#include <string.h>

#include "../../../simd/inverse32.h"
#include "../../../simd/inverse64.h"
#include "../../../simd/math32.h"
#include "../../../simd/math64.h"
#include "../remainder.h"
#include "emit.h"

enum {
  LANES_F32 = NK_NATIVE_BYTES > 0 ? NK_NATIVE_BYTES / 4 : 1,
  LANES_F64 = NK_NATIVE_BYTES > 0 ? NK_NATIVE_BYTES / 8 : 1
};

/* x = f(x), or x = f(x, y). */
typedef void (*vector_fn)(void *x, const void *y);

#define EACH(name, T, N, expr)                 \
  static void name(void *xs, const void *ys) { \
    T *x = xs;                                 \
    const T *y = ys;                           \
    (void)y;                                   \
    for (int i = 0; i < N; i++) x[i] = expr;   \
  }
#define VECTOR(name)                                           \
  EACH(name##_narrow, float, LANES_F32, nk_##name##_f32(x[i])) \
  EACH(name##_wide, double, LANES_F64, nk_##name##_f64(x[i]))

/* Arguments beyond the reach of the reduction go to the C library. */
#define TRIG_OF(name, T, N, fn, limit, cname)                           \
  static void name(void *xs, const void *ys) {                          \
    T *x = xs, result[N];                                               \
    int large = 0;                                                      \
    (void)ys;                                                           \
    for (int i = 0; i < N; i++) result[i] = fn(x[i]);                   \
    for (int i = 0; i < N; i++) large |= x[i] > limit || x[i] < -limit; \
    for (int i = 0; i < N && large; i++)                                \
      if (x[i] > limit || x[i] < -limit) result[i] = cname(x[i]);       \
    memcpy(x, result, sizeof result);                                   \
  }
#define TRIG(name, limit)                                                               \
  TRIG_OF(name##_narrow, float, LANES_F32, nk_##name##_f32, limit, name##f)             \
  TRIG_OF(name##_wide, double, LANES_F64, nk_##name##_f64, NK_TRIG_LIMIT_F64, name)

#define VECTORS(X) \
  X(exp) X(exp2) X(expm1) X(log) X(log2) X(log10) X(log1p) X(tanh) X(sigmoid) X(erf) X(cbrt)
#define TRIGS(X) X(sin) X(cos) X(tan)
#define INVERSES(X) \
  X(arcsin) X(arccos) X(arctan) X(sinh) X(cosh) X(arcsinh) X(arccosh) X(arctanh)

VECTORS(VECTOR)
TRIG(sin, NK_SIN_LIMIT_F32)
TRIG(cos, NK_SIN_LIMIT_F32)
TRIG(tan, NK_TRIG_LIMIT_F32)
INVERSES(VECTOR)
EACH(pow_narrow, float, LANES_F32, nk_pow_f32(x[i], y[i]))
EACH(pow_wide, double, LANES_F64, nk_pow_f64(x[i], y[i]))
EACH(arctan2_narrow, float, LANES_F32, nk_arctan2_f32(x[i], y[i]))
EACH(arctan2_wide, double, LANES_F64, nk_arctan2_f64(x[i], y[i]))
EACH(mod_narrow, float, LANES_F32, nk_remainder_float(x[i], y[i]))
EACH(mod_wide, double, LANES_F64, nk_remainder_double(x[i], y[i]))
EACH(floordiv_narrow, float, LANES_F32, nk_quotient_float(x[i], y[i]))
EACH(floordiv_wide, double, LANES_F64, nk_quotient_double(x[i], y[i]))

static vector_fn find(int code, bool wide) {
  switch (code) {
#define CASE(name)   \
  case NK_OP_##name: \
    return wide ? name##_wide : name##_narrow;
    VECTORS(CASE)
    TRIGS(CASE)
    INVERSES(CASE)
    CASE(pow)
    CASE(arctan2)
    CASE(mod)
    CASE(floordiv)
#undef CASE
    default: return NULL;
  }
}

bool nk_emit_calls(const nk_value *value) {
  return (value->op_dtype == NK_F32 || value->op_dtype == NK_F64) &&
         find(value->code, false) != NULL;
}

bool nk_emit_calls_vector(const nk_value *value) {
  switch (value->code) {
#define CASE(name) case NK_OP_##name:
    VECTORS(CASE)
    INVERSES(CASE)
#undef CASE
    return nk_emit_calls(value);
    default: return false;
  }
}

static void to_slots(nk_emit *e, const int32_t *owner, int n, const nk_value *self) {
  for (int reg = 0; reg < n; reg++)
    if (owner[reg] >= 0 && e->micro.value + owner[reg] != self) nk_emit_evict(e, owner[reg]);
}

bool nk_emit_call(nk_emit *e, const nk_site *s) {
  nk_code *c = &e->code;
  const vector_fn fn = find(s->value->code, s->wide);
  const int n = s->value->n_src, slot[2] = {nk_emit_slot(e), n > 1 ? nk_emit_slot(e) : 0};
  const nk_rm place = nk_rm_mem(NK_RSP, slot[0] * NK_NATIVE_BYTES);
  for (int k = 0; k < n; k++) {
    const int x = nk_emit_fetch(e, s, k, NK_EMIT_SCRATCH);
    nk_code_vector(c, NK_INS(1, 0, 0, 0x11), NK_EMIT_FULL, x, 0,
                   nk_rm_mem(NK_RSP, slot[k] * NK_NATIVE_BYTES), NK_NO_IMM);
  }
  to_slots(e, e->vector, e->limit, s->value);
  to_slots(e, e->mask, 8, s->value);
  nk_code_gpr(c, 1, 0x8D, NK_RDI, place, 0, 0);
  if (n > 1) nk_code_gpr(c, 1, 0x8D, NK_RSI, nk_rm_mem(NK_RSP, slot[1] * NK_NATIVE_BYTES), 0, 0);
  uint64_t address;
  memcpy(&address, &fn, sizeof address);
  nk_code_byte(c, 0x48); /* mov rax, address */
  nk_code_byte(c, 0xB8);
  nk_code_u64(c, address);
  nk_code_gpr(c, 0, 0xFF, 2, nk_rm_reg(NK_RAX), 0, 0);
  if (e->tail) /* the mask of the tail is made again: END still holds it */
    nk_code_vex(c, NK_INS(1, 0, 0, 0x92), 0, NK_EMIT_TAIL, 0, nk_rm_reg(NK_EMIT_END), NK_NO_IMM);
  nk_code_vector(c, NK_INS(1, 0, 0, 0x10), NK_EMIT_FULL, s->dst, 0, place, NK_NO_IMM);
  for (int k = 0; k < n; k++) e->slot[slot[k]] = 0;
  return true;
}
