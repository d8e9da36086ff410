/* reduce_prod: integers wrap in int64, floats pairwise in their own type. */
#include "typed.h"

typedef struct c64 {
  float re, im;
} c64;
typedef struct c128 {
  double re, im;
} c128;

#define NK_MUL(a, b) (a) * (b)
#define NK_MUL_C(T, a, b)                                                                         \
  (T) { (a).re *(b).re - (a).im *(b).im, (a).re *(b).im + (a).im *(b).re }
#define NK_MUL_C64(a, b) NK_MUL_C(c64, a, b)
#define NK_MUL_C128(a, b) NK_MUL_C(c128, a, b)

NK_REDUCE_TYPED(prod_i64, uint64_t, NK_MUL)
NK_REDUCE_TYPED(prod_f32, float, NK_MUL)
NK_REDUCE_TYPED(prod_f64, double, NK_MUL)
NK_REDUCE_TYPED(prod_c64, c64, NK_MUL_C64)
NK_REDUCE_TYPED(prod_c128, c128, NK_MUL_C128)

static const int64_t one_i64 = 1;
static const c64 one_c64 = {1, 0};
static const c128 one_c128 = {1, 0};
static const nk_reduce_op ops[] = {
    {.acc = NK_I64, .identity = &one_i64, .block = prod_i64_block, .merge = prod_i64_merge},
    {.acc = NK_F32, .identity = &one_c64, .block = prod_f32_block, .merge = prod_f32_merge},
    {.acc = NK_F64, .identity = &one_c128, .block = prod_f64_block, .merge = prod_f64_merge},
    {.acc = NK_C64, .identity = &one_c64, .block = prod_c64_block, .merge = prod_c64_merge},
    {.acc = NK_C128, .identity = &one_c128, .block = prod_c128_block, .merge = prod_c128_merge},
};

const nk_reduce_op *NK_LV(nk_reduce_prod_op)(nk_dtype dtype) {
  return dtype < NK_F32 ? &ops[0] : &ops[1 + dtype - NK_F32];
}

nk_status NK_LV(nk_reduce_prod_check)(nk_call *call) {
  return NK_LV(nk_reduce_check)(call, "reduce_prod", NK_LV(nk_reduce_prod_op));
}

nk_status NK_LV(nk_reduce_prod_run)(const nk_call *call) { return NK_LV(nk_reduce_run)(call); }

void NK_LV(nk_reduce_prod_release)(void *prep) { nk_free(prep); }
