/* Check and run of kernel `fold`; see fold.h. */
#include "fold.h"

#include <string.h>

nk_status NK_LV(nk_fold_check)(nk_call *call);
nk_status NK_LV(nk_fold_run)(const nk_call *call);
void NK_LV(nk_fold_release)(void *prep);

enum { COUNTS = 4 }; /* P, R, Q, number of axes */

static const nk_reduce_op *find_op(int64_t code, nk_dtype dtype) {
  switch (code) {
    case NK_FOLD_SUM: return NK_LV(nk_reduce_sum_op)(dtype);
    case NK_FOLD_PROD: return NK_LV(nk_reduce_prod_op)(dtype);
    case NK_FOLD_MAX: return NK_LV(nk_reduce_max_op)(dtype);
    case NK_FOLD_MIN: return NK_LV(nk_reduce_min_op)(dtype);
    case NK_FOLD_ANY: return NK_LV(nk_reduce_any_op)(dtype);
    case NK_FOLD_ALL: return NK_LV(nk_reduce_all_op)(dtype);
    default: return NULL;
  }
}

/* ---- check ---- */

/* Is the list as long as its counts say, and is (P, R, Q) the iteration's number of elements? */
static nk_status check_counts(const nk_call *call) {
  nk_error *error = call->ctx->error;
  const int64_t *ip = call->ip;
  if (call->n_out < 1 || call->n_in + call->n_out > NK_MAX_OPERANDS)
    return nk_fail(error, NK_ERR_VALUE, "fold: got %d inputs and %d outputs, wanted 1 to %d in all",
                   call->n_in, call->n_out, NK_MAX_OPERANDS);
  if (call->n_ip < COUNTS || ip[3] < 0 || ip[3] > NK_MAXDIM ||
      call->n_ip < COUNTS + ip[3] + 2 * call->n_out)
    return nk_fail(error, NK_ERR_VALUE, "fold: the parameters end before the outputs do");
  int64_t size = 1, kept;
  for (int64_t d = 0; d < ip[3]; ++d)
    if (ip[COUNTS + d] < 1 || __builtin_mul_overflow(size, ip[COUNTS + d], &size)) size = -1;
  const bool counts = ip[0] > 0 && ip[1] > 0 && ip[2] > 0 &&
                      !__builtin_mul_overflow(ip[0], ip[2], &kept) &&
                      !__builtin_mul_overflow(kept, ip[1], &kept) && kept == size;
  if (!counts)
    return nk_fail(error, NK_ERR_VALUE, "fold: %lld x %lld x %lld is not the iteration's shape",
                   (long long)ip[0], (long long)ip[1], (long long)ip[2]);
  if (ip[2] != 1 && ip[2] < NK_REDUCE_COLUMNS)
    return nk_fail(error, NK_ERR_VALUE, "fold: got %lld columns, wanted 1, or %d and more",
                   (long long)ip[2], NK_REDUCE_COLUMNS);
  return NK_OK;
}

static bool has_shape(const nk_view *v, const int64_t *ip) {
  bool same = v->ndim == ip[3];
  for (int d = 0; same && d < v->ndim; ++d) same = v->shape[d] == ip[COUNTS + d];
  return same;
}

static bool contiguous(const nk_view *v, int64_t size) {
  int64_t step = nk_dtype_size[v->dtype], n = 1;
  for (int d = v->ndim - 1; d >= 0; --d) {
    if (v->shape[d] != 1 && v->stride[d] != step) return false;
    n *= v->shape[d];
    step *= v->shape[d];
  }
  return n == size;
}

/* Folded output k; its view for the group becomes one over the whole iteration. */
static nk_status add_fold(nk_fold *f, const nk_call *call, int k, nk_view *out) {
  nk_error *error = call->ctx->error;
  const int64_t *ip = call->ip, *code = ip + COUNTS + ip[3] + 2 * k;
  const nk_view *view = &call->out[k];
  if (f->n_out == NK_FOLD_OUTPUTS)
    return nk_fail(error, NK_ERR_VALUE, "fold: more than %d outputs are folded", NK_FOLD_OUTPUTS);
  if (code[0] < 0 || code[0] >= NK_FOLD_OPS || code[1] < 0 || code[1] > NK_F64)
    return nk_fail(error, NK_ERR_VALUE, "fold: output %d has no operation %lld on type %lld", k,
                   (long long)code[0], (long long)code[1]);
  if (!contiguous(view, f->p * f->q))
    return nk_fail(error, NK_ERR_VALUE, "fold: output %d is not contiguous with %lld elements", k,
                   (long long)(f->p * f->q));
  const nk_dtype dtype = (nk_dtype)code[1];
  const nk_reduce_op *op = find_op(code[0], dtype);
  nk_fold_out *to = &f->out[f->n_out++];
  to->op = op;
  to->number = k;
  to->load = NK_LV(nk_cast_find)(op->acc, dtype);
  to->store = NK_LV(nk_cast_find)(view->dtype, op->acc);
  to->direct = op->acc == dtype;
  to->kept = op->acc == view->dtype;
  to->item = nk_dtype_size[dtype];
  to->acc_item = nk_dtype_size[op->acc];
  to->out_item = nk_dtype_size[view->dtype];
  out->dtype = dtype;
  out->ndim = (int)ip[3];
  int64_t step = to->item;
  for (int d = out->ndim - 1; d >= 0; --d) {
    out->shape[d] = ip[COUNTS + d];
    out->stride[d] = step;
    step *= out->shape[d];
  }
  return NK_OK;
}

/* Views of the group's outputs, and what is folded. */
static nk_status set_outputs(nk_fold *f, const nk_call *call, nk_view *out) {
  nk_error *error = call->ctx->error;
  for (int k = 0; k < call->n_in; ++k)
    if (!has_shape(&call->in[k], call->ip))
      return nk_fail(error, NK_ERR_VALUE, "fold: input %d has not the iteration's shape", k);
  for (int k = 0; k < call->n_out; ++k) {
    out[k] = call->out[k];
    if (call->ip[COUNTS + call->ip[3] + 2 * k] >= 0) {
      const nk_status status = add_fold(f, call, k, &out[k]);
      if (status != NK_OK) return status;
    } else if (!has_shape(&out[k], call->ip)) {
      return nk_fail(error, NK_ERR_VALUE, "fold: output %d has not the iteration's shape", k);
    }
  }
  if (f->n_out == 0) return nk_fail(error, NK_ERR_VALUE, "fold: no output is folded");
  return NK_OK;
}

static void plan(nk_fold *f, nk_call *call, size_t group_work) {
  const int64_t piece = NK_LV(nk_fused_piece)(f->group);
  const int64_t parts =
      f->q == 1 ? NK_LV(nk_fold_rows_plan)(f, piece) : NK_LV(nk_fold_columns_plan)(f, piece);
  f->work = (group_work + NK_ALIGN - 1) & ~(size_t)(NK_ALIGN - 1);
  int64_t bytes = 0;
  for (int j = 0; j < f->n_out; ++j) {
    f->out[j].part = bytes;
    bytes += (parts * f->out[j].acc_item + NK_ALIGN - 1) & -(int64_t)NK_ALIGN;
  }
  call->work_size = f->work + (size_t)bytes;
}

nk_status NK_LV(nk_fold_check)(nk_call *call) {
  nk_status status = check_counts(call);
  if (status != NK_OK) return status;
  nk_fold *f = nk_alloc_zero(sizeof *f);
  if (f == NULL) return nk_fail(call->ctx->error, NK_ERR_MEMORY, "fold: out of memory");
  nk_view out[NK_MAX_OPERANDS];
  f->p = call->ip[0], f->r = call->ip[1], f->q = call->ip[2];
  nk_call group = *call;
  const int64_t head = COUNTS + call->ip[3] + 2 * call->n_out;
  group.out = out;
  group.ip += head;
  group.n_ip -= head;
  status = set_outputs(f, call, out);
  if (status == NK_OK) status = NK_LV(nk_fused_check)(&group);
  if (status != NK_OK) {
    nk_free(f);
    return status;
  }
  f->group = group.prep;
  status = NK_LV(nk_fold_code_new)(f, call, &group);
  if (status != NK_OK) {
    NK_LV(nk_fold_release)(f);
    return status;
  }
  call->prep = f;
  plan(f, call, group.work_size);
  return NK_OK;
}

void NK_LV(nk_fold_release)(void *prep) {
  nk_fold *f = prep;
  if (f != NULL) {
    NK_LV(nk_fused_release)(f->group);
    NK_LV(nk_native_free)(f->code);
  }
  nk_free(f);
}

/* ---- run ---- */

/* The value of element 0 would lie `start` elements before the space's memory. */
void NK_LV(nk_fold_compute)(nk_fold_space *s, const nk_fold *f, int64_t start, int64_t n) {
  NK_LV(nk_fold_code_end)(s);
  for (int j = 0; j < f->n_out; ++j)
    s->out[f->out[j].number].data =
        (char *)((uintptr_t)s->value[j] - (uintptr_t)(start * f->out[j].item));
  NK_LV(nk_fused_range)(&s->call, start, start + n);
}

static nk_status run_chunk(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_fold *f = call->prep;
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  nk_fold_space s;
  s.call = *call;
  s.call.prep = f->group;
  s.call.out = s.out;
  s.watching = s.flushed = false;
  memcpy(s.out, call->out, (size_t)call->n_out * sizeof *s.out);
  if (f->q == 1)
    NK_LV(nk_fold_rows_chunk)(call, &s, chunk);
  else
    NK_LV(nk_fold_columns_chunk)(call, &s, chunk);
  NK_LV(nk_fold_code_end)(&s);
  return NK_OK;
}

nk_status NK_LV(nk_fold_run)(const nk_call *call) {
  const nk_fold *f = call->prep;
  void *arg = (void *)(uintptr_t)call;
  nk_status status = NK_OK;
  if (f->n_chunk > 1 && !NK_LV(nk_fused_needs_work)(f->group))
    status = nk_parallel(call->ctx, f->n_chunk, run_chunk, arg);
  else
    for (int64_t c = 0; c < f->n_chunk && status == NK_OK; ++c) status = run_chunk(arg, c, 0);
  if (status != NK_OK) return status;
  if (f->q == 1)
    NK_LV(nk_fold_rows_end)(call);
  else
    NK_LV(nk_fold_columns_end)(call);
  return NK_OK;
}
