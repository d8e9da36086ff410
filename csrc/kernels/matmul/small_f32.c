/* Matrix times vector and small products, float32. */
#include "matmul.h"

#define REAL float
#define VEC f32x16
#define FMA NK_FMAF
#define NAME(x) x##_f32
#include "small_typed.h"
