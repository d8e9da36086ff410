/* Kernel `filter`, float32. */
#include <string.h>

#include "../../simd/lanes.h"
#include "filter.h"

#define REAL float
#define LANES NK_F32_LANES
#define FMA NK_FMAF
#ifdef NK_FMA_F32
#define VFMA NK_FMA_F32
#endif
#define NAME(x) x##_f32
#include "real_typed.h"

#include "line_typed.h"
