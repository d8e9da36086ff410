/* scan: runs the body for t = 0 .. length - 1 (or down), moving pointers instead of data.
 *
 * Step t reads carry c_t and writes c_{t+1}. The last write must land in the output, so c_t lies in
 * the output when length - t is even and in the temporary when odd; c_0 is the caller's. No copy is
 * made unless the length is 0 or the carry is in place and its first value lies elsewhere.
 */
#include <string.h>

#include "frame.h"

nk_status nk_scan_run(const nk_call *call);
bool nk_scan_tiled(const nk_call *call, nk_status *status); /* tiles.c */

typedef struct counts {
  int64_t n_const, n_carry, n_x, n_y, length;
  bool reverse, has_index;
} counts;

static counts counts_of(const nk_call *call) {
  const int64_t *ip = call->ip;
  return (counts){ip[0], ip[1], ip[2], ip[3], ip[4], ip[5] != 0, ip[6] != 0};
}

static const nk_buffer *carry_buffer(const nk_frame *body, int64_t j) {
  return &nk_buffers(body->program)[body->program->out_buffer[j]];
}

/* What stays in place for the whole loop: constants, in-place carries, the index. */
static void bind_fixed(const nk_call *call, nk_loop *loop, const counts *n) {
  nk_frame *body = loop->frame;
  for (int64_t k = 0; k < n->n_const; ++k) nk_frame_bind_in(body, k, call->in[k].data);
  for (int64_t j = 0; j < n->n_carry; ++j) {
    const nk_buffer *b = carry_buffer(body, j);
    char *from = call->in[n->n_const + j].data, *to = call->out[j].data;
    bool moves = b->kind == NK_BUF_INOUT || n->length == 0;
    if (moves && from != to && b->n_bytes > 0) memcpy(to, from, (size_t)b->n_bytes);
    if (b->kind == NK_BUF_INOUT) nk_frame_bind_out(body, j, to);
  }
  if (n->has_index) nk_frame_bind_in(body, n->n_const + n->n_carry + n->n_x, (char *)&loop->index);
}

/* Carries that alternate, for the step that leaves `left` steps to do after it. */
static void bind_carries(const nk_call *call, nk_frame *body, const counts *n, bool first,
                         int64_t left) {
  char *temporary = call->work;
  for (int64_t j = 0; j < n->n_carry; ++j) {
    const nk_buffer *b = carry_buffer(body, j);
    if (b->kind == NK_BUF_INOUT) continue;
    char *out = call->out[j].data;
    bool ends_in_out = (left & 1) == 0;
    char *from = ends_in_out ? temporary : out;
    nk_frame_bind_in(body, n->n_const + j, first ? call->in[n->n_const + j].data : from);
    nk_frame_bind_out(body, j, ends_in_out ? out : temporary);
    temporary += (b->n_bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  }
}

static void bind_slices(const nk_call *call, nk_frame *body, const counts *n, int64_t t) {
  int64_t first_x = n->n_const + n->n_carry;
  for (int64_t k = first_x; k < first_x + n->n_x; ++k)
    nk_frame_bind_in(body, k, call->in[k].data + t * call->in[k].stride[0]);
  for (int64_t j = n->n_carry; j < n->n_carry + n->n_y; ++j)
    nk_frame_bind_out(body, j, call->out[j].data + t * call->out[j].stride[0]);
}

nk_status nk_scan_run(const nk_call *call) {
  nk_loop *loop = call->prep;
  nk_frame *body = loop->frame;
  counts n = counts_of(call);
  int64_t offset = 0;
  nk_status tiled;
  if (nk_scan_tiled(call, &tiled)) return tiled;
  if (n.has_index) memcpy(&offset, call->in[call->n_in - 1].data, sizeof offset);
  bind_fixed(call, loop, &n);
  nk_progress *progress = nk_frame_progress(loop, n.length);
  for (int64_t i = 0; i < n.length; ++i) {
    int64_t t = n.reverse ? n.length - 1 - i : i;
    bind_carries(call, body, &n, i == 0, n.length - 1 - i);
    bind_slices(call, body, &n, t);
    loop->index = (int64_t)((uint64_t)offset + (uint64_t)t);
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    nk_status status = nk_frame_run(body);
    if (status != NK_OK) {
      nk_frame_blame_step(body->run, t);
      return status;
    }
    if (progress != NULL) atomic_store_explicit(&progress->done, i + 1, memory_order_relaxed);
  }
  return NK_OK;
}
