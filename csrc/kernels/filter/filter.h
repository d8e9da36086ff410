/* What the files of kernel `filter` share: the plan, and one range of lines per element type. */
#ifndef NK_KERNELS_FILTER_H
#define NK_KERNELS_FILTER_H

#include "../../engine/kernel.h"
#include "../level.h"

enum { NK_FILTER_CHUNK = 512 }; /* samples of a line that are worked on at once */

typedef struct nk_filter {
  int64_t n_group, n_line, n_time, n_column; /* G A T B */
  int64_t n_b, n_a, n_z;                     /* coefficients of b, of a, values of the start */
  int64_t n_wide;  /* columns of a line that advance together, whole vectors */
  int64_t n_tile;  /* tiles of such columns */
  int64_t lanes;   /* lines of the other columns that advance together */
  int64_t n_slots; /* ranges of the units, each with its part of the workspace */
  size_t slot;     /* bytes of such a part */
} nk_filter;

/* Units of a group: tiles of columns, then, for each column that is left, bundles and lines. */
static inline int64_t nk_filter_per_column(const nk_filter *p) {
  return p->lanes == 1 ? p->n_line : p->n_line / p->lanes + p->n_line % p->lanes;
}
static inline int64_t nk_filter_units(const nk_filter *p) {
  return p->n_line * p->n_tile + (p->n_column - p->n_wide) * nk_filter_per_column(p);
}

/* Element types' own lengths: columns in a tile, and values in a slot. */
typedef struct nk_filter_type {
  int64_t lanes, tile;
  size_t (*slot)(const nk_filter *p);
  nk_status (*range)(const nk_filter *p, const nk_call *call, int64_t first, int64_t last,
                     char *work);
} nk_filter_type;

extern const nk_filter_type NK_LV(nk_filter_f32), NK_LV(nk_filter_f64), NK_LV(nk_filter_c64),
    NK_LV(nk_filter_c128);

/* Address of group g of a view whose last `core` axes are the group's own. */
static inline char *nk_filter_group(const nk_view *v, int core, int64_t g) {
  char *at = v->data;
  for (int d = v->ndim - core - 1; d >= 0; --d) {
    at += g % v->shape[d] * v->stride[d];
    g /= v->shape[d];
  }
  return at;
}

#endif
