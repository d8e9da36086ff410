/* Strided operands: elements of the iteration space copied into a block and back.
 *
 * The real and the imaginary parts of the same complex numbers are two operands; they are copied together.
 * Cost: one division per axis and call, then a loop over pieces of the last axis.
 */
#include <string.h>

#include "fused.h"

typedef struct walk {
  int64_t index[NK_MAXDIM];
  int64_t offset;
} walk;

static walk walk_start(const nk_fused *f, const nk_arg *arg, int64_t start) {
  walk w = {.offset = 0};
  for (int d = f->ndim - 1; d >= 0; d--) {
    w.index[d] = start % f->shape[d];
    start /= f->shape[d];
    w.offset += w.index[d] * arg->stride[d];
  }
  return w;
}

/* Moves `n` elements along the last axis; at its end carries into the axes before. */
static void walk_step(walk *w, const nk_fused *f, const nk_arg *arg, int64_t n) {
  int d = f->ndim - 1;
  w->index[d] += n;
  w->offset += n * arg->stride[d];
  while (d > 0 && w->index[d] == f->shape[d]) {
    w->offset += arg->stride[d - 1] - f->shape[d] * arg->stride[d];
    w->index[d] = 0;
    w->index[--d]++;
  }
}

#define COPY_STRIDED(T)                                                                   \
  for (int64_t i = 0; i < n; i++) {                                                       \
    memcpy(to, from, sizeof(T));                                                          \
    to += to_step;                                                                        \
    from += from_step;                                                                    \
  }

/* Every other item: a part of complex numbers. Written so that the compiler makes shuffles of it. */
#define EVERY_OTHER(T)                                                                    \
  static void every_other_##T(T *restrict to, const T *restrict from, int64_t n) {        \
    for (int64_t i = 0; i < n; i++) to[i] = from[2 * i];                                  \
  }
EVERY_OTHER(uint32_t)
EVERY_OTHER(uint64_t)

static void copy_line(char *to, int64_t to_step, const char *from, int64_t from_step, int64_t n,
                      int size) {
  if (from_step == 2 * to_step && to_step == 8) {
    every_other_uint64_t((uint64_t *)(void *)to, (const uint64_t *)(const void *)from, n);
    return;
  }
  if (from_step == 2 * to_step && to_step == 4) {
    every_other_uint32_t((uint32_t *)(void *)to, (const uint32_t *)(const void *)from, n);
    return;
  }
  switch (size) {
  case 1: COPY_STRIDED(uint8_t) break;
  case 2: COPY_STRIDED(uint16_t) break;
  case 4: COPY_STRIDED(uint32_t) break;
  default: COPY_STRIDED(uint64_t) break;
  }
}

/* Both parts of complex numbers that follow on. Written so that the compiler makes shuffles of it. */
#define PARTS(T)                                                                              \
  static void split_##T(T *restrict re, T *restrict im, const T *restrict from, int64_t n) {  \
    for (int64_t i = 0; i < n; i++) re[i] = from[2 * i], im[i] = from[2 * i + 1];             \
  }                                                                                           \
  static void merge_##T(T *restrict to, const T *restrict re, const T *restrict im, int64_t n) { \
    for (int64_t i = 0; i < n; i++) to[2 * i] = re[i], to[2 * i + 1] = im[i];                 \
  }
PARTS(uint32_t)
PARTS(uint64_t)

static void split(char *re, char *im, const char *from, int64_t n, int size) {
  const void *data = from;
  void *a = re, *b = im;
  size == 8 ? split_uint64_t(a, b, data, n) : split_uint32_t(a, b, data, n);
}

static void merge(char *to, const char *re, const char *im, int64_t n, int size) {
  void *data = to;
  const void *a = re, *b = im;
  size == 8 ? merge_uint64_t(data, a, b, n) : merge_uint32_t(data, a, b, n);
}

static char *operand_data(const nk_call *call, int k) {
  return k < call->n_in ? call->in[k].data : call->out[k - call->n_in].data;
}

/* Are operands k and m the real and the imaginary parts of complex numbers that follow on? */
static bool are_parts(const nk_fused *f, const nk_call *call, int k, int m) {
  const nk_arg *a = f->arg + k, *b = f->arg + m;
  bool are = b->kind == NK_ARG_STRIDED && a->size == b->size && (a->size == 4 || a->size == 8) &&
             a->stride[f->ndim - 1] == 2 * a->size &&
             operand_data(call, m) == operand_data(call, k) + a->size;
  for (int d = 0; are && d < f->ndim; d++) are = a->stride[d] == b->stride[d];
  return are;
}

void NK_LV(nk_fused_pair)(nk_fused_pairs *pairs, const nk_fused *f, const nk_call *call) {
  const int n_arg = f->n_in + f->n_out;
  for (int k = 0; k < n_arg; k++)
    pairs->other[k] = f->arg[k].kind == NK_ARG_STRIDED ? NK_PAIR_NONE : NK_PAIR_SECOND;
  for (int k = 0; k < n_arg; k++) {
    const int end = k < f->n_in ? f->n_in : n_arg;
    for (int m = k < f->n_in ? 0 : f->n_in; m < end && pairs->other[k] == NK_PAIR_NONE; m++) {
      if (pairs->other[m] != NK_PAIR_NONE || !are_parts(f, call, k, m)) continue;
      pairs->other[k] = (int16_t)m;
      pairs->other[m] = NK_PAIR_SECOND;
    }
  }
}

/* Operand k, and what is paired with it, between its array and its block. */
static void move_operand(char *const *block, const nk_fused *f, int k, int other,
                         const nk_call *call, int64_t start, int64_t n) {
  const int last = f->ndim - 1, size = f->arg[k].size;
  const nk_arg *arg = f->arg + k;
  const int64_t stride = arg->stride[last];
  walk w = walk_start(f, arg, start);
  for (int64_t done = 0, m; done < n; done += m) {
    const int64_t left = f->shape[last] - w.index[last];
    char *array = operand_data(call, k) + w.offset, *own = block[k] + done * size;
    char *second = other < 0 ? NULL : block[other] + done * size;
    m = n - done < left ? n - done : left;
    if (k < f->n_in)
      second != NULL ? split(own, second, array, m, size)
                     : copy_line(own, size, array, stride, m, size);
    else
      second != NULL ? merge(array, own, second, m, size)
                     : copy_line(array, stride, own, size, m, size);
    walk_step(&w, f, arg, m);
  }
}

void NK_LV(nk_fused_gather)(char *const *block, const nk_fused *f, const nk_fused_pairs *pairs,
                            const nk_call *call, int64_t start, int64_t n) {
  for (int k = 0; k < f->n_in; k++)
    if (pairs->other[k] != NK_PAIR_SECOND)
      move_operand(block, f, k, pairs->other[k], call, start, n);
}

void NK_LV(nk_fused_scatter)(char *const *block, const nk_fused *f, const nk_fused_pairs *pairs,
                             const nk_call *call, int64_t start, int64_t n) {
  for (int k = f->n_in; k < f->n_in + f->n_out; k++)
    if (pairs->other[k] != NK_PAIR_SECOND)
      move_operand(block, f, k, pairs->other[k], call, start, n);
}
