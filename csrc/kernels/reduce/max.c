/* reduce_max: a NaN wins; no elements is an error. Its table also serves reduce_argmax. */
#include <math.h>
#include <string.h>

#define BEATS(a, b) ((a) > (b))
#include "extreme.h"

NK_EXTREME_INTEGER(max_i64, int64_t)
NK_EXTREME_INTEGER(max_u64, uint64_t)
#ifdef NK_MAX_F64
NK_EXTREME_FLOAT(max_f32, float, int32_t, NK_F32_LANES, NK_MAX_F32)
NK_EXTREME_FLOAT(max_f64, double, int64_t, NK_F64_LANES, NK_MAX_F64)
#else
NK_EXTREME_PLAIN(max_f32, float)
NK_EXTREME_FIND(max_f32, float, int32_t)
NK_EXTREME_PLAIN(max_f64, double)
NK_EXTREME_FIND(max_f64, double, int64_t)
#endif

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
