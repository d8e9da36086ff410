/* Kernel `fused`: a group of elementwise operations over one iteration shape.
 *
 * ins and outs broadcast to one shape; ip holds the micro-program (see parse.c). `check` compiles
 * it (parse, shape, combine, build), `run` interprets it block by block (run.c).
 */
#include "fused.h"
#include "native/native.h"

/* Is the parameter list as long as its own counts say? */
static nk_status check_length(const nk_call *call) {
  nk_error *error = call->ctx->error;
  const int64_t *ip = call->ip;
  if (call->n_out < 1 || call->n_in + call->n_out > NK_MAX_OPERANDS)
    return nk_fail(error, NK_ERR_VALUE,
                   "fused: got %d inputs and %d outputs, wanted 1 to %d in all", call->n_in,
                   call->n_out, NK_MAX_OPERANDS);
  if (call->n_ip < 2 || ip[0] < 0 || ip[0] > NK_FUSED_VALUES || call->n_ip < 2 + 2 * ip[0])
    return nk_fail(error, NK_ERR_VALUE, "fused: the parameters end before the constants do");
  const int64_t n_op = ip[1 + 2 * ip[0]];
  if (n_op < 0 || n_op > NK_FUSED_VALUES || call->n_ip != 2 + 2 * ip[0] + 5 * n_op + call->n_out)
    return nk_fail(error, NK_ERR_VALUE, "fused: got %lld parameters, wanted %lld",
                   (long long)call->n_ip, (long long)(2 + 2 * ip[0] + 5 * n_op + call->n_out));
  if (call->n_in + call->n_out + ip[0] + n_op > NK_FUSED_VALUES)
    return nk_fail(error, NK_ERR_VALUE, "fused: got %lld values, wanted at most %d",
                   (long long)(call->n_in + call->n_out + ip[0] + n_op), NK_FUSED_VALUES);
  return NK_OK;
}

nk_status NK_LV(nk_fused_check)(nk_call *call) {
  nk_status status = check_length(call);
  if (status != NK_OK) return status;
  nk_fused *f;
  status = NK_LV(nk_fused_build)(&f, call);
  if (status != NK_OK) return status;
  status = NK_LV(nk_native_new)(&f->native, call, f);
  if (status != NK_OK) {
    nk_free(f);
    return status;
  }
  call->prep = f;
  call->work_size = NK_LV(nk_fused_needs_work)(f) ? f->work_size : 0;
  return NK_OK;
}

bool NK_LV(nk_fused_needs_work)(const nk_fused *f) {
  return f->native == NULL && f->work_size > NK_FUSED_STACK;
}

int64_t NK_LV(nk_fused_piece)(const nk_fused *f) {
  return f->native != NULL ? f->native->chunk : f->chunk;
}

int64_t NK_LV(nk_fused_splits)(const void *prep) {
  const nk_fused *f = prep;
  bool direct = f->row_ndim == 0 && !NK_LV(nk_fused_needs_work)(f);
  for (int k = 0; k < f->n_in + f->n_out; k++) direct &= f->arg[k].kind != NK_ARG_STRIDED;
  return direct ? f->total : 0;
}

bool NK_LV(nk_fused_packed)(const void *prep, int k) {
  const nk_fused *f = prep;
  return f->arg[k].kind == NK_ARG_BITS;
}

void NK_LV(nk_fused_part)(const void *prep, char *const *at, int64_t n) {
  const nk_fused *f = prep;
  if (f->native != NULL)
    NK_LV(nk_native_part)(f, at, n);
  else
    NK_LV(nk_fused_span)(f, at, n);
}

void NK_LV(nk_fused_release)(void *prep) {
  nk_fused *f = prep;
  if (f != NULL) NK_LV(nk_native_free)(f->native);
  nk_free(f);
}
