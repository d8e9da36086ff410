/* Several steps of a loop as one group: what passes from step to step stays in registers.
 *
 * The operations of the group stand there once per step; where a step reads what the step before
 * wrote, it takes that value itself. Each operation rounds as before, so the bits are those of step
 * after step. It pays while a step is mostly loads and stores: functions are not repeated. What no
 * group can be, such as a carry written as bits and read as bytes, goes step by step.
 */
#include <string.h>

#include "fused.h"

enum {
  MOST_OPS = 64,
  MOST_STREAMS = 12 /* x and y of all steps: caches fetch no more of them ahead */
};

/* One step as the call has it. */
typedef struct once {
  const nk_call *call;
  const int8_t *role;
  int n_in, n_out, n_const, n_op;
  int n_own_in, n_own_out; /* operands with memory of their own in each step */
  const int64_t *op, *result;
} once;

static bool is_plain(int64_t code) {
  switch (code) {
  case NK_OP_neg:
  case NK_OP_abs:
  case NK_OP_square:
  case NK_OP_not:
  case NK_OP_invert:
  case NK_OP_convert:
  case NK_OP_copy:
  case NK_OP_add:
  case NK_OP_sub:
  case NK_OP_mul:
  case NK_OP_maximum:
  case NK_OP_minimum:
  case NK_OP_copysign:
  case NK_OP_and:
  case NK_OP_or:
  case NK_OP_xor:
  case NK_OP_lt:
  case NK_OP_le:
  case NK_OP_gt:
  case NK_OP_ge:
  case NK_OP_eq:
  case NK_OP_ne:
  case NK_OP_fma:
  case NK_OP_select:
  case NK_OP_pack_bits:
  case NK_OP_unpack_bits: return true;
  default: return false;
  }
}

static once read_once(const nk_call *call, const int8_t *role) {
  once o = {.call = call, .role = role, .n_in = call->n_in, .n_out = call->n_out};
  o.n_const = (int)call->ip[0];
  o.n_op = (int)call->ip[1 + 2 * o.n_const];
  o.op = call->ip + 2 + 2 * o.n_const;
  o.result = o.op + 5 * o.n_op;
  for (int k = 0; k < o.n_in; k++) o.n_own_in += role[k] == NK_STEP_OWN;
  for (int k = 0; k < o.n_out; k++) o.n_own_out += role[o.n_in + k] == NK_STEP_OWN;
  return o;
}

/* Most steps that fit, 0 where repeating would not pay. */
static int choose_turns(const once *o) {
  for (int k = 0; k < o->n_op; k++)
    if (!is_plain(o->op[5 * k])) return 0;
  for (int turns = NK_REPEAT_TURNS; turns > 1; turns /= 2) {
    const int own = o->n_own_in * (turns - 1) + o->n_own_out * (turns - 1);
    if (turns * o->n_op <= MOST_OPS && turns * (o->n_own_in + o->n_own_out) <= MOST_STREAMS &&
        o->n_in + o->n_out + own <= NK_MAX_OPERANDS)
      return turns;
  }
  return 0;
}

static void add_operand(nk_repeat *r, int k, int turn) {
  r->operand[r->n_operand] = (uint8_t)k;
  r->turn[r->n_operand++] = (uint8_t)turn;
}

/* Operands of all steps: ins, ins of later steps, outs of the last step, outs of each step. */
static int list_operands(nk_repeat *r, const once *o) {
  r->n_operand = 0;
  for (int k = 0; k < o->n_in; k++) add_operand(r, k, 0);
  for (int turn = 1; turn < r->turns; turn++)
    for (int k = 0; k < o->n_in; k++)
      if (o->role[k] == NK_STEP_OWN) add_operand(r, k, turn);
  const int n_in = r->n_operand;
  for (int k = o->n_in; k < o->n_in + o->n_out; k++)
    if (o->role[k] != NK_STEP_OWN) add_operand(r, k, 0);
  for (int turn = 0; turn < r->turns; turn++)
    for (int k = o->n_in; k < o->n_in + o->n_out; k++)
      if (o->role[k] == NK_STEP_OWN) add_operand(r, k, turn);
  return n_in;
}

/* The number in the repeated program of value v of the step `turn`; last: that of each result of
 * the step before. */
static int64_t renumbered(const once *o, int64_t v, int turn, int64_t n_in, const int64_t *last) {
  if (v >= o->n_in + o->n_const) return n_in + v - o->n_in + (int64_t)turn * o->n_op;
  if (v >= o->n_in) return n_in + v - o->n_in;
  if (turn == 0 || o->role[v] == NK_STEP_SAME) return v;
  if (o->role[v] >= 0) return last[o->role[v]];
  int64_t before = 0; /* own operands among the ins before v */
  for (int k = 0; k < v; k++) before += o->role[k] == NK_STEP_OWN;
  return o->n_in + (int64_t)(turn - 1) * o->n_own_in + before;
}

/* The micro-program of all steps; see parse.c for its form. */
static void write_program(int64_t *ip, const once *o, const nk_repeat *r, int n_in) {
  int64_t last[NK_MAX_OPERANDS] = {0}, now[NK_MAX_OPERANDS] = {0};
  const int64_t head = 1 + 2 * o->n_const;
  memcpy(ip, o->call->ip, (size_t)head * sizeof *ip);
  ip[head] = (int64_t)r->turns * o->n_op;
  int64_t *op = ip + head + 1, *result = op + 5 * ip[head];
  int64_t *of_step = result + o->n_out - o->n_own_out;
  for (int turn = 0; turn < r->turns; turn++) {
    for (int k = 0; k < o->n_op; k++, op += 5) {
      memcpy(op, o->op + 5 * k, 5 * sizeof *op);
      for (int s = 0; s < NK_LV(nk_micro_arity)(op[0]); s++)
        op[2 + s] = renumbered(o, op[2 + s], turn, n_in, last);
    }
    for (int j = 0; j < o->n_out; j++) now[j] = renumbered(o, o->result[j], turn, n_in, last);
    memcpy(last, now, sizeof last);
    for (int j = 0; j < o->n_out; j++)
      if (o->role[o->n_in + j] == NK_STEP_OWN) *of_step++ = now[j];
  }
  for (int j = 0; j < o->n_out; j++)
    if (o->role[o->n_in + j] != NK_STEP_OWN) *result++ = last[j];
}

nk_status NK_LV(nk_fused_repeat)(nk_repeat *r, const nk_call *call, const int8_t *role) {
  const once o = read_once(call, role);
  *r = (nk_repeat){.turns = choose_turns(&o), .release = NK_LV(nk_fused_release)};
  if (r->turns == 0) return NK_OK;
  const int n_in = list_operands(r, &o);
  const int64_t n_ip = 2 + 2 * o.n_const + 5 * (int64_t)r->turns * o.n_op + r->n_operand - n_in;
  int64_t *ip = nk_alloc((size_t)n_ip * sizeof *ip);
  if (ip == NULL) return nk_fail(call->ctx->error, NK_ERR_MEMORY, "out of memory building a loop");
  write_program(ip, &o, r, n_in);
  nk_view view[NK_MAX_OPERANDS];
  int8_t alias[NK_MAX_OPERANDS];
  for (int i = 0; i < r->n_operand; i++) {
    const int k = r->operand[i], out = k - o.n_in;
    view[i] = out < 0 ? call->in[k] : call->out[out];
    if (i >= n_in)
      alias[i - n_in] = role[k] == NK_STEP_OWN || call->alias == NULL ? -1 : call->alias[out];
  }
  nk_error refused = {.status = NK_OK};
  nk_ctx ctx = *call->ctx;
  ctx.error = &refused;
  nk_call many = {.n_in = n_in,
                  .n_out = r->n_operand - n_in,
                  .in = view,
                  .out = view + n_in,
                  .n_ip = n_ip,
                  .ip = ip,
                  .alias = call->alias == NULL ? NULL : alias,
                  .ctx = &ctx};
  const nk_status status = NK_LV(nk_fused_check)(&many);
  nk_free(ip);
  if (status == NK_ERR_MEMORY) return nk_fail(call->ctx->error, status, "%s", refused.text);
  r->prep = many.prep;
  if (status != NK_OK || NK_LV(nk_fused_splits)(r->prep) != NK_LV(nk_fused_splits)(call->prep)) {
    NK_LV(nk_fused_release)(r->prep);
    r->prep = NULL;
    r->turns = 0;
  }
  return NK_OK;
}
