/* Outputs that are folded in registers.
 *
 * The first three halvings of a block of 8 h elements are, for i < h,
 *   ((v[i] + v[i + 4h]) + (v[i + 2h] + v[i + 6h])) + ((v[i + h] + v[i + 5h]) + (v[i + 3h] + v[i + 7h]))
 * so eight passes that make the values in the order of this sum need three partial results: of one
 * value, of two, of four.
 */
#include "emit.h"

enum { LEVELS = 3 };

int nk_emit_partials(const nk_emit *e) {
  int n = 0;
  for (int k = 0; e->fold != NULL && k < e->micro.n_out; k++) n += LEVELS * e->fold->folded[k];
  return n;
}

int64_t nk_emit_fold_at(const nk_emit *e, int pass) {
  static const int order[NK_EMIT_FOLDS] = {0, 4, 2, 6, 1, 5, 3, 7};
  return order[pass] * (e->fold->block / NK_EMIT_FOLDS);
}

/* Register of the partial result of output k of 2^level values. */
static int partial(const nk_emit *e, int k, int level) {
  int before = 0;
  for (int j = 0; j < k; j++) before += e->fold->folded[j];
  return e->limit + LEVELS * before + level;
}

/* `reg` has the value of this pass; the last pass writes the result. */
void nk_emit_fold(nk_emit *e, int k, int reg, nk_rm to) {
  nk_code *c = &e->code;
  const int wide = e->f->arg[e->micro.n_in + k].size == 8;
  const int length = nk_emit_length(e, wide ? 8 : 4), sum = NK_EMIT_SCRATCH + 1;
  const uint32_t step = NK_INS(1, wide, wide, e->fold->product[k] ? 0x59 : 0x58);
  int level = 0;
  for (; e->fold_pass >> level & 1; level++) {
    const bool last = (e->fold_pass >> (level + 1) & 1) == 0;
    const int dst = last && level + 1 < LEVELS ? partial(e, k, level + 1) : sum;
    nk_code_vector(c, step, length, dst, partial(e, k, level), nk_rm_reg(reg), NK_NO_IMM);
    reg = dst;
  }
  if (level == LEVELS)
    nk_code_vector(c, NK_INS(1, wide, wide, 0x11), length, reg, 0, to, NK_NO_IMM);
  else if (level == 0)
    nk_code_vector(c, NK_INS(1, 0, 0, 0x10), NK_EMIT_FULL, partial(e, k, 0), 0, nk_rm_reg(reg),
                   NK_NO_IMM);
}
