/* The tiles of matmul_sum for both element types, on the level's vectors. */
#include <string.h>

#include "../../simd/lanes.h"
#include "matmul_sum.h"

/* Registers: MR x 2 sums, 2 vectors of b, one broadcast. */
#if defined(__AVX512F__)
#define MR 8
#elif defined(__FMA__)
#define MR 6
#else
#define MR 4
#endif

#define REAL float
#define NAME(x) x##_f32
#define LANES NK_F32_LANES
#ifdef NK_FMA_F32
#define VECTOR_FMA NK_FMA_F32
#endif
#include "sum_typed.h"
#undef REAL
#undef NAME
#undef LANES
#undef VECTOR_FMA

#define REAL double
#define NAME(x) x##_f64
#define LANES NK_F64_LANES
#ifdef NK_FMA_F64
#define VECTOR_FMA NK_FMA_F64
#endif
#include "sum_typed.h"

int64_t NK_LV(nk_sum_columns)(nk_dtype dtype) {
  return dtype == NK_F32 ? COLUMNS_f32 : COLUMNS_f64;
}
