/* What the linalg kernels share: the walk over a stack of matrices and copies to column order.
 *
 * Operands have equal leading (batch) axes, any strides. A matrix is copied to the workspace in
 * column order, LAPACK works there, results are copied out. The stack is cut into at most SLOTS
 * ranges by problem size alone, each with its own part of the workspace.
 */
#ifndef NK_KERNELS_LINALG_H
#define NK_KERNELS_LINALG_H

#include "../../engine/kernel.h"
#include "../level.h"
#include "lapack.h"

typedef struct nk_linalg {
  nk_dtype dtype; /* of the matrices */
  int m, n, nrhs; /* lengths the kernel needs */
  int lwork, lrwork, liwork;
  size_t at[10]; /* where its parts of a slot begin */
  int64_t n_batch, n_slots;
  size_t slot;
  double cost; /* multiply-adds per matrix */
} nk_linalg;

/* One element of the stack: the operands' data pointers are those of this element. */
typedef nk_status (*nk_linalg_one)(const nk_linalg *p, const nk_call *call, char *work);

/* Validates counts of operands and batch axes; core[] gives each operand's own number of axes,
 * outputs first. The new plan is in call->prep. */
nk_status NK_LV(nk_linalg_begin)(nk_call *call, const char *name, int n_out, int n_in, int n_ip,
                                 const int *core, nk_linalg **plan);
/* Reserves bytes of each slot. */
size_t NK_LV(nk_linalg_place)(nk_linalg *p, int64_t count, size_t item);
/* Ends check: workspace for the slots. */
nk_status NK_LV(nk_linalg_end)(nk_linalg *p, nk_call *call);
nk_status NK_LV(nk_linalg_run)(const nk_call *call, const int *core, nk_linalg_one one);

/* Copies between the last two axes of a view and column order with leading dimension ld. */
void NK_LV(nk_linalg_load)(void *to, int64_t ld, const nk_view *from);
void NK_LV(nk_linalg_store)(const nk_view *to, const void *from, int64_t ld);
void NK_LV(nk_linalg_store_vector)(const nk_view *to, const void *from);

static inline int64_t nk_axis(const nk_view *v, int back) { return v->shape[v->ndim - back]; }
static inline bool nk_is_complex(nk_dtype dtype) { return dtype == NK_C64 || dtype == NK_C128; }
static inline nk_dtype nk_real_of(nk_dtype dtype) {
  return dtype == NK_C64 ? NK_F32 : dtype == NK_C128 ? NK_F64 : dtype;
}
static inline nk_dtype nk_complex_of(nk_dtype dtype) {
  return dtype == NK_F32 ? NK_C64 : dtype == NK_F64 ? NK_C128 : dtype;
}
/* The last two axes. */
static inline nk_view nk_core(const nk_view *v) {
  nk_view core = {.data = v->data, .dtype = v->dtype, .ndim = 2};
  for (int d = 0; d < 2; d++) {
    core.shape[d] = v->shape[v->ndim - 2 + d];
    core.stride[d] = v->stride[v->ndim - 2 + d];
  }
  return core;
}

/* A matrix in row order at `data`. */
static inline nk_view nk_rows_at(char *data, nk_dtype dtype, int64_t rows, int64_t cols) {
  const int64_t item = (int64_t)nk_dtype_size[dtype];
  nk_view v = {.data = data, .dtype = dtype, .ndim = 2};
  v.shape[0] = rows;
  v.shape[1] = cols;
  v.stride[0] = cols * item;
  v.stride[1] = item;
  return v;
}

/* Whether the rows of the last two axes are contiguous and lie apart by a step that BLAS takes. */
static inline bool nk_has_rows(const nk_view *v) {
  const int64_t item = (int64_t)nk_dtype_size[v->dtype], row = v->stride[v->ndim - 2];
  return v->stride[v->ndim - 1] == item && row >= nk_axis(v, 1) * item && row % item == 0 &&
         row / item <= INT32_MAX;
}

static inline int nk_at_least_1(int64_t n) { return n < 1 ? 1 : (int)n; }

/* The workspace that LAPACK asked for in work[0]. */
static inline int nk_work_wanted(nk_dtype dtype, const double *answer) {
  const double n =
      nk_real_of(dtype) == NK_F32 ? (double)*(const float *)(const void *)answer : *answer;
  return nk_at_least_1((int64_t)(n * (1 + 1e-6)) + 1);
}

#endif
