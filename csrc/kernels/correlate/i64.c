/* Kernel `correlate`, int64, whose sums wrap around. */
#include "../../simd/lanes.h"
#include "correlate.h"

#define T uint64_t
#define LANES NK_F64_LANES
#define NAME(x) x##_i64
#include "line_typed.h"
