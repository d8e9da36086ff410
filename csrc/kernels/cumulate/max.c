/* cumulate_max: running maximum, a NaN staying along the middle axis of (A, n, B); sequential, as NumPy's. */
#include "cumulate.h"

#define NK_PICK(a, b) (a) > (b) ? (a) : (b)
#define NK_PICK_NAN(a, b) (a) > (b) || (a) != (a) ? (a) : (b)

NK_CUMULATE(max_i64, int64_t, NK_PICK)
NK_CUMULATE(max_u64, uint64_t, NK_PICK)
NK_CUMULATE(max_f32, float, NK_PICK_NAN)
NK_CUMULATE(max_f64, double, NK_PICK_NAN)

static const nk_cumulate_op ops[] = {{max_i64_line, max_i64_step}, {max_u64_line, max_u64_step},
                                     {max_f32_line, max_f32_step}, {max_f64_line, max_f64_step},
                                     {NULL, NULL},                 {NULL, NULL}};

nk_status NK_LV(nk_cumulate_max_check)(nk_call *call) {
  return NK_LV(nk_cumulate_check)(call, "cumulate_max", ops);
}

nk_status NK_LV(nk_cumulate_max_run)(const nk_call *call) { return NK_LV(nk_cumulate_run)(call); }
