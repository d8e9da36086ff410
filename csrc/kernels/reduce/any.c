/* reduce_any: truth value of every number, then logical or; of no elements it is false. */
#include <string.h>

#include "reduce.h"

static void block(void *acc, const void *x, int64_t n) {
  const char *v = x;
  *(bool *)acc = *v != 0 || memcmp(v, v + 1, (size_t)(n - 1)) != 0;
}

static void merge(void *acc, const void *x, int64_t n) {
  uint8_t *restrict a = acc;
  const uint8_t *restrict b = x;
  for (int64_t i = 0; i < n; ++i) a[i] = (uint8_t)(a[i] | b[i]);
}

static const bool identity = false;
static const nk_reduce_op op = {
    .acc = NK_BOOL, .identity = &identity, .block = block, .merge = merge};

const nk_reduce_op *NK_LV(nk_reduce_any_op)(nk_dtype dtype) {
  (void)dtype;
  return &op;
}

nk_status NK_LV(nk_reduce_any_check)(nk_call *call) {
  return NK_LV(nk_reduce_check)(call, "reduce_any", NK_LV(nk_reduce_any_op));
}

nk_status NK_LV(nk_reduce_any_run)(const nk_call *call) { return NK_LV(nk_reduce_run)(call); }

void NK_LV(nk_reduce_any_release)(void *prep) { nk_free(prep); }
