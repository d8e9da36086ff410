/* Kernel `filter`, complex64: sample by sample. */
#include <string.h>

#include "filter.h"

#define REAL float _Complex
#define LANES 1
#define FMA(x, y, z) ((x) * (y) + (z))
#define NAME(x) x##_c64
#include "line_typed.h"
