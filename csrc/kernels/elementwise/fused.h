/* The fused elementwise kernel: types shared by its parser, builder and runner.
 *
 * Letters: B elements of a block, R registers. A register is an index into the table of pointers a
 * block function sees: inputs, outputs, constants, then places in the workspace.
 */
#ifndef NK_ELEMENTWISE_FUSED_H
#define NK_ELEMENTWISE_FUSED_H

#include "../../engine/kernel.h"
#include "ops.h"

enum {
  NK_FUSED_VALUES = 1024,        /* inputs + outputs + constants + operations of one group */
  NK_FUSED_REGS = 3 * NK_FUSED_VALUES,
  NK_FUSED_CACHE = 24576,        /* bytes of block registers: stays in a 32 KiB L1 with the rest */
  NK_FUSED_BLOCK = 512,          /* most elements of a block: loops so short end as predicted */
  NK_FUSED_STACK = 40960,        /* workspace that fits here lives on the runner's stack */
  NK_FUSED_SPLAT = NK_LANES * 8, /* bytes of one value repeated, and of a padded remainder */
  NK_FUSED_CHUNK = 60000,        /* nanoseconds of one parallel piece, by the estimate of build.c */
  NK_FUSED_ROW = 128             /* shorter inner axes are gathered, not looped over */
};

/* A value of the micro-program: input, constant or result of an operation. */
typedef struct nk_value {
  int16_t code;     /* nk_op_code; -1 for inputs and constants */
  uint8_t dtype;    /* of the value */
  uint8_t op_dtype; /* of the computation */
  int32_t src[NK_OP_SOURCES];
  uint8_t n_src;
  bool uniform; /* one value for the whole row */
  bool live;
  bool output;
  bool bits; /* an input of bits, or the name under which a bool is written as bits */
  int32_t uses;
  int32_t last; /* step that reads it last */
  int32_t reg;
} nk_value;

/* The parsed micro-program. Values are numbered inputs, constants, operations. */
typedef struct nk_micro {
  int n_in, n_const, n_op, n_out, n_value;
  int64_t n_bits; /* elements of operands that are bits; 0: there are none */
  const int64_t *constants; /* (dtype, bits) pairs in the call's parameters */
  const int64_t *results;   /* value of each output, in the call's parameters */
  nk_value *value;          /* [n_value] */
} nk_micro;

/* BITS: eight elements to a byte, in C order of the iteration space. */
enum { NK_ARG_DIRECT, NK_ARG_SCALAR, NK_ARG_STRIDED, NK_ARG_BITS };

/* How one operand of the call is walked. */
typedef struct nk_arg {
  uint8_t kind;
  uint8_t size;  /* bytes of an element */
  int32_t reg;   /* direct: its own; scalar: its repeated value; strided, bits: its block */
  int32_t tail;  /* offset of the padded remainder in the workspace */
  int64_t stride[NK_MAXDIM];
} nk_arg;

typedef struct nk_native nk_native; /* machine code of the group; see native/native.h */

typedef struct nk_fused {
  int64_t total, row, block, chunk; /* elements in all, per row, per block, per parallel piece */
  int ndim;                         /* axes after merging */
  int row_ndim;                     /* leading axes the row loop walks */
  int64_t shape[NK_MAXDIM];
  int n_in, n_out, n_const, n_place, n_reg;
  int n_before, n_step; /* steps run once per row, and per block */
  int n_splat;          /* of n_before, the steps on one repeated value; the rest fill blocks */
  bool flush;           /* float arithmetic inside: denormal results are flushed */
  size_t work_size;
  nk_arg *arg;        /* [n_in + n_out] */
  nk_step *before;    /* [n_before] */
  nk_step *step;      /* [n_step] */
  int64_t *place;     /* [n_place] offsets in the workspace of the last registers */
  char *constant;     /* [n_const] repeated values */
  nk_native *native;  /* NULL: the interpreter runs the group */
} nk_fused;

/* Bytes that n elements take, n a multiple of 8 where operands are bits. */
static inline int64_t nk_arg_bytes(const nk_arg *arg, int64_t n) {
  return arg->kind == NK_ARG_BITS ? n / 8 : n * arg->size;
}

/* How many values the operation of a code (which exists) reads. */
int NK_LV(nk_micro_arity)(int64_t code);
nk_status NK_LV(nk_micro_parse)(nk_micro *m, const nk_call *call);
nk_status NK_LV(nk_fused_shape)(nk_fused *f, const nk_call *call, const nk_micro *m);
nk_status NK_LV(nk_fused_build)(nk_fused **result, const nk_call *call);
nk_status NK_LV(nk_fused_run)(const nk_call *call);
nk_status NK_LV(nk_fused_check)(nk_call *call);
void NK_LV(nk_fused_release)(void *prep);
int64_t NK_LV(nk_fused_splits)(const void *prep);
/* n elements of a group without strided operands by the interpreter: ins, then outs, from `at`. */
void NK_LV(nk_fused_span)(const nk_fused *f, char *const *at, int64_t n);

/* Elements start .. stop - 1 of the whole iteration space, in C order; call->prep is the group. */
void NK_LV(nk_fused_range)(const nk_call *call, int64_t start, int64_t stop);
/* Elements that are worth a parallel piece. */
int64_t NK_LV(nk_fused_piece)(const nk_fused *f);
/* Is call->work needed, which threads cannot share? Of f->work_size bytes. */
bool NK_LV(nk_fused_needs_work)(const nk_fused *f);

/* Strided operands that are the parts of the same complex numbers: for each operand that of the imaginary
 * parts, or that it has none, or that there is nothing to copy or it is copied with another. */
enum { NK_PAIR_NONE = -1, NK_PAIR_SECOND = -2 };
typedef struct nk_fused_pairs {
  int16_t other[NK_MAX_OPERANDS];
} nk_fused_pairs;
void NK_LV(nk_fused_pair)(nk_fused_pairs *pairs, const nk_fused *f, const nk_call *call);
/* Copies n elements from flat index `start` of the strided inputs into their blocks, and of the strided
 * outputs back; block[k] is that of operand k. */
void NK_LV(nk_fused_gather)(char *const *block, const nk_fused *f, const nk_fused_pairs *pairs,
                            const nk_call *call, int64_t start, int64_t n);
void NK_LV(nk_fused_scatter)(char *const *block, const nk_fused *f, const nk_fused_pairs *pairs,
                             const nk_call *call, int64_t start, int64_t n);

#endif
