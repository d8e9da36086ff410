/* Kernel `correlate`, float32. */
#include "../../simd/lanes.h"
#include "correlate.h"

#define T float
#define LANES NK_F32_LANES
#ifdef NK_FMA_F32
#define VFMA NK_FMA_F32
#endif
#define NAME(x) x##_f32
#include "line_typed.h"
