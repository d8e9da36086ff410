/* Finds the block function of an operation. Called when a program is built, not when it runs. */
#include "ops.h"

nk_op_fn NK_LV(nk_op_find)(int code, nk_dtype dtype, int mask, nk_dtype other) {
  const nk_op_rows lists[] = {
      NK_LV(nk_ops_float)(),   NK_LV(nk_ops_int)(),  NK_LV(nk_ops_logic)(), NK_LV(nk_ops_select)(),
      NK_LV(nk_ops_convert)(), NK_LV(nk_ops_math)(), NK_LV(nk_ops_chain)(),
      NK_LV(nk_ops_branch)(),  NK_LV(nk_ops_affine)(), NK_LV(nk_ops_special)(),
  };
  for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
    for (int i = 0; i < lists[k].n; i++) {
      const nk_op_row *row = lists[k].row + i;
      if (row->code == code && row->dtype == dtype && row->mask == mask &&
          (code != NK_OP_convert || row->other == other))
        return row->fn;
    }
  return NULL;
}
