/* State of the emitter: the program, where each value lives, the code so far.
 *
 * Letters: V elements per turn: a vector register over the widest type in the group, so narrower
 * types fill part of a register. A pass of the loop takes T turns; value v of turn t has the number
 * v + t n_value, uniform values (one for all elements) are those of turn 0. A bool is a mask
 * register (AVX-512) or a vector of V lanes of all ones or zeros (AVX2), and a byte only in memory.
 */
#ifndef NK_NATIVE_EMIT_H
#define NK_NATIVE_EMIT_H

#include "../combine.h"
#include "code.h"
#include "native.h"

#define nk_emit_alloc NK_LV(nk_emit_alloc)
#define nk_emit_slot NK_LV(nk_emit_slot)
#define nk_emit_release NK_LV(nk_emit_release)
#define nk_emit_evict NK_LV(nk_emit_evict)
#define nk_emit_calls NK_LV(nk_emit_calls)
#define nk_emit_calls_vector NK_LV(nk_emit_calls_vector)
#define nk_emit_call NK_LV(nk_emit_call)
#define nk_emit_prefetch NK_LV(nk_emit_prefetch)
#define nk_emit_load NK_LV(nk_emit_load)
#define nk_emit_fetch NK_LV(nk_emit_fetch)
#define nk_emit_operand NK_LV(nk_emit_operand)
#define nk_emit_store NK_LV(nk_emit_store)
#define nk_emit_load_bits NK_LV(nk_emit_load_bits)
#define nk_emit_store_bits NK_LV(nk_emit_store_bits)
#define nk_emit_scalar NK_LV(nk_emit_scalar)
#define nk_emit_to_slot NK_LV(nk_emit_to_slot)
#define nk_emit_float NK_LV(nk_emit_float)
#define nk_emit_int NK_LV(nk_emit_int)
#define nk_emit_bool NK_LV(nk_emit_bool)
#define nk_emit_compare NK_LV(nk_emit_compare)
#define nk_emit_select NK_LV(nk_emit_select)
#define nk_emit_convert NK_LV(nk_emit_convert)
#define nk_emit_lanes NK_LV(nk_emit_lanes)
#define nk_emit_widen NK_LV(nk_emit_widen)
#define nk_emit_copies NK_LV(nk_emit_copies)
#define nk_emit_in_order NK_LV(nk_emit_in_order)
#define nk_emit_schedule NK_LV(nk_emit_schedule)
#define nk_emit_function NK_LV(nk_emit_function)
#define nk_emit_partials NK_LV(nk_emit_partials)
#define nk_emit_fold NK_LV(nk_emit_fold)
#define nk_emit_fold_at NK_LV(nk_emit_fold_at)

enum {
  NK_EMIT_SCRATCH = NK_NATIVE_REGS - 4, /* four registers for operands in memory and steps */
  NK_EMIT_MASK_FIRST = 2,               /* mask registers for values: 2 .. 5 */
  NK_EMIT_MASK_END = 6,
  NK_EMIT_TAIL = 1, /* mask register: elements of the tail */
  NK_EMIT_SLOTS = 256,
  NK_EMIT_TURNS = 2,       /* most turns in one pass of the loop */
  NK_EMIT_SCHEDULED = 512, /* longer loops stay in program order */
  NK_EMIT_NEVER = INT32_MAX,
  NK_EMIT_FULL = NK_NATIVE_BYTES == 64 ? 2 : 1,
  /* fixed registers: element, end of whole turns, pointers in memory, n */
  NK_EMIT_I = NK_RBX,
  NK_EMIT_END = NK_R12,
  NK_EMIT_TABLE = NK_R13,
  NK_EMIT_N = NK_R14
};

/* Operations beside those of ops.def that only the emitter knows. */
enum {
  NK_EMIT_MIN = NK_OP_CODES, /* a < b ? a : b, so b where one is NaN */
  NK_EMIT_MAX,               /* a > b ? a : b */
  NK_EMIT_SHIFT_RIGHT,       /* of bits, zeros coming in */
  NK_EMIT_SCALE,             /* a 2^b, AVX-512 */
  NK_EMIT_RANGE              /* a, at most b away from 0; b where a is NaN; AVX-512 */
};

typedef struct nk_live {
  int16_t reg;     /* vector or mask register; -1 for none */
  int16_t slot;    /* place on the stack; -1 for none */
  /* Places in the order of operations; n_order: the end. */
  int32_t at;      /* where it is computed */
  int32_t next;    /* which reads it next; n_order: stored at the end; or NEVER */
  int32_t first;   /* which reads it first */
  int32_t last;    /* which reads it last; -1 for none */
  int32_t pending; /* outputs that wait for it */
  int32_t weight;  /* operations of the loop that read this uniform value */
  /* While the order is made: */
  int32_t height; /* steps from its start to the end of the program */
  int32_t start;  /* step at which its operands are there */
  int32_t reads;  /* operations not placed yet that read it */
  int32_t unmet;  /* operands not placed yet */
  bool loaded;    /* in a register after what is placed */
} nk_live;

typedef struct nk_emit {
  nk_code code;
  const nk_call *call;
  const nk_fused *f;
  nk_micro micro;
  nk_live *live;                   /* [TURNS n_value] */
  int32_t *next;                   /* [TURNS n_value * 3] place that reads the operand next */
  int32_t *order;                  /* [n_order] operations in the order they are emitted */
  int32_t *ready;                  /* [T, n_out] place after which the output may be written */
  uint8_t *stored;                 /* [T, n_out] */
  int8_t pointer[NK_MAX_OPERANDS]; /* register that holds an operand's address; -1: in the table */
  const nk_native_fold *fold;      /* NULL: all outputs are written */
  int64_t offset;                  /* fold: of the elements of this pass from element I */
  int fold_pass;                   /* fold: passes before this one, of eight */
  int n_order;
  int turns;                       /* T of what is being emitted */
  int lanes;                       /* V */
  int lane_bytes;                  /* of a bool in a vector */
  int limit;          /* vector registers below are for values, the rest hold uniform ones */
  int peak;           /* vector registers in use at once */
  int32_t vector[32]; /* value in each vector register; -1: free */
  int32_t mask[8];
  uint8_t slot[NK_EMIT_SLOTS];
  int n_slot;  /* most in use at once */
  bool spills; /* a value had to leave its register for a slot */
  bool has_bits; /* operands are: some general registers are theirs */
  bool calls;  /* the loop calls functions: only registers they keep hold pointers */
  bool tail;   /* emitting the masked turn */
  bool failed; /* something the emitter does not do */
} nk_emit;

/* An operation being emitted: result register, operands with the registers they have now. */
typedef struct nk_site {
  const nk_value *value;
  int dtype; /* of the computation */
  int wide;  /* 1 for types of 8 bytes */
  int length;
  int dst;
  int reg[3]; /* -1: in memory */
} nk_site;

static inline bool nk_emit_is_mask(const nk_emit *e, int v) {
  return NK_NATIVE_EVEX && e->micro.value[v].dtype == NK_BOOL;
}

static inline bool nk_emit_is_op(const nk_emit *e, int v, bool uniform) {
  const nk_value *value = e->micro.value + v;
  return value->code >= 0 && value->live && value->uniform == uniform;
}

/* The value of output k in a turn. */
static inline int nk_emit_result(const nk_emit *e, int k, int turn) {
  const int v = (int)e->micro.results[k];
  return e->micro.value[v].uniform ? v : v + turn * e->micro.n_value;
}

/* Vector length that holds V elements of `bytes` each. */
static inline int nk_emit_length(const nk_emit *e, int bytes) {
  const int total = e->lanes * bytes;
  return total >= 64 ? 2 : total >= 32 ? 1 : 0;
}

/* schedule.c: the values of all turns from those of the first; operations in program order, turn
 * after turn; or so that they wait little for each other, with at most n_register values alive. */
void nk_emit_copies(nk_emit *e);
void nk_emit_in_order(nk_emit *e, int turns, bool uniform);
void nk_emit_schedule(nk_emit *e, int turns, int n_register);

/* allocate.c: registers and stack slots. */
int nk_emit_alloc(nk_emit *e, int v, const nk_value *pinned, bool evict); /* -1: none free */
int nk_emit_slot(nk_emit *e);
void nk_emit_evict(nk_emit *e, int v);
void nk_emit_release(nk_emit *e, int v); /* its register; the slot is freed by the caller */

/* memory.c: values between registers and memory. */
void nk_emit_prefetch(nk_emit *e, int64_t ahead); /* inputs, from element END + ahead on */
void nk_emit_load(nk_emit *e, int v, int reg);
int nk_emit_fetch(nk_emit *e, const nk_site *s, int k, int scratch);
nk_rm nk_emit_operand(nk_emit *e, const nk_site *s, int k, int scratch);
void nk_emit_store(nk_emit *e, int k, int turn);
void nk_emit_scalar(nk_emit *e, int v);
void nk_emit_to_slot(nk_emit *e, int v);

/* bits.c: the same for operand k of the call, which is bits. */
void nk_emit_load_bits(nk_emit *e, int k, int turn, int reg);
void nk_emit_store_bits(nk_emit *e, int k, int turn, int reg);

/* One operation each; false where there is no code for it. */
bool nk_emit_float(nk_emit *e, const nk_site *s);
bool nk_emit_int(nk_emit *e, const nk_site *s);
bool nk_emit_bool(nk_emit *e, const nk_site *s);
bool nk_emit_compare(nk_emit *e, const nk_site *s);
bool nk_emit_select(nk_emit *e, const nk_site *s);
bool nk_emit_convert(nk_emit *e, const nk_site *s);
bool nk_emit_call(nk_emit *e, const nk_site *s);

/* calls.c: is the operation a function to call, and one that works on a whole vector at once? */
bool nk_emit_calls(const nk_value *value);
bool nk_emit_calls_vector(const nk_value *value);

/* logic.c, AVX2: a vector bool as lanes of `bytes`, and back to lanes of the group. */
int nk_emit_lanes(nk_emit *e, int reg, int bytes, int scratch);
void nk_emit_widen(nk_emit *e, int dst, int bytes);

/* fold.c: registers that hold partial results, above e->limit; an output's value joins them. */
enum { NK_EMIT_FOLDS = 8 }; /* passes through a block */
int nk_emit_partials(const nk_emit *e);
int64_t nk_emit_fold_at(const nk_emit *e, int pass); /* element at which a pass starts */
void nk_emit_fold(nk_emit *e, int k, int reg, nk_rm to);

/* emit.c: the whole function void (char *const *operands, int64_t n). */
bool nk_emit_function(nk_emit *e);

#endif
