/* The memory plan: which output takes over the memory of a dying input, and where in the one arena
 * each temporary lies.
 *
 * Lifetimes are intervals of instruction numbers, first write to last use. Two temporaries may share
 * bytes only when their intervals are disjoint, or when a kernel that allows it writes an output
 * exactly over an input whose last use this is. Offsets: in order of time, best fit among the gaps
 * between what is alive, lowest first; a workspace is a temporary that lives for one instruction.
 * Cost O(instructions * temporaries alive at once).
 */
#include <string.h>

#include "program.h"

/* ---- in-place reuse ---- */

static bool may_overlay(const nk_program *p, const nk_instr *instr, int out, int in) {
  if (instr->is_loop) return nk_loop_inplace(p, instr, out, in);
  if (instr->kernel->flags & NK_INPLACE_ANY) return true;
  return (instr->kernel->flags & NK_INPLACE_FIRST) && out == 0 && in == 0;
}

static bool same_place(const nk_operand *a, const nk_view *va, const nk_operand *b,
                       const nk_view *vb) {
  return a->buffer == b->buffer && a->offset == b->offset && nk_view_same_layout(va, vb);
}

/* Real and imaginary parts of one array: every other item, the two side by side. */
static bool interleaved(const nk_operand *a, const nk_view *va, const nk_operand *b,
                        const nk_view *vb) {
  const int64_t item = nk_dtype_size[va->dtype], apart = a->offset - b->offset;
  if (va->dtype != vb->dtype || !nk_view_same_layout(va, vb) || (apart != item && apart != -item))
    return false;
  for (int d = 0; d < va->ndim; ++d)
    if (va->shape[d] > 1 && va->stride[d] % (2 * item) != 0) return false;
  return true;
}

static bool overlap(const nk_operand *a, const nk_view *va, const nk_operand *b,
                    const nk_view *vb) {
  if (a->buffer != b->buffer || nk_view_size(va) == 0 || nk_view_size(vb) == 0) return false;
  int64_t low_a, end_a, low_b, end_b;
  nk_view_extent(va, &low_a, &end_a);
  nk_view_extent(vb, &low_b, &end_b);
  return a->offset + low_a < b->offset + end_b && b->offset + low_b < a->offset + end_a &&
         !interleaved(a, va, b, vb);
}

/* The program itself may name one place as output and input; anything less exact is refused. */
static nk_status alias_given(nk_program *p, const nk_instr *instr, int out, nk_error *error) {
  const nk_operand *operand = nk_operands(p) + instr->operand;
  const nk_view *view = nk_views(p) + instr->operand;
  int8_t *alias = (int8_t *)p->alias.data + instr->alias;
  alias[out] = -1;
  for (int other = 0; other < out; ++other)
    if (overlap(&operand[out], &view[out], &operand[other], &view[other]))
      return nk_fail(error, NK_ERR_VALUE, "%s: outputs %d and %d overlap", nk_where(p, instr),
                     other, out);
  bool taken = false;
  for (int i = 0; i < instr->n_in; ++i) {
    int in = instr->n_out + i;
    if (!overlap(&operand[out], &view[out], &operand[in], &view[in])) continue;
    if (taken || !same_place(&operand[out], &view[out], &operand[in], &view[in]) ||
        !may_overlay(p, instr, out, i))
      return nk_fail(error, NK_ERR_VALUE, "%s: output %d overlaps input %d of %s",
                     nk_where(p, instr), out, i, instr->kernel->name);
    taken = true;
    alias[out] = i <= INT8_MAX ? (int8_t)i : -1;
  }
  return NK_OK;
}

static bool whole_buffer(const nk_buffer *b, const nk_operand *operand, const nk_view *v) {
  return b->kind == NK_BUF_TMP && operand->offset == 0 && nk_view_contiguous(v, 0) &&
         nk_view_size(v) * nk_dtype_size[v->dtype] == b->n_bytes && b->n_bytes > 0;
}

static int count_uses(const nk_program *p, const nk_instr *instr, int buffer) {
  int n = 0;
  for (int i = 0; i < instr->n_out + instr->n_in; ++i)
    n += nk_operands(p)[instr->operand + i].buffer == buffer;
  return n;
}

/* Output `out` begins its life here: it may take over a temporary that ends its life here. */
static void alias_plan(nk_program *p, const nk_instr *instr, int number, int out) {
  const nk_operand *operand = nk_operands(p) + instr->operand;
  const nk_view *view = nk_views(p) + instr->operand;
  nk_buffer *b = &nk_buffers(p)[operand[out].buffer];
  if (b->first != number || !whole_buffer(b, &operand[out], &view[out])) return;
  for (int i = 0; i < instr->n_in; ++i) {
    int in = instr->n_out + i;
    nk_buffer *a = &nk_buffers(p)[operand[in].buffer];
    if (a->kind != NK_BUF_TMP || a->last != number || a->taken || operand[in].offset != 0 ||
        !nk_view_same_layout(&view[out], &view[in]) || a->n_bytes < b->n_bytes ||
        !may_overlay(p, instr, out, i) || count_uses(p, instr, operand[in].buffer) != 1)
      continue;
    a->taken = true;
    b->host = a->host >= 0 ? a->host : operand[in].buffer;
    nk_buffers(p)[b->host].last = b->last;
    ((int8_t *)p->alias.data)[instr->alias + out] = i <= INT8_MAX ? (int8_t)i : -1;
    return;
  }
}

nk_status nk_plan_alias(nk_program *p, nk_error *error) {
  for (int n = 0; n < p->n_instr; ++n) {
    const nk_instr *instr = &nk_instrs(p)[n];
    for (int out = 0; out < instr->n_out; ++out) {
      nk_status status = alias_given(p, instr, out, error);
      if (status != NK_OK) return status;
    }
    for (int out = 0; out < instr->n_out; ++out) alias_plan(p, instr, n, out);
  }
  return NK_OK;
}

/* ---- arena ---- */

typedef struct block {
  int64_t offset, size;
  int last;
} block;

typedef struct arena {
  block *live; /* sorted by offset */
  int64_t n_live, top;
} arena;

static int64_t arena_place(arena *a, int64_t size, int last) {
  size = (size + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  int64_t best = -1, best_gap = INT64_MAX, end = 0;
  for (int64_t i = 0; i < a->n_live; ++i) {
    int64_t gap = a->live[i].offset - end;
    if (gap >= size && gap < best_gap) best = i, best_gap = gap;
    end = a->live[i].offset + a->live[i].size;
  }
  if (best < 0) best = a->n_live;
  int64_t offset = best > 0 ? a->live[best - 1].offset + a->live[best - 1].size : 0;
  memmove(a->live + best + 1, a->live + best, sizeof(block) * (size_t)(a->n_live - best));
  a->live[best] = (block){.offset = offset, .size = size, .last = last};
  ++a->n_live;
  if (offset + size > a->top) a->top = offset + size;
  return offset;
}

static void arena_expire(arena *a, int number) {
  int64_t kept = 0;
  for (int64_t i = 0; i < a->n_live; ++i)
    if (a->live[i].last > number) a->live[kept++] = a->live[i];
  a->n_live = kept;
}

static void place_all(nk_program *p, arena *a) {
  for (int n = 0; n < p->n_instr; ++n) {
    nk_instr *instr = &nk_instrs(p)[n];
    for (int out = 0; out < instr->n_out; ++out) {
      nk_buffer *b = &nk_buffers(p)[nk_operands(p)[instr->operand + out].buffer];
      if (b->kind == NK_BUF_TMP && b->first == n && b->host < 0 && !b->placed && b->n_bytes > 0) {
        b->placed = true;
        b->offset = arena_place(a, b->n_bytes, b->last);
      }
    }
    if (instr->work_size > 0) instr->work_offset = arena_place(a, instr->work_size, n);
    arena_expire(a, n);
  }
  for (int i = 0; i < p->n_buffer; ++i) {
    nk_buffer *b = &nk_buffers(p)[i];
    if (b->host >= 0) b->offset = nk_buffers(p)[b->host].offset;
  }
}

nk_status nk_plan_arena(nk_program *p, nk_error *error) {
  int64_t most = 0, n_tmp = 0;
  bool overflow = false;
  for (int i = 0; i < p->n_buffer; ++i) {
    const nk_buffer *b = &nk_buffers(p)[i];
    if (b->kind != NK_BUF_TMP || b->first < 0) continue;
    ++n_tmp;
    p->tmp_bytes += b->n_bytes;
    overflow |= __builtin_add_overflow(most, b->n_bytes + NK_ALIGN, &most);
  }
  for (int n = 0; n < p->n_instr; ++n)
    overflow |= __builtin_add_overflow(most, nk_instrs(p)[n].work_size + NK_ALIGN, &most);
  if (overflow || most > ((int64_t)1 << 60))
    return nk_fail(error, NK_ERR_MEMORY, "the program wants more memory than there is");
  arena a = {.live = nk_alloc(sizeof(block) * (size_t)(n_tmp + 2))};
  if (a.live == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory planning a program");
  place_all(p, &a);
  p->arena_bytes = a.top;
  nk_free(a.live);
  return NK_OK;
}
