/* Blocks folded by machine code that keeps the values in registers.
 *
 * It makes values and adds them up in one loop, so with denormal results flushed to zero in both,
 * which groups do and reductions do not. Where nothing was flushed the bits are those of the two apart;
 * where something was, the block is made again the other way, and so are the rest of the chunk's.
 */
#include "../../simd/flush.h"
#include "fold.h"

/* Operands of more bytes come from main memory, which streams faster to code that reads them in order
 * than to code that reads eight places in turn. */
enum { CACHE = 1 << 22 };

static bool is_float(nk_dtype dtype) { return dtype == NK_F32 || dtype == NK_F64; }

/* Sums and products of floats in rows of whole vectors, of a group whose operands fit the cache, are
 * contiguous or one value, and which does not write over what it reads: a block may be made twice. */
static bool has_code(const nk_fold *f, const nk_call *call) {
  const nk_fused *g = f->group;
  if (f->q != 1 || g->native == NULL || g->native->strided || g->row_ndim > 0 ||
      f->block % 8 != 0 || f->block <= 32)
    return false;
  int64_t bytes = 0;
  for (int k = 0; k < g->n_in + g->n_out; ++k) {
    if (g->arg[k].kind == NK_ARG_BITS) return false;
    if (g->arg[k].kind == NK_ARG_DIRECT) bytes += g->total * g->arg[k].size;
  }
  for (int j = 0; j < f->n_out; ++j) bytes -= g->total * f->out[j].item; /* nowhere in memory */
  if (bytes > CACHE) return false;
  for (int j = 0; j < f->n_out; ++j)
    if (!f->out[j].direct || !f->out[j].kept || !is_float(f->out[j].op->acc)) return false;
  for (int k = 0; k < call->n_out && f->n_out < call->n_out; ++k)
    if (call->alias == NULL || call->alias[k] >= 0) return false;
  return true;
}

nk_status NK_LV(nk_fold_code_new)(nk_fold *f, const nk_call *call, const nk_call *group) {
  f->block = f->r < NK_REDUCE_BLOCK ? f->r : NK_REDUCE_BLOCK;
  if (!has_code(f, call)) return NK_OK;
  nk_native_fold fold = {.block = f->block};
  for (int j = 0; j < f->n_out; ++j) {
    const nk_fold_out *o = &f->out[j];
    const bool product = o->op == NK_LV(nk_reduce_prod_op)(o->op->acc);
    if (!product && o->op != NK_LV(nk_reduce_sum_op)(o->op->acc)) return NK_OK;
    fold.folded[o->number] = true;
    fold.product[o->number] = product;
  }
  return NK_LV(nk_native_fold_new)(&f->code, group, f->group, &fold);
}

bool NK_LV(nk_fold_code_run)(nk_fold_space *s, const nk_fold *f, int64_t start, char *const *acc) {
  if (f->code == NULL || s->flushed) return false;
  const nk_call *call = &s->call;
  const nk_arg *arg = f->group->arg;
  char *at[NK_MAX_OPERANDS];
  for (int k = 0; k < call->n_in; ++k)
    at[k] = call->in[k].data + (arg[k].kind == NK_ARG_DIRECT ? start * arg[k].size : 0);
  for (int k = 0; k < call->n_out; ++k)
    at[call->n_in + k] = call->out[k].data + start * arg[call->n_in + k].size;
  for (int j = 0; j < f->n_out; ++j) at[call->n_in + f->out[j].number] = s->value[j];
  if (!s->watching) s->mode = nk_flush_watch();
  s->watching = true;
  f->code->fn(at, f->block);
  for (int j = 0; j < f->n_out; ++j) f->out[j].op->block(acc[j], s->value[j], f->block / 8);
  s->flushed = nk_flush_happened();
  return !s->flushed;
}

void NK_LV(nk_fold_code_end)(nk_fold_space *s) {
  if (s->watching) nk_flush_unwatch(s->mode);
  s->watching = false;
}
