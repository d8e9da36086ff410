/* The kernel table of one CPU level, spelled out from the rows of table.def. */
#include "../engine/kernel.h"
#include "level.h"

#define K(name, flags)                                \
  nk_status NK_LV(nk_##name##_check)(nk_call * call); \
  nk_status NK_LV(nk_##name##_run)(const nk_call *call);
#define KP(name, flags) \
  K(name, flags)        \
  void NK_LV(nk_##name##_release)(void *prep);
#include "table.def"
#undef K
#undef KP

#define K(name, flags) {#name, NK_LV(nk_##name##_check), NK_LV(nk_##name##_run), NULL, (flags)},
#define KP(name, flags) \
  {#name, NK_LV(nk_##name##_check), NK_LV(nk_##name##_run), NK_LV(nk_##name##_release), (flags)},
extern const nk_kernel NK_LV(nk_kernel_table)[];
const nk_kernel NK_LV(nk_kernel_table)[] = {
#include "table.def"
    {NULL, NULL, NULL, NULL, 0}};
