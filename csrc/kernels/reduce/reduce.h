/* What all reductions share. An operation is a row of functions on contiguous blocks of one
 * accumulator type; the walk over axes, the casts and the threads are the driver's.
 *
 * Shape letters: in (kept..., reduced...), out (kept...); R elements are reduced to one.
 */
#ifndef NK_KERNELS_REDUCE_H
#define NK_KERNELS_REDUCE_H

#include "../../engine/kernel.h"
#include "../copy/cast.h"
#include "../level.h"

enum {
  NK_REDUCE_BLOCK = 1024,      /* elements folded at once */
  NK_REDUCE_SEGMENT = 1 << 16, /* rows of more than two are cut into these */
  NK_REDUCE_SHORT = 16,        /* rows below go by columns, where there are NK_REDUCE_COLUMNS */
  NK_REDUCE_COLUMNS = 8,
  NK_REDUCE_GROUP = 32, /* by columns: rows added one after the other, groups then pairwise */
  NK_REDUCE_ITEM = 16   /* bytes of the largest element */
};

typedef struct nk_reduce_op {
  nk_dtype acc;
  const void *identity;                                     /* NULL: empty input is an error */
  void (*block)(void *acc, const void *x, int64_t n);       /* acc = x[0] o ... o x[n - 1], n > 0 */
  void (*merge)(void *acc, const void *x, int64_t n);       /* acc[i] = acc[i] o x[i] */
  int64_t (*find)(const void *x, int64_t n, const void *v); /* first i with x[i] = v or both NaN */
  bool (*better)(const void *x, const void *y);             /* x beats y, a NaN beats a number */
} nk_reduce_op;

typedef struct nk_reduce_plan {
  const nk_reduce_op *op;
  nk_cast_loop load, store; /* in to accumulator, accumulator to out */
  bool direct;              /* in has the accumulator's type */
  bool columns;             /* walk rows of neighbouring outputs instead of one output at a time */
  int n_kept, n_reduced;
  int64_t item, acc_item, n_out, n_row;
  int64_t kept[NK_MAXDIM], kept_in[NK_MAXDIM], kept_out[NK_MAXDIM];
  int64_t reduced[NK_MAXDIM], reduced_in[NK_MAXDIM];
  int64_t per_chunk, n_chunk; /* outputs, or tiles of outputs */
  int64_t tiles;              /* columns: tiles along the last kept axis */
  int64_t n_segment;          /* rows so long that they are cut: parts per output */
} nk_reduce_plan;

/* Validates, merges axes, cuts chunks; op is chosen by the caller, who owns *p. */
nk_status NK_LV(nk_reduce_plan_make)(nk_reduce_plan *p, const nk_reduce_op *op, nk_call *call);
/* Block number `pos / NK_REDUCE_BLOCK` of one output's elements, in C order of the reduced axes. */
const void *NK_LV(nk_reduce_read)(const nk_reduce_plan *p, const char *base, int64_t pos,
                                  int64_t n, void *buffer);
/* Bytes from the start of in and of out to an output. */
void NK_LV(nk_reduce_locate)(const nk_reduce_plan *p, int64_t output, int64_t *in, int64_t *out);
/* n partial results become one, in place. */
void NK_LV(nk_reduce_fold)(const nk_reduce_op *op, char *part, int64_t n);
nk_status NK_LV(nk_reduce_run)(const nk_call *call);

/* check for an operation: picks the row for the input's type and makes the plan. */
typedef const nk_reduce_op *(*nk_reduce_choose)(nk_dtype dtype);
nk_status NK_LV(nk_reduce_check)(nk_call *call, const char *name, nk_reduce_choose choose);

/* The row of each operation for elements of a type; NULL where it does not take them. */
const nk_reduce_op *NK_LV(nk_reduce_sum_op)(nk_dtype dtype);
const nk_reduce_op *NK_LV(nk_reduce_prod_op)(nk_dtype dtype);
const nk_reduce_op *NK_LV(nk_reduce_max_op)(nk_dtype dtype);
const nk_reduce_op *NK_LV(nk_reduce_min_op)(nk_dtype dtype);
const nk_reduce_op *NK_LV(nk_reduce_any_op)(nk_dtype dtype);
const nk_reduce_op *NK_LV(nk_reduce_all_op)(nk_dtype dtype);

#endif
