/* rows: runs a program on one block of rows after the other, so that what passes between its
 * instructions stays in the cache.
 *
 *   ip (n_outer, n_block, parallel, then for each operand, outs first: bytes from one outer index
 *   to the next, bytes from one block to the next), subs (block[, rest])
 *
 * Every outer index has n_block blocks, then the rest where there is one. Blocks do not read what
 * others write. Operands are C-contiguous stretches of memory; a program sees the part that starts
 * at (outer, block), as long as its own input or output.
 */
#include "../base/pool.h"
#include "frame.h"

enum { COUNTS = 3 };

nk_status nk_rows_check(const nk_program *p, const nk_instr *instr, nk_error *error);
nk_status nk_rows_run(const nk_call *call);

/* ---- check ---- */

/* Bytes from the start of an operand to the end of what `sub` sees in its last turn. */
static bool reach(const int64_t *ip, int64_t k, int64_t n_bytes, bool is_rest, int64_t *end) {
  const int64_t outer = ip[COUNTS + 2 * k], block = ip[COUNTS + 2 * k + 1];
  int64_t a, b;
  return outer >= 0 && block >= 0 && !__builtin_mul_overflow(ip[0] - 1, outer, &a) &&
         !__builtin_mul_overflow(ip[1] - !is_rest, block, &b) &&
         !__builtin_add_overflow(a, b, &a) && !__builtin_add_overflow(a, n_bytes, end);
}

static nk_status match(const nk_view *v, const nk_buffer *b, const int64_t *ip, int64_t k,
                       bool is_out, bool is_rest, nk_error *error) {
  int64_t end, item = nk_dtype_size[v->dtype];
  const int64_t *step = ip + COUNTS + 2 * k;
  bool fits = b->kind != NK_BUF_INOUT && b->view.dtype == v->dtype && nk_view_contiguous(v, 0) &&
              reach(ip, k, b->n_bytes, is_rest, &end) && end <= nk_view_size(v) * item &&
              step[0] % item == 0 && step[1] % item == 0;
  if (fits && is_out) /* each turn writes a place of its own */
    fits = (ip[1] == 1 || step[1] >= b->n_bytes) &&
           (ip[0] == 1 || step[0] >= (ip[1] - !is_rest) * step[1] + b->n_bytes);
  if (fits) return NK_OK;
  return nk_fail(error, NK_ERR_VALUE, "operand %lld does not fit its blocks of %lld bytes",
                 (long long)k, (long long)b->n_bytes);
}

nk_status nk_rows_check(const nk_program *p, const nk_instr *instr, nk_error *error) {
  const int64_t *ip = (const int64_t *)p->ips.data + instr->ip;
  const nk_view *view = nk_views(p) + instr->operand;
  const int n = instr->n_out + instr->n_in;
  if (instr->n_sub < 1 || instr->n_ip != COUNTS + 2 * n || ip[0] < 1 || ip[1] < 1 ||
      (ip[2] | 1) != 1 || ip[1] > INT64_MAX / 4 || ip[0] > INT64_MAX / (ip[1] + 1))
    return nk_fail(error, NK_ERR_VALUE, "counts do not fit");
  for (int s = 0; s < instr->n_sub; ++s) {
    const nk_program *sub = nk_subs(p)[instr->sub + s];
    if (sub->n_in != instr->n_in || sub->n_out != instr->n_out)
      return nk_fail(error, NK_ERR_VALUE, "a sub-program has other operands");
    for (int k = 0; k < n; ++k) {
      const bool is_out = k < instr->n_out;
      const int buffer = is_out ? sub->out_buffer[k] : sub->in_buffer[k - instr->n_out];
      nk_status status =
          match(&view[k], &nk_buffers(sub)[buffer], ip, k, is_out, s == 1, error);
      if (status != NK_OK) return status;
    }
  }
  return NK_OK;
}

/* ---- run ---- */

typedef struct turn {
  int sub;              /* block or rest */
  int64_t outer, block; /* where */
} turn;

/* Turns are numbered through: outer index by outer index, the rest last. */
static turn turn_at(const nk_call *call, const nk_instr *instr, int64_t number) {
  const int64_t each = call->ip[1] + instr->n_sub - 1;
  const int64_t block = number % each;
  return (turn){.sub = block == call->ip[1], .outer = number / each, .block = block};
}

static void bind(nk_frame *f, const nk_call *call, turn t) {
  const int64_t *step = call->ip + COUNTS;
  for (int j = 0; j < call->n_out; ++j, step += 2)
    nk_frame_bind_out(f, j, call->out[j].data + t.outer * step[0] + t.block * step[1]);
  for (int k = 0; k < call->n_in; ++k, step += 2)
    nk_frame_bind_in(f, k, call->in[k].data + t.outer * step[0] + t.block * step[1]);
}

typedef struct job {
  const nk_call *call;
  const nk_loop *loop;
  nk_run **runs; /* [n_threads][n_sub], made when first needed */
} job;

static nk_status run_turn(void *arg, int64_t number, int worker) {
  const job *j = arg;
  const nk_instr *instr = j->loop->instr;
  const turn t = turn_at(j->call, instr, number);
  nk_error *error = nk_error_of_thread != NULL ? nk_error_of_thread : j->call->ctx->error;
  nk_run **run = &j->runs[worker * instr->n_sub + t.sub];
  if (nk_cancelled(j->call->ctx)) return NK_ERR_CANCELLED;
  if (*run == NULL) {
    nk_status status = nk_run_new(j->loop->frame[t.sub].program, run, error);
    if (status != NK_OK) return status;
    (*run)->flags = 0;
    (*run)->blamed = false;
    (*run)->progress = NULL;
  }
  (*run)->ctx = (nk_ctx){.n_threads = 1, .cancel = j->call->ctx->cancel, .error = error};
  bind(&(*run)->frame, j->call, t);
  return nk_frame_run(&(*run)->frame);
}

static nk_status run_parallel(const nk_call *call, const nk_loop *loop, int64_t n_turn) {
  const size_t n_run = (size_t)(call->ctx->n_threads * loop->instr->n_sub);
  job j = {.call = call, .loop = loop, .runs = nk_alloc_zero(n_run * sizeof(nk_run *))};
  if (j.runs == NULL) return nk_fail(call->ctx->error, NK_ERR_MEMORY, "out of memory");
  nk_status status = nk_parallel(call->ctx, n_turn, run_turn, &j);
  for (size_t i = 0; i < n_run; ++i) nk_run_free(j.runs[i]);
  nk_free(j.runs);
  return status;
}

nk_status nk_rows_run(const nk_call *call) {
  const nk_loop *loop = call->prep;
  const int64_t n_turn = call->ip[0] * (call->ip[1] + loop->instr->n_sub - 1);
  if (call->ip[2] && call->ctx->n_threads > 1 && loop->frame->run->flags == 0)
    return run_parallel(call, loop, n_turn);
  for (int64_t i = 0; i < n_turn; ++i) {
    const turn t = turn_at(call, loop->instr, i);
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    bind(&loop->frame[t.sub], call, t);
    nk_status status = nk_frame_run(&loop->frame[t.sub]);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}
