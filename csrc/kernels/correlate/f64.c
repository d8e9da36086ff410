/* Kernel `correlate`, float64. */
#include "../../simd/lanes.h"
#include "correlate.h"

#define T double
#define LANES NK_F64_LANES
#ifdef NK_FMA_F64
#define VFMA NK_FMA_F64
#endif
#define NAME(x) x##_f64
#include "line_typed.h"
