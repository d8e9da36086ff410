/* cond: runs one of two programs. while_loop: runs the body as long as the test says so. */
#include <string.h>

#include "frame.h"

nk_status nk_cond_run(const nk_call *call);
nk_status nk_while_run(const nk_call *call);

nk_status nk_cond_run(const nk_call *call) {
  nk_loop *loop = call->prep;
  nk_frame *branch = &loop->frame[call->in[0].data[0] != 0 ? 0 : 1];
  const nk_program *p = branch->program;
  for (int j = 0; j < p->n_out; ++j) {
    const nk_buffer *b = &nk_buffers(p)[p->out_buffer[j]];
    char *out = call->out[j].data;
    if (b->kind == NK_BUF_INOUT && b->n_bytes > 0 && call->in[1 + b->input].data != out)
      memcpy(out, call->in[1 + b->input].data, (size_t)b->n_bytes);
    nk_frame_bind_out(branch, j, out);
  }
  for (int k = 0; k < p->n_in; ++k) nk_frame_bind_in(branch, k, call->in[1 + k].data);
  return nk_frame_run(branch);
}

/* ---- while ---- */

static const nk_buffer *carry_buffer(const nk_frame *body, int64_t j) {
  return &nk_buffers(body->program)[body->program->out_buffer[j]];
}

/* Step i reads its carry from the caller (i = 0), the output (odd) or the temporary (even). */
static char *carry_at(const nk_call *call, int64_t n_const, int64_t j, char *temporary, int64_t i) {
  if (i == 0) return call->in[n_const + j].data;
  return (i & 1) ? call->out[j].data : temporary;
}

static void bind_step(const nk_call *call, nk_loop *loop, int64_t i) {
  nk_frame *test = &loop->frame[0], *body = &loop->frame[1];
  char *temporary = call->work;
  int64_t n_const = call->ip[0];
  for (int64_t j = 0; j < call->ip[1]; ++j) {
    const nk_buffer *b = carry_buffer(body, j);
    if (b->kind == NK_BUF_INOUT) continue;
    char *now = carry_at(call, n_const, j, temporary, i);
    nk_frame_bind_in(test, n_const + j, now);
    nk_frame_bind_in(body, n_const + j, now);
    nk_frame_bind_out(body, j, carry_at(call, n_const, j, temporary, i + 1));
    temporary += (b->n_bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  }
}

static void bind_fixed(const nk_call *call, nk_loop *loop) {
  nk_frame *test = &loop->frame[0], *body = &loop->frame[1];
  int64_t n_const = call->ip[0];
  for (int64_t k = 0; k < n_const; ++k) {
    nk_frame_bind_in(test, k, call->in[k].data);
    nk_frame_bind_in(body, k, call->in[k].data);
  }
  for (int64_t j = 0; j < call->ip[1]; ++j) {
    const nk_buffer *b = carry_buffer(body, j);
    if (b->kind != NK_BUF_INOUT) continue;
    char *from = call->in[n_const + j].data, *to = call->out[j].data;
    if (from != to && b->n_bytes > 0) memcpy(to, from, (size_t)b->n_bytes);
    nk_frame_bind_in(test, n_const + j, to);
    nk_frame_bind_out(body, j, to);
  }
  nk_frame_bind_out(test, 0, &loop->answer);
}

/* After n_steps steps: what ended in the temporary, or never moved, goes to the output. */
static void finish(const nk_call *call, nk_loop *loop, int64_t n_steps) {
  char *temporary = call->work;
  for (int64_t j = 0; j < call->ip[1]; ++j) {
    const nk_buffer *b = carry_buffer(&loop->frame[1], j);
    if (b->kind == NK_BUF_INOUT) continue;
    const char *now = carry_at(call, call->ip[0], j, temporary, n_steps);
    if (now != call->out[j].data && b->n_bytes > 0)
      memcpy(call->out[j].data, now, (size_t)b->n_bytes);
    temporary += (b->n_bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  }
  if (call->n_out > call->ip[1])
    memcpy(call->out[call->ip[1]].data, &n_steps, sizeof n_steps);
}

nk_status nk_while_run(const nk_call *call) {
  nk_loop *loop = call->prep;
  int64_t max_steps = call->ip[2], i = 0;
  bind_fixed(call, loop);
  nk_progress *progress = nk_frame_progress(loop, max_steps);
  for (; max_steps == 0 || i < max_steps; ++i) {
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    bind_step(call, loop, i);
    nk_status status = nk_frame_run(&loop->frame[0]);
    if (status == NK_OK && loop->answer == 0) break;
    if (status == NK_OK) status = nk_frame_run(&loop->frame[1]);
    if (status != NK_OK) {
      nk_frame_blame_step(loop->frame[1].run, i);
      return status;
    }
    if (progress != NULL) atomic_store_explicit(&progress->done, i + 1, memory_order_relaxed);
  }
  finish(call, loop, i);
  return NK_OK;
}
