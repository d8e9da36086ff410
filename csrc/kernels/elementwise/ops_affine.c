/* Superinstructions with an affine operand of floats, x * p + q with p and q one value each and one
 * rounding: a cmp x * p + q ? y : z, y and z one value, and e - a * (x * p + q).
 *
 * A moving threshold costs its readers no more loads than one that is stored, so they compute it
 * themselves, with the same bits, and its own step goes.
 */
#include "ops.h"

#define CMP_AFFINE(T, F, name, test)                                                  \
  static void name##_affine_##T##_vvssss(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                              \
    const T *a = (const T *)r[s->s[0]];                                               \
    const T *x = (const T *)r[s->s[1]];                                               \
    const T p = *(const T *)r[s->s[2]], q = *(const T *)r[s->s[3]];                   \
    const T y = *(const T *)r[s->s[4]], z = *(const T *)r[s->s[5]];                   \
    NK_BLOCK_LOOP { d[i] = a[i] test F(x[i], p, q) ? y : z; }                         \
  }
#define AFFINE_RSUB(T, F)                                                             \
  static void affine_rsub_##T##_vvssv(int64_t n, char *const *r, const nk_step *s) {   \
    T *d = (T *)r[s->d];                                                              \
    const T *a = (const T *)r[s->s[0]];                                               \
    const T *x = (const T *)r[s->s[1]];                                               \
    const T p = *(const T *)r[s->s[2]], q = *(const T *)r[s->s[3]];                   \
    const T *e = (const T *)r[s->s[4]];                                               \
    NK_BLOCK_LOOP {                                                                   \
      const T product = a[i] * F(x[i], p, q);                                         \
      d[i] = e[i] - product;                                                          \
    }                                                                                 \
  }
#define AFFINE_ALL(T, F)     \
  CMP_AFFINE(T, F, lt, <)    \
  CMP_AFFINE(T, F, le, <=)   \
  CMP_AFFINE(T, F, gt, >)    \
  CMP_AFFINE(T, F, ge, >=)   \
  AFFINE_RSUB(T, F)

AFFINE_ALL(float, NK_FMAF)
AFFINE_ALL(double, NK_FMA)

#define ROW_CMP(T, type, cmp) \
  {NK_OP_CMP_AFFINE + NK_OP_##cmp - NK_OP_lt, type, 60, 0, cmp##_affine_##T##_vvssss},
#define ROWS(T, type)                                                       \
  ROW_CMP(T, type, lt) ROW_CMP(T, type, le) ROW_CMP(T, type, gt)            \
  ROW_CMP(T, type, ge){NK_OP_AFFINE_RSUB, type, 12, 0, affine_rsub_##T##_vvssv},

static const nk_op_row table[] = {ROWS(float, NK_F32) ROWS(double, NK_F64)};
NK_ROWS(nk_ops_affine, table)
