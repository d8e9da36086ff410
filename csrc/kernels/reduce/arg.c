/* reduce_argmax, reduce_argmin: flat index of the extreme over the reduced axes; the first wins, a NaN
 * wins over all. The best value of each block, then the first place that has it.
 */
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

static nk_status run(const nk_call *call) {
  const nk_reduce_plan *p = call->prep;
  int64_t n = (p->n_out + p->per_chunk - 1) / p->per_chunk;
  void *arg = (void *)(uintptr_t)call;
  if (n == 0) return NK_OK;
  return n == 1 ? arg_chunk(arg, 0, 0) : nk_parallel(call->ctx, n, arg_chunk, arg);
}

static nk_status check(nk_call *call, const char *name, nk_reduce_choose choose) {
  if (call->n_out == 1 && call->out[0].dtype != NK_I64)
    return nk_fail(call->ctx->error, NK_ERR_TYPE, "%s gives int64, not %s", name,
                   nk_dtype_name[call->out[0].dtype]);
  return NK_LV(nk_reduce_check)(call, name, choose);
}

/* Bools are searched as bytes. */
static int64_t bool_find(const void *x, int64_t n, const void *v) {
  const char *found = memchr(x, *(const bool *)v, (size_t)n);
  return found == NULL ? 0 : found - (const char *)x;
}

/* best: the bool that wins. */
#define DEFINE_ARG(name, best)                                                                  \
  static void name##_block(void *acc, const void *x, int64_t n) {                               \
    *(bool *)acc = (memchr(x, best, (size_t)n) != NULL) == best;                                \
  }                                                                                             \
  static bool name##_better(const void *x, const void *y) {                                     \
    return *(const bool *)x == best && *(const bool *)y != best;                                \
  }                                                                                             \
  static const nk_reduce_op name##_bools = {.acc = NK_BOOL,                                     \
                                            .block = name##_block,                              \
                                            .find = bool_find,                                  \
                                            .better = name##_better};                           \
  static const nk_reduce_op *name##_choose(nk_dtype dtype) {                                    \
    return dtype == NK_BOOL ? &name##_bools : NK_LV(nk_reduce_##name##_op)(dtype);              \
  }                                                                                             \
  nk_status NK_LV(nk_reduce_arg##name##_check)(nk_call *call) {                                 \
    return check(call, "reduce_arg" #name, name##_choose);                                      \
  }                                                                                             \
  nk_status NK_LV(nk_reduce_arg##name##_run)(const nk_call *call) { return run(call); }         \
  void NK_LV(nk_reduce_arg##name##_release)(void *prep) { nk_free(prep); }

DEFINE_ARG(max, 1)
DEFINE_ARG(min, 0)
