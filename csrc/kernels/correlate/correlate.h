/* What the files of kernel `correlate` share: the sums of one line, per element type.
 *
 * y[i] = sum_j x[i + j] h[j] for i < n and j < m, all contiguous. */
#ifndef NK_KERNELS_CORRELATE_H
#define NK_KERNELS_CORRELATE_H

#include "../../engine/kernel.h"
#include "../level.h"

typedef void (*nk_correlate_line)(void *y, const void *x, const void *h, int64_t n, int64_t m);

void NK_LV(nk_correlate_f32)(void *y, const void *x, const void *h, int64_t n, int64_t m);
void NK_LV(nk_correlate_f64)(void *y, const void *x, const void *h, int64_t n, int64_t m);
void NK_LV(nk_correlate_i64)(void *y, const void *x, const void *h, int64_t n, int64_t m);

#endif
