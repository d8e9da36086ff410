/* Kernel `fold`: an elementwise group whose outputs may be reduced instead of written.
 *
 * Shape letters: the iteration space, in C order, is (P, R, Q); R is reduced, P Q values are kept.
 * The group runs on pieces that stay in cache, and what it makes is folded at once, by the functions
 * and in the order of the reduction's own kernel (csrc/kernels/reduce), so with the same bits.
 *
 *   ip = P, R, Q, n_axes, shape of the iteration, (operation, dtype of its value) per output,
 *        micro-program of the group (csrc/kernels/elementwise/parse.c)
 *
 * operation: NK_FOLD_*, or -1 for an output that is written as it is. Inputs and written outputs
 * have the iteration's shape, folded outputs are contiguous with P Q elements.
 */
#ifndef NK_KERNELS_FOLD_H
#define NK_KERNELS_FOLD_H

#include "../elementwise/native/native.h"
#include "../reduce/reduce.h"

enum { NK_FOLD_SUM, NK_FOLD_PROD, NK_FOLD_MAX, NK_FOLD_MIN, NK_FOLD_ANY, NK_FOLD_ALL, NK_FOLD_OPS };
enum {
  NK_FOLD_OUTPUTS = 8,      /* most folded outputs */
  NK_FOLD_ITEM = 8,         /* bytes of the largest value of a group */
  NK_FOLD_MEMORY = 1 << 16, /* bytes of running sums of columns */
  NK_FOLD_LEVELS = 10       /* a parallel stretch of columns has at most 2^9 groups of rows */
};

/* A folded output. */
typedef struct nk_fold_out {
  const nk_reduce_op *op;
  nk_cast_loop load, store; /* value to accumulator, accumulator to output */
  int number;               /* of the output in the call */
  bool direct, kept;        /* value, output are of the accumulator's type */
  int64_t item, acc_item, out_item;
  int64_t part; /* bytes from the start of the partial results to its own */
} nk_fold_out;

typedef struct nk_fold {
  nk_fused *group;
  int64_t p, r, q;
  int n_out; /* folded */
  nk_fold_out out[NK_FOLD_OUTPUTS];
  nk_native *code; /* rows: folds blocks of `block` elements in registers; may be NULL */
  int64_t block;
  size_t work;                /* bytes of the group's workspace, before the partial results */
  int64_t per_chunk, n_chunk; /* rows: outputs, or blocks of 1024 elements; columns: tiles */
  int64_t n_block;            /* rows: blocks of one output, where it has more than one */
  int64_t width, n_tile;      /* columns: of one tile, tiles of a row */
  int64_t stretch, n_stretch; /* columns: rows of one piece, pieces */
} nk_fold;

/* What one thread works in: its call of the group, values of a piece, and their conversion. */
typedef struct nk_fold_space {
  nk_call call;
  nk_view out[NK_MAX_OPERANDS];
  _Alignas(NK_ALIGN) char value[NK_FOLD_OUTPUTS][NK_REDUCE_BLOCK * NK_FOLD_ITEM];
  bool watching; /* results that are flushed to zero are noted, since a block in registers */
  bool flushed;  /* there were some: blocks in registers would not have the bits */
  unsigned mode;
  _Alignas(NK_ALIGN) char cast[NK_REDUCE_BLOCK * NK_FOLD_ITEM];
} nk_fold_space;

/* Elements start .. start + n - 1 (n at most NK_REDUCE_BLOCK) of the group: values of folded
 * outputs into the space, the others where they belong. */
void NK_LV(nk_fold_compute)(nk_fold_space *s, const nk_fold *f, int64_t start, int64_t n);

/* code.c: code for whole blocks; a block of f->block elements from `start` on, result of output j to
 * acc[j], or false where it has to be made the other way; the end of a series of blocks. */
nk_status NK_LV(nk_fold_code_new)(nk_fold *f, const nk_call *call, const nk_call *group);
bool NK_LV(nk_fold_code_run)(nk_fold_space *s, const nk_fold *f, int64_t start, char *const *acc);
void NK_LV(nk_fold_code_end)(nk_fold_space *s);

/* Where the partial results of output j start. */
static inline char *nk_fold_part(const nk_call *call, const nk_fold *f, int j) {
  return call->work + f->work + f->out[j].part;
}

/* rows.c, Q = 1, and columns.c: how they are cut, and bytes of partial results per output and byte of
 * its accumulator; one chunk; what is left to do behind all chunks. */
int64_t NK_LV(nk_fold_rows_plan)(nk_fold *f, int64_t piece);
void NK_LV(nk_fold_rows_chunk)(const nk_call *call, nk_fold_space *s, int64_t chunk);
void NK_LV(nk_fold_rows_end)(const nk_call *call);
int64_t NK_LV(nk_fold_columns_plan)(nk_fold *f, int64_t piece);
void NK_LV(nk_fold_columns_chunk)(const nk_call *call, nk_fold_space *s, int64_t chunk);
void NK_LV(nk_fold_columns_end)(const nk_call *call);

#endif
