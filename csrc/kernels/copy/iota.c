/* iota: out[i] = start + i * step; ip = (start, step) for integers, fp = (start, step) for floats. */
#include "../../engine/kernel.h"
#include "../level.h"

nk_status NK_LV(nk_iota_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 0 || call->out[0].ndim != 1)
    return nk_fail(error, NK_ERR_VALUE, "iota takes 1 out with 1 axis");
  nk_dtype dtype = call->out[0].dtype;
  bool is_float = dtype == NK_F32 || dtype == NK_F64;
  if (!is_float && dtype != NK_I64 && dtype != NK_I32)
    return nk_fail(error, NK_ERR_TYPE, "iota does not make %s", nk_dtype_name[dtype]);
  if ((is_float ? call->n_fp : call->n_ip) != 2)
    return nk_fail(error, NK_ERR_VALUE, "iota takes start and step");
  return NK_OK;
}

nk_status NK_LV(nk_iota_run)(const nk_call *call) {
  const nk_view *v = &call->out[0];
  for (int64_t i = 0; i < v->shape[0]; ++i) {
    char *to = v->data + i * v->stride[0];
    switch (v->dtype) {
      case NK_F32: *(float *)(void *)to = (float)(call->fp[0] + (double)i * call->fp[1]); break;
      case NK_F64: *(double *)(void *)to = call->fp[0] + (double)i * call->fp[1]; break;
      case NK_I32: *(int32_t *)(void *)to = (int32_t)((uint64_t)call->ip[0] + (uint64_t)i * (uint64_t)call->ip[1]); break;
      default:
        *(int64_t *)(void *)to =
            (int64_t)((uint64_t)call->ip[0] + (uint64_t)i * (uint64_t)call->ip[1]);
    }
  }
  return NK_OK;
}
