/* Runs a compiled group: rows, blocks, steps.
 *
 * Per row the scalar operands are repeated and what depends on them alone is computed; per block
 * strided inputs are copied in, the steps run, strided outputs are copied out. The last elements of
 * a row that do not fill NK_LANES go through the same steps in padded copies, so the bits of an
 * element do not depend on where it stands. Large problems are cut in chunks of a size that
 * depends on the problem alone. Denormal results of the float operations are flushed to zero.
 */
#include <string.h>

#include "../../simd/bits.h"
#include "../../simd/flush.h"
#include "fused.h"
#include "native/native.h"

typedef struct runner {
  const nk_fused *f;
  const nk_call *call;
  char *work;
  bool strided; /* is anything copied to blocks? */
  nk_fused_pairs pairs;
  char *bits[NK_MAX_OPERANDS]; /* where operands that are bits stand */
  char *r[NK_FUSED_REGS];      /* of a strided operand too: where its values stand */
} runner;

static char *operand_data(const nk_call *call, const nk_fused *f, int k) {
  return k < f->n_in ? call->in[k].data : call->out[k - f->n_in].data;
}

/* Where a direct or scalar operand starts at flat index `start`. */
static char *operand_at(const runner *p, int k, int64_t start) {
  const nk_fused *f = p->f;
  const nk_arg *arg = f->arg + k;
  char *data = operand_data(p->call, f, k);
  if (arg->kind == NK_ARG_BITS) return data + start / 8;
  if (f->row_ndim == 0) return arg->kind == NK_ARG_DIRECT ? data + start * arg->size : data;
  int64_t row = start / f->row;
  if (arg->kind == NK_ARG_DIRECT) data += (start - row * f->row) * arg->size;
  for (int d = f->row_ndim - 1; d >= 0; d--) {
    data += row % f->shape[d] * arg->stride[d];
    row /= f->shape[d];
  }
  return data;
}

static void splat(char *to, const char *from, int size) {
  uint64_t word = 0;
  memcpy(&word, from, (size_t)size);
  switch (size) {
  case 1: word *= 0x0101010101010101u; break;
  case 2: word *= 0x0001000100010001u; break;
  case 4: word |= word << 32; break;
  default: break;
  }
  for (int i = 0; i < 2 * size; i++) memcpy(to + 8 * i, &word, sizeof word);
}

/* Small copies without a library call. */
static void copy_bytes(char *to, const char *from, size_t n) {
  for (; n >= 8; n -= 8, to += 8, from += 8) memcpy(to, from, 8);
  if (n & 4) memcpy(to, from, 4), to += 4, from += 4;
  if (n & 2) memcpy(to, from, 2), to += 2, from += 2;
  if (n & 1) *to = *from;
}

static void run_steps(runner *p, int64_t n) {
  const nk_step *step = p->f->step;
  for (int k = 0; k < p->f->n_step; k++) step[k].fn(n, p->r, step + k);
}

/* One block: n elements from flat index `start`, n a multiple of NK_LANES or a remainder below it.
 * Direct registers stand at the first element. */
static void run_block(runner *p, int64_t start, int64_t n) {
  const nk_fused *f = p->f;
  char **r = p->r;
  const int n_arg = f->n_in + f->n_out;
  const bool tail = n < NK_LANES;
  char *direct[NK_MAX_OPERANDS];
  if (p->strided) NK_LV(nk_fused_gather)(r, f, &p->pairs, p->call, start, n);
  for (int k = 0; k < f->n_in; k++) {
    const nk_arg *arg = f->arg + k;
    if (arg->kind == NK_ARG_BITS) nk_bits_to_flags(r[arg->reg], p->bits[k], n);
    if (tail && arg->kind == NK_ARG_DIRECT) {
      copy_bytes(p->work + arg->tail, r[k], (size_t)n * arg->size);
      r[k] = p->work + arg->tail;
    }
  }
  for (int k = f->n_in; k < n_arg && tail; k++) {
    direct[k - f->n_in] = r[k];
    if (f->arg[k].kind != NK_ARG_STRIDED) r[k] = p->work + f->arg[k].tail;
  }
  run_steps(p, tail ? NK_LANES : n);
  for (int k = f->n_in; k < n_arg && p->strided; k++) /* a value may stand in a direct operand */
    if (f->arg[k].kind == NK_ARG_STRIDED) r[k] = r[f->arg[k].reg];
  if (p->strided) NK_LV(nk_fused_scatter)(r, f, &p->pairs, p->call, start, n);
  for (int k = f->n_in; k < n_arg; k++) {
    const nk_arg *arg = f->arg + k;
    if (arg->kind == NK_ARG_BITS)
      nk_bits_of_flags(p->bits[k], r[arg->reg], n);
    else if (tail && arg->kind == NK_ARG_DIRECT)
      copy_bytes(direct[k - f->n_in], r[k], (size_t)n * arg->size);
  }
  for (int k = 0; k < n_arg && !tail; k++) {
    if (f->arg[k].kind == NK_ARG_DIRECT) r[k] += n * f->arg[k].size;
    if (f->arg[k].kind == NK_ARG_BITS) p->bits[k] += n / 8;
  }
}

/* Part of one row: flat indices start .. stop - 1, direct and scalar operands from the addresses. */
static void run_span(runner *p, char *const *at, int64_t start, int64_t stop) {
  const nk_fused *f = p->f;
  for (int k = 0; k < f->n_in + f->n_out; k++) {
    const nk_arg *arg = f->arg + k;
    if (arg->kind == NK_ARG_DIRECT)
      p->r[k] = at[k];
    else if (arg->kind == NK_ARG_SCALAR)
      splat(p->r[arg->reg], at[k], arg->size);
    else if (arg->kind == NK_ARG_BITS)
      p->bits[k] = at[k];
  }
  const int64_t whole = (stop - start) & -NK_LANES;
  const int64_t fill = whole < f->block ? whole : f->block;
  for (int k = 0; k < f->n_before; k++)
    f->before[k].fn(k < f->n_splat || fill < NK_LANES ? NK_LANES : fill, p->r, f->before + k);
  for (int64_t n; (n = stop - start) > 0; start += n) {
    if (n > f->block) n = f->block;
    if (n > NK_LANES) n &= -NK_LANES;
    run_block(p, start, n);
  }
}

static void start_runner(runner *p, const nk_fused *f, const nk_call *call, char *work) {
  p->f = f;
  p->call = call;
  p->work = work;
  char **r = p->r + f->n_in + f->n_out;
  for (int c = 0; c < f->n_const; c++) *r++ = f->constant + (size_t)c * NK_FUSED_SPLAT;
  for (int k = 0; k < f->n_place; k++) *r++ = work + f->place[k];
  p->strided = false;
  for (int k = 0; k < f->n_in + f->n_out; k++) {
    if (f->arg[k].kind != NK_ARG_STRIDED) continue;
    p->strided = true;
    if (k < f->n_in) p->r[k] = p->r[f->arg[k].reg];
  }
  if (p->strided) NK_LV(nk_fused_pair)(&p->pairs, f, call);
}

void NK_LV(nk_fused_span)(const nk_fused *f, char *const *at, int64_t n) {
  _Alignas(NK_ALIGN) char stack[NK_FUSED_STACK];
  runner p;
  start_runner(&p, f, NULL, stack);
  const unsigned mode = f->flush ? nk_flush_begin() : 0;
  run_span(&p, at, 0, n);
  if (f->flush) nk_flush_end(mode);
}

static void run_range(const nk_call *call, char *work, int64_t start, int64_t stop) {
  const nk_fused *f = call->prep;
  runner p;
  start_runner(&p, f, call, work);
  char *at[NK_MAX_OPERANDS];
  const unsigned mode = f->flush ? nk_flush_begin() : 0;
  while (start < stop) {
    const int64_t end = start - start % f->row + f->row;
    for (int k = 0; k < f->n_in + f->n_out; k++) at[k] = operand_at(&p, k, start);
    run_span(&p, at, start, end < stop ? end : stop);
    start = end;
  }
  if (f->flush) nk_flush_end(mode);
}

void NK_LV(nk_fused_range)(const nk_call *call, int64_t start, int64_t stop) {
  const nk_fused *f = call->prep;
  if (f->native != NULL) {
    NK_LV(nk_native_range)(call, start, stop);
    return;
  }
  _Alignas(NK_ALIGN) char stack[NK_FUSED_STACK];
  run_range(call, NK_LV(nk_fused_needs_work)(f) ? call->work : stack, start, stop);
}

static nk_status run_chunk(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_fused *f = call->prep;
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  const int64_t start = chunk * f->chunk, stop = start + f->chunk;
  NK_LV(nk_fused_range)(call, start, stop < f->total ? stop : f->total);
  return NK_OK;
}

nk_status NK_LV(nk_fused_run)(const nk_call *call) {
  const nk_fused *f = call->prep;
  if (f->native != NULL) return NK_LV(nk_native_run)(call);
  const int64_t n_chunks = f->chunk > 0 ? (f->total + f->chunk - 1) / f->chunk : 0;
  if (n_chunks > 1 && !NK_LV(nk_fused_needs_work)(f))
    return nk_parallel(call->ctx, n_chunks, run_chunk, (void *)(uintptr_t)call);
  for (int64_t c = 0; c < n_chunks; c++) {
    const nk_status status = run_chunk((void *)(uintptr_t)call, c, 0);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}
