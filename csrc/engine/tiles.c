/* scan whose body is elementwise: a tile of elements runs through all steps before the next tile.
 *
 * When every instruction of the body computes element i of its outputs from element i of its inputs
 * (or from values that are one for all), elements never meet, so their order is free: a tile that
 * stays in cache reads and writes main memory once per loop instead of once per step, and tiles run
 * on different threads without waiting for each other at each step. The bits are those of the plain
 * order. Letters: N elements, T steps.
 *
 * A body of one instruction, whose kernel can, runs several steps at a time, which keep carries in
 * registers; what is left runs step by step.
 *
 * Temporaries of the body live in a tile's own memory on the stack. Carries that are not in place
 * alternate between output and temporary exactly as in scan.c.
 */
#include <string.h>

#include "../simd/flush.h"
#include "frame.h"

bool nk_scan_tiled(const nk_call *call, nk_status *status);
nk_status nk_scan_repeat(const nk_program *p, nk_instr *instr, nk_error *error);
void nk_scan_release(void *prep);

enum {
  OPERANDS = 192,        /* of all instructions together; more run step by step */
  CACHE = 192 * 1024,    /* bytes of a tile */
  LOCAL = 48 * 1024,     /* bytes of its temporaries */
  UNIT = 64,             /* elements: no two tiles share a cache line */
  THREAD_WORK = 1 << 19, /* element-steps that are worth a thread */
  TELL = 1 << 10         /* steps of a tile between reports of progress */
};

/* An operand of the body at step i of T, t the position along x and y:
 *   memory[i == 0 ? FIRST : (T - 1 - i) & 1] + t * step + start * bits / 8 */
enum { FIRST = 2 };
typedef struct operand {
  char *memory[3];
  int64_t step, bits; /* of an element; 0: one value for all */
  int64_t local;      /* temporary: bytes per element of those before it; else -1 */
  int buffer;
  bool index; /* the step's number, which each tile keeps itself */
} operand;

typedef struct tiles {
  const nk_call *call;
  const nk_frame *body;
  const nk_repeat *repeat; /* several steps at a time, or NULL */
  int64_t n_const, n_carry, n_x, n_y, length, n, tile, offset;
  int64_t local; /* bytes of all temporaries per element */
  bool reverse;
  nk_progress *progress; /* told in steps of all tiles */
  _Atomic int64_t *told; /* steps of single tiles */
  int64_t n_tile;
  int n_operand, n_moving;
  operand operand[OPERANDS]; /* per instruction: ins, then outs */
  uint8_t moving[OPERANDS];  /* those whose address differs from step to step */
} tiles;

static int64_t padded(int64_t n) { return (n + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN; }

static const nk_buffer *buffer_of(const tiles *w, const nk_operand *o) {
  return nk_buffers(w->body->program) + o->buffer;
}

/* The same address in each step. */
static void stay(operand *o, char *memory) {
  for (int i = 0; i < 3; ++i) o->memory[i] = memory;
}

/* Carry j as the body reads it (writes = false) or writes it. */
static void carry(operand *o, const tiles *w, int64_t j, bool writes) {
  const nk_program *p = w->body->program;
  char *out = w->call->out[j].data, *temporary = w->call->work;
  const nk_buffer *b = &nk_buffers(p)[p->out_buffer[j]];
  if (b->kind == NK_BUF_INOUT) {
    stay(o, out);
    return;
  }
  for (int64_t k = 0; k < j; ++k) {
    const nk_buffer *before = &nk_buffers(p)[p->out_buffer[k]];
    if (before->kind != NK_BUF_INOUT) temporary += padded(before->n_bytes);
  }
  o->memory[0] = writes ? out : temporary;
  o->memory[1] = writes ? temporary : out;
  o->memory[FIRST] = writes ? o->memory[(w->length - 1) & 1] : w->call->in[w->n_const + j].data;
}

/* Where an input or output of the body lies in each step. */
static void place_external(operand *o, const tiles *w, const nk_buffer *b, bool writes) {
  const int64_t first_x = w->n_const + w->n_carry;
  if (b->output >= w->n_carry) {
    stay(o, w->call->out[b->output].data);
    o->step = w->call->out[b->output].stride[0];
  } else if (b->output >= 0) {
    carry(o, w, b->output, writes || b->kind == NK_BUF_OUT);
  } else if (b->input < w->n_const) {
    stay(o, w->call->in[b->input].data);
  } else if (b->input < first_x) {
    carry(o, w, b->input - w->n_const, false);
  } else if (b->input < first_x + w->n_x) {
    stay(o, w->call->in[b->input].data);
    o->step = w->call->in[b->input].stride[0];
  } else {
    o->index = true;
  }
}

/* A temporary: the place it has already, or a new one. */
static void place_temporary(operand *o, tiles *w) {
  for (const operand *other = w->operand; other < o; ++other)
    if (other->buffer == o->buffer) {
      o->local = other->local;
      return;
    }
  o->local = w->local;
  w->local += (o->bits + 7) / 8;
}

/* Is the view one value for all N elements? */
static bool is_one(const nk_view *v) {
  for (int d = 0; d < v->ndim; ++d)
    if (v->shape[d] > 1 && v->stride[d] != 0) return false;
  return true;
}

/* Operands on memory that the loop writes must be all of it, element by element. */
static bool add_operand(tiles *w, int64_t view, bool packed, bool writes) {
  const nk_operand *from = nk_operands(w->body->program) + view;
  const nk_view *v = w->body->view + view;
  const nk_buffer *b = buffer_of(w, from);
  const int64_t bits = packed ? 1 : 8 * (int64_t)nk_dtype_size[v->dtype];
  operand *o = &w->operand[w->n_operand++];
  memset(o, 0, sizeof *o);
  o->bits = is_one(v) && w->n > 1 && !packed ? 0 : bits;
  o->local = -1;
  o->buffer = from->buffer;
  const bool is_fixed =
      b->kind == NK_BUF_CONST ||
      (b->kind == NK_BUF_IN && (b->input < w->n_const || b->input >= w->n_const + w->n_carry));
  if (!is_fixed && (from->offset != 0 || o->bits == 0 || b->n_bytes < (w->n * bits + 7) / 8))
    return false;
  if (b->kind == NK_BUF_TMP)
    place_temporary(o, w);
  else if (b->kind == NK_BUF_CONST)
    stay(o, b->data);
  else
    place_external(o, w, b, writes);
  for (int i = 0; i < 3; ++i)
    if (o->memory[i] != NULL) o->memory[i] += from->offset;
  return true;
}

/* All operands, if the body is elementwise over one number of elements. */
static bool prepare(tiles *w) {
  const nk_program *p = w->body->program;
  for (int i = 0; i < p->n_instr; ++i) {
    const nk_instr *instr = &nk_instrs(p)[i];
    const int n_operand = instr->n_in + instr->n_out;
    if (instr->is_loop || instr->kernel->splits == NULL || w->n_operand + n_operand > OPERANDS)
      return false;
    const int64_t n = instr->kernel->splits(instr->prep);
    if (n < 1 || (i > 0 && n != w->n)) return false;
    w->n = n;
    for (int k = 0; k < n_operand; ++k) {
      const int64_t view = instr->operand + (k < instr->n_in ? instr->n_out + k : k - instr->n_in);
      const bool packed = instr->kernel->packed(instr->prep, k);
      if (!add_operand(w, view, packed, k >= instr->n_in)) return false;
    }
  }
  return p->n_instr > 0 && w->local <= LOCAL / (2 * UNIT);
}

/* A carry that no instruction writes keeps its first value, which scan.c knows how to do. */
static bool all_written(const tiles *w) {
  const nk_program *p = w->body->program;
  for (int64_t j = 0; j < p->n_out; ++j) {
    bool written = false;
    for (int i = 0; i < p->n_instr && !written; ++i) {
      const nk_instr *instr = &nk_instrs(p)[i];
      for (int k = 0; k < instr->n_out; ++k)
        written |= nk_operands(p)[instr->operand + k].buffer == p->out_buffer[j];
    }
    const nk_buffer *b = &nk_buffers(p)[p->out_buffer[j]];
    if (!written && b->n_bytes > 0 && b->kind != NK_BUF_INOUT) return false;
  }
  return true;
}

static void find_moving(tiles *w) {
  w->n_moving = 0;
  for (int k = 0; k < w->n_operand; ++k)
    if (w->operand[k].step != 0 || w->operand[k].memory[0] != w->operand[k].memory[1])
      w->moving[w->n_moving++] = (uint8_t)k;
}

static void choose_tile(tiles *w) {
  int64_t bits = 8;
  for (int k = 0; k < w->n_operand; ++k) bits += w->operand[k].bits;
  int64_t tile = 8 * CACHE / bits;
  if (w->local > 0 && tile > LOCAL / w->local - UNIT) tile = LOCAL / w->local - UNIT;
  const int64_t share = w->n / w->call->ctx->n_threads;
  if (w->call->ctx->n_threads > 1 && w->n * w->length > THREAD_WORK && share < tile) tile = share;
  w->tile = (tile / UNIT + 1) * UNIT;
}

static char *address(const tiles *w, const operand *o, int64_t i, int64_t start) {
  const int64_t t = w->reverse ? w->length - 1 - i : i;
  const int which = i == 0 ? FIRST : (int)((w->length - 1 - i) & 1);
  return o->memory[which] + t * o->step + (start * o->bits >> 3);
}

/* Addresses of operands at step i; but for `all` only of those that move. */
static void set_addresses(const tiles *w, char **at, int64_t i, int64_t start, bool all) {
  const int n = all ? w->n_operand : w->n_moving;
  for (int j = 0; j < n; ++j) {
    const int k = all ? j : w->moving[j];
    const operand *o = &w->operand[k];
    if (o->local < 0 && !o->index) at[k] = address(w, o, i, start);
  }
}

static int64_t index_at(const tiles *w, int64_t i) {
  return (int64_t)((uint64_t)w->offset + (uint64_t)(w->reverse ? w->length - 1 - i : i));
}

/* First values of carries that are updated in place: element by element with the tiles, so that
 * they pass through memory once; those of another size before them. */
static void copy_carries(const tiles *w, bool by_element, int64_t start, int64_t n) {
  const nk_program *p = w->body->program;
  for (int64_t j = 0; j < w->n_carry; ++j) {
    const nk_buffer *b = &nk_buffers(p)[p->out_buffer[j]];
    const char *from = w->call->in[w->n_const + j].data;
    char *to = w->call->out[j].data;
    const int64_t size = nk_dtype_size[b->view.dtype];
    if (b->kind != NK_BUF_INOUT || from == to || (b->n_bytes == w->n * size) != by_element)
      continue;
    if (by_element)
      memcpy(to + start * size, from + start * size, (size_t)(n * size));
    else if (b->n_bytes > 0)
      memcpy(to, from, (size_t)b->n_bytes);
  }
}

static void tell(const tiles *w, int64_t steps) {
  if (w->progress == NULL) return;
  const int64_t before = atomic_fetch_add(w->told, steps);
  atomic_fetch_add(&w->progress->done, (before + steps) / w->n_tile - before / w->n_tile);
}

/* Called before each step of a tile, or before some of them, TELL among these. */
static void begin_step(const tiles *w, int64_t i) {
  if (i % TELL == 0 && i > 0) tell(w, TELL);
}

/* Steps 0 .. stop - 1 of a tile, several at a time. Carries are in place. */
static nk_status run_repeated(const tiles *w, int64_t stop, int64_t start, int64_t n) {
  const nk_repeat *r = w->repeat;
  const nk_kernel *kernel = nk_instrs(w->body->program)->kernel;
  int64_t index[NK_REPEAT_TURNS];
  char *at[NK_MAX_OPERANDS];
  for (int64_t i = 0; i < stop; i += r->turns) {
    if (nk_cancelled(w->call->ctx)) return NK_ERR_CANCELLED;
    begin_step(w, i);
    for (int k = 0; k < r->turns; ++k) index[k] = index_at(w, i + k);
    for (int k = 0; k < r->n_operand; ++k) {
      const operand *o = &w->operand[r->operand[k]];
      if (o->index)
        at[k] = (char *)&index[r->turn[k]];
      else if (i == 0 || o->step != 0)
        at[k] = address(w, o, i + r->turn[k], start);
    }
    kernel->part(r->prep, at, n);
  }
  return NK_OK;
}

static nk_status run_tile(void *arg, int64_t number, int worker) {
  (void)worker;
  const tiles *w = arg;
  const nk_program *p = w->body->program;
  const int64_t start = number * w->tile;
  const int64_t n = w->n - start < w->tile ? w->n - start : w->tile;
  int64_t index = 0;
  _Alignas(NK_ALIGN) char memory[LOCAL];
  char *at[OPERANDS];
  for (int k = 0; k < w->n_operand; ++k)
    at[k] = w->operand[k].index ? (char *)&index : memory + w->operand[k].local * w->tile;
  copy_carries(w, true, start, n);
  const int64_t done = w->repeat != NULL ? w->length - w->length % w->repeat->turns : 0;
  nk_status status = done > 0 ? run_repeated(w, done, start, n) : NK_OK;
  for (int64_t i = done; i < w->length && status == NK_OK; ++i) {
    if (nk_cancelled(w->call->ctx)) return NK_ERR_CANCELLED;
    begin_step(w, i);
    set_addresses(w, at, i, start, i < done + 2);
    index = index_at(w, i);
    char *const *first = at;
    for (int k = 0; k < p->n_instr; ++k) {
      const nk_instr *instr = &nk_instrs(p)[k];
      instr->kernel->part(instr->prep, first, n);
      first += instr->n_in + instr->n_out;
    }
  }
  if (status != NK_OK) return status;
  tell(w, w->length - (w->length - 1) / TELL * TELL);
  return NK_OK;
}

/* Runs the loop and returns true, or false when it is not of this kind. */
bool nk_scan_tiled(const nk_call *call, nk_status *status) {
  nk_loop *loop = call->prep;
  const int64_t *ip = call->ip;
  tiles w;
  w.call = call;
  w.body = loop->frame;
  w.repeat = loop->instr->prep;
  w.n_const = ip[0], w.n_carry = ip[1], w.n_x = ip[2], w.n_y = ip[3], w.length = ip[4];
  w.reverse = ip[5] != 0;
  w.n = w.offset = w.local = 0;
  w.n_operand = 0;
  if (ip[6]) memcpy(&w.offset, call->in[call->n_in - 1].data, sizeof w.offset);
  if (w.length < 2 || loop->frame->run->flags != 0 || !prepare(&w) || !all_written(&w))
    return false;
  copy_carries(&w, false, 0, 0);
  find_moving(&w);
  choose_tile(&w);
  w.n_tile = (w.n + w.tile - 1) / w.tile;
  w.progress = nk_frame_progress(loop, w.length);
  _Atomic int64_t told = 0;
  w.told = &told;
  const unsigned mode = nk_flush_begin();
  *status = nk_parallel(call->ctx, w.n_tile, run_tile, &w);
  nk_flush_end(mode);
  return true;
}

/* ---- check: several steps at a time ---- */

/* What an operand of the body is from step to step; false where it is none of a kernel's roles. */
static bool find_role(int8_t *role, const nk_program *body, const nk_instr *instr, int64_t n_const,
                      int64_t n_carry, int k) {
  const nk_operand *operands = nk_operands(body) + instr->operand;
  const nk_view *view = nk_views(body) + instr->operand;
  const bool writes = k >= instr->n_in;
  const int at = writes ? k - instr->n_in : instr->n_out + k;
  const nk_buffer *b = &nk_buffers(body)[operands[at].buffer];
  *role = NK_STEP_SAME;
  if (b->kind == NK_BUF_CONST) return true;
  if (b->kind == NK_BUF_IN) {
    if (b->input >= n_const) *role = NK_STEP_OWN;
    return b->input < n_const || b->input >= n_const + n_carry; /* else a carry that alternates */
  }
  if (b->kind == NK_BUF_OUT) {
    *role = NK_STEP_OWN;
    return writes && b->output >= n_carry;
  }
  if (b->kind != NK_BUF_INOUT) return false;
  for (int j = 0; j < instr->n_out && !writes; ++j) {
    if (operands[j].buffer != operands[at].buffer) continue;
    *role = (int8_t)j;
    return operands[j].offset == operands[at].offset && view[j].dtype == view[at].dtype &&
           nk_view_same_layout(&view[j], &view[at]);
  }
  return true;
}

/* Prepares several steps at a time where the body is one instruction whose kernel can. */
nk_status nk_scan_repeat(const nk_program *p, nk_instr *instr, nk_error *error) {
  const int64_t *ip = (const int64_t *)p->ips.data + instr->ip;
  const nk_program *body = nk_subs(p)[instr->sub];
  const nk_instr *step = nk_instrs(body);
  if (ip[4] < 2 || body->n_instr != 1 || step->is_loop || step->kernel->repeat == NULL ||
      step->kernel->splits(step->prep) < 1)
    return NK_OK;
  int8_t role[NK_MAX_OPERANDS];
  for (int k = 0; k < step->n_in + step->n_out; ++k)
    if (!find_role(&role[k], body, step, ip[0], ip[1], k)) return NK_OK;
  nk_repeat *r = nk_alloc(sizeof *r);
  if (r == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory building a loop");
  nk_ctx ctx = {.n_threads = 1, .error = error};
  const nk_call call = nk_instr_call(body, step, &ctx);
  const nk_status status = step->kernel->repeat(r, &call, role);
  if (status == NK_OK && r->turns >= 2)
    instr->prep = r;
  else
    nk_free(r);
  return status;
}

void nk_scan_release(void *prep) {
  nk_repeat *r = prep;
  if (r != NULL) r->release(r->prep);
  nk_free(r);
}
