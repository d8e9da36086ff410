/* Copies between views for kernels that begin with a copy of their first input. */
#ifndef NK_KERNELS_COPY_STRIDED_H
#define NK_KERNELS_COPY_STRIDED_H

#include "../../base/nk.h"
#include "../level.h"
#include "cast.h"

/* NK_OK when a and b have one element type and shape. */
static inline nk_status nk_same_array(const nk_view *a, const nk_view *b, const char *name,
                                      nk_error *error) {
  bool same = a->ndim == b->ndim && a->dtype == b->dtype;
  for (int d = 0; same && d < a->ndim; ++d) same = a->shape[d] == b->shape[d];
  if (same) return NK_OK;
  return nk_fail(error, NK_ERR_VALUE, "%s: the first input and the output differ in type or shape",
                 name);
}

/* out = in for equal shapes; the axes as they come, the innermost by a typed loop. */
void NK_LV(nk_strided_copy)(const nk_view *out, const nk_view *in);

#endif
