/* refuse: out = 0 where in is false, an error of reason ip[0] where it is true; both without axes.
 *
 * What depends on `out` runs only if the values in question are allowed.
 */
#include <string.h>

#include "../../engine/kernel.h"
#include "../level.h"

static const struct {
  nk_status status;
  const char *text;
} reasons[] = {
    {NK_ERR_VALUE, "Integers to negative integer powers are not allowed."},
    {NK_ERR_TYPE,
     "forward mode (jvp) of a custom_vjp function whose reverse rule is not linear in its cotangent (it is not 0 "
     "where the cotangent is) is not defined; use grad, vjp, or jacobian(mode='rev')"},
};
enum { N_REASONS = sizeof reasons / sizeof *reasons };

nk_status NK_LV(nk_refuse_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1 || call->n_ip != 1)
    return nk_fail(error, NK_ERR_VALUE, "refuse takes 1 out, 1 in and the reason");
  if (call->in[0].dtype != NK_BOOL || call->in[0].ndim != 0 || call->out[0].ndim != 0)
    return nk_fail(error, NK_ERR_VALUE, "refuse: in must be bool, in and out without axes");
  if (call->ip[0] < 0 || call->ip[0] >= N_REASONS)
    return nk_fail(error, NK_ERR_VALUE, "refuse: there is no reason %lld", (long long)call->ip[0]);
  return NK_OK;
}

nk_status NK_LV(nk_refuse_run)(const nk_call *call) {
  const int64_t reason = call->ip[0];
  if (*(const bool *)(const void *)call->in[0].data)
    return nk_fail(call->ctx->error, reasons[reason].status, "%s", reasons[reason].text);
  memset(call->out[0].data, 0, nk_dtype_size[call->out[0].dtype]);
  return NK_OK;
}
