/* reduce_max: a NaN wins; no elements is an error. Its table also serves reduce_argmax. */
#include "typed.h"

#define NK_PICK(a, b) (a) > (b) ? (a) : (b)
#define NK_PICK_NAN(a, b) (a) > (b) || (a) != (a) ? (a) : (b)

#define NK_TABLE(name, T, PICK)                                                                   \
  NK_REDUCE_TYPED(name, T, PICK)                                                                  \
  static int64_t name##_find(const void *x, int64_t n, const void *v) {                           \
    const T *a = x, value = *(const T *)v;                                                        \
    int64_t i = 0;                                                                                \
    while (i < n - 1 && a[i] != value && (value == value || a[i] == a[i])) ++i;                   \
    return i;                                                                                     \
  }                                                                                               \
  static bool name##_better(const void *x, const void *y) {                                       \
    const T a = *(const T *)x, b = *(const T *)y;                                                 \
    return a > b || (a != a && b == b);                                                           \
  }

NK_TABLE(max_i64, int64_t, NK_PICK)
NK_TABLE(max_u64, uint64_t, NK_PICK)
NK_TABLE(max_f32, float, NK_PICK_NAN)
NK_TABLE(max_f64, double, NK_PICK_NAN)

#define NK_OP(t, name) {t, NULL, name##_block, name##_merge, name##_find, name##_better}

static const nk_reduce_op ops[] = {NK_OP(NK_I64, max_i64), NK_OP(NK_U64, max_u64),
                                   NK_OP(NK_F32, max_f32), NK_OP(NK_F64, max_f64)};

const nk_reduce_op *NK_LV(nk_reduce_max_op)(nk_dtype dtype) {
  if (dtype >= NK_C64) return NULL;
  return dtype < NK_U64 ? &ops[0] : &ops[1 + dtype - NK_U64];
}

nk_status NK_LV(nk_reduce_max_check)(nk_call *call) {
  return NK_LV(nk_reduce_check)(call, "reduce_max", NK_LV(nk_reduce_max_op));
}

nk_status NK_LV(nk_reduce_max_run)(const nk_call *call) { return NK_LV(nk_reduce_run)(call); }

void NK_LV(nk_reduce_max_release)(void *prep) { nk_free(prep); }
