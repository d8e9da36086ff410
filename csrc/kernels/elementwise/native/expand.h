/* Elementary functions as operations of the emitter; see expand.c. */
#ifndef NK_NATIVE_EXPAND_H
#define NK_NATIVE_EXPAND_H

#include "emit.h"

#define nk_expand NK_LV(nk_expand)
#define nk_expand_has NK_LV(nk_expand_has)

enum {
  NK_EXPAND_CONSTANTS = 96, /* of all functions together */
  NK_EXPAND_VALUES = 64     /* of one function at most */
};

/* Is the function written out? */
bool nk_expand_has(int code);

/* The program `from`, with aliases and uniform values known, into `to`. Room for values, constants,
 * results and alias is the caller's; map has one entry per value of `from`. */
void nk_expand(nk_micro *to, const nk_micro *from, const int32_t *alias, int64_t *constants,
               int64_t *results, int32_t *map);

#endif
