/* reduce_argmin: flat index of the minimum over the reduced axes; the first wins, a NaN wins over all. */
#include <string.h>

#include "reduce.h"

/* Bools are searched as bytes. */
static void bool_block(void *acc, const void *x, int64_t n) {
  *(bool *)acc = memchr(x, 0, (size_t)n) == NULL;
}

static int64_t bool_find(const void *x, int64_t n, const void *v) {
  const char *found = memchr(x, *(const bool *)v, (size_t)n);
  return found == NULL ? 0 : found - (const char *)x;
}

static bool bool_better(const void *x, const void *y) {
  return *(const bool *)x < *(const bool *)y;
}

static const nk_reduce_op bools = {
    .acc = NK_BOOL, .block = bool_block, .find = bool_find, .better = bool_better};

static const nk_reduce_op *choose(nk_dtype dtype) {
  return dtype == NK_BOOL ? &bools : NK_LV(nk_reduce_min_op)(dtype);
}

nk_status NK_LV(nk_reduce_argmin_check)(nk_call *call) {
  if (call->n_out == 1 && call->out[0].dtype != NK_I64)
    return nk_fail(call->ctx->error, NK_ERR_TYPE, "reduce_argmin gives int64, not %s",
                   nk_dtype_name[call->out[0].dtype]);
  return NK_LV(nk_reduce_check)(call, "reduce_argmin", choose);
}

nk_status NK_LV(nk_reduce_argmin_run)(const nk_call *call) {
  return NK_LV(nk_reduce_arg_run)(call);
}

void NK_LV(nk_reduce_argmin_release)(void *prep) { nk_free(prep); }
