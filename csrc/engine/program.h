/* A flat program: buffers, instructions and the plan of their memory. Immutable once finished.
 *
 * Built in four steps: nk_program_new, nk_program_buffer for each buffer, nk_program_instr for each
 * instruction in order, nk_program_finish. The first three only record and validate; finish runs
 * the kernels' checks, decides in-place reuse and gives every temporary its place in one arena.
 * A run owns an nk_run (csrc/engine/frame.h); any number of runs may share one program.
 */
#ifndef NK_ENGINE_PROGRAM_H
#define NK_ENGINE_PROGRAM_H

#include "kernel.h"

enum { NK_MAX_LOOP_OPERANDS = 4096 }; /* operands of scan, cond and while_loop, each side */

typedef enum nk_buffer_kind {
  NK_BUF_IN,    /* the input-th input of the program, C-contiguous, never written */
  NK_BUF_OUT,   /* the output-th output, C-contiguous */
  NK_BUF_INOUT, /* both: a carry updated in place */
  NK_BUF_TMP,   /* bytes in the arena */
  NK_BUF_CONST  /* bytes copied into the program */
} nk_buffer_kind;

typedef struct nk_buffer {
  nk_buffer_kind kind;
  int input, output; /* position in the signature, -1 where it has none */
  nk_view view;      /* dtype and shape of in, out, inout; unused otherwise */
  int64_t n_bytes;
  const void *source; /* const: data to copy; cleared by nk_program_buffer */
  char *data;         /* const: the program's copy */
  int64_t offset;     /* tmp: place in the arena */
  int first, last;    /* tmp: instructions of first write and last use; first = -1 when unused */
  int host;           /* tmp: the buffer whose memory it takes over, or -1 */
  bool taken, placed; /* tmp: the planner gave its memory on, gave it an offset */
} nk_buffer;

/* A strided window on a buffer. In view.data nothing yet: a run fills it. */
typedef struct nk_operand {
  int buffer;
  int64_t offset;
} nk_operand;

typedef struct nk_program nk_program;

/* What the caller hands to nk_program_instr; everything is copied. Operands: outs, then ins. */
typedef struct nk_instr_spec {
  const char *kernel;
  int n_out, n_in;
  const nk_operand *operand;
  const nk_view *view;
  int64_t n_ip, n_fp;
  const int64_t *ip;
  const double *fp;
  const char *where; /* the user's line, for errors */
  int n_sub;
  nk_program *const *sub; /* retained */
} nk_instr_spec;

typedef struct nk_instr {
  const nk_kernel *kernel;
  bool is_loop; /* scan, cond, while_loop or rows: run receives its frame's nk_loop in call->prep */
  int n_out, n_in;
  int64_t operand;    /* first of its operands and views */
  int64_t alias;      /* first of its n_out alias bytes */
  int64_t ip, n_ip, fp, n_fp;
  int64_t where;      /* in text */
  int sub, n_sub;     /* in subs */
  void *prep;
  int64_t work_size, work_offset;
} nk_instr;

/* Growable array; every pointer into it is an index until the program is finished. */
typedef struct nk_vec {
  char *data;
  int64_t n, capacity;
} nk_vec;

/* view.data = (memory of an external buffer) + offset, whenever that memory moves. */
typedef struct nk_patch {
  int64_t view;
  int64_t offset;
} nk_patch;

struct nk_program {
  atomic_int refs;
  int n_in, n_out, n_buffer, n_instr, n_sub;
  int64_t n_view;
  nk_vec buffers, instrs, operands, views, alias, ips, fps, text, subs;
  int *in_buffer, *out_buffer; /* buffer of each input and output */
  nk_patch *patch;             /* grouped by slot: inputs, then outputs */
  int64_t *patch_start;        /* [n_in + n_out + 1] */
  int64_t arena_bytes;         /* temporaries, workspaces and the arenas of sub-programs */
  int64_t frame_bytes;         /* tables of a run, those of sub-programs included */
  int64_t tmp_bytes;           /* sum of all temporaries: what it would take without a plan */
};

nk_status nk_program_new(nk_program **program, int n_in, int n_out, nk_error *error);
nk_status nk_program_buffer(nk_program *p, const nk_buffer *buffer, nk_error *error);
nk_status nk_program_instr(nk_program *p, const nk_instr_spec *spec, nk_error *error);
nk_status nk_program_finish(nk_program *p, nk_error *error);
void nk_program_retain(nk_program *p);
void nk_program_release(nk_program *p);

static inline nk_buffer *nk_buffers(const nk_program *p) { return (nk_buffer *)p->buffers.data; }
static inline nk_instr *nk_instrs(const nk_program *p) { return (nk_instr *)p->instrs.data; }
static inline nk_operand *nk_operands(const nk_program *p) {
  return (nk_operand *)p->operands.data;
}
static inline nk_view *nk_views(const nk_program *p) { return (nk_view *)p->views.data; }
static inline nk_program **nk_subs(const nk_program *p) { return (nk_program **)p->subs.data; }
static inline const char *nk_where(const nk_program *p, const nk_instr *instr) {
  return p->text.data + instr->where;
}

/* The call of an instruction as kernels' checks see it: no data, no workspace. Runs add these. */
static inline nk_call nk_instr_call(const nk_program *p, const nk_instr *instr, const nk_ctx *ctx) {
  const nk_view *view = nk_views(p) + instr->operand;
  return (nk_call){.n_out = instr->n_out,
                   .n_in = instr->n_in,
                   .out = view,
                   .in = view + instr->n_out,
                   .n_ip = instr->n_ip,
                   .ip = (const int64_t *)p->ips.data + instr->ip,
                   .n_fp = instr->n_fp,
                   .fp = (const double *)p->fps.data + instr->fp,
                   .alias = (const int8_t *)p->alias.data + instr->alias,
                   .prep = instr->prep,
                   .ctx = ctx};
}

/* layout.c: questions about one view */
nk_status nk_view_validate(const nk_view *v, nk_error *error);
int64_t nk_view_size(const nk_view *v);                            /* number of elements */
void nk_view_extent(const nk_view *v, int64_t *low, int64_t *end); /* bytes touched, from data */
bool nk_view_contiguous(const nk_view *v, int first_axis);         /* C order from that axis on */
bool nk_view_same_layout(const nk_view *a, const nk_view *b);      /* shape, strides, item size */
void nk_view_set_contiguous(nk_view *v);                           /* strides of C order */
void nk_view_text(const nk_view *v, char *text, size_t size);      /* "float64 (3, 4)" */

/* plan.c: lifetimes, in-place reuse, arena offsets */
nk_status nk_plan_alias(nk_program *p, nk_error *error);
nk_status nk_plan_arena(nk_program *p, nk_error *error);

/* loops.c: scan, cond, while_loop and rows as kernels */
const nk_kernel *nk_loop_find(const char *name); /* NULL when the name is another */
bool nk_loop_inplace(const nk_program *p, const nk_instr *instr, int out, int in);
nk_status nk_loop_check(nk_program *p, nk_instr *instr, nk_error *error); /* also work_size */
int64_t nk_loop_carry_bytes(const nk_program *p, const nk_instr *instr);  /* front of the work */

#endif
