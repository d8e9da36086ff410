/* matmul_add: out (B, m, n) = acc (B, m, n) + a (B, m, k) b (B, k, n); ins are acc, a, b.
 *
 * acc and out may be one memory; otherwise acc is copied first. See matmul.
 */
#include "../copy/strided.h"
#include "matmul.h"

nk_status NK_LV(nk_matmul_add_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 3)
    return nk_fail(error, NK_ERR_VALUE, "matmul_add takes 3 ins and 1 out");
  nk_status status = nk_same_array(&call->out[0], &call->in[0], "matmul_add", error);
  if (status != NK_OK) return status;
  nk_matmul_plan *p = nk_alloc_zero(sizeof *p);
  if (p == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory");
  call->prep = p;
  return NK_LV(nk_matmul_plan_make)(p, &call->out[0], &call->in[1], &call->in[2], true, call);
}

nk_status NK_LV(nk_matmul_add_run)(const nk_call *call) {
  if (call->alias[0] != 0) NK_LV(nk_strided_copy)(&call->out[0], &call->in[0]);
  return NK_LV(nk_matmul_plan_run)(call->prep, call, call->out[0].data, call->in[1].data,
                                   call->in[2].data);
}

void NK_LV(nk_matmul_add_release)(void *prep) { nk_free(prep); }
