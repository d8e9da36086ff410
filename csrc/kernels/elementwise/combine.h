/* Rewriting of a parsed micro-program; see combine.c. */
#ifndef NK_ELEMENTWISE_COMBINE_H
#define NK_ELEMENTWISE_COMBINE_H

#include "fused.h"

/* Resolves values that are another value (alias: [n_value]), counts uses, marks what is live. */
void NK_LV(nk_combine_alias)(nk_micro *m, int32_t *alias);

/* Marks uniform values (inputs and constants are marked already) and forms superinstructions. */
void NK_LV(nk_combine)(nk_micro *m);

#endif
