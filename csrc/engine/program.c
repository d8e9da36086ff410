/* Building a program: record, validate, check, plan. Nothing here trusts its caller: a program that
 * finishes without an error never reads or writes outside its buffers. */
#include <string.h>

#include "frame.h"

/* ---- growable arrays ---- */

static nk_status vec_push(nk_vec *vec, const void *items, int64_t n_items, size_t item,
                          nk_error *error) {
  int64_t need = vec->n + n_items;
  if (need > vec->capacity) {
    int64_t capacity = vec->capacity > 0 ? 2 * vec->capacity : 16;
    if (capacity < need) capacity = need;
    char *data = nk_alloc((size_t)capacity * item);
    if (data == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory building a program");
    if (vec->n > 0) memcpy(data, vec->data, (size_t)vec->n * item);
    nk_free(vec->data);
    vec->data = data;
    vec->capacity = capacity;
  }
  if (n_items > 0) memcpy(vec->data + (size_t)vec->n * item, items, (size_t)n_items * item);
  vec->n = need;
  return NK_OK;
}

/* ---- life ---- */

nk_status nk_program_new(nk_program **program, int n_in, int n_out, nk_error *error) {
  *program = NULL;
  if (n_in < 0 || n_out < 0 || n_in > NK_MAX_LOOP_OPERANDS || n_out > NK_MAX_LOOP_OPERANDS)
    return nk_fail(error, NK_ERR_VALUE, "a program takes 0 to %d inputs and outputs, got %d and %d",
                   NK_MAX_LOOP_OPERANDS, n_in, n_out);
  nk_program *p = nk_alloc_zero(sizeof *p);
  if (p == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory building a program");
  atomic_init(&p->refs, 1);
  p->n_in = n_in;
  p->n_out = n_out;
  p->in_buffer = nk_alloc(sizeof(int) * (size_t)(n_in + n_out + 1));
  if (p->in_buffer == NULL) {
    nk_program_release(p);
    return nk_fail(error, NK_ERR_MEMORY, "out of memory building a program");
  }
  p->out_buffer = p->in_buffer + n_in;
  for (int i = 0; i < n_in + n_out; ++i) p->in_buffer[i] = -1;
  *program = p;
  return NK_OK;
}

void nk_program_retain(nk_program *p) {
  atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
}

void nk_program_release(nk_program *p) {
  if (p == NULL || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1) return;
  for (int i = 0; i < p->n_instr; ++i) {
    nk_instr *instr = &nk_instrs(p)[i];
    if (instr->prep != NULL && instr->kernel->release != NULL)
      instr->kernel->release(instr->prep);
  }
  for (int i = 0; i < p->n_buffer; ++i) nk_free(nk_buffers(p)[i].data);
  for (int i = 0; i < p->n_sub; ++i) nk_program_release(nk_subs(p)[i]);
  nk_vec *vecs[] = {&p->buffers, &p->instrs, &p->operands, &p->views, &p->alias,
                    &p->ips,     &p->fps,    &p->text,     &p->subs};
  for (size_t i = 0; i < sizeof vecs / sizeof *vecs; ++i) nk_free(vecs[i]->data);
  nk_free(p->in_buffer);
  nk_free(p->patch);
  nk_free(p->patch_start);
  nk_free(p);
}

/* ---- buffers ---- */

static nk_status claim(int *slot, int n_slots, int k, int buffer, const char *what,
                       nk_error *error) {
  if (k < 0 || k >= n_slots)
    return nk_fail(error, NK_ERR_VALUE, "buffer %d is %s %d, but the program has %d", buffer, what,
                   k, n_slots);
  if (slot[k] >= 0)
    return nk_fail(error, NK_ERR_VALUE, "buffers %d and %d are both %s %d", slot[k], buffer, what,
                   k);
  slot[k] = buffer;
  return NK_OK;
}

nk_status nk_program_buffer(nk_program *p, const nk_buffer *buffer, nk_error *error) {
  nk_buffer b = *buffer;
  nk_status status = NK_OK;
  b.data = NULL;
  b.offset = 0;
  b.first = b.last = b.host = -1;
  b.taken = b.placed = false;
  bool reads = b.kind == NK_BUF_IN || b.kind == NK_BUF_INOUT;
  bool writes = b.kind == NK_BUF_OUT || b.kind == NK_BUF_INOUT;
  if (reads || writes) {
    nk_view_set_contiguous(&b.view);
    if ((status = nk_view_validate(&b.view, error)) != NK_OK) return status;
    b.n_bytes = nk_view_size(&b.view) * nk_dtype_size[b.view.dtype];
    if (reads && (status = claim(p->in_buffer, p->n_in, b.input, p->n_buffer, "input", error)))
      return status;
    if (writes && (status = claim(p->out_buffer, p->n_out, b.output, p->n_buffer, "output", error)))
      return status;
  }
  if (!reads) b.input = -1;
  if (!writes) b.output = -1;
  if (b.n_bytes < 0 || b.n_bytes > ((int64_t)1 << 56))
    return nk_fail(error, NK_ERR_VALUE, "buffer %d wants %lld bytes", p->n_buffer,
                   (long long)b.n_bytes);
  if (b.kind == NK_BUF_CONST) {
    b.data = nk_alloc((size_t)b.n_bytes + 1);
    if (b.data == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory copying a constant");
    if (b.n_bytes > 0) memcpy(b.data, b.source, (size_t)b.n_bytes);
  }
  b.source = NULL;
  if ((status = vec_push(&p->buffers, &b, 1, sizeof b, error)) != NK_OK) {
    nk_free(b.data);
    return status;
  }
  ++p->n_buffer;
  return NK_OK;
}

/* ---- instructions ---- */

/* One operand against its buffer: inside it, aligned, and written only where writing is allowed. */
static nk_status operand_validate(const nk_program *p, const nk_operand *operand, const nk_view *v,
                                  bool is_out, nk_error *error) {
  nk_status status = nk_view_validate(v, error);
  if (status != NK_OK) return status;
  if (operand->buffer < 0 || operand->buffer >= p->n_buffer)
    return nk_fail(error, NK_ERR_VALUE, "operand names buffer %d of %d", operand->buffer,
                   p->n_buffer);
  const nk_buffer *b = &nk_buffers(p)[operand->buffer];
  int64_t low, end, item = nk_dtype_size[v->dtype];
  int64_t align = v->dtype == NK_C64 || v->dtype == NK_C128 ? item / 2 : item;
  nk_view_extent(v, &low, &end);
  if (operand->offset < 0 || operand->offset > b->n_bytes || operand->offset + low < 0 ||
      end > b->n_bytes - operand->offset)
    return nk_fail(error, NK_ERR_VALUE,
                   "operand reaches bytes %lld to %lld of buffer %d, which has %lld",
                   (long long)(operand->offset + low), (long long)(operand->offset + end),
                   operand->buffer, (long long)b->n_bytes);
  bool misaligned = operand->offset % align != 0;
  for (int d = 0; d < v->ndim; ++d) {
    if (v->shape[d] <= 1) continue;
    misaligned |= v->stride[d] % align != 0;
    if (is_out && v->stride[d] == 0 && nk_view_size(v) > 0)
      return nk_fail(error, NK_ERR_VALUE, "an output operand repeats elements (stride 0)");
  }
  if (misaligned)
    return nk_fail(error, NK_ERR_VALUE, "operand on buffer %d is not aligned to its %lld-byte items",
                   operand->buffer, (long long)align);
  if (is_out && (b->kind == NK_BUF_IN || b->kind == NK_BUF_CONST))
    return nk_fail(error, NK_ERR_VALUE, "an output operand writes %s buffer %d",
                   b->kind == NK_BUF_IN ? "input" : "constant", operand->buffer);
  return NK_OK;
}

/* Keeps lifetimes; a temporary or an output must be written before it is read. An operand without
 * elements touches nothing. */
static nk_status touch(nk_program *p, int buffer, const nk_view *view, bool is_out,
                       nk_error *error) {
  nk_buffer *b = &nk_buffers(p)[buffer];
  if (nk_view_size(view) == 0) return NK_OK;
  if (b->first < 0) {
    bool filled = b->kind == NK_BUF_IN || b->kind == NK_BUF_INOUT || b->kind == NK_BUF_CONST;
    if (!is_out && !filled)
      return nk_fail(error, NK_ERR_VALUE, "buffer %d is read before it is written", buffer);
    b->first = p->n_instr;
  }
  b->last = p->n_instr;
  return NK_OK;
}

static nk_status operands_validate(nk_program *p, const nk_instr_spec *spec, nk_error *error) {
  nk_status status;
  int n = spec->n_out + spec->n_in;
  for (int i = 0; i < n; ++i)
    if ((status = operand_validate(p, &spec->operand[i], &spec->view[i], i < spec->n_out, error)))
      return status;
  for (int i = spec->n_out; i < n; ++i)
    if ((status = touch(p, spec->operand[i].buffer, &spec->view[i], false, error))) return status;
  for (int i = 0; i < spec->n_out; ++i)
    if ((status = touch(p, spec->operand[i].buffer, &spec->view[i], true, error))) return status;
  return NK_OK;
}

static nk_status record(nk_program *p, const nk_instr_spec *spec, nk_instr *instr,
                        nk_error *error) {
  nk_status status;
  int64_t n = spec->n_out + spec->n_in;
  static const int8_t none[NK_MAX_LOOP_OPERANDS];
  instr->operand = p->operands.n;
  instr->alias = p->alias.n;
  instr->ip = p->ips.n;
  instr->fp = p->fps.n;
  instr->where = p->text.n;
  instr->sub = p->n_sub;
  if ((status = vec_push(&p->operands, spec->operand, n, sizeof(nk_operand), error)) ||
      (status = vec_push(&p->views, spec->view, n, sizeof(nk_view), error)) ||
      (status = vec_push(&p->alias, none, spec->n_out, 1, error)) ||
      (status = vec_push(&p->ips, spec->ip, spec->n_ip, sizeof(int64_t), error)) ||
      (status = vec_push(&p->fps, spec->fp, spec->n_fp, sizeof(double), error)) ||
      (status = vec_push(&p->text, spec->where, (int64_t)strlen(spec->where) + 1, 1, error)) ||
      (status = vec_push(&p->instrs, instr, 1, sizeof *instr, error)))
    return status;
  for (int i = 0; i < spec->n_sub; ++i) {
    if ((status = vec_push(&p->subs, &spec->sub[i], 1, sizeof(nk_program *), error)))
      return status;
    nk_program_retain(spec->sub[i]);
    ++p->n_sub;
  }
  ++p->n_instr;
  p->n_view += n;
  return NK_OK;
}

nk_status nk_program_instr(nk_program *p, const nk_instr_spec *spec, nk_error *error) {
  nk_instr instr = {.n_out = spec->n_out,
                    .n_in = spec->n_in,
                    .n_ip = spec->n_ip,
                    .n_fp = spec->n_fp,
                    .n_sub = spec->n_sub};
  instr.kernel = nk_loop_find(spec->kernel);
  instr.is_loop = instr.kernel != NULL;
  if (instr.kernel == NULL) instr.kernel = nk_kernel_find(spec->kernel);
  if (instr.kernel == NULL)
    return nk_fail(error, NK_ERR_VALUE, "there is no kernel named '%.60s'", spec->kernel);
  int limit = instr.is_loop ? NK_MAX_LOOP_OPERANDS : NK_MAX_OPERANDS;
  if (spec->n_out < 0 || spec->n_in < 0 || spec->n_out > limit || spec->n_in > limit)
    return nk_fail(error, NK_ERR_VALUE, "%s takes at most %d operands, got %d outs and %d ins",
                   spec->kernel, limit, spec->n_out, spec->n_in);
  if (!instr.is_loop && spec->n_sub > 0)
    return nk_fail(error, NK_ERR_VALUE, "%s takes no sub-program", spec->kernel);
  nk_status status = operands_validate(p, spec, error);
  return status != NK_OK ? status : record(p, spec, &instr, error);
}

/* ---- finish ---- */

static nk_status signature_validate(const nk_program *p, nk_error *error) {
  for (int k = 0; k < p->n_in; ++k)
    if (p->in_buffer[k] < 0)
      return nk_fail(error, NK_ERR_VALUE, "no buffer is input %d of %d", k, p->n_in);
  for (int j = 0; j < p->n_out; ++j) {
    if (p->out_buffer[j] < 0)
      return nk_fail(error, NK_ERR_VALUE, "no buffer is output %d of %d", j, p->n_out);
    const nk_buffer *b = &nk_buffers(p)[p->out_buffer[j]];
    if (b->kind == NK_BUF_OUT && b->first < 0 && b->n_bytes > 0)
      return nk_fail(error, NK_ERR_VALUE, "output %d is never written", j);
  }
  return NK_OK;
}

static nk_status kernels_check(nk_program *p, nk_error *error) {
  nk_ctx ctx = {.n_threads = 1, .cancel = NULL, .error = error};
  for (int i = 0; i < p->n_instr; ++i) {
    nk_instr *instr = &nk_instrs(p)[i];
    if (instr->is_loop) {
      nk_status status = nk_loop_check(p, instr, error);
      if (status != NK_OK) return status;
      continue;
    }
    nk_call call = nk_instr_call(p, instr, &ctx);
    nk_status status = instr->kernel->check(&call);
    instr->prep = call.prep;
    if (status != NK_OK) {
      char text[NK_ERROR_TEXT];
      memcpy(text, error->text, sizeof text);
      return nk_fail(error, status, "%s: %.200s", nk_where(p, instr), text);
    }
    instr->work_size = (int64_t)call.work_size;
  }
  return NK_OK;
}

/* The slot an operand's memory comes from, or -1: inputs, then outputs; an in-place carry counts as
 * its output. */
static int slot_of(const nk_program *p, int64_t operand) {
  const nk_buffer *b = &nk_buffers(p)[nk_operands(p)[operand].buffer];
  return b->output >= 0 ? p->n_in + b->output : b->input;
}

/* Which views follow which external buffer: counted, summed, filled, so grouped by slot. */
static nk_status patches_build(nk_program *p, nk_error *error) {
  int n_slot = p->n_in + p->n_out;
  int64_t *start = nk_alloc_zero(sizeof(int64_t) * (size_t)(n_slot + 2));
  p->patch_start = start;
  p->patch = nk_alloc(sizeof(nk_patch) * (size_t)(p->n_view + 1));
  if (start == NULL || p->patch == NULL)
    return nk_fail(error, NK_ERR_MEMORY, "out of memory building a program");
  for (int64_t i = 0; i < p->n_view; ++i)
    if (slot_of(p, i) >= 0) ++start[slot_of(p, i) + 2];
  for (int s = 0; s < n_slot; ++s) start[s + 2] += start[s + 1];
  for (int64_t i = 0; i < p->n_view; ++i) {
    int slot = slot_of(p, i);
    if (slot >= 0)
      p->patch[start[slot + 1]++] = (nk_patch){.view = i, .offset = nk_operands(p)[i].offset};
  }
  return NK_OK;
}

nk_status nk_program_finish(nk_program *p, nk_error *error) {
  nk_status status;
  if ((status = signature_validate(p, error)) || (status = nk_plan_alias(p, error)) ||
      (status = kernels_check(p, error)) || (status = nk_plan_arena(p, error)))
    return status;
  p->frame_bytes = nk_frame_bytes(p);
  return patches_build(p, error);
}
