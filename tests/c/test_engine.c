/* Walks the failing allocator over building and running a program with a loop.
 *
 * The program is c <- x_t + W c, y_t = sum(c) for L steps of 4 numbers, with W = I / 2, x = 1 and
 * c = 0 at first; so c = 2 (1 - 2^-L), exactly.
 */
#include "../../csrc/engine/frame.h"
#include "check.h"

#include <string.h>

enum { N = 4, L = 50 };

static nk_view matrix(int rows, int columns) {
  nk_view v = {.dtype = NK_F64, .ndim = 2, .shape = {rows, columns}};
  nk_view_set_contiguous(&v);
  return v;
}

/* The matrix as a stack of one. */
static nk_view stack(nk_view one) {
  nk_view v = {.dtype = NK_F64, .ndim = 3, .shape = {1, one.shape[0], one.shape[1]}};
  nk_view_set_contiguous(&v);
  return v;
}

static nk_view vector(int n) {
  nk_view v = {.dtype = NK_F64, .ndim = 1, .shape = {n}};
  nk_view_set_contiguous(&v);
  return v;
}

static nk_status add_buffer(nk_program *p, nk_buffer_kind kind, int position, nk_view view,
                            const void *source, nk_error *error) {
  nk_buffer b = {.kind = kind, .input = -1, .output = -1, .view = view, .source = source};
  if (kind == NK_BUF_IN) b.input = position;
  if (kind == NK_BUF_OUT) b.output = position;
  b.n_bytes = nk_view_size(&view) * (int64_t)sizeof(double);
  return nk_program_buffer(p, &b, error);
}

#define TRY(call)                         \
  do {                                    \
    if (status == NK_OK) status = (call); \
  } while (0)

/* Inputs c, x; outputs next c, y. */
static nk_status build_body(nk_program **body, nk_error *error) {
  static const double half[N * N] = {.5, 0, 0, 0, 0, .5, 0, 0, 0, 0, .5, 0, 0, 0, 0, .5};
  const nk_view column = matrix(N, 1), square = matrix(N, N), scalar = {.dtype = NK_F64};
  const nk_view columns = stack(column), squares = stack(square);
  nk_status status = nk_program_new(body, 2, 2, error);
  if (status != NK_OK) return status;
  TRY(add_buffer(*body, NK_BUF_IN, 0, column, NULL, error));
  TRY(add_buffer(*body, NK_BUF_IN, 1, column, NULL, error));
  TRY(add_buffer(*body, NK_BUF_OUT, 0, column, NULL, error));
  TRY(add_buffer(*body, NK_BUF_OUT, 1, scalar, NULL, error));
  TRY(add_buffer(*body, NK_BUF_CONST, -1, square, half, error));
  const nk_operand step[] = {{2, 0}, {1, 0}, {4, 0}, {0, 0}}, sum[] = {{3, 0}, {2, 0}};
  const nk_view step_views[] = {column, column, squares, columns}, sum_views[] = {scalar, column};
  const int64_t both_axes = 2, forwards = 0;
  const nk_instr_spec instrs[] = {{.kernel = "matmul_sum",
                                   .n_out = 1,
                                   .n_in = 3,
                                   .operand = step,
                                   .view = step_views,
                                   .n_ip = 1,
                                   .ip = &forwards,
                                   .where = "step"},
                                  {.kernel = "reduce_sum",
                                   .n_out = 1,
                                   .n_in = 1,
                                   .operand = sum,
                                   .view = sum_views,
                                   .n_ip = 1,
                                   .ip = &both_axes,
                                   .where = "sum"}};
  TRY(nk_program_instr(*body, &instrs[0], error));
  TRY(nk_program_instr(*body, &instrs[1], error));
  TRY(nk_program_finish(*body, error));
  return status;
}

static nk_status build_loop(nk_program **program, nk_program *body, nk_error *error) {
  nk_view column = matrix(N, 1), xs = {.dtype = NK_F64, .ndim = 3, .shape = {L, N, 1}};
  nk_view_set_contiguous(&xs);
  nk_status status = nk_program_new(program, 2, 2, error);
  if (status != NK_OK) return status;
  TRY(add_buffer(*program, NK_BUF_IN, 0, column, NULL, error));
  TRY(add_buffer(*program, NK_BUF_IN, 1, xs, NULL, error));
  TRY(add_buffer(*program, NK_BUF_OUT, 0, column, NULL, error));
  TRY(add_buffer(*program, NK_BUF_OUT, 1, vector(L), NULL, error));
  const nk_operand operands[] = {{2, 0}, {3, 0}, {0, 0}, {1, 0}};
  const nk_view views[] = {column, vector(L), column, xs};
  const int64_t ip[] = {0, 1, 1, 1, L, 0, 0};
  const nk_instr_spec scan = {.kernel = "scan",
                              .n_out = 2,
                              .n_in = 2,
                              .operand = operands,
                              .view = views,
                              .n_ip = 7,
                              .ip = ip,
                              .where = "scan",
                              .n_sub = 1,
                              .sub = &body};
  TRY(nk_program_instr(*program, &scan, error));
  TRY(nk_program_finish(*program, error));
  return status;
}

static nk_status build_and_run(double *final, double *ys, nk_error *error) {
  nk_program *body = NULL, *program = NULL;
  nk_run *run = NULL;
  double init[N] = {0}, xs[L * N];
  for (int i = 0; i < L * N; i++) xs[i] = 1.0;
  char *ins[] = {(char *)init, (char *)xs}, *outs[] = {(char *) final, (char *)ys};
  nk_ctx ctx = {.n_threads = 1, .error = error};
  nk_status status = build_body(&body, error);
  TRY(build_loop(&program, body, error));
  TRY(nk_run_new(program, &run, error));
  TRY(nk_run_execute(run, ins, outs, &ctx, 0, NULL));
  if (run != NULL) nk_run_free(run);
  if (program != NULL) nk_program_release(program);
  if (body != NULL) nk_program_release(body);
  return status;
}

int test_engine_walks_failures(void) {
  int64_t before = nk_alloc_live();
  int n_failed = 0;
  for (int64_t n = 1;; n++) {
    double final[N], ys[L];
    nk_error error = {.status = NK_OK, .text = ""};
    nk_alloc_fail_at(n);
    nk_status status = build_and_run(final, ys, &error);
    nk_alloc_fail_at(0);
    CHECK(nk_alloc_live() == before);
    if (status == NK_OK) {
      CHECK(final[0] == 2.0 - 0x1p-49 && final[3] == final[0] && ys[L - 1] == 4 * final[0]);
      CHECK(ys[0] == 4.0);
      break;
    }
    CHECK(status == NK_ERR_MEMORY && error.status == NK_ERR_MEMORY && error.text[0] != '\0');
    n_failed++;
  }
  CHECK(n_failed > 10); /* the walk did walk */
  return 0;
}
