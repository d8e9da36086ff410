/* Block operations: functions that compute one operation on a block of values in cache.
 *
 * A block function sees a table of pointers and a step that says which of them are its result and
 * its operands. `n` is always a multiple of NK_LANES: ends of arrays are padded by the caller, so no
 * function has a remainder loop and an element gets the same bits wherever it stands. A bit in the
 * mask of a row says that this operand is one value for the whole block (only element 0 is read).
 * The result may be the memory of an operand of the same type.
 */
#ifndef NK_ELEMENTWISE_OPS_H
#define NK_ELEMENTWISE_OPS_H

#include "../../base/nk.h"
#include "../level.h"

enum { NK_LANES = 16, NK_OP_SOURCES = 6 };

typedef enum nk_op_code {
#define OP(name, arity, result, types) NK_OP_##name,
#include "ops.def"
#undef OP
  NK_OP_TABLE_END,
  /* Superinstructions: what the builder makes of two table rows, with the same bits. */
  NK_OP_CHAIN = 128,      /* (a op1 b) op2 c: NK_OP_CHAIN + nk_chain(op1, op2) */
  NK_OP_CMP_SELECT = 160, /* a cmp b ? c : e: NK_OP_CMP_SELECT + (cmp - NK_OP_lt) */
  NK_OP_CMP_AFFINE = 166, /* a cmp x * p + q ? y : z, cmp lt .. ge, x * p + q rounded once */
  NK_OP_SUB_FMA = 170,    /* (a - b) * c + e, the product and the last sum rounded once */
  NK_OP_SUB_FMA_SUB,      /* (a - b) * c + (d - e), likewise */
  NK_OP_MUL_FMA,          /* a * b + c * d, c * d rounded first */
  NK_OP_AFFINE_RSUB,      /* e - a * (x * p + q), likewise; the product is rounded */
  NK_OP_BRANCH = 176,     /* a cmp b ? c op d : y, or ? y : c op d: NK_BRANCH_CODE */
  NK_OP_CODES = 200
} nk_op_code;

/* First and second operation of a chain; RSUB is c - (a op1 b), RDIV c / (a op1 b). */
enum { NK_CHAIN_ADD, NK_CHAIN_SUB, NK_CHAIN_MUL, NK_CHAIN_DIV, NK_CHAIN_RSUB, NK_CHAIN_SECOND };
/* cmp is NK_OP_lt .. NK_OP_ge; `no` when the result of op is what a false comparison chooses. */
enum { NK_BRANCH_ADD, NK_BRANCH_SUB, NK_BRANCH_FMA, NK_BRANCH_OPS };
#define NK_BRANCH_CODE(cmp, no, op) \
  (NK_OP_BRANCH + (((cmp) - NK_OP_lt) * 2 + (no)) * NK_BRANCH_OPS + (op))
#define NK_CHAIN_CODE(op1, op2) (NK_OP_CHAIN + (op1) * NK_CHAIN_SECOND + (op2))

typedef struct nk_step nk_step;
typedef void (*nk_op_fn)(int64_t n, char *const *r, const nk_step *s);

struct nk_step {
  nk_op_fn fn;
  uint16_t d;
  uint16_t s[NK_OP_SOURCES];
};

typedef struct nk_op_row {
  uint8_t code;
  uint8_t dtype; /* of the computation; of the source for convert */
  uint8_t mask;  /* operands that are one value */
  uint8_t other; /* convert: target type */
  nk_op_fn fn;
} nk_op_row;

typedef struct nk_op_rows {
  const nk_op_row *row;
  int n;
} nk_op_rows;

/* One list of rows per file; nk_op_find searches them all. */
nk_op_rows NK_LV(nk_ops_float)(void);
nk_op_rows NK_LV(nk_ops_int)(void);
nk_op_rows NK_LV(nk_ops_logic)(void);
nk_op_rows NK_LV(nk_ops_select)(void);
nk_op_rows NK_LV(nk_ops_convert)(void);
nk_op_rows NK_LV(nk_ops_math)(void);
nk_op_rows NK_LV(nk_ops_chain)(void);
nk_op_rows NK_LV(nk_ops_branch)(void);
nk_op_rows NK_LV(nk_ops_affine)(void);
nk_op_rows NK_LV(nk_ops_special)(void);

/* The block function for exactly this row, or NULL. */
nk_op_fn NK_LV(nk_op_find)(int code, nk_dtype dtype, int mask, nk_dtype other);

/* Loop head of a block function: lengths are multiples of NK_LANES, and no element depends on
 * another, although result and operand may be the same memory. */
#if defined(__clang__)
#define NK_BLOCK_LOOP                                   \
  _Pragma("clang loop vectorize(assume_safety)") for (int64_t i = 0; i < (n & -NK_LANES); i++)
#else
#define NK_BLOCK_LOOP _Pragma("GCC ivdep") _Pragma("GCC unroll 2") for (int64_t i = 0; i < (n & -NK_LANES); i++)
#endif

/* The same for bodies that call a function per element. */
#define NK_EACH_LOOP for (int64_t i = 0; i < (n & -NK_LANES); i++)

/* Block functions from an expression in x, y, z. The letters after the name say which operands are
 * vectors (v) and which one value (s). */
#define NK_BLOCK_UNARY(LOOP, fn, R, T, expr)                                \
  static void fn##_v(int64_t n, char *const *r, const nk_step *s) {         \
    R *d = (R *)r[s->d];                                                    \
    const T *a = (const T *)r[s->s[0]];                                     \
    LOOP {                                                         \
      const T x = a[i];                                                     \
      d[i] = (R)(expr);                                                     \
    }                                                                       \
  }
#define NK_BLOCK_BINARY(LOOP, fn, suffix, R, T, X, Y, expr)                 \
  static void fn##suffix(int64_t n, char *const *r, const nk_step *s) {     \
    R *d = (R *)r[s->d];                                                    \
    const T *a = (const T *)r[s->s[0]];                                     \
    const T *b = (const T *)r[s->s[1]];                                     \
    const T a0 = a[0], b0 = b[0];                                           \
    (void)a0, (void)b0;                                                     \
    LOOP {                                                         \
      const T x = X, y = Y;                                                 \
      d[i] = (R)(expr);                                                     \
    }                                                                       \
  }
#define NK_BLOCK_V(fn, R, T, expr) NK_BLOCK_UNARY(NK_BLOCK_LOOP, fn, R, T, expr)
#define NK_EACH_V(fn, R, T, expr) NK_BLOCK_UNARY(NK_EACH_LOOP, fn, R, T, expr)
#define NK_EACH_VV(fn, R, T, expr) NK_BLOCK_BINARY(NK_EACH_LOOP, fn, _vv, R, T, a[i], b[i], expr)
#define NK_BLOCK_VV(fn, R, T, expr) NK_BLOCK_BINARY(NK_BLOCK_LOOP, fn, _vv, R, T, a[i], b[i], expr)
#define NK_BLOCK_VS(fn, R, T, expr) NK_BLOCK_BINARY(NK_BLOCK_LOOP, fn, _vs, R, T, a[i], b0, expr)
#define NK_BLOCK_SV(fn, R, T, expr) NK_BLOCK_BINARY(NK_BLOCK_LOOP, fn, _sv, R, T, a0, b[i], expr)
#define NK_BLOCK_2(fn, R, T, expr) \
  NK_BLOCK_VV(fn, R, T, expr) NK_BLOCK_VS(fn, R, T, expr) NK_BLOCK_SV(fn, R, T, expr)

#define NK_ROW_V(name, type, fn) {NK_OP_##name, type, 0, 0, fn##_v},
#define NK_ROW_VV(name, type, fn) {NK_OP_##name, type, 0, 0, fn##_vv},
#define NK_ROW_2(name, type, fn)            \
  {NK_OP_##name, type, 0, 0, fn##_vv},      \
  {NK_OP_##name, type, 2, 0, fn##_vs},      \
  {NK_OP_##name, type, 1, 0, fn##_sv},

#define NK_ROWS(fn, list)                                              \
  nk_op_rows NK_LV(fn)(void) {                                         \
    const nk_op_rows rows = {list, (int)(sizeof list / sizeof *list)}; \
    return rows;                                                       \
  }

#endif
