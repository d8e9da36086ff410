/* Strided operands: elements of the iteration space copied into a block and back.
 *
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

void NK_LV(nk_fused_gather)(char *block, const nk_fused *f, const nk_arg *arg, const char *data,
                            int64_t start, int64_t n) {
  const int last = f->ndim - 1;
  walk w = walk_start(f, arg, start);
  while (n > 0) {
    const int64_t left = f->shape[last] - w.index[last], m = n < left ? n : left;
    copy_line(block, arg->size, data + w.offset, arg->stride[last], m, arg->size);
    block += m * arg->size;
    n -= m;
    walk_step(&w, f, arg, m);
  }
}

void NK_LV(nk_fused_scatter)(char *data, const nk_fused *f, const nk_arg *arg, const char *block,
                             int64_t start, int64_t n) {
  const int last = f->ndim - 1;
  walk w = walk_start(f, arg, start);
  while (n > 0) {
    const int64_t left = f->shape[last] - w.index[last], m = n < left ? n : left;
    copy_line(data + w.offset, arg->stride[last], block, arg->size, m, arg->size);
    block += m * arg->size;
    n -= m;
    walk_step(&w, f, arg, m);
  }
}
