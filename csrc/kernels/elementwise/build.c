/* Compiles a micro-program into steps on registers.
 *
 * 1. operations on values that are one per row run once, on a repeated value;
 * 2. the others get a block register, by linear scan over their lifetimes, or write the output
 *    itself where no input that shares its memory is still to be read;
 * 3. a block function without a variant for a scalar operand gets it repeated over a block;
 * 4. the block length is what lets all registers stay in L1.
 * Cost: O(operations x rows of the tables), once per program.
 */
#include <string.h>

#include "combine.h"

enum { NEVER = INT32_MAX };

/* Everything the build needs; freed at its end. Registers: inputs, outputs, constants, places. */
typedef struct builder {
  const nk_call *call;
  nk_micro micro;
  nk_fused *fused;
  int32_t *alias;      /* [n_value] */
  int32_t *filled;     /* [n_value] register of a uniform value repeated over a block, or -1 */
  uint8_t *place_size; /* bytes per element of a block place; 0 for a repeated value */
  int32_t *busy;       /* [n_place] step of last use of a block place */
  nk_step *fill;       /* steps that repeat values over a block */
  int n_fill;
  int capacity; /* of steps, fills and places */
} builder;

static int new_place(builder *b, int size) {
  nk_fused *f = b->fused;
  b->place_size[f->n_place] = (uint8_t)size;
  b->busy[f->n_place] = NEVER;
  return f->n_in + f->n_out + f->n_const + f->n_place++;
}

/* A block register free from step `now` on and in use until `last`. */
static int block_place(builder *b, int size, int now, int last) {
  const nk_fused *f = b->fused;
  const int first = f->n_in + f->n_out + f->n_const;
  int p = 0;
  while (p < f->n_place && (b->place_size[p] != size || b->busy[p] > now)) p++;
  const int reg = p < f->n_place ? first + p : new_place(b, size);
  b->busy[reg - first] = last;
  return reg;
}

static nk_op_fn copy_fn(nk_dtype dtype, int mask) {
  return NK_LV(nk_op_find)(NK_OP_copy, dtype, mask, dtype);
}

/* The type whose copies move `size` bytes. */
static nk_dtype word(int size) {
  return size == 1 ? NK_BOOL : size == 2 ? NK_I16 : size == 4 ? NK_I32 : NK_I64;
}

static int filled_register(builder *b, int v) {
  if (b->filled[v] < 0) {
    const nk_value *value = b->micro.value + v;
    b->filled[v] = new_place(b, nk_dtype_size[value->dtype]);
    b->fill[b->n_fill++] = (nk_step){.fn = copy_fn(word(nk_dtype_size[value->dtype]), 1),
                                     .d = (uint16_t)b->filled[v],
                                     .s = {(uint16_t)value->reg}};
  }
  return b->filled[v];
}

static int bits(int mask) {
  return __builtin_popcount((unsigned)mask);
}

/* The block function that takes most of the uniform operands as scalars; the rest are filled. */
static nk_status make_step(builder *b, int v, nk_step *step) {
  const nk_micro *m = &b->micro;
  const nk_value *value = m->value + v;
  int want = 0;
  for (int k = 0; k < value->n_src; k++)
    if (!value->uniform && m->value[value->src[k]].uniform) want |= 1 << k;
  nk_dtype key = (nk_dtype)value->op_dtype, other = key;
  if (value->code == NK_OP_convert) key = (nk_dtype)m->value[value->src[0]].dtype;
  int best = -1;
  for (int mask = 0; mask <= want; mask++)
    if ((mask & ~want) == 0 && (best < 0 || bits(mask) > bits(best)) &&
        NK_LV(nk_op_find)(value->code, key, mask, other) != NULL)
      best = mask;
  if (best < 0)
    return nk_fail(b->call->ctx->error, NK_ERR_INTERNAL, "fused: operation %d has no code for %s",
                   value->code, nk_dtype_name[value->op_dtype]);
  memset(step, 0, sizeof *step);
  step->fn = NK_LV(nk_op_find)(value->code, key, best, other);
  step->d = (uint16_t)value->reg;
  for (int k = 0; k < value->n_src; k++) {
    const int src = value->src[k];
    const bool fill = (want & ~best) >> k & 1;
    step->s[k] = (uint16_t)(fill ? filled_register(b, src) : m->value[src].reg);
  }
  return NK_OK;
}

/* Steps read their operands at most here: sets `last` of every value. */
static void set_lifetimes(builder *b) {
  nk_micro *m = &b->micro;
  int at = 0;
  for (int v = 0; v < m->n_value; v++) {
    m->value[v].last = -1;
    if (m->value[v].code < 0 || !m->value[v].live || m->value[v].uniform) continue;
    for (int k = 0; k < m->value[v].n_src; k++) m->value[m->value[v].src[k]].last = at;
    at++;
  }
  for (int k = 0; k < m->n_out; k++) m->value[b->alias[m->results[k]]].last = NEVER;
}

/* May output k receive its value at step `now` already? Not while an input whose memory it shares
 * is read later. Without knowledge of sharing, any input of the same size may be the one. */
static bool writes_early(const builder *b, int k, int now) {
  const nk_fused *f = b->fused;
  const nk_arg *out = f->arg + f->n_in + k;
  if (out->kind != NK_ARG_DIRECT) return false;
  for (int i = 0; i < f->n_in; i++) {
    const bool shares = b->call->alias ? b->call->alias[k] == i : f->arg[i].size == out->size;
    if (shares && f->arg[i].kind == NK_ARG_DIRECT && b->micro.value[i].last > now) return false;
  }
  return true;
}

static void place_inputs(builder *b) {
  nk_fused *f = b->fused;
  for (int i = 0; i < f->n_in; i++) {
    nk_value *value = b->micro.value + i;
    nk_arg *arg = f->arg + i;
    arg->reg = i;
    if (arg->kind == NK_ARG_SCALAR)
      arg->reg = new_place(b, 0);
    else if (arg->kind != NK_ARG_DIRECT)
      arg->reg = block_place(b, arg->size, -1, value->last);
    value->reg = arg->reg;
  }
  for (int c = 0; c < f->n_const; c++) b->micro.value[f->n_in + c].reg = f->n_in + f->n_out + c;
}

/* The steps of the operations: uniform ones before, the others in the block. */
static nk_status place_operations(builder *b) {
  nk_micro *m = &b->micro;
  nk_fused *f = b->fused;
  for (int v = m->n_in + m->n_const; v < m->n_value; v++) {
    nk_value *value = m->value + v;
    if (!value->live) continue;
    const int now = f->n_step;
    value->reg = -1;
    if (value->uniform) {
      value->reg = new_place(b, 0);
    } else {
      for (int k = 0; k < m->n_out && value->reg < 0; k++)
        if (b->alias[m->results[k]] == v && writes_early(b, k, now)) value->reg = m->n_in + k;
      if (value->reg < 0)
        value->reg = block_place(b, nk_dtype_size[value->dtype], now, value->last);
    }
    nk_step *step = value->uniform ? f->before + f->n_before++ : f->step + f->n_step++;
    const nk_status status = make_step(b, v, step);
    if (status != NK_OK) return status;
    if (value->op_dtype == NK_F32 || value->op_dtype == NK_F64) f->flush = true;
  }
  return NK_OK;
}

/* Outputs whose value lies elsewhere are copied at the end of the block. An input that is an output
 * as it stands is set aside first when another output may overlay it. */
static void place_outputs(builder *b) {
  nk_micro *m = &b->micro;
  nk_fused *f = b->fused;
  for (int k = 0; k < m->n_out; k++) {
    nk_value *value = m->value + b->alias[m->results[k]];
    const int v = b->alias[m->results[k]];
    if (v >= m->n_in || f->arg[v].kind != NK_ARG_DIRECT || value->reg != v) continue;
    bool overlaid = false;
    for (int j = 0; j < m->n_out; j++)
      overlaid |= b->call->alias == NULL || b->call->alias[j] == v;
    if (!overlaid) continue;
    const int aside = block_place(b, f->arg[v].size, f->n_step, NEVER);
    f->step[f->n_step++] = (nk_step){.fn = copy_fn(word(f->arg[v].size), 0),
                                     .d = (uint16_t)aside,
                                     .s = {(uint16_t)v}};
    value->reg = aside;
  }
  for (int k = 0; k < m->n_out; k++) {
    const int v = b->alias[m->results[k]];
    const nk_value *value = m->value + v;
    nk_arg *arg = f->arg + m->n_in + k;
    arg->reg = m->n_in + k;
    if (arg->kind != NK_ARG_DIRECT)
      arg->reg = value->uniform ? filled_register(b, v) : value->reg;
    else if (value->reg != m->n_in + k)
      f->step[f->n_step++] = (nk_step){.fn = copy_fn(word(arg->size), value->uniform),
                                       .d = (uint16_t)arg->reg,
                                       .s = {(uint16_t)value->reg}};
  }
}

/* Block length and workspace: repeated values, padded remainders, then block registers. */
static void lay_out(builder *b) {
  nk_fused *f = b->fused;
  size_t width = 0, offset = 0;
  for (int p = 0; p < f->n_place; p++) width += b->place_size[p];
  size_t streamed = 0;
  for (int k = 0; k < f->n_in + f->n_out; k++)
    if (f->arg[k].kind == NK_ARG_DIRECT) streamed += f->arg[k].size;
  int64_t block = 64 * (int64_t)(NK_FUSED_CACHE / (64 * (width + streamed / 2 + 1)));
  block = block < 64 ? 64 : block > NK_FUSED_BLOCK ? NK_FUSED_BLOCK : block;
  const int64_t need = (f->row + NK_LANES - 1) & -NK_LANES;
  f->block = block < need ? block : need < NK_LANES ? NK_LANES : need;
  for (int k = 0; k < f->n_in + f->n_out; k++) {
    f->arg[k].tail = (int32_t)offset;
    offset += NK_FUSED_SPLAT;
  }
  for (int p = 0; p < f->n_place; p++) {
    f->place[p] = (int64_t)offset;
    const size_t bytes = b->place_size[p] ? b->place_size[p] * (size_t)f->block : NK_FUSED_SPLAT;
    offset += (bytes + NK_ALIGN - 1) & ~(size_t)(NK_ALIGN - 1);
  }
  f->work_size = offset;
}

/* Length of a parallel piece, from a rough cost per element in picoseconds. */
static void cut_chunks(builder *b) {
  nk_fused *f = b->fused;
  int64_t cost = 100;
  for (int v = 0; v < b->micro.n_value; v++) {
    const nk_value *value = b->micro.value + v;
    if (value->code < 0 || !value->live || value->uniform) continue;
    const bool slow = (value->code >= NK_OP_exp && value->code <= NK_OP_erf) ||
                      value->code == NK_OP_pow || value->code == NK_OP_arctan2 ||
                      value->code == NK_OP_mod || value->code == NK_OP_floordiv;
    cost += value->code >= NK_OP_erfc && value->code <= NK_OP_spence ? 100000
            : slow                                             ? 2000
                                                               : 10 * nk_dtype_size[value->op_dtype];
  }
  const int64_t n = (int64_t)NK_FUSED_CHUNK * 1000 / cost;
  f->chunk = (n + f->block - 1) / f->block * f->block;
  if (f->chunk >= f->total) f->chunk = f->total;
}

static void splat_constants(builder *b) {
  nk_fused *f = b->fused;
  for (int c = 0; c < f->n_const; c++) {
    const int64_t dtype = b->micro.constants[2 * c], word_bits = b->micro.constants[2 * c + 1];
    char *to = f->constant + (size_t)c * NK_FUSED_SPLAT;
    double real;
    memcpy(&real, &word_bits, sizeof real);
    for (int i = 0; i < NK_LANES; i++) {
      if (dtype == NK_BOOL) ((uint8_t *)to)[i] = word_bits != 0;
      else if (dtype == NK_I32) ((int32_t *)to)[i] = (int32_t)word_bits;
      else if (dtype == NK_F32) ((float *)to)[i] = (float)real;
      else ((int64_t *)to)[i] = word_bits;
    }
  }
}

static size_t padded(size_t n_bytes) {
  return (n_bytes + NK_ALIGN - 1) & ~(size_t)(NK_ALIGN - 1);
}

/* One allocation with the arrays behind the struct. */
static nk_fused *new_fused(const nk_call *call, int n_const, int capacity) {
  const size_t n_arg = (size_t)(call->n_in + call->n_out), n = (size_t)capacity;
  const size_t sizes[] = {sizeof(nk_fused),    n_arg * sizeof(nk_arg),  n * sizeof(nk_step),
                          n * sizeof(nk_step), n * sizeof(int64_t),     (size_t)n_const * NK_FUSED_SPLAT};
  size_t total = 0;
  for (int k = 0; k < 6; k++) total += padded(sizes[k]);
  char *at = nk_alloc_zero(total);
  if (at == NULL) return NULL;
  nk_fused *f = (nk_fused *)at;
  at += padded(sizes[0]);
  f->arg = (nk_arg *)at;
  at += padded(sizes[1]);
  f->before = (nk_step *)at;
  at += padded(sizes[2]);
  f->step = (nk_step *)at;
  at += padded(sizes[3]);
  f->place = (int64_t *)at;
  at += padded(sizes[4]);
  f->constant = at;
  f->n_in = call->n_in;
  f->n_out = call->n_out;
  f->n_const = n_const;
  return f;
}

static void mark_bits(builder *b) {
  const nk_micro *m = &b->micro;
  for (int k = 0; k < m->n_in + m->n_out; k++)
    if (m->value[k < m->n_in ? k : m->results[k - m->n_in]].bits)
      b->fused->arg[k].kind = NK_ARG_BITS;
}

static nk_status compile(builder *b) {
  nk_micro *m = &b->micro;
  nk_fused *f = b->fused;
  nk_status status = NK_LV(nk_micro_parse)(m, b->call);
  if (status != NK_OK) return status;
  mark_bits(b);
  status = NK_LV(nk_fused_shape)(f, b->call, m);
  if (status != NK_OK) return status;
  NK_LV(nk_combine_alias)(m, b->alias);
  for (int v = 0; v < m->n_in + m->n_const; v++)
    m->value[v].uniform = v >= m->n_in || f->arg[v].kind == NK_ARG_SCALAR;
  NK_LV(nk_combine)(m);
  for (int v = 0; v < m->n_value; v++) b->filled[v] = -1;
  set_lifetimes(b);
  place_inputs(b);
  status = place_operations(b);
  if (status != NK_OK) return status;
  place_outputs(b);
  f->n_splat = f->n_before;
  memcpy(f->before + f->n_before, b->fill, (size_t)b->n_fill * sizeof(nk_step));
  f->n_before += b->n_fill;
  f->n_reg = f->n_in + f->n_out + f->n_const + f->n_place;
  lay_out(b);
  cut_chunks(b);
  splat_constants(b);
  return NK_OK;
}

nk_status NK_LV(nk_fused_build)(nk_fused **result, const nk_call *call) {
  const int n_const = (int)call->ip[0], n_op = (int)call->ip[1 + 2 * n_const];
  const size_t n = (size_t)(call->n_in + n_const + n_op);
  builder b = {.call = call, .capacity = 2 * (int)n + 2 * call->n_out};
  const size_t c = (size_t)b.capacity;
  const size_t sizes[] = {n * sizeof(nk_value), n * sizeof(int32_t), n * sizeof(int32_t), c,
                          c * sizeof(int32_t),  c * sizeof(nk_step)};
  size_t total = 0;
  for (int k = 0; k < 6; k++) total += padded(sizes[k]);
  char *scratch = nk_alloc_zero(total), *at = scratch;
  b.fused = new_fused(call, n_const, b.capacity);
  nk_status status = NK_ERR_MEMORY;
  if (scratch != NULL && b.fused != NULL) {
    b.micro.value = (nk_value *)at;
    at += padded(sizes[0]);
    b.alias = (int32_t *)at;
    at += padded(sizes[1]);
    b.filled = (int32_t *)at;
    at += padded(sizes[2]);
    b.place_size = (uint8_t *)at;
    at += padded(sizes[3]);
    b.busy = (int32_t *)at;
    at += padded(sizes[4]);
    b.fill = (nk_step *)at;
    status = compile(&b);
  } else {
    nk_fail(call->ctx->error, status, "fused: out of memory");
  }
  nk_free(scratch);
  if (status != NK_OK) {
    nk_free(b.fused);
    return status;
  }
  *result = b.fused;
  return NK_OK;
}
