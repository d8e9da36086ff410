/* What the event kernels share: a sparse matrix read by rows, its operands checked, its row loops.
 *
 * Letters: P cells before the synapse (pre), Q after it (post), S stored synapses, B batch.
 * Row i of the matrix holds the targets of pre cell i: indices[indptr[i] .. indptr[i+1]), ascending.
 *   forward     out (B, Q):  out[b, j] = sum over i, k in row i with indices[k] = j of  x[b, i] w[k]
 *   transposed  out (B, P):  out[b, i] = sum over k in row i of                w[k] x[b, indices[k]]
 *   by weight   out (S,):    out[k]    = sum over b of           x[b, i] ct[b, indices[k]], k in row i
 * These are the three partial derivatives of one trilinear form sum w x ct, so each is a gradient
 * of the others. In the event forms x is read as 1 where x > 0 and as 0 elsewhere.
 */
#ifndef NK_KERNELS_EVENT_H
#define NK_KERNELS_EVENT_H

#include "../../engine/kernel.h"
#include "../level.h"

enum {
  NK_EVENT_SPLIT = 1 << 16,  /* synapse events below which work is not split, about 50 us */
  NK_EVENT_SLICES = 8,       /* most target slices of one product */
  NK_EVENT_ROW_PART = 32,    /* synapses of a row that a slice should hold to be worth a search */
  NK_EVENT_POLL = 1 << 18    /* synapse events between two looks at the cancel flag */
};

/* The matrix of one call. `wide` tells which of the two row pointers is there. */
typedef struct nk_csr {
  int64_t n_pre, n_post, n_synapse;
  const int32_t *narrow;
  const int64_t *wide;
  const int32_t *indices;
} nk_csr;

static inline int64_t nk_csr_start(const nk_csr *m, int64_t row) {
  return m->wide != NULL ? m->wide[row] : m->narrow[row];
}

/* One product: what to multiply, and where the operands of each batch element lie. */
typedef struct nk_event_product {
  nk_csr csr;
  nk_dtype dtype;       /* of out, weight and dense values */
  const void *weight;   /* one value, or one per synapse */
  bool one_weight;
  int64_t n_batch;
  const int32_t *rows;  /* active rows of each batch element, row_step apart; NULL: all rows */
  int64_t row_step;
  const int64_t *n_row; /* [n_batch] active rows */
  const void *values;   /* dense x (B, P) or (B, Q); NULL: 1 for each active row */
  void *out;
  const nk_ctx *ctx;
} nk_event_product;

/* Checks of operands. `first` is the place of indptr among the ins. */
nk_status NK_LV(nk_event_check_csr)(const nk_call *call, const char *name, int first);
nk_status NK_LV(nk_event_check_vector)(const nk_call *call, const char *name, const char *what,
                                       const nk_view *v, int64_t n, int ndim);
nk_status NK_LV(nk_event_check_weight)(const nk_call *call, const char *name, int which);
nk_status NK_LV(nk_event_check_product)(const nk_call *call, const char *name, int first,
                                        bool event, bool *transpose);

nk_csr NK_LV(nk_csr_of)(const nk_call *call, int first, int64_t n_post);
nk_event_product NK_LV(nk_event_product_of)(const nk_call *call, int first, bool transpose);

/* Numbers of the elements > 0 of n bools or floats, ascending; returns how many. */
int64_t NK_LV(nk_event_active)(int32_t *list, const void *x, nk_dtype dtype, int64_t n);
/* Bit j of the result tells whether element j of 64 is > 0; `n` < 64 at the end of a vector. */
uint64_t NK_LV(nk_event_word)(const void *x, nk_dtype dtype, int64_t n);
/* Bit i % 8 of byte i / 8, or bit 7 - i % 8, tells whether element i of n is > 0; and back. */
void NK_LV(nk_event_pack)(char *bits, const void *x, nk_dtype dtype, int64_t n, bool highest_first);
void NK_LV(nk_event_unpack)(char *flags, const char *bits, int64_t n, bool highest_first);
/* y[i] = x[i] > 0 ? 1 : 0 in the given float type. */
void NK_LV(nk_event_ones)(void *y, nk_dtype y_dtype, const void *x, nk_dtype dtype, int64_t n);

/* Workspace of nk_event_spread for spikes as flags, or as lists of event_list (int32). */
size_t NK_LV(nk_event_spread_size)(const nk_view *spikes);
/* Finds the active rows of each batch element in flags or lists, then adds them to p->out. */
nk_status NK_LV(nk_event_spread)(nk_event_product *p, const nk_view *spikes, char *work);
nk_status NK_LV(nk_event_scatter)(const nk_event_product *p);
nk_status NK_LV(nk_event_gather)(const nk_event_product *p);

static inline bool nk_event_contiguous(const nk_view *v) {
  int64_t step = nk_dtype_size[v->dtype];
  for (int d = 0; d < v->ndim; ++d)
    if (v->shape[d] == 0) return true;
  for (int d = v->ndim - 1; d >= 0; --d) {
    if (v->shape[d] != 1 && v->stride[d] != step) return false;
    step *= v->shape[d];
  }
  return true;
}

static inline int64_t nk_event_batch(const nk_view *v) { return v->ndim == 2 ? v->shape[0] : 1; }

#endif
