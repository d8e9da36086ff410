/* The kernel table of one CPU level, spelled out from the rows of table.def. */
#include "../engine/kernel.h"
#include "level.h"

#define K(name, flags)                                \
  nk_status NK_LV(nk_##name##_check)(nk_call * call); \
  nk_status NK_LV(nk_##name##_run)(const nk_call *call);
#define KP(name, flags) \
  K(name, flags)        \
  void NK_LV(nk_##name##_release)(void *prep);
#define KE(name, flags)                             \
  KP(name, flags)                                   \
  int64_t NK_LV(nk_##name##_splits)(const void *prep); \
  bool NK_LV(nk_##name##_packed)(const void *prep, int k); \
  void NK_LV(nk_##name##_part)(const void *prep, char *const *at, int64_t n); \
  nk_status NK_LV(nk_##name##_repeat)(nk_repeat *r, const nk_call *call, const int8_t *role);
#include "table.def"
#undef K
#undef KP
#undef KE

#define K(name, flags) \
  {#name, NK_LV(nk_##name##_check), NK_LV(nk_##name##_run), NULL, (flags), NULL, NULL, NULL, NULL},
#define KP(name, flags)        \
  {#name,                      \
   NK_LV(nk_##name##_check),   \
   NK_LV(nk_##name##_run),     \
   NK_LV(nk_##name##_release), \
   (flags),                    \
   NULL,                       \
   NULL,                       \
   NULL,                       \
   NULL},
#define KE(name, flags)                                                                    \
  {#name,   NK_LV(nk_##name##_check),  NK_LV(nk_##name##_run), NK_LV(nk_##name##_release), \
   (flags), NK_LV(nk_##name##_splits), NK_LV(nk_##name##_packed), NK_LV(nk_##name##_part),  \
   NK_LV(nk_##name##_repeat)},
extern const nk_kernel NK_LV(nk_kernel_table)[];
const nk_kernel NK_LV(nk_kernel_table)[] = {
#include "table.def"
    {NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL}};
