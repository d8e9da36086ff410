/* Matrix times vector and products of matrices, float64. */
#include <string.h>

#include "../../simd/transpose.h"
#include "matmul.h"

#define REAL double
#define VEC f64x8
#define FMA NK_FMA
#define NAME(x) x##_f64
#include "gemv_typed.h"

#define TILE_LANES NK_F64_LANES
#ifdef NK_FMA_F64
#define TILE_FMA NK_FMA_F64
#endif
#include "tile_typed.h"

#include "product_typed.h"
