/* cumulate_prod: running product along the middle axis of (A, n, B); sequential, as NumPy's. */
#include "cumulate.h"

typedef struct c64 {
  float re, im;
} c64;
typedef struct c128 {
  double re, im;
} c128;

#define NK_MUL(a, b) (a) * (b)
#define NK_MUL_C64(a, b)                                                                          \
  (c64) { (a).re *(b).re - (a).im *(b).im, (a).re *(b).im + (a).im *(b).re }
#define NK_MUL_C128(a, b)                                                                         \
  (c128) { (a).re *(b).re - (a).im *(b).im, (a).re *(b).im + (a).im *(b).re }

NK_CUMULATE(prod_u64, uint64_t, NK_MUL)
NK_CUMULATE(prod_f32, float, NK_MUL)
NK_CUMULATE(prod_f64, double, NK_MUL)
NK_CUMULATE(prod_c64, c64, NK_MUL_C64)
NK_CUMULATE(prod_c128, c128, NK_MUL_C128)

static const nk_cumulate_op ops[] = {
    {prod_u64_line, prod_u64_step}, {prod_u64_line, prod_u64_step}, {prod_f32_line, prod_f32_step},
    {prod_f64_line, prod_f64_step}, {prod_c64_line, prod_c64_step}, {prod_c128_line, prod_c128_step}};

nk_status NK_LV(nk_cumulate_prod_check)(nk_call *call) {
  return NK_LV(nk_cumulate_check)(call, "cumulate_prod", ops);
}

nk_status NK_LV(nk_cumulate_prod_run)(const nk_call *call) { return NK_LV(nk_cumulate_run)(call); }
