/* The walk of argmax and argmin: the best value of each block, then the first place that has it. */
#include <string.h>

#include "reduce.h"

static nk_status arg_chunk(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_reduce_plan *p = call->prep;
  _Alignas(64) char buffer[NK_REDUCE_BLOCK * NK_REDUCE_ITEM];
  _Alignas(16) char best[NK_REDUCE_ITEM], value[NK_REDUCE_ITEM];
  int64_t per = p->per_chunk, in, out;
  (void)worker;
  for (int64_t i = chunk * per; i < (chunk + 1) * per && i < p->n_out; ++i) {
    int64_t found = 0;
    NK_LV(nk_reduce_locate)(p, i, &in, &out);
    for (int64_t pos = 0; pos < p->n_row; pos += NK_REDUCE_BLOCK) {
      int64_t n = p->n_row - pos < NK_REDUCE_BLOCK ? p->n_row - pos : NK_REDUCE_BLOCK;
      if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
      const void *x = NK_LV(nk_reduce_read)(p, call->in[0].data + in, pos, n, buffer);
      p->op->block(value, x, n);
      if (pos > 0 && !p->op->better(value, best)) continue;
      memcpy(best, value, (size_t)p->acc_item);
      found = pos + p->op->find(x, n, value);
    }
    *(int64_t *)(void *)(call->out[0].data + out) = found;
  }
  return NK_OK;
}

nk_status NK_LV(nk_reduce_arg_run)(const nk_call *call) {
  const nk_reduce_plan *p = call->prep;
  int64_t n = (p->n_out + p->per_chunk - 1) / p->per_chunk;
  void *arg = (void *)(uintptr_t)call;
  if (n == 0) return NK_OK;
  return n == 1 ? arg_chunk(arg, 0, 0) : nk_parallel(call->ctx, n, arg_chunk, arg);
}
