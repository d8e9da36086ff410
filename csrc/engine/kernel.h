/* The one shape of every operation the engine can run.
 *
 * A kernel is a row {name, check, run, release}. `check` runs once when a program is built: it
 * validates element types, shapes and parameters, asks for workspace and may prepare private data.
 * `run` computes; it never allocates, prints, locks or reads globals. All shapes and strides are
 * known at check; only `data` pointers change between runs.
 */
#ifndef NK_ENGINE_KERNEL_H
#define NK_ENGINE_KERNEL_H

#include "../base/nk.h"

enum { NK_MAX_OPERANDS = 64 };

typedef struct nk_call {
  int n_out, n_in;
  const nk_view *out; /* [n_out] */
  const nk_view *in;  /* [n_in] */
  int64_t n_ip;
  const int64_t *ip; /* integer parameters */
  int64_t n_fp;
  const double *fp;    /* float parameters */
  const int8_t *alias; /* [n_out]: index of the input that shares memory with this output, or -1 */
  void *prep;          /* what check prepared; shared by concurrent runs, so read only */
  size_t work_size;    /* bytes of workspace wanted, set by check */
  char *work;          /* that workspace at run, 64-byte aligned, private to the run */
  const nk_ctx *ctx;
} nk_call;

enum { NK_REPEAT_TURNS = 4 }; /* steps of a loop in one `part`, at most */

/* Several steps of a loop in a row as one `part`: its operands in order, each operand k (ins, then
 * outs) of the step `turn`. */
typedef struct nk_repeat {
  void *prep;
  void (*release)(void *prep);
  int turns, n_operand; /* turns 0: repeating would not pay */
  uint8_t operand[NK_MAX_OPERANDS], turn[NK_MAX_OPERANDS];
} nk_repeat;

/* What an operand is from one step to the next: the same memory, memory of its own in each step, or
 * (an input) what output number `role` was in the step before. Outputs of the same memory are
 * written by the last step alone. */
enum { NK_STEP_SAME = -1, NK_STEP_OWN = -2 };

enum {
  NK_INPLACE_ANY = 1,  /* any output may exactly overlay an input of equal layout (elementwise) */
  NK_INPLACE_FIRST = 2 /* out[0] may overlay in[0]: the kernel updates it (scatter, accumulate) */
};

typedef struct nk_kernel {
  const char *name;
  nk_status (*check)(nk_call *call); /* ctx->error is set, data pointers are not */
  nk_status (*run)(const nk_call *call);
  void (*release)(void *prep); /* NULL when check prepares nothing */
  int flags;
  /* Elementwise kernels only: how many elements may be computed apart from each other, 0 for none;
   * does operand k (ins, then outs) hold bits, eight elements to a byte; and n elements from these
   * addresses, the first of the n at the start of a byte. An operand that is one value for all
   * stands still. `repeat` prepares several steps of a checked call. */
  int64_t (*splits)(const void *prep);
  bool (*packed)(const void *prep, int k);
  void (*part)(const void *prep, char *const *at, int64_t n);
  nk_status (*repeat)(nk_repeat *r, const nk_call *call, const int8_t *role);
} nk_kernel;

/* The table of the CPU level chosen at start; NULL when there is no such kernel. */
const nk_kernel *nk_kernel_find(const char *name);
const nk_kernel *nk_kernel_at(int64_t i); /* the i-th row; NULL past the end */

/* Chooses the level: `wanted` by name (NULL or "" for the best this CPU runs). Once, at start. */
nk_status nk_kernel_select(const char *wanted, nk_error *error);
const char *nk_kernel_level(void); /* the chosen one */
int nk_kernel_n_levels(void);      /* those built */
const char *nk_kernel_level_name(int i);

#endif
