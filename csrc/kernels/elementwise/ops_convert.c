/* Conversions as NumPy's astype: C casts, except that anything but zero is True. */
#include "ops.h"

typedef uint8_t b8;

#define TO_ALL(S, name)                            \
  NK_BLOCK_V(name##_bool, b8, S, x != 0)           \
  NK_BLOCK_V(name##_i8, int8_t, S, x)              \
  NK_BLOCK_V(name##_u8, uint8_t, S, x)             \
  NK_BLOCK_V(name##_i16, int16_t, S, x)            \
  NK_BLOCK_V(name##_u16, uint16_t, S, x)           \
  NK_BLOCK_V(name##_u32, uint32_t, S, x)           \
  NK_BLOCK_V(name##_u64, uint64_t, S, x)           \
  NK_BLOCK_V(name##_i32, int32_t, S, x)            \
  NK_BLOCK_V(name##_i64, int64_t, S, x)            \
  NK_BLOCK_V(name##_f32, float, S, x)              \
  NK_BLOCK_V(name##_f64, double, S, x)

TO_ALL(b8, bool)
TO_ALL(int8_t, i8)
TO_ALL(uint8_t, u8)
TO_ALL(int16_t, i16)
TO_ALL(uint16_t, u16)
TO_ALL(int32_t, i32)
TO_ALL(uint32_t, u32)
TO_ALL(int64_t, i64)
TO_ALL(uint64_t, u64)
TO_ALL(float, f32)
TO_ALL(double, f64)

#define ROWS(name, type)                                     \
  {NK_OP_convert, type, 0, NK_BOOL, name##_bool_v},          \
  {NK_OP_convert, type, 0, NK_I8, name##_i8_v},              \
  {NK_OP_convert, type, 0, NK_U8, name##_u8_v},              \
  {NK_OP_convert, type, 0, NK_I16, name##_i16_v},            \
  {NK_OP_convert, type, 0, NK_U16, name##_u16_v},            \
  {NK_OP_convert, type, 0, NK_U32, name##_u32_v},            \
  {NK_OP_convert, type, 0, NK_U64, name##_u64_v},            \
  {NK_OP_convert, type, 0, NK_I32, name##_i32_v},            \
  {NK_OP_convert, type, 0, NK_I64, name##_i64_v},            \
  {NK_OP_convert, type, 0, NK_F32, name##_f32_v},            \
  {NK_OP_convert, type, 0, NK_F64, name##_f64_v},

static const nk_op_row table[] = {
    ROWS(bool, NK_BOOL) ROWS(i8, NK_I8) ROWS(u8, NK_U8) ROWS(i16, NK_I16) ROWS(u16, NK_U16)
    ROWS(i32, NK_I32) ROWS(u32, NK_U32) ROWS(i64, NK_I64) ROWS(u64, NK_U64)
    ROWS(f32, NK_F32) ROWS(f64, NK_F64)};
NK_ROWS(nk_ops_convert, table)
