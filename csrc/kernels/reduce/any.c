/* reduce_any: truth value of every number, then logical or; of no elements it is false. */
#include "typed.h"

#define NK_STEP(a, b) (uint8_t)((a) | (b))

NK_REDUCE_TYPED(any_u8, uint8_t, NK_STEP)

static const bool identity = false;
static const nk_reduce_op op = {
    .acc = NK_BOOL, .identity = &identity, .block = any_u8_block, .merge = any_u8_merge};

const nk_reduce_op *NK_LV(nk_reduce_any_op)(nk_dtype dtype) {
  (void)dtype;
  return &op;
}

nk_status NK_LV(nk_reduce_any_check)(nk_call *call) {
  return NK_LV(nk_reduce_check)(call, "reduce_any", NK_LV(nk_reduce_any_op));
}

nk_status NK_LV(nk_reduce_any_run)(const nk_call *call) { return NK_LV(nk_reduce_run)(call); }

void NK_LV(nk_reduce_any_release)(void *prep) { nk_free(prep); }
