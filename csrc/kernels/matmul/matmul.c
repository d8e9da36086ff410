/* matmul: out (B, m, n) = a (B, m, k) b (B, k, n), B any number of equal leading axes.
 *
 * float32, float64 and complex by OpenBLAS, small and vector products by own loops; bool, int32 and
 * int64 by plain loops. Cost O(B m n k). Bit-equal at any number of threads.
 */
#include "matmul.h"

nk_status NK_LV(nk_matmul_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 2)
    return nk_fail(error, NK_ERR_VALUE, "matmul takes 2 ins and 1 out");
  nk_matmul_plan *p = nk_alloc_zero(sizeof *p);
  if (p == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory");
  call->prep = p;
  return NK_LV(nk_matmul_plan_make)(p, &call->out[0], &call->in[0], &call->in[1], call);
}

nk_status NK_LV(nk_matmul_run)(const nk_call *call) {
  return NK_LV(nk_matmul_plan_run)(call->prep, call, call->out[0].data, call->in[0].data,
                                   call->in[1].data);
}

void NK_LV(nk_matmul_release)(void *prep) { nk_free(prep); }
