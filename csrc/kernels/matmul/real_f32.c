/* Matrix times vector and products of matrices, float32. */
#include <string.h>

#include "../../simd/transpose.h"
#include "matmul.h"

#define REAL float
#define VEC f32x16
#define FMA NK_FMAF
#define NAME(x) x##_f32
#include "gemv_typed.h"

#define TILE_LANES NK_F32_LANES
#ifdef NK_FMA_F32
#define TILE_FMA NK_FMA_F32
#endif
#include "tile_typed.h"

#include "product_typed.h"
