/* Runs the machine code of a group, row by row, in pieces when there is much of it. */
#include <string.h>

#include "../../../simd/bits.h"
#include "../../../simd/flush.h"
#include "native.h"

enum {
  PAD = 64,   /* bytes of a padded remainder: lanes of any type */
  BLOCK = 256 /* elements of a strided operand copied at once */
};

static size_t n_bytes(const nk_arg *arg, int64_t n) {
  return (size_t)(arg->kind == NK_ARG_BITS ? nk_bits_bytes(n) : n * arg->size);
}

/* Fewer elements than the grain, where the code has no masked turn: the same code on padded copies. */
static void run_padded(const nk_fused *f, char *const *at, int64_t n) {
  _Alignas(NK_ALIGN) char pad[NK_MAX_OPERANDS][PAD];
  char *operand[NK_MAX_OPERANDS];
  const int n_arg = f->n_in + f->n_out;
  for (int k = 0; k < n_arg; k++) {
    operand[k] = at[k];
    if (f->arg[k].kind == NK_ARG_SCALAR) continue;
    operand[k] = pad[k];
    memset(pad[k], 0, PAD);
    if (k < f->n_in) memcpy(pad[k], at[k], n_bytes(f->arg + k, n));
  }
  f->native->fn(operand, f->native->grain);
  for (int k = f->n_in; k < n_arg; k++) {
    if (f->arg[k].kind == NK_ARG_BITS) pad[k][n / 8] &= (char)((1 << n % 8) - 1);
    memcpy(at[k], pad[k], n_bytes(f->arg + k, n));
  }
}

/* n elements of one row from the addresses in `at`. */
static void run_span(const nk_fused *f, char *const *at, int64_t n) {
  const nk_native *native = f->native;
  const int64_t whole = native->tails ? n : n - n % native->grain;
  if (whole > 0) native->fn(at, whole);
  if (whole == n) return;
  char *rest[NK_MAX_OPERANDS];
  for (int k = 0; k < f->n_in + f->n_out; k++)
    rest[k] = at[k] + (f->arg[k].kind == NK_ARG_SCALAR ? 0 : nk_arg_bytes(f->arg + k, whole));
  run_padded(f, rest, n - whole);
}

void NK_LV(nk_native_part)(const nk_fused *f, char *const *at, int64_t n) {
  const unsigned mode = f->flush ? nk_flush_begin() : 0;
  run_span(f, at, n);
  if (f->flush) nk_flush_end(mode);
}

static char *operand_data(const nk_call *call, int k) {
  return k < call->n_in ? call->in[k].data : call->out[k - call->n_in].data;
}

/* Address of operand k at flat index `start`. */
static char *address(const nk_call *call, const nk_fused *f, int k, int64_t start) {
  const nk_arg *arg = f->arg + k;
  char *data = operand_data(call, k);
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

/* Part of one row with strided operands: they are copied to blocks and back. */
static void run_blocks(const nk_call *call, const nk_fused *f, char **at, int64_t start,
                       int64_t stop) {
  _Alignas(NK_ALIGN) char block[NK_NATIVE_STRIDED][BLOCK * 8];
  nk_fused_pairs pairs;
  const int n_arg = f->n_in + f->n_out;
  NK_LV(nk_fused_pair)(&pairs, f, call);
  for (int k = 0, n = 0; k < n_arg; k++)
    if (f->arg[k].kind == NK_ARG_STRIDED) at[k] = block[n++];
  for (int64_t n; start < stop; start += n) {
    n = stop - start < BLOCK ? stop - start : BLOCK;
    NK_LV(nk_fused_gather)(at, f, &pairs, call, start, n);
    run_span(f, at, n);
    NK_LV(nk_fused_scatter)(at, f, &pairs, call, start, n);
    for (int k = 0; k < n_arg; k++) {
      const nk_arg *arg = f->arg + k;
      if (arg->kind == NK_ARG_DIRECT || arg->kind == NK_ARG_BITS) at[k] += nk_arg_bytes(arg, n);
    }
  }
}

void NK_LV(nk_native_range)(const nk_call *call, int64_t start, int64_t stop) {
  const nk_fused *f = call->prep;
  char *at[NK_MAX_OPERANDS];
  const unsigned mode = f->flush ? nk_flush_begin() : 0;
  while (start < stop) {
    int64_t end = start - start % f->row + f->row;
    if (end > stop) end = stop;
    for (int k = 0; k < f->n_in + f->n_out; k++) at[k] = address(call, f, k, start);
    if (f->native->strided)
      run_blocks(call, f, at, start, end);
    else
      run_span(f, at, end - start);
    start = end;
  }
  if (f->flush) nk_flush_end(mode);
}

static nk_status run_chunk(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  const nk_fused *f = call->prep;
  (void)worker;
  if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  const int64_t start = chunk * f->native->chunk, stop = start + f->native->chunk;
  NK_LV(nk_native_range)(call, start, stop < f->total ? stop : f->total);
  return NK_OK;
}

nk_status NK_LV(nk_native_run)(const nk_call *call) {
  const nk_fused *f = call->prep;
  if (f->total > f->native->chunk)
    return nk_parallel(call->ctx, (f->total + f->native->chunk - 1) / f->native->chunk, run_chunk,
                       (void *)(uintptr_t)call);
  if (f->row_ndim > 0 || f->native->strided) {
    NK_LV(nk_native_range)(call, 0, f->total);
    return NK_OK;
  }
  char *at[NK_MAX_OPERANDS];
  for (int k = 0; k < f->n_in; k++) at[k] = call->in[k].data;
  for (int k = 0; k < f->n_out; k++) at[f->n_in + k] = call->out[k].data;
  const unsigned mode = f->flush ? nk_flush_begin() : 0;
  run_span(f, at, f->total);
  if (f->flush) nk_flush_end(mode);
  return NK_OK;
}
