/* Comparisons, and everything on bool (one byte per element, 0 or 1).
 *
 * Bool arithmetic is NumPy's: add and maximum are or, mul and minimum are and.
 */
#include "ops.h"

typedef uint8_t b8;
typedef int32_t i32;
typedef int64_t i64;

#define COMPARE(T)                    \
  NK_BLOCK_2(lt_##T, b8, T, x < y)    \
  NK_BLOCK_2(le_##T, b8, T, x <= y)   \
  NK_BLOCK_2(gt_##T, b8, T, x > y)    \
  NK_BLOCK_2(ge_##T, b8, T, x >= y)   \
  NK_BLOCK_2(eq_##T, b8, T, x == y)   \
  NK_BLOCK_2(ne_##T, b8, T, x != y)

COMPARE(b8)
COMPARE(i32)
COMPARE(i64)
COMPARE(float)
COMPARE(double)

NK_BLOCK_V(not_b8, b8, b8, x ^ 1)
NK_BLOCK_2(and_b8, b8, b8, x &y)
NK_BLOCK_2(or_b8, b8, b8, x | y)
NK_BLOCK_2(xor_b8, b8, b8, x ^ y)

#define ROWS(T, type)             \
  NK_ROW_2(lt, type, lt_##T)      \
  NK_ROW_2(le, type, le_##T)      \
  NK_ROW_2(gt, type, gt_##T)      \
  NK_ROW_2(ge, type, ge_##T)      \
  NK_ROW_2(eq, type, eq_##T)      \
  NK_ROW_2(ne, type, ne_##T)

static const nk_op_row table[] = {
    ROWS(b8, NK_BOOL) ROWS(i32, NK_I32) ROWS(i64, NK_I64) ROWS(float, NK_F32) ROWS(double, NK_F64)
    NK_ROW_V(not, NK_BOOL, not_b8)
    NK_ROW_V(invert, NK_BOOL, not_b8)
    NK_ROW_2(add, NK_BOOL, or_b8)
    NK_ROW_2(maximum, NK_BOOL, or_b8)
    NK_ROW_2(or, NK_BOOL, or_b8)
    NK_ROW_2(mul, NK_BOOL, and_b8)
    NK_ROW_2(minimum, NK_BOOL, and_b8)
    NK_ROW_2(and, NK_BOOL, and_b8)
    NK_ROW_2(xor, NK_BOOL, xor_b8)};
NK_ROWS(nk_ops_logic, table)
