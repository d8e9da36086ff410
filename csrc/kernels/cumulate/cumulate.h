/* Running totals along the middle axis of (A, n, B); ip = (reverse,). */
#ifndef NK_KERNELS_CUMULATE_H
#define NK_KERNELS_CUMULATE_H

#include "../../engine/kernel.h"
#include "../copy/cast.h"
#include "../level.h"

/* One line: out[i] = out[i - 1] o in[i] over n contiguous or strided items of one type. */
typedef void (*nk_cumulate_line)(char *out, int64_t out_stride, const char *in, int64_t in_stride,
                                 int64_t n);
/* One step of B lines at once: out = previous o in, all contiguous. */
typedef void (*nk_cumulate_step)(char *out, const char *previous, const char *in, int64_t n);

typedef struct nk_cumulate_op {
  nk_cumulate_line line;
  nk_cumulate_step step;
} nk_cumulate_op;

/* ops: one row for int64, uint64, float32, float64, complex64, complex128; NULL entries: no. */
nk_status NK_LV(nk_cumulate_check)(nk_call *call, const char *name, const nk_cumulate_op *ops);
nk_status NK_LV(nk_cumulate_run)(const nk_call *call);

#define NK_CUMULATE(name, T, STEP)                                                                \
  static void name##_line(char *out, int64_t so, const char *in, int64_t si, int64_t n) {         \
    T total = *(const T *)(const void *)in;                                                       \
    *(T *)(void *)out = total;                                                                    \
    for (int64_t i = 1; i < n; ++i) {                                                             \
      const T x = *(const T *)(const void *)(in + i * si);                                        \
      total = STEP(total, x);                                                                     \
      *(T *)(void *)(out + i * so) = total;                                                       \
    }                                                                                             \
  }                                                                                               \
  static void name##_step(char *out, const char *previous, const char *in, int64_t n) {           \
    T *y = (T *)(void *)out;                                                                      \
    const T *p = (const T *)(const void *)previous, *x = (const T *)(const void *)in;             \
    for (int64_t i = 0; i < n; ++i) y[i] = STEP(p[i], x[i]);                                      \
  }

#endif
