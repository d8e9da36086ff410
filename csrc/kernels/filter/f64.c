/* Kernel `filter`, float64. */
#include <string.h>

#include "../../simd/lanes.h"
#include "filter.h"

#define REAL double
#define LANES NK_F64_LANES
#define FMA NK_FMA
#ifdef NK_FMA_F64
#define VFMA NK_FMA_F64
#endif
#define NAME(x) x##_f64
#include "real_typed.h"

#include "line_typed.h"
