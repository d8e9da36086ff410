/* The instructions that hold programs: what they accept. (rows: see rows.c)
 *
 *   scan        ip (n_const, n_carry, n_x, n_y, length, reverse, has_index), subs (body,)
 *               ins: consts, first carries, xs, [index offset]; outs: last carries, ys
 *               body: consts, carries, x_t, [index] -> carries, y_t
 *   cond        ip (n_ops,), subs (if true, if false); ins: bool, operands; each: operands -> outs
 *   while_loop  ip (n_const, n_carry, max_steps), subs (test, body); ins: consts, first carries;
 *               outs: last carries, [int64 number of steps]; test: consts, carries -> bool;
 *               body: consts, carries -> carries. Stops after max_steps steps unless that is 0.
 *
 * Operands that a sub-program sees whole are C-contiguous; xs and ys only from their second axis on.
 * A carry that the body updates in place ("inout") has one memory for the whole loop; any other has
 * two, its output and a temporary at the front of the workspace, and alternates.
 */
#include <string.h>

#include "frame.h"

nk_status nk_scan_run(const nk_call *call);
nk_status nk_cond_run(const nk_call *call);
nk_status nk_while_run(const nk_call *call);
nk_status nk_rows_run(const nk_call *call);
nk_status nk_rows_check(const nk_program *p, const nk_instr *instr, nk_error *error);
nk_status nk_scan_repeat(const nk_program *p, nk_instr *instr, nk_error *error); /* tiles.c */
void nk_scan_release(void *prep);

static const nk_kernel loops[] = {
    {.name = "scan", .run = nk_scan_run, .release = nk_scan_release},
    {.name = "cond", .run = nk_cond_run},
    {.name = "while_loop", .run = nk_while_run},
    {.name = "rows", .run = nk_rows_run},
};
enum { SCAN, COND, WHILE, ROWS };

const nk_kernel *nk_loop_find(const char *name) {
  for (size_t i = 0; i < sizeof loops / sizeof *loops; ++i)
    if (strcmp(name, loops[i].name) == 0) return &loops[i];
  return NULL;
}

static int kind_of(const nk_instr *instr) { return (int)(instr->kernel - loops); }

static const int64_t *ip_of(const nk_program *p, const nk_instr *instr) {
  return (const int64_t *)p->ips.data + instr->ip;
}

static const nk_program *sub_of(const nk_program *p, const nk_instr *instr, int s) {
  return nk_subs(p)[instr->sub + s];
}

static const nk_buffer *input_of(const nk_program *p, int64_t k) {
  return &nk_buffers(p)[p->in_buffer[k]];
}

static const nk_buffer *output_of(const nk_program *p, int64_t j) {
  return &nk_buffers(p)[p->out_buffer[j]];
}

bool nk_loop_inplace(const nk_program *p, const nk_instr *instr, int out, int in) {
  if (kind_of(instr) == ROWS) return false;
  int64_t input = in - 1; /* cond: the predicate comes first */
  if (kind_of(instr) != COND) {
    if (instr->n_ip < 1 || in - ip_of(p, instr)[0] != out) return false;
    input = in;
  }
  for (int s = kind_of(instr) == WHILE ? 1 : 0; s < instr->n_sub; ++s) {
    const nk_program *sub = sub_of(p, instr, s);
    if (input < 0 || input >= sub->n_in) return false;
    const nk_buffer *b = input_of(sub, input);
    if (b->kind != NK_BUF_INOUT || b->output != out) return false;
  }
  return instr->n_sub > 0;
}

/* ---- signatures ---- */

/* Operand v against what the sub-program declares; `axis` leading axes are the loop's own. */
static nk_status match(const nk_view *v, const nk_buffer *b, int axis, const char *what, int64_t n,
                       nk_error *error) {
  char got[160], wanted[160];
  nk_view inner = {.dtype = v->dtype, .ndim = v->ndim - axis};
  bool same = inner.ndim == b->view.ndim && inner.dtype == b->view.dtype;
  for (int d = 0; d < inner.ndim && inner.ndim <= NK_MAXDIM; ++d) {
    inner.shape[d] = v->shape[d + axis];
    same = same && inner.shape[d] == b->view.shape[d];
  }
  if (!same) {
    nk_view_text(&b->view, wanted, sizeof wanted);
    nk_view_text(inner.ndim >= 0 ? &inner : v, got, sizeof got);
    return nk_fail(error, NK_ERR_VALUE, "%s %lld is %.120s, the sub-program has %.120s", what,
                   (long long)n, got, wanted);
  }
  if (!nk_view_contiguous(v, axis))
    return nk_fail(error, NK_ERR_VALUE, "%s %lld is not C-contiguous", what, (long long)n);
  return NK_OK;
}

/* ins and outs as the sub-program sees them; xs and ys from position first_x and first_y on. */
static nk_status match_all(const nk_program *sub, const nk_view *in, int64_t n_in, int64_t first_x,
                           const nk_view *out, int64_t n_out, int64_t first_y, nk_error *error) {
  nk_status status;
  for (int64_t k = 0; k < n_in; ++k)
    if ((status = match(&in[k], input_of(sub, k), k >= first_x, "input", k, error))) return status;
  for (int64_t j = 0; j < n_out; ++j)
    if ((status = match(&out[j], output_of(sub, j), j >= first_y, "output", j, error)))
      return status;
  return NK_OK;
}

static nk_status is_scalar(const nk_view *v, nk_dtype dtype, const char *what, nk_error *error) {
  if (v->dtype == dtype && v->ndim == 0) return NK_OK;
  char got[160];
  nk_view_text(v, got, sizeof got);
  return nk_fail(error, NK_ERR_VALUE, "%s must be %s (), got %.120s", what, nk_dtype_name[dtype],
                 got);
}

/* An in-place carry must come back in the output of the same carry. */
static nk_status carries_in_place(const nk_program *body, int64_t n_const, int64_t n_carry,
                                  nk_error *error) {
  for (int64_t k = 0; k < body->n_in; ++k) {
    const nk_buffer *b = input_of(body, k);
    if (b->kind == NK_BUF_INOUT && (b->output >= n_carry || k != n_const + b->output))
      return nk_fail(error, NK_ERR_VALUE, "body input %lld is updated in place as output %d, "
                     "but they are not one carry", (long long)k, b->output);
  }
  return NK_OK;
}

static nk_status count_fail(nk_error *error, const nk_instr *instr) {
  return nk_fail(error, NK_ERR_VALUE,
                 "counts do not fit: %d outs, %d ins, %lld ip, %d subs and their signatures",
                 instr->n_out, instr->n_in, (long long)instr->n_ip, instr->n_sub);
}

static bool counts_valid(const int64_t *n, int n_counts) {
  for (int i = 0; i < n_counts; ++i)
    if (n[i] < 0 || n[i] > NK_MAX_LOOP_OPERANDS) return false;
  return true;
}

static nk_status scan_check(const nk_program *p, const nk_instr *instr, const nk_view *out,
                            const nk_view *in, nk_error *error) {
  const int64_t *ip = ip_of(p, instr);
  if (instr->n_sub != 1 || instr->n_ip != 7 || !counts_valid(ip, 4) || ip[4] < 0 || (ip[5] | 1) != 1 ||
      (ip[6] | 1) != 1)
    return count_fail(error, instr);
  const nk_program *body = sub_of(p, instr, 0);
  int64_t n_const = ip[0], n_carry = ip[1], n_x = ip[2], n_y = ip[3], length = ip[4], has = ip[6];
  int64_t n_in = n_const + n_carry + n_x;
  if (instr->n_in != n_in + has || instr->n_out != n_carry + n_y || body->n_in != n_in + has ||
      body->n_out != n_carry + n_y)
    return count_fail(error, instr);
  for (int64_t i = 0; i < n_x + n_y; ++i) {
    const nk_view *v = i < n_x ? &in[n_const + n_carry + i] : &out[n_carry + i - n_x];
    if (v->ndim < 1 || v->shape[0] != length)
      return nk_fail(error, NK_ERR_VALUE, "%s %lld has no leading axis of length %lld",
                     i < n_x ? "x" : "y", (long long)(i < n_x ? i : i - n_x), (long long)length);
  }
  nk_status status = match_all(body, in, n_in, n_const + n_carry, out, n_carry + n_y, n_carry, error);
  for (int64_t j = 0; j < n_carry && status == NK_OK; ++j)
    status = match(&in[n_const + j], output_of(body, j), 0, "carry", j, error);
  if (status == NK_OK && has) status = is_scalar(&in[n_in], NK_I64, "the index offset", error);
  if (status == NK_OK && has)
    status = is_scalar(&input_of(body, n_in)->view, NK_I64, "the index", error);
  return status != NK_OK ? status : carries_in_place(body, n_const, n_carry, error);
}

static nk_status cond_check(const nk_program *p, const nk_instr *instr, const nk_view *out,
                            const nk_view *in, nk_error *error) {
  const int64_t *ip = ip_of(p, instr);
  if (instr->n_sub != 2 || instr->n_ip != 1 || !counts_valid(ip, 1) || instr->n_in != 1 + ip[0])
    return count_fail(error, instr);
  nk_status status = is_scalar(&in[0], NK_BOOL, "the predicate", error);
  for (int s = 0; s < 2 && status == NK_OK; ++s) {
    const nk_program *sub = sub_of(p, instr, s);
    if (sub->n_in != ip[0] || sub->n_out != instr->n_out) return count_fail(error, instr);
    status = match_all(sub, in + 1, ip[0], ip[0], out, instr->n_out, instr->n_out, error);
  }
  return status;
}

static nk_status while_check(const nk_program *p, const nk_instr *instr, const nk_view *out,
                             const nk_view *in, nk_error *error) {
  const int64_t *ip = ip_of(p, instr);
  if (instr->n_sub != 2 || instr->n_ip != 3 || !counts_valid(ip, 2) || ip[2] < 0)
    return count_fail(error, instr);
  const nk_program *test = sub_of(p, instr, 0), *body = sub_of(p, instr, 1);
  int64_t n_in = ip[0] + ip[1], n_carry = ip[1];
  if (instr->n_in != n_in || (instr->n_out != n_carry && instr->n_out != n_carry + 1) ||
      test->n_in != n_in || test->n_out != 1 || body->n_in != n_in || body->n_out != n_carry)
    return count_fail(error, instr);
  nk_status status = match_all(body, in, n_in, n_in, out, n_carry, n_carry, error);
  if (status == NK_OK) status = match_all(test, in, n_in, n_in, out, 0, 0, error);
  for (int64_t j = 0; j < n_carry && status == NK_OK; ++j)
    status = match(&in[ip[0] + j], output_of(body, j), 0, "carry", j, error);
  if (status == NK_OK)
    status = is_scalar(&output_of(test, 0)->view, NK_BOOL, "the test's answer", error);
  if (status == NK_OK && instr->n_out > n_carry)
    status = is_scalar(&out[n_carry], NK_I64, "the number of steps", error);
  for (int64_t k = 0; k < n_in && status == NK_OK; ++k)
    if (input_of(test, k)->kind == NK_BUF_INOUT) status = count_fail(error, instr);
  return status != NK_OK ? status : carries_in_place(body, ip[0], n_carry, error);
}

/* ---- workspace: second memories of carries, then the largest arena of the sub-programs ---- */

int64_t nk_loop_carry_bytes(const nk_program *p, const nk_instr *instr) {
  if (kind_of(instr) == COND || kind_of(instr) == ROWS) return 0;
  const int64_t *ip = ip_of(p, instr);
  const nk_program *body = sub_of(p, instr, instr->n_sub - 1);
  int64_t total = 0;
  for (int64_t j = 0; j < ip[1]; ++j) {
    const nk_buffer *b = output_of(body, j);
    if (b->kind != NK_BUF_INOUT) total += (b->n_bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  }
  return total;
}

nk_status nk_loop_check(nk_program *p, nk_instr *instr, nk_error *error) {
  const nk_view *out = nk_views(p) + instr->operand, *in = out + instr->n_out;
  nk_error inner = {.status = NK_OK};
  nk_status status = kind_of(instr) == SCAN   ? scan_check(p, instr, out, in, &inner)
                     : kind_of(instr) == COND ? cond_check(p, instr, out, in, &inner)
                     : kind_of(instr) == ROWS ? nk_rows_check(p, instr, &inner)
                                              : while_check(p, instr, out, in, &inner);
  if (status != NK_OK)
    return nk_fail(error, status, "%.80s: %s: %.200s", nk_where(p, instr), instr->kernel->name,
                   inner.text);
  int64_t most = 0;
  for (int s = 0; s < instr->n_sub; ++s)
    if (sub_of(p, instr, s)->arena_bytes > most) most = sub_of(p, instr, s)->arena_bytes;
  instr->work_size = nk_loop_carry_bytes(p, instr) + most;
  return kind_of(instr) == SCAN ? nk_scan_repeat(p, instr, error) : NK_OK;
}
