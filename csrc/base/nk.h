/* The types every layer shares: status codes, element types, strided views, the context of a call.
 *
 * Nothing below csrc/bind knows Python. A function that can fail returns nk_status and, where it
 * has a context, leaves one sentence (argument, got, wanted) in its nk_error.
 */
#ifndef NK_H
#define NK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NK_MAXDIM = 12, NK_ALIGN = 64, NK_ERROR_TEXT = 320 };

typedef enum nk_status {
  NK_OK = 0,
  NK_ERR_MEMORY,    /* MemoryError */
  NK_ERR_VALUE,     /* ValueError: also shapes that do not fit */
  NK_ERR_INDEX,     /* IndexError */
  NK_ERR_TYPE,      /* TypeError: an element type the operation does not take */
  NK_ERR_NAN,       /* FloatingPointError: found by options(nan_check=True) */
  NK_ERR_LINALG,    /* numpy.linalg.LinAlgError */
  NK_ERR_CANCELLED, /* KeyboardInterrupt */
  NK_ERR_INTERNAL   /* RuntimeError: a bug in neurokit */
} nk_status;

/* Element types; the order is the order of nk_dtype_size and of the table in csrc/bind. */
typedef enum nk_dtype {
  NK_BOOL,
  NK_I8,
  NK_U8,
  NK_I16,
  NK_U16,
  NK_I32,
  NK_U32,
  NK_I64,
  NK_U64,
  NK_F32,
  NK_F64,
  NK_C64,
  NK_C128,
  NK_NDTYPES
} nk_dtype;

extern const uint8_t nk_dtype_size[NK_NDTYPES];
extern const char *const nk_dtype_name[NK_NDTYPES];

/* An n-dimensional array in memory somebody else owns. Strides are in bytes, may be 0 or negative.
 */
typedef struct nk_view {
  char *data;
  nk_dtype dtype;
  int ndim;
  int64_t shape[NK_MAXDIM];
  int64_t stride[NK_MAXDIM];
} nk_view;

typedef struct nk_error {
  nk_status status;
  char text[NK_ERROR_TEXT];
} nk_error;

/* Writes the message and returns `status`, so that a check reads `return nk_fail(...)`. */
nk_status nk_fail(nk_error *error, nk_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What a running kernel may use: the pool, the cancel flag, a place for its error. */
typedef struct nk_ctx {
  int n_threads;            /* upper bound for nk_parallel; results never depend on it */
  const atomic_int *cancel; /* not 0 when the user wants to stop */
  nk_error *error;
} nk_ctx;

static inline bool nk_cancelled(const nk_ctx *ctx) {
  return ctx->cancel != NULL && atomic_load_explicit(ctx->cancel, memory_order_relaxed) != 0;
}

/* Runs task(arg, chunk, worker) for chunk = 0 .. n_chunks - 1, each once, on up to ctx->n_threads
 * workers (0 <= worker < n_threads); returns when all are done, with the status of the lowest
 * failing chunk. The caller cuts the chunks by problem size alone, never by thread count: that is
 * what makes results bit-equal for any number of threads. Nested calls run inline. */
typedef nk_status (*nk_task)(void *arg, int64_t chunk, int worker);
nk_status nk_parallel(const nk_ctx *ctx, int64_t n_chunks, nk_task task, void *arg);

/* Allocation: every heap byte of the core goes through these, so that tests can make the n-th call
 * fail (nk_alloc_fail_at(n); 0 turns it off). Memory is 64-byte aligned and not cleared. */
void *nk_alloc(size_t n_bytes);
void *nk_alloc_zero(size_t n_bytes);
void nk_free(void *p);
void nk_alloc_fail_at(int64_t n);
/* Uncounted memory for arrays, on cache lines, from 4 MB on in large pages; goes back by free(). */
void *nk_memory_new(size_t n_bytes);
int64_t nk_alloc_live(void); /* blocks alive, for leak tests */

#endif
