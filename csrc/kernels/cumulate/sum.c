/* cumulate_sum: running sum along the middle axis of (A, n, B); sequential, as NumPy's. */
#include "cumulate.h"

typedef struct c64 {
  float re, im;
} c64;
typedef struct c128 {
  double re, im;
} c128;

#define NK_ADD(a, b) (a) + (b)
#define NK_ADD_C64(a, b) (c64){(a).re + (b).re, (a).im + (b).im}
#define NK_ADD_C128(a, b) (c128){(a).re + (b).re, (a).im + (b).im}

NK_CUMULATE(sum_u64, uint64_t, NK_ADD)
NK_CUMULATE(sum_f32, float, NK_ADD)
NK_CUMULATE(sum_f64, double, NK_ADD)
NK_CUMULATE(sum_c64, c64, NK_ADD_C64)
NK_CUMULATE(sum_c128, c128, NK_ADD_C128)

static const nk_cumulate_op ops[] = {{sum_u64_line, sum_u64_step},  {sum_u64_line, sum_u64_step},
                                     {sum_f32_line, sum_f32_step},  {sum_f64_line, sum_f64_step},
                                     {sum_c64_line, sum_c64_step},  {sum_c128_line, sum_c128_step}};

nk_status NK_LV(nk_cumulate_sum_check)(nk_call *call) {
  return NK_LV(nk_cumulate_check)(call, "cumulate_sum", ops);
}

nk_status NK_LV(nk_cumulate_sum_run)(const nk_call *call) { return NK_LV(nk_cumulate_run)(call); }
