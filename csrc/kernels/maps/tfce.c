/* Kernel `tfce`: threshold-free cluster enhancement of maps over a graph, exact.
 *
 *   out[0] (K, n) float64
 *   in[0]  maps (K, n) float64, contiguous; NaN and infinity stay, values of 0 and below give 0
 *   in[1]  indptr (n + 1) int64, in[2] indices int64: neighbours of each node, in both directions
 *   fp     (E, H)
 *
 *   out_v = integral from 0 to x_v of e(h)^E h^H dh, e(h) the size of v's cluster above h
 *
 * (Smith and Nichols 2009, doi:10.1016/j.neuroimage.2008.03.061). Nodes join in descending order of
 * value; clusters are trees of a union-find. A cluster keeps its size from the value at which it
 * got it to the value at which it gets the next: that stretch of the integral is added to the root,
 * and holds for all below. A tree that is hung under another root first takes away what that root
 * has, so that the sum along the path to the root is the value of a node.
 *
 * Cost: O(K n log n + K edges), whole maps per thread.
 */
#include <math.h>

#include "../../engine/kernel.h"
#include "../level.h"

enum { SLOTS = 8 };

typedef struct node {
  double value;
  int64_t place;
} node;

static int64_t slots(const nk_call *call) {
  return call->in[0].shape[0] < SLOTS ? call->in[0].shape[0] : SLOTS;
}

/* Nodes in order, parents, sizes, sums, and the value from which a root's size holds. */
static size_t slot_size(int64_t n) {
  const size_t bytes = (size_t)n * (2 * sizeof(node) + 2 * sizeof(int64_t) + 2 * sizeof(double));
  return (bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
}

nk_status NK_LV(nk_tfce_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 3 || call->n_fp != 2)
    return nk_fail(error, NK_ERR_VALUE, "tfce: wanted 1 output, 3 inputs and fp = (E, H)");
  const nk_view *x = &call->in[0], *out = &call->out[0];
  for (int k = 0; k < 2; k++) {
    const nk_view *v = k ? out : x;
    if (v->dtype != NK_F64 || v->ndim != 2 || v->stride[1] != 8)
      return nk_fail(error, NK_ERR_TYPE, "tfce: wanted contiguous rows of float64");
  }
  if (out->shape[0] != x->shape[0] || out->shape[1] != x->shape[1])
    return nk_fail(error, NK_ERR_VALUE, "tfce: out: wanted the shape of the maps");
  for (int k = 1; k < 3; k++)
    if (call->in[k].dtype != NK_I64 || call->in[k].ndim != 1 ||
        (call->in[k].shape[0] > 1 && call->in[k].stride[0] != 8))
      return nk_fail(error, NK_ERR_TYPE, "tfce: wanted contiguous int64 indptr and indices");
  if (call->in[1].shape[0] != x->shape[1] + 1)
    return nk_fail(error, NK_ERR_VALUE, "tfce: indptr: wanted %lld elements",
                   (long long)x->shape[1] + 1);
  call->work_size = slot_size(x->shape[1]) * (size_t)slots(call);
  return NK_OK;
}

/* Merge sort, descending; ties keep their order. Returns where the items end up. */
static node *sorted(node *a, node *b, int64_t n) {
  for (int64_t width = 1; width < n; width *= 2) {
    for (int64_t first = 0; first < n; first += 2 * width) {
      const int64_t middle = first + width < n ? first + width : n;
      const int64_t last = middle + width < n ? middle + width : n;
      int64_t i = first, j = middle;
      for (int64_t k = first; k < last; k++)
        b[k] = j >= last || (i < middle && a[i].value >= a[j].value) ? a[i++] : a[j++];
    }
    node *swap = a;
    a = b;
    b = swap;
  }
  return a;
}

typedef struct forest {
  int64_t *parent, *size;
  double *sum, *since;
  double extent, height;
} forest;

/* The root above v; halves the path on the way, keeping its sums. */
static int64_t root_of(const forest *f, int64_t v) {
  while (f->parent[v] != v) {
    const int64_t up = f->parent[v];
    if (f->parent[up] != up) {
      f->sum[v] += f->sum[up];
      f->parent[v] = f->parent[up];
      v = f->parent[v];
    } else {
      v = up;
    }
  }
  return v;
}

/* Adds the integral over the thresholds from the last change of a root's size down to h. No finite
 * value has a part in that from infinity; an infinite sum would leave no differences. */
static void reach(const forest *f, int64_t root, double h) {
  const double p = f->height + 1, from = f->since[root];
  if (from > h && from < (double)INFINITY)
    f->sum[root] += pow((double)f->size[root], f->extent) * (pow(from, p) - pow(h, p)) / p;
  f->since[root] = h;
}

static void join(const forest *f, int64_t a, int64_t b, double h) {
  a = root_of(f, a);
  b = root_of(f, b);
  if (a == b) return;
  reach(f, a, h);
  reach(f, b, h);
  if (f->size[a] < f->size[b]) {
    const int64_t swap = a;
    a = b;
    b = swap;
  }
  f->sum[b] -= f->sum[a];
  f->parent[b] = a;
  f->size[a] += f->size[b];
}

static nk_status enhance(const nk_call *call, int64_t row, char *work) {
  const int64_t n = call->in[0].shape[1], n_edge = call->in[2].shape[0];
  const double *x = (const double *)(const void *)(call->in[0].data + row * call->in[0].stride[0]);
  double *out = (double *)(void *)(call->out[0].data + row * call->out[0].stride[0]);
  const int64_t *indptr = (const int64_t *)(const void *)call->in[1].data;
  const int64_t *indices = (const int64_t *)(const void *)call->in[2].data;
  node *a = (node *)(void *)work, *b = a + n;
  forest f = {.parent = (int64_t *)(void *)(b + n), .extent = call->fp[0], .height = call->fp[1]};
  f.size = f.parent + n;
  f.sum = (double *)(void *)(f.size + n);
  f.since = f.sum + n;
  int64_t count = 0;
  for (int64_t v = 0; v < n; v++) {
    f.parent[v] = -1;
    out[v] = isnan(x[v]) ? x[v] : 0;
    if (x[v] > 0) a[count++] = (node){x[v], v};
  }
  const node *order = sorted(a, b, count);
  for (int64_t k = 0; k < count; k++) {
    const int64_t v = order[k].place;
    f.parent[v] = v;
    f.size[v] = 1;
    f.sum[v] = 0;
    f.since[v] = x[v];
    for (int64_t e = indptr[v]; e < indptr[v + 1]; e++) {
      if (e < 0 || e >= n_edge || indices[e] < 0 || indices[e] >= n)
        return nk_fail(call->ctx->error, NK_ERR_VALUE, "tfce: a neighbour is out of range");
      if (f.parent[indices[e]] >= 0) join(&f, v, indices[e], x[v]);
    }
  }
  for (int64_t k = 0; k < count; k++) {
    const int64_t v = order[k].place;
    if (f.parent[v] == v) reach(&f, v, 0);
  }
  for (int64_t k = 0; k < count; k++) {
    double sum = 0;
    int64_t v = order[k].place;
    for (; f.parent[v] != v; v = f.parent[v]) sum += f.sum[v];
    out[order[k].place] = isinf(order[k].value) ? order[k].value : sum + f.sum[v];
  }
  return NK_OK;
}

static nk_status task(void *arg, int64_t chunk, int worker) {
  const nk_call *call = arg;
  (void)worker;
  for (int64_t row = chunk; row < call->in[0].shape[0]; row += slots(call)) {
    char *work = (char *)call->work + (size_t)chunk * slot_size(call->in[0].shape[1]);
    const nk_status status = enhance(call, row, work);
    if (status != NK_OK) return status;
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
  }
  return NK_OK;
}

nk_status NK_LV(nk_tfce_run)(const nk_call *call) {
  nk_call copy = *call;
  return nk_parallel(call->ctx, slots(call), task, &copy);
}
