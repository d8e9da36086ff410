/* Matrix times vector and small products, float64. */
#include "matmul.h"

#define REAL double
#define VEC f64x8
#define FMA NK_FMA
#define NAME(x) x##_f64
#include "small_typed.h"
