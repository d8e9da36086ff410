/* One inner loop per pair of element types: n items from `in` to `out`, strides in bytes. */
#ifndef NK_KERNELS_COPY_CAST_H
#define NK_KERNELS_COPY_CAST_H

#include "../../base/nk.h"
#include "../level.h"

typedef void (*nk_cast_loop)(char *out, int64_t out_stride, const char *in, int64_t in_stride,
                             int64_t n);

/* Converts as NumPy's astype does; for equal types it moves bytes. Never NULL. */
nk_cast_loop NK_LV(nk_cast_find)(nk_dtype out, nk_dtype in);

#endif
