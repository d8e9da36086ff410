/* The tiles of matmul_sum for both element types. */
#include <string.h>

#include "../../simd/lanes.h"
#include "matmul_sum.h"

#define REAL float
#define NAME(x) x##_f32
#define TILE_LANES NK_F32_LANES
#ifdef NK_FMA_F32
#define TILE_FMA NK_FMA_F32
#endif
#include "tile_typed.h"

#include "sum_typed.h"
#undef REAL
#undef NAME
#undef TILE_LANES
#undef TILE_FMA

#define REAL double
#define NAME(x) x##_f64
#define TILE_LANES NK_F64_LANES
#ifdef NK_FMA_F64
#define TILE_FMA NK_FMA_F64
#endif
#include "tile_typed.h"

#include "sum_typed.h"

int64_t NK_LV(nk_sum_columns)(nk_dtype dtype) {
  return dtype == NK_F32 ? SUM_COLUMNS_f32 : SUM_COLUMNS_f64;
}
