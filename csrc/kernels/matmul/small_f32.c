/* Matrix times vector and small products, float32. */
#include <string.h>

#include "../../simd/lanes.h"
#include "matmul.h"

#define REAL float
#define VEC f32x16
#define FMA NK_FMAF
#define NAME(x) x##_f32
#include "small_typed.h"

#define TILE_LANES NK_F32_LANES
#ifdef NK_FMA_F32
#define TILE_FMA NK_FMA_F32
#endif
#include "tile_typed.h"
