/* The private memory of a run: operand views with real pointers, calls, sub-frames and the arena.
 *
 * One allocation holds everything. Pointers into the arena and to constants are filled once; the
 * views of inputs and outputs are patched by nk_frame_bind whenever that memory moves, which in a
 * scan is once per step for carries, x and y, and for nothing else.
 */
#ifndef NK_ENGINE_FRAME_H
#define NK_ENGINE_FRAME_H

#include "program.h"

enum { NK_RUN_NAN_CHECK = 1, NK_RUN_PROFILE = 2, NK_RUN_PROGRESS = 4 };

typedef struct nk_run nk_run;
typedef struct nk_frame nk_frame;

typedef struct nk_counter {
  int64_t calls, ns;
} nk_counter;

/* How far the outermost loop is, for another thread to read. */
typedef struct nk_progress {
  atomic_llong done, total;
} nk_progress;

/* What a scan, cond, while_loop or rows instruction finds in call->prep. */
typedef struct nk_loop {
  const nk_program *parent;
  const nk_instr *instr;
  nk_frame *frame; /* [instr->n_sub] */
  int64_t index;   /* scan: memory of the body's index input */
  char answer;     /* while_loop: memory of the test's output */
} nk_loop;

struct nk_frame {
  const nk_program *program;
  nk_run *run;
  char *arena;
  nk_view *view;       /* [n_view] */
  nk_call *call;       /* [n_instr] */
  nk_loop *loop;       /* one per loop instruction, in order */
  nk_frame *sub;       /* [n_sub] */
  nk_counter *counter; /* [n_instr] */
};

struct nk_run {
  nk_ctx ctx;
  int flags;
  bool blamed; /* the error already names its instruction */
  nk_progress *progress; /* NULL: nobody asks */
  nk_frame frame;
};

/* A run's memory, ready to bind; reusable after any outcome. */
nk_status nk_run_new(const nk_program *p, nk_run **run, nk_error *error);
void nk_run_free(nk_run *run);

/* Runs the program on ins and outs (data pointers, in order of the signature). */
nk_status nk_run_execute(nk_run *run, char *const *ins, char *const *outs, const nk_ctx *ctx,
                         int flags, nk_progress *progress);

/* sweep.c: n sets of inputs and outputs for one program; set i of operand k (inputs, then outputs)
 * lies at data[k] + i * step[k]. Sets run in parallel on up to ctx->n_threads threads. */
typedef struct nk_sweep {
  const nk_program *program;
  int64_t n;
  char *const *data;
  const int64_t *step;
  nk_run **runs; /* [ctx->n_threads] memory of each thread; NULL: made when needed, the caller's then */
} nk_sweep;

nk_status nk_sweep_run(const nk_sweep *sweep, const nk_ctx *ctx, int flags);

/* Runs the instructions once; everything is bound. */
nk_status nk_frame_run(nk_frame *frame);

/* Binds everything, an in-place carry first moving into the memory of its output, and runs. */
nk_status nk_frame_call(nk_frame *frame, char *const *ins, char *const *outs);

int64_t nk_frame_bytes(const nk_program *p);

static inline void nk_frame_bind(nk_frame *frame, int64_t slot, char *data) {
  const nk_program *p = frame->program;
  for (int64_t i = p->patch_start[slot]; i < p->patch_start[slot + 1]; ++i)
    frame->view[p->patch[i].view].data = data + p->patch[i].offset;
}

static inline void nk_frame_bind_in(nk_frame *frame, int64_t k, char *data) {
  nk_frame_bind(frame, k, data);
}

static inline void nk_frame_bind_out(nk_frame *frame, int64_t j, char *data) {
  nk_frame_bind(frame, frame->program->n_in + j, data);
}

/* Where an outermost loop of `length` steps tells how far it is; NULL for any other. */
static inline nk_progress *nk_frame_progress(const nk_loop *loop, int64_t length) {
  nk_run *run = loop->frame->run;
  if (run->progress == NULL || loop->parent != run->frame.program) return NULL;
  atomic_store_explicit(&run->progress->done, 0, memory_order_relaxed);
  atomic_store_explicit(&run->progress->total, length, memory_order_relaxed);
  return run->progress;
}

/* Adds " (step 12)" to the error of a failed loop body. */
void nk_frame_blame_step(nk_run *run, int64_t step);

/* observe.c: is there a NaN in an input, before the run; NK_ERR_NAN when an output has one. */
bool nk_nan_in(const nk_call *call);
nk_status nk_nan_check(const nk_call *call, nk_error *error);
int64_t nk_clock_ns(void);

#endif
