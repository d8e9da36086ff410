/* Decides whether a group can be machine code, makes it, and puts it into executable pages.
 *
 * The interpreter keeps what has no code here (small and unsigned integers; integer powers and
 * remainders), groups that are mostly calls of vector functions or have many strided operands, and
 * everything where NEUROKIT_NATIVE=0 is set, where the CPU level has no emitter, or where the
 * system refuses executable pages. NEUROKIT_NATIVE=always tries groups of calls, too.
 */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#include "../../../base/pages.h"
#include "expand.h"

enum {
  MAX_BYTES = 1 << 17,
  CHUNK_GAIN = 4, /* a piece holds more work than the interpreter's */
  CALL_COST = 5   /* a call costs the loop what so many other operations gain */
};

static bool is_wanted(const nk_fused *f) {
  const char *text = getenv("NEUROKIT_NATIVE");
  if (NK_NATIVE_BYTES == 0 || f->total == 0 || (text != NULL && strcmp(text, "0") == 0))
    return false;
  int n_strided = 0;
  for (int k = 0; k < f->n_in + f->n_out; k++) n_strided += f->arg[k].kind == NK_ARG_STRIDED;
  return n_strided <= NK_NATIVE_STRIDED;
}

/* Lanes are as many as fit of the widest type in the group. */
static bool choose_lanes(nk_emit *e) {
  int widest = 4;
  for (int v = 0; v < e->micro.n_value; v++) {
    const nk_value *value = e->micro.value + v;
    if (!value->live) continue;
    const int bytes = nk_dtype_size[value->dtype];
    const int op_bytes = value->code >= 0 ? nk_dtype_size[value->op_dtype] : 0;
    if (bytes == 2 || (bytes == 1 && value->dtype != NK_BOOL)) return false;
    if (value->dtype == NK_U32 || value->dtype == NK_U64) return false;
    if (bytes == 8 || op_bytes == 8) widest = 8;
  }
  e->lanes = NK_NATIVE_BYTES / widest;
  e->lane_bytes = widest;
  return true;
}

/* Calls of a function per vector, spilled registers included, are dearer than the interpreter's
 * loops over a block. */
static bool calls_pay(const nk_emit *e) {
  int n_op = 0, n_call = 0;
  for (int v = 0; v < e->micro.n_value; v++) {
    const nk_value *value = e->micro.value + v;
    if (value->code < 0 || !value->live || value->uniform) continue;
    if (nk_emit_calls_vector(value))
      n_call++;
    else
      n_op++;
  }
  const char *text = getenv("NEUROKIT_NATIVE");
  return n_op >= CALL_COST * n_call || (text != NULL && strcmp(text, "always") == 0);
}

static void mark_uniform(nk_micro *m, const nk_fused *f) {
  for (int v = 0; v < m->n_value; v++) {
    nk_value *value = m->value + v;
    value->uniform = v >= m->n_in || f->arg[v].kind == NK_ARG_SCALAR;
    for (int k = 0; value->code >= 0 && k < value->n_src; k++)
      value->uniform &= m->value[value->src[k]].uniform;
  }
}

static nk_status place(nk_native **result, const nk_emit *e, const nk_fused *f) {
  if (e->code.n > MAX_BYTES) return NK_OK;
  nk_native *native = nk_alloc_zero(sizeof *native);
  if (native == NULL) return NK_ERR_MEMORY;
  native->pages = nk_pages_new(e->code.byte, e->code.n);
  if (native->pages == NULL) {
    nk_free(native);
    return NK_OK;
  }
  native->n_bytes = e->code.n;
  memcpy(&native->fn, &native->pages, sizeof native->pages); /* a function from a data pointer */
  native->grain = e->lanes < 8 && e->has_bits ? 8 : e->lanes;
  native->tails = NK_NATIVE_EVEX;
  native->chunk = f->chunk * CHUNK_GAIN;
  for (int k = 0; k < f->n_in + f->n_out; k++) native->strided |= f->arg[k].kind == NK_ARG_STRIDED;
  *result = native;
  return NK_OK;
}

/* The written-out program with room for n values, and behind it its constants and results. */
static nk_micro *new_micro(size_t n, size_t n_const, size_t n_out) {
  nk_micro *m = nk_alloc_zero(sizeof *m + 16 * n_const + 8 * n_out + n * sizeof(nk_value));
  if (m == NULL) return NULL;
  int64_t *constants = (int64_t *)(m + 1);
  m->constants = constants;
  m->results = constants + 2 * n_const;
  m->value = (nk_value *)(constants + 2 * n_const + n_out);
  return m;
}

/* The emitter of a program, everything it needs behind it in one allocation. */
static nk_emit *new_emit(const nk_micro *m) {
  const size_t n = NK_EMIT_TURNS * (size_t)m->n_value, n_out = NK_EMIT_TURNS * (size_t)m->n_out;
  const size_t per_value = sizeof(nk_value) + sizeof(nk_live) + 4 * sizeof(int32_t);
  nk_emit *e = nk_alloc_zero(sizeof *e + n * per_value + 5 * n_out);
  if (e == NULL) return NULL;
  e->micro = *m;
  e->micro.value = (nk_value *)(e + 1);
  memcpy(e->micro.value, m->value, (size_t)m->n_value * sizeof *m->value);
  e->live = (nk_live *)(e->micro.value + n);
  e->next = (int32_t *)(e->live + n);
  e->order = e->next + 3 * n;
  e->ready = e->order + n;
  e->stored = (uint8_t *)(e->ready + n_out);
  return e;
}

/* From the written-out program to pages of code. */
static nk_status emit_program(nk_native **result, const nk_call *call, const nk_fused *f,
                              const nk_native_fold *fold, const nk_micro *m) {
  nk_emit *e = new_emit(m);
  if (e == NULL) return NK_ERR_MEMORY;
  e->call = call;
  e->fold = fold;
  e->f = f;
  nk_status status = NK_OK;
  if (choose_lanes(e) && calls_pay(e)) {
    const bool done =
        fold == NULL || fold->block % (8 * e->lanes) == 0 ? nk_emit_function(e) : false;
    if (e->code.failed)
      status = NK_ERR_MEMORY;
    else if (done)
      status = place(result, e, f);
  }
  nk_code_free(&e->code);
  nk_free(e);
  return status;
}

/* Functions written out, then code; *result stays NULL where there is none for the group. */
static nk_status expand_program(nk_native **result, const nk_call *call, const nk_fused *f,
                                const nk_native_fold *fold, const nk_micro *parsed,
                                const int32_t *alias, int32_t *map) {
  size_t n_function = 0;
  for (int v = 0; v < parsed->n_value; v++) n_function += nk_expand_has(parsed->value[v].code);
  const size_t n_const = (size_t)parsed->n_const + NK_EXPAND_CONSTANTS;
  const size_t n = (size_t)parsed->n_value + NK_EXPAND_CONSTANTS + NK_EXPAND_VALUES * n_function;
  nk_micro *m = new_micro(n, n_const, (size_t)parsed->n_out);
  if (m == NULL) return NK_ERR_MEMORY;
  nk_expand(m, parsed, alias, (int64_t *)(m + 1), (int64_t *)(m + 1) + 2 * n_const, map);
  mark_uniform(m, f);
  const nk_status status = emit_program(result, call, f, fold, m);
  nk_free(m);
  return status;
}

nk_status NK_LV(nk_native_new)(nk_native **native, const nk_call *call, const nk_fused *f) {
  return NK_LV(nk_native_fold_new)(native, call, f, NULL);
}

nk_status NK_LV(nk_native_fold_new)(nk_native **native, const nk_call *call, const nk_fused *f,
                                    const nk_native_fold *fold) {
  *native = NULL;
  if (!is_wanted(f)) return NK_OK;
  const size_t n = (size_t)(call->n_in + call->ip[0] + call->ip[1 + 2 * call->ip[0]]);
  nk_value *value = nk_alloc_zero(n * (sizeof(nk_value) + 2 * sizeof(int32_t)));
  nk_status status = NK_ERR_MEMORY;
  if (value != NULL) {
    nk_micro parsed = {.value = value};
    int32_t *alias = (int32_t *)(value + n), *map = alias + n;
    status = NK_LV(nk_micro_parse)(&parsed, call);
    if (status == NK_OK) {
      NK_LV(nk_combine_alias)(&parsed, alias);
      mark_uniform(&parsed, f);
      status = expand_program(native, call, f, fold, &parsed, alias, map);
    }
    nk_free(value);
  }
  return status == NK_ERR_MEMORY
             ? nk_fail(call->ctx->error, status, "fused: out of memory for machine code")
             : status;
}

void NK_LV(nk_native_free)(nk_native *native) {
  if (native == NULL) return;
  nk_pages_free(native->pages, native->n_bytes);
  nk_free(native);
}
