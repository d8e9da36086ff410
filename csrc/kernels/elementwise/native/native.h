/* Fused groups as machine code of this CPU level. */
#ifndef NK_NATIVE_H
#define NK_NATIVE_H

#include "../fused.h"

enum { NK_NATIVE_STRIDED = 12 }; /* operands copied block by block; groups with more are left */

/* Outputs that are not written but added up, or multiplied, in registers, block by block: the first
 * three halvings of a reduction's block (csrc/kernels/reduce/typed.h). The code then takes exactly
 * `block` elements, a multiple of eight times its lanes, and leaves block / 8 results. */
typedef struct nk_native_fold {
  int64_t block;
  bool folded[NK_MAX_OPERANDS], product[NK_MAX_OPERANDS]; /* by output */
} nk_native_fold;

/* The code of a group: void fn(char *const *operands, int64_t n), n elements from each operand. */
struct nk_native {
  void (*fn)(char *const *operands, int64_t n);
  void *pages;
  size_t n_bytes;
  int64_t chunk; /* elements of one parallel piece */
  int grain;     /* n must be a multiple of it, unless `tails` */
  bool tails;
  bool strided; /* some operands are */
};

/* Makes the code of a built group; *native stays NULL where the interpreter has to run it. */
nk_status NK_LV(nk_native_new)(nk_native **native, const nk_call *call, const nk_fused *f);
/* Code that folds outputs of a group which has code; NULL where it would not pay or does not fit. */
nk_status NK_LV(nk_native_fold_new)(nk_native **native, const nk_call *call, const nk_fused *f,
                                    const nk_native_fold *fold);
void NK_LV(nk_native_free)(nk_native *native);
nk_status NK_LV(nk_native_run)(const nk_call *call);
void NK_LV(nk_native_range)(const nk_call *call, int64_t start, int64_t stop);
void NK_LV(nk_native_part)(const nk_fused *f, char *const *at, int64_t n);

#endif
