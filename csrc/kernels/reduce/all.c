/* reduce_all: truth value of every number, then logical and; of no elements it is true. */
#include "typed.h"

#define NK_STEP(a, b) (uint8_t)((a) & (b))

NK_REDUCE_TYPED(all_u8, uint8_t, NK_STEP)

static const bool identity = true;
static const nk_reduce_op op = {
    .acc = NK_BOOL, .identity = &identity, .block = all_u8_block, .merge = all_u8_merge};

const nk_reduce_op *NK_LV(nk_reduce_all_op)(nk_dtype dtype) {
  (void)dtype;
  return &op;
}

nk_status NK_LV(nk_reduce_all_check)(nk_call *call) {
  return NK_LV(nk_reduce_check)(call, "reduce_all", NK_LV(nk_reduce_all_op));
}

nk_status NK_LV(nk_reduce_all_run)(const nk_call *call) { return NK_LV(nk_reduce_run)(call); }

void NK_LV(nk_reduce_all_release)(void *prep) { nk_free(prep); }
