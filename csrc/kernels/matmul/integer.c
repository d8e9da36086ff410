/* Products of integers (wrapping) and of truth values (any of all), any strides. */
#include "matmul.h"

#define NK_AT(T, base, offset) (*(T *)(void *)((base) + (offset)))
#define NK_GET(T, base, offset) (*(const T *)(const void *)((base) + (offset)))

#define NK_PRODUCT(name, T, SUM, ADD)                                                             \
  static void name(const nk_matmul_plan *p, char *out, const char *a, const char *b, int64_t i0,  \
                   int64_t i1, int64_t j0, int64_t j1) {                                          \
    for (int64_t i = i0; i < i1; ++i)                                                             \
      for (int64_t j = j0; j < j1; ++j) {                                                         \
        int64_t at = i * p->out_row + j * p->out_col;                                             \
        SUM sum = 0;                                                                              \
        for (int64_t c = 0; c < p->k; ++c)                                                        \
          ADD(sum, (SUM)NK_GET(T, a, i * p->a.row + c * p->a.col),                                \
              (SUM)NK_GET(T, b, c * p->b.row + j * p->b.col));                                    \
        NK_AT(T, out, at) = (T)sum;                                                               \
      }                                                                                           \
  }

#define NK_SUM(sum, x, y) sum += (x) * (y)
#define NK_ANY(sum, x, y) sum |= (x) & (y)

NK_PRODUCT(product_i32, int32_t, uint32_t, NK_SUM)
NK_PRODUCT(product_i64, int64_t, uint64_t, NK_SUM)
NK_PRODUCT(product_bool, bool, unsigned, NK_ANY)

void NK_LV(nk_matmul_integer)(const nk_matmul_plan *p, char *out, const char *a, const char *b,
                              int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
  if (p->dtype == NK_I32)
    product_i32(p, out, a, b, i0, i1, j0, j1);
  else if (p->dtype == NK_I64)
    product_i64(p, out, a, b, i0, i1, j0, j1);
  else
    product_bool(p, out, a, b, i0, i1, j0, j1);
}
