/* cumulate_min: running minimum, a NaN staying along the middle axis of (A, n, B); sequential, as NumPy's. */
#include "cumulate.h"

#define NK_PICK(a, b) (a) < (b) ? (a) : (b)
#define NK_PICK_NAN(a, b) (a) < (b) || (a) != (a) ? (a) : (b)

NK_CUMULATE(min_i64, int64_t, NK_PICK)
NK_CUMULATE(min_u64, uint64_t, NK_PICK)
NK_CUMULATE(min_f32, float, NK_PICK_NAN)
NK_CUMULATE(min_f64, double, NK_PICK_NAN)

static const nk_cumulate_op ops[] = {{min_i64_line, min_i64_step}, {min_u64_line, min_u64_step},
                                     {min_f32_line, min_f32_step}, {min_f64_line, min_f64_step},
                                     {NULL, NULL},                 {NULL, NULL}};

nk_status NK_LV(nk_cumulate_min_check)(nk_call *call) {
  return NK_LV(nk_cumulate_check)(call, "cumulate_min", ops);
}

nk_status NK_LV(nk_cumulate_min_run)(const nk_call *call) { return NK_LV(nk_cumulate_run)(call); }
