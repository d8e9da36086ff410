/* Running a program: the tables of a run, the instruction loop and the naming of what failed. */
#include <stdio.h>
#include <string.h>

#include "frame.h"

/* ---- one allocation for all tables ---- */

static int64_t round_up(int64_t n) { return (n + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN; }

static int64_t count_loops(const nk_program *p) {
  int64_t n = 0;
  for (int i = 0; i < p->n_instr; ++i) n += nk_instrs(p)[i].is_loop;
  return n;
}

int64_t nk_frame_bytes(const nk_program *p) {
  int64_t n = round_up((int64_t)sizeof(nk_view) * p->n_view) +
              round_up((int64_t)sizeof(nk_call) * p->n_instr) +
              round_up((int64_t)sizeof(nk_loop) * count_loops(p)) +
              round_up((int64_t)sizeof(nk_frame) * p->n_sub) +
              round_up((int64_t)sizeof(nk_counter) * p->n_instr);
  for (int i = 0; i < p->n_sub; ++i) n += nk_subs(p)[i]->frame_bytes;
  return n;
}

static void *carve(char **cursor, int64_t size) {
  void *p = *cursor;
  *cursor += round_up(size);
  return p;
}

/* Views of temporaries and constants get their place for good; external ones wait for a bind. */
static void fill_views(nk_frame *f) {
  const nk_program *p = f->program;
  if (p->n_view > 0) memcpy(f->view, nk_views(p), sizeof(nk_view) * (size_t)p->n_view);
  for (int64_t i = 0; i < p->n_view; ++i) {
    const nk_operand *operand = &nk_operands(p)[i];
    const nk_buffer *b = &nk_buffers(p)[operand->buffer];
    f->view[i].data = b->kind == NK_BUF_TMP     ? f->arena + b->offset + operand->offset
                      : b->kind == NK_BUF_CONST ? b->data + operand->offset
                                                : NULL;
  }
}

static void fill_call(nk_frame *f, const nk_instr *instr, nk_call *call) {
  nk_view *view = f->view + instr->operand;
  *call = nk_instr_call(f->program, instr, &f->run->ctx);
  call->out = view;
  call->in = view + instr->n_out;
  call->work_size = (size_t)instr->work_size;
  call->work = f->arena + instr->work_offset;
}

static void frame_init(nk_frame *f, const nk_program *p, nk_run *run, char **cursor, char *arena) {
  f->program = p;
  f->run = run;
  f->arena = arena;
  f->view = carve(cursor, (int64_t)sizeof(nk_view) * p->n_view);
  f->call = carve(cursor, (int64_t)sizeof(nk_call) * p->n_instr);
  f->loop = carve(cursor, (int64_t)sizeof(nk_loop) * count_loops(p));
  f->sub = carve(cursor, (int64_t)sizeof(nk_frame) * p->n_sub);
  f->counter = carve(cursor, (int64_t)sizeof(nk_counter) * p->n_instr);
  memset(f->counter, 0, sizeof(nk_counter) * (size_t)p->n_instr);
  fill_views(f);
  nk_loop *loop = f->loop;
  for (int i = 0; i < p->n_instr; ++i) {
    const nk_instr *instr = &nk_instrs(p)[i];
    fill_call(f, instr, &f->call[i]);
    if (!instr->is_loop) continue;
    *loop = (nk_loop){.parent = p, .instr = instr, .frame = f->sub + instr->sub};
    f->call[i].prep = loop++;
    char *sub_arena = f->call[i].work + nk_loop_carry_bytes(p, instr);
    for (int s = 0; s < instr->n_sub; ++s)
      frame_init(f->sub + instr->sub + s, nk_subs(p)[instr->sub + s], run, cursor, sub_arena);
  }
}

nk_status nk_run_new(const nk_program *p, nk_run **run, nk_error *error) {
  int64_t head = round_up((int64_t)sizeof(nk_run)), total;
  bool overflow = __builtin_add_overflow(head + p->frame_bytes, p->arena_bytes, &total);
  *run = overflow ? NULL : nk_alloc((size_t)total);
  if (*run == NULL)
    return nk_fail(error, NK_ERR_MEMORY, "out of memory: the program works in %lld bytes",
                   (long long)p->arena_bytes);
  char *cursor = (char *)*run + head;
  frame_init(&(*run)->frame, p, *run, &cursor, (char *)*run + head + p->frame_bytes);
  return NK_OK;
}

void nk_run_free(nk_run *run) { nk_free(run); }

/* ---- the loop ---- */

static nk_status blame(nk_frame *f, int number, nk_status status) {
  nk_run *run = f->run;
  nk_error *error = run->ctx.error;
  if (run->blamed) return status;
  run->blamed = true;
  error->status = status;
  if (status == NK_ERR_CANCELLED) {
    snprintf(error->text, sizeof error->text, "stopped by the user");
    return status;
  }
  char text[NK_ERROR_TEXT];
  memcpy(text, error->text, sizeof text);
  snprintf(error->text, sizeof error->text, "%.90s: %.200s",
           nk_where(f->program, &nk_instrs(f->program)[number]), text);
  return status;
}

void nk_frame_blame_step(nk_run *run, int64_t step) {
  nk_error *error = run->ctx.error;
  size_t used = strlen(error->text);
  if (error->status != NK_ERR_CANCELLED)
    snprintf(error->text + used, sizeof error->text - used, " (step %lld)", (long long)step);
}

/* With options: a NaN is looked for after every instruction that is no loop; time is counted. */
static nk_status run_observed(nk_frame *f) {
  nk_run *run = f->run;
  for (int i = 0; i < f->program->n_instr; ++i) {
    nk_call *call = &f->call[i];
    const nk_instr *instr = &nk_instrs(f->program)[i];
    int64_t start = (run->flags & NK_RUN_PROFILE) ? nk_clock_ns() : 0;
    bool watch = (run->flags & NK_RUN_NAN_CHECK) && !instr->is_loop && !nk_nan_in(call);
    nk_status status = nk_cancelled(&run->ctx) ? NK_ERR_CANCELLED : instr->kernel->run(call);
    if (run->flags & NK_RUN_PROFILE) {
      ++f->counter[i].calls;
      f->counter[i].ns += nk_clock_ns() - start;
    }
    if (status == NK_OK && watch) status = nk_nan_check(call, run->ctx.error);
    if (status != NK_OK) return blame(f, i, status);
  }
  return NK_OK;
}

nk_status nk_frame_run(nk_frame *f) {
  if (f->run->flags != 0) return run_observed(f);
  const nk_instr *instr = nk_instrs(f->program);
  const nk_ctx *ctx = &f->run->ctx;
  nk_call *call = f->call;
  int n = f->program->n_instr;
  for (int i = 0; i < n; ++i) {
    nk_status status = nk_cancelled(ctx) ? NK_ERR_CANCELLED : instr[i].kernel->run(&call[i]);
    if (status != NK_OK) return blame(f, i, status);
  }
  return NK_OK;
}

nk_status nk_frame_call(nk_frame *f, char *const *ins, char *const *outs) {
  const nk_program *p = f->program;
  for (int j = 0; j < p->n_out; ++j) {
    const nk_buffer *b = &nk_buffers(p)[p->out_buffer[j]];
    if (b->kind == NK_BUF_INOUT && ins[b->input] != outs[j] && b->n_bytes > 0)
      memcpy(outs[j], ins[b->input], (size_t)b->n_bytes);
    nk_frame_bind_out(f, j, outs[j]);
  }
  for (int k = 0; k < p->n_in; ++k) nk_frame_bind_in(f, k, ins[k]);
  return nk_frame_run(f);
}

nk_status nk_run_execute(nk_run *run, char *const *ins, char *const *outs, const nk_ctx *ctx,
                         int flags, nk_progress *progress) {
  run->ctx = *ctx;
  run->flags = flags & (NK_RUN_NAN_CHECK | NK_RUN_PROFILE);
  run->progress = progress;
  run->blamed = false;
  return nk_frame_call(&run->frame, ins, outs);
}
