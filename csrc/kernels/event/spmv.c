/* spmv: the sparse product with dense values. ins are indptr, indices, weight, x; ip = (transpose,).
 *
 *   forward     out (B, Q):  out[b, j] = sum over i, k in row i with indices[k] = j of  x[b, i] w[k]
 *   transposed  out (B, P):  out[b, i] = sum over k in row i of                w[k] x[b, indices[k]]
 * The transposed form is the derivative of the forward one by x, and the other way round. Cost: S
 * multiply-adds per batch element.
 */
#include <string.h>

#include "event.h"

nk_status NK_LV(nk_spmv_check)(nk_call *call) {
  bool transpose;
  return NK_LV(nk_event_check_product)(call, "spmv", 0, false, &transpose);
}

nk_status NK_LV(nk_spmv_run)(const nk_call *call) {
  bool transpose = call->ip[0] != 0;
  nk_event_product p = NK_LV(nk_event_product_of)(call, 0, transpose);
  if (transpose) return NK_LV(nk_event_gather)(&p);
  memset(p.out, 0, (size_t)(p.n_batch * p.csr.n_post) * nk_dtype_size[p.dtype]);
  return NK_LV(nk_event_scatter)(&p);
}
