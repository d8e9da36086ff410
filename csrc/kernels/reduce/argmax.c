/* reduce_argmax: flat index of the maximum over the reduced axes; the first wins, a NaN wins over all. */
#include "reduce.h"

nk_status NK_LV(nk_reduce_argmax_check)(nk_call *call) {
  if (call->n_out == 1 && call->out[0].dtype != NK_I64)
    return nk_fail(call->ctx->error, NK_ERR_TYPE, "reduce_argmax gives int64, not %s",
                   nk_dtype_name[call->out[0].dtype]);
  return NK_LV(nk_reduce_check)(call, "reduce_argmax", NK_LV(nk_reduce_max_op));
}

nk_status NK_LV(nk_reduce_argmax_run)(const nk_call *call) {
  return NK_LV(nk_reduce_arg_run)(call);
}

void NK_LV(nk_reduce_argmax_release)(void *prep) { nk_free(prep); }
