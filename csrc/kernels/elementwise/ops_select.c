/* select (c ? x : y), the superinstruction (a cmp b ? x : y), and copies of a block.
 *
 * Selection never touches the bits of a value, so it works on unsigned words of the value's size;
 * only the comparison knows the type. cmp_select keeps the condition in a mask register instead of
 * writing it out as bytes and reading it again: threshold-and-reset in one step.
 */
#include "ops.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

#define SELECT(T, suffix, X, Y)                                                \
  static void select_##T##suffix(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                       \
    const u8 *c = (const u8 *)r[s->s[0]];                                      \
    const T *x = (const T *)r[s->s[1]], x0 = x[0];                             \
    const T *y = (const T *)r[s->s[2]], y0 = y[0];                             \
    (void)x0, (void)y0;                                                        \
    NK_BLOCK_LOOP {                                                            \
      const T yes = X, no = Y;                                                 \
      d[i] = c[i] ? yes : no;                                                  \
    }                                                                          \
  }
#define SELECT_ALL(T)                   \
  SELECT(T, _vv, x[i], y[i])            \
  SELECT(T, _sv, x0, y[i])              \
  SELECT(T, _vs, x[i], y0)              \
  SELECT(T, _ss, x0, y0)

SELECT_ALL(u8)
SELECT_ALL(u32)
SELECT_ALL(u64)

#define COMPARE_SELECT(C, T, name, cmp, suffix, B, X, Y)                       \
  static void name##_##C##suffix(int64_t n, char *const *r, const nk_step *s) { \
    T *d = (T *)r[s->d];                                                       \
    const C *a = (const C *)r[s->s[0]];                                        \
    const C *b = (const C *)r[s->s[1]], b0 = b[0];                             \
    const T *x = (const T *)r[s->s[2]], x0 = x[0];                             \
    const T *y = (const T *)r[s->s[3]], y0 = y[0];                             \
    (void)b0, (void)x0, (void)y0;                                              \
    NK_BLOCK_LOOP {                                                            \
      const T yes = X, no = Y;                                                 \
      d[i] = a[i] cmp B ? yes : no;                                            \
    }                                                                          \
  }
#define COMPARE_SELECT_MASKS(C, T, name, cmp)                                  \
  COMPARE_SELECT(C, T, name, cmp, _vvv, b[i], x[i], y[i])                      \
  COMPARE_SELECT(C, T, name, cmp, _vsv, b[i], x0, y[i])                        \
  COMPARE_SELECT(C, T, name, cmp, _vvs, b[i], x[i], y0)                        \
  COMPARE_SELECT(C, T, name, cmp, _vss, b[i], x0, y0)                          \
  COMPARE_SELECT(C, T, name, cmp, _svv, b0, x[i], y[i])                        \
  COMPARE_SELECT(C, T, name, cmp, _ssv, b0, x0, y[i])                          \
  COMPARE_SELECT(C, T, name, cmp, _svs, b0, x[i], y0)                          \
  COMPARE_SELECT(C, T, name, cmp, _sss, b0, x0, y0)
#define COMPARE_SELECT_ALL(C, T)         \
  COMPARE_SELECT_MASKS(C, T, lt, <)      \
  COMPARE_SELECT_MASKS(C, T, le, <=)     \
  COMPARE_SELECT_MASKS(C, T, gt, >)      \
  COMPARE_SELECT_MASKS(C, T, ge, >=)     \
  COMPARE_SELECT_MASKS(C, T, eq, ==)     \
  COMPARE_SELECT_MASKS(C, T, ne, !=)

COMPARE_SELECT_ALL(float, u32)
COMPARE_SELECT_ALL(double, u64)
COMPARE_SELECT_ALL(i32, u32)
COMPARE_SELECT_ALL(i64, u64)

/* Block copy; _s fills a block with one value. */
#define COPY(T)                                                                \
  NK_BLOCK_V(copy_##T, T, T, x)                                                \
  static void copy_##T##_s(int64_t n, char *const *r, const nk_step *s) {      \
    T *d = (T *)r[s->d];                                                       \
    const T x = *(const T *)r[s->s[0]];                                        \
    NK_BLOCK_LOOP { d[i] = x; }                                                \
  }

COPY(u8)
COPY(u16)
COPY(u32)
COPY(u64)

#define ROWS_MOVE(T, type)                         \
  {NK_OP_copy, type, 0, 0, copy_##T##_v},          \
  {NK_OP_copy, type, 1, 0, copy_##T##_s},          \
  {NK_OP_select, type, 0, 0, select_##T##_vv},     \
  {NK_OP_select, type, 2, 0, select_##T##_sv},     \
  {NK_OP_select, type, 4, 0, select_##T##_vs},     \
  {NK_OP_select, type, 6, 0, select_##T##_ss},
#define ROWS_CMP(C, type, name)                                                \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 0, 0, name##_##C##_vvv},  \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 4, 0, name##_##C##_vsv},  \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 8, 0, name##_##C##_vvs},  \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 12, 0, name##_##C##_vss}, \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 2, 0, name##_##C##_svv},  \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 6, 0, name##_##C##_ssv},  \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 10, 0, name##_##C##_svs}, \
  {NK_OP_CMP_SELECT + NK_OP_##name - NK_OP_lt, type, 14, 0, name##_##C##_sss},
#define ROWS_CMP_ALL(C, type)                                                  \
  ROWS_CMP(C, type, lt) ROWS_CMP(C, type, le) ROWS_CMP(C, type, gt)            \
  ROWS_CMP(C, type, ge) ROWS_CMP(C, type, eq) ROWS_CMP(C, type, ne)

static const nk_op_row table[] = {
    {NK_OP_copy, NK_I16, 0, 0, copy_u16_v},
    {NK_OP_copy, NK_I16, 1, 0, copy_u16_s},
    ROWS_MOVE(u8, NK_BOOL) ROWS_MOVE(u32, NK_I32) ROWS_MOVE(u64, NK_I64)
    ROWS_MOVE(u32, NK_F32) ROWS_MOVE(u64, NK_F64)
    ROWS_CMP_ALL(float, NK_F32) ROWS_CMP_ALL(double, NK_F64)
    ROWS_CMP_ALL(i32, NK_I32) ROWS_CMP_ALL(i64, NK_I64)};
NK_ROWS(nk_ops_select, table)
