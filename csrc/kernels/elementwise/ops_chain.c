/* Superinstructions (a op1 b) op2 c, fma(a - b, c, e), fma(a - b, c, d - e) and fma(a, b, c * d) on
 * floats: all roundings of the operations they replace, one store.
 *
 * A block operation is bounded by its store, so a chain halves the cost: decay-and-add x*c + y,
 * driving forces (e - v)*g, Euler steps d*dt + v. Letters: which operands are vectors and which one
 * value. op1 add and mul commute, so a scalar stands second there; only sub and div need s first.
 */
#include "ops.h"

#define CHAIN(T, name, suffix, X, Y, Z, first, second)                         \
  static void name##_##T##suffix(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                       \
    const T *a = (const T *)r[s->s[0]], a0 = a[0];                             \
    const T *b = (const T *)r[s->s[1]], b0 = b[0];                             \
    const T *c = (const T *)r[s->s[2]], c0 = c[0];                             \
    (void)a0, (void)b0, (void)c0;                                              \
    NK_BLOCK_LOOP {                                                            \
      const T x = X, y = Y, z = Z, t = first;                                  \
      d[i] = second;                                                           \
    }                                                                          \
  }
#define CHAIN_RIGHT(T, name, first, second)                                    \
  CHAIN(T, name, _vvv, a[i], b[i], c[i], first, second)                        \
  CHAIN(T, name, _vsv, a[i], b0, c[i], first, second)                          \
  CHAIN(T, name, _vvs, a[i], b[i], c0, first, second)                          \
  CHAIN(T, name, _vss, a[i], b0, c0, first, second)
#define CHAIN_LEFT(T, name, first, second)                                     \
  CHAIN(T, name, _svv, a0, b[i], c[i], first, second)                          \
  CHAIN(T, name, _svs, a0, b[i], c0, first, second)
#define CHAIN_SECOND(KIND, T, name, first)                                     \
  KIND(T, name##_add, first, t + z)                                            \
  KIND(T, name##_sub, first, t - z)                                            \
  KIND(T, name##_mul, first, t *z)                                             \
  KIND(T, name##_div, first, t / z)                                            \
  KIND(T, name##_rsub, first, z - t)
#define CHAIN_ALL(T)                                                           \
  CHAIN_SECOND(CHAIN_RIGHT, T, add, x + y)                                     \
  CHAIN_SECOND(CHAIN_RIGHT, T, sub, x - y)                                     \
  CHAIN_SECOND(CHAIN_RIGHT, T, mul, x *y)                                      \
  CHAIN_SECOND(CHAIN_RIGHT, T, div, x / y)                                     \
  CHAIN_SECOND(CHAIN_LEFT, T, sub, x - y)                                      \
  CHAIN_SECOND(CHAIN_LEFT, T, div, x / y)

CHAIN_ALL(float)
CHAIN_ALL(double)

#define SUB_FMA(T, F, suffix, X, Y, Z)                                             \
  static void sub_fma_##T##suffix(int64_t n, char *const *r, const nk_step *s) {   \
    T *d = (T *)r[s->d];                                                           \
    const T *a = (const T *)r[s->s[0]], a0 = a[0];                                 \
    const T *b = (const T *)r[s->s[1]], b0 = b[0];                                 \
    const T *c = (const T *)r[s->s[2]], c0 = c[0];                                 \
    const T *e = (const T *)r[s->s[3]];                                            \
    (void)a0, (void)b0, (void)c0;                                                  \
    NK_BLOCK_LOOP { d[i] = F(X - Y, Z, e[i]); }                                    \
  }
#define SUB_FMA_ALL(T, F)                \
  SUB_FMA(T, F, _vvv, a[i], b[i], c[i])  \
  SUB_FMA(T, F, _svv, a0, b[i], c[i])    \
  SUB_FMA(T, F, _vsv, a[i], b0, c[i])    \
  SUB_FMA(T, F, _vvs, a[i], b[i], c0)    \
  SUB_FMA(T, F, _svs, a0, b[i], c0)      \
  SUB_FMA(T, F, _vss, a[i], b0, c0)

SUB_FMA_ALL(float, NK_FMAF)
SUB_FMA_ALL(double, NK_FMA)

#define SUB_FMA_SUB(T, F)                                                             \
  static void sub_fma_sub_##T##_svvsv(int64_t n, char *const *r, const nk_step *s) { \
    T *o = (T *)r[s->d];                                                           \
    const T a0 = *(const T *)r[s->s[0]], d0 = *(const T *)r[s->s[3]];              \
    const T *b = (const T *)r[s->s[1]];                                            \
    const T *c = (const T *)r[s->s[2]];                                            \
    const T *e = (const T *)r[s->s[4]];                                            \
    NK_BLOCK_LOOP { o[i] = F(a0 - b[i], c[i], d0 - e[i]); }                        \
  }

SUB_FMA_SUB(float, NK_FMAF)
SUB_FMA_SUB(double, NK_FMA)

#define MUL_FMA(T, F, suffix, Y, W)                                                \
  static void mul_fma_##T##suffix(int64_t n, char *const *r, const nk_step *s) {   \
    T *o = (T *)r[s->d];                                                           \
    const T *a = (const T *)r[s->s[0]];                                            \
    const T *b = (const T *)r[s->s[1]], b0 = b[0];                                 \
    const T *c = (const T *)r[s->s[2]];                                            \
    const T *d = (const T *)r[s->s[3]], d0 = d[0];                                 \
    (void)b0, (void)d0;                                                            \
    NK_BLOCK_LOOP { o[i] = F(a[i], Y, c[i] * W); }                                 \
  }
#define MUL_FMA_ALL(T, F)          \
  MUL_FMA(T, F, _vvvv, b[i], d[i]) \
  MUL_FMA(T, F, _vsvv, b0, d[i])   \
  MUL_FMA(T, F, _vvvs, b[i], d0)   \
  MUL_FMA(T, F, _vsvs, b0, d0)

MUL_FMA_ALL(float, NK_FMAF)
MUL_FMA_ALL(double, NK_FMA)

#define CODE(first, second) NK_CHAIN_CODE(NK_CHAIN_##first, NK_CHAIN_##second)
#define ROW_RIGHT(T, type, code, name)          \
  {code, type, 0, 0, name##_##T##_vvv},         \
  {code, type, 2, 0, name##_##T##_vsv},         \
  {code, type, 4, 0, name##_##T##_vvs},         \
  {code, type, 6, 0, name##_##T##_vss},
#define ROW_LEFT(T, type, code, name)           \
  {code, type, 1, 0, name##_##T##_svv},         \
  {code, type, 5, 0, name##_##T##_svs},
#define ROW_SECOND(KIND, T, type, FIRST, name)         \
  KIND(T, type, CODE(FIRST, ADD), name##_add)          \
  KIND(T, type, CODE(FIRST, SUB), name##_sub)          \
  KIND(T, type, CODE(FIRST, MUL), name##_mul)          \
  KIND(T, type, CODE(FIRST, DIV), name##_div)          \
  KIND(T, type, CODE(FIRST, RSUB), name##_rsub)
#define ROWS(T, type)                                  \
  ROW_SECOND(ROW_RIGHT, T, type, ADD, add)             \
  ROW_SECOND(ROW_RIGHT, T, type, SUB, sub)             \
  ROW_SECOND(ROW_RIGHT, T, type, MUL, mul)             \
  ROW_SECOND(ROW_RIGHT, T, type, DIV, div)             \
  ROW_SECOND(ROW_LEFT, T, type, SUB, sub)              \
  ROW_SECOND(ROW_LEFT, T, type, DIV, div)              \
  {NK_OP_SUB_FMA, type, 0, 0, sub_fma_##T##_vvv},      \
  {NK_OP_SUB_FMA, type, 1, 0, sub_fma_##T##_svv},      \
  {NK_OP_SUB_FMA, type, 2, 0, sub_fma_##T##_vsv},      \
  {NK_OP_SUB_FMA, type, 4, 0, sub_fma_##T##_vvs},      \
  {NK_OP_SUB_FMA, type, 5, 0, sub_fma_##T##_svs},      \
  {NK_OP_SUB_FMA, type, 6, 0, sub_fma_##T##_vss},      \
  {NK_OP_SUB_FMA_SUB, type, 9, 0, sub_fma_sub_##T##_svvsv}, \
  {NK_OP_MUL_FMA, type, 0, 0, mul_fma_##T##_vvvv},     \
  {NK_OP_MUL_FMA, type, 2, 0, mul_fma_##T##_vsvv},     \
  {NK_OP_MUL_FMA, type, 8, 0, mul_fma_##T##_vvvs},     \
  {NK_OP_MUL_FMA, type, 10, 0, mul_fma_##T##_vsvs},

static const nk_op_row table[] = {ROWS(float, NK_F32) ROWS(double, NK_F64)};
NK_ROWS(nk_ops_chain, table)
