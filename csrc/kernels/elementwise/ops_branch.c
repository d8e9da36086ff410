/* Superinstructions a cmp b ? c op d : y and a cmp b ? y : c op d on floats, d one value (fma: c d + e).
 *
 * What a threshold decides in a neuron's step is mostly such a choice: count a spike, run down a
 * refractory time, integrate unless refractory. Condition and result of op stay in registers, with
 * the bits of the operations replaced. Letters: b and y, vectors (v) or one value (s).
 */
#include "ops.h"

#define BRANCH(T, name, suffix, B, Y, test, done, yes, no)                      \
  static void name##_##T##suffix(int64_t n, char *const *r, const nk_step *s) { \
    T *to = (T *)r[s->d];                                                       \
    const T *a = (const T *)r[s->s[0]];                                         \
    const T *b = (const T *)r[s->s[1]], b0 = b[0];                              \
    const T *other = (const T *)r[s->s[2]], other0 = other[0];                  \
    const T *c = (const T *)r[s->s[3]];                                         \
    const T d = *(const T *)r[s->s[4]];                                         \
    const T *e = (const T *)r[s->s[5]];                                         \
    (void)b0, (void)other0, (void)e;                                            \
    NK_BLOCK_LOOP {                                                             \
      const T x = done, y = Y;                                                  \
      to[i] = a[i] test B ? yes : no;                                           \
    }                                                                           \
  }
#define BRANCH_MASKS(T, name, test, done, yes, no)            \
  BRANCH(T, name, _vv, b[i], other[i], test, done, yes, no)   \
  BRANCH(T, name, _sv, b0, other[i], test, done, yes, no)     \
  BRANCH(T, name, _vs, b[i], other0, test, done, yes, no)     \
  BRANCH(T, name, _ss, b0, other0, test, done, yes, no)
#define BRANCH_SIDES(T, name, test, done)       \
  BRANCH_MASKS(T, name##_yes, test, done, x, y) \
  BRANCH_MASKS(T, name##_no, test, done, y, x)
#define BRANCH_OPS(T, F, name, test)                \
  BRANCH_SIDES(T, name##_add, test, c[i] + d)       \
  BRANCH_SIDES(T, name##_sub, test, c[i] - d)       \
  BRANCH_SIDES(T, name##_fma, test, F(c[i], d, e[i]))
#define BRANCH_ALL(T, F)   \
  BRANCH_OPS(T, F, lt, <)  \
  BRANCH_OPS(T, F, le, <=) \
  BRANCH_OPS(T, F, gt, >)  \
  BRANCH_OPS(T, F, ge, >=)

BRANCH_ALL(float, NK_FMAF)
BRANCH_ALL(double, NK_FMA)

#define ROWS_MASKS(T, type, code, name)   \
  {code, type, 16, 0, name##_##T##_vv},   \
  {code, type, 18, 0, name##_##T##_sv},   \
  {code, type, 20, 0, name##_##T##_vs},   \
  {code, type, 22, 0, name##_##T##_ss},
#define ROWS_SIDES(T, type, cmp, op, name)                                 \
  ROWS_MASKS(T, type, NK_BRANCH_CODE(NK_OP_##cmp, 0, op), name##_yes)      \
  ROWS_MASKS(T, type, NK_BRANCH_CODE(NK_OP_##cmp, 1, op), name##_no)
#define ROWS_OPS(T, type, cmp)                         \
  ROWS_SIDES(T, type, cmp, NK_BRANCH_ADD, cmp##_add)   \
  ROWS_SIDES(T, type, cmp, NK_BRANCH_SUB, cmp##_sub)   \
  ROWS_SIDES(T, type, cmp, NK_BRANCH_FMA, cmp##_fma)
#define ROWS(T, type) \
  ROWS_OPS(T, type, lt) ROWS_OPS(T, type, le) ROWS_OPS(T, type, gt) ROWS_OPS(T, type, ge)

static const nk_op_row table[] = {ROWS(float, NK_F32) ROWS(double, NK_F64)};
NK_ROWS(nk_ops_branch, table)
