/* Kernel `filter`, complex128: sample by sample. */
#include <string.h>

#include "filter.h"

#define REAL double _Complex
#define LANES 1
#define FMA(x, y, z) ((x) * (y) + (z))
#define NAME(x) x##_c128
#include "line_typed.h"
