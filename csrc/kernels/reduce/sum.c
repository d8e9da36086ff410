/* reduce_sum: integers wrap in int64, floats pairwise in their own type. */
#include "typed.h"

typedef struct c64 {
  float re, im;
} c64;
typedef struct c128 {
  double re, im;
} c128;

#define NK_ADD(a, b) (a) + (b)
#define NK_ADD_C64(a, b) (c64){(a).re + (b).re, (a).im + (b).im}
#define NK_ADD_C128(a, b) (c128){(a).re + (b).re, (a).im + (b).im}

NK_REDUCE_TYPED(sum_i64, uint64_t, NK_ADD)
NK_REDUCE_TYPED(sum_f32, float, NK_ADD)
NK_REDUCE_TYPED(sum_f64, double, NK_ADD)
NK_REDUCE_TYPED(sum_c64, c64, NK_ADD_C64)
NK_REDUCE_TYPED(sum_c128, c128, NK_ADD_C128)

static const c128 zero;
static const nk_reduce_op ops[] = {
    {.acc = NK_I64, .identity = &zero, .block = sum_i64_block, .merge = sum_i64_merge},
    {.acc = NK_F32, .identity = &zero, .block = sum_f32_block, .merge = sum_f32_merge},
    {.acc = NK_F64, .identity = &zero, .block = sum_f64_block, .merge = sum_f64_merge},
    {.acc = NK_C64, .identity = &zero, .block = sum_c64_block, .merge = sum_c64_merge},
    {.acc = NK_C128, .identity = &zero, .block = sum_c128_block, .merge = sum_c128_merge},
};

const nk_reduce_op *NK_LV(nk_reduce_sum_op)(nk_dtype dtype) {
  return dtype < NK_F32 ? &ops[0] : &ops[1 + dtype - NK_F32];
}

nk_status NK_LV(nk_reduce_sum_check)(nk_call *call) {
  return NK_LV(nk_reduce_check)(call, "reduce_sum", NK_LV(nk_reduce_sum_op));
}

nk_status NK_LV(nk_reduce_sum_run)(const nk_call *call) { return NK_LV(nk_reduce_run)(call); }

void NK_LV(nk_reduce_sum_release)(void *prep) { nk_free(prep); }
