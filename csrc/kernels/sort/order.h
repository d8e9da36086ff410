/* Signed keys of values in NumPy's sorting order, and how rows of them are put in order.
 *
 * Numbers ascending, -0 before 0, NaN last. Types of up to 32 bits have keys of 32 bits. */
#ifndef NK_SORT_ORDER_H
#define NK_SORT_ORDER_H

#include "../../engine/kernel.h"
#include "../level.h"

enum { NK_ORDER_SHORT = 64, NK_ORDER_PAD = 64 }; /* longest row that is ranked; spare keys of `spare` */
enum { NK_ORDER_POLL = 1 << 16 };                /* keys from which on a split asks for Ctrl-C */

/* A row of n keys at `a` is sorted or, where `places` (m of them, ascending) is not NULL, reordered so
 * far that these places hold what they hold in the sorted row. `spare` has room for n + NK_ORDER_PAD.
 * A long row is left as it is once the call is cancelled. */
void NK_LV(nk_order_i32)(const nk_ctx *ctx, void *a, void *spare, int64_t n, const int64_t *places,
                         int64_t m);
void NK_LV(nk_order_i64)(const nk_ctx *ctx, void *a, void *spare, int64_t n, const int64_t *places,
                         int64_t m);

/* The place of each of n <= NK_ORDER_SHORT keys in their stable order; both have room for as many. */
void NK_LV(nk_rank_i64)(int64_t *rank, int64_t *a, int64_t n);

/* Bytes of a key of this type: 4 or 8; 0 for complex types. */
int64_t NK_LV(nk_order_key_size)(nk_dtype dtype);
/* n keys of the values `stride` bytes apart, and back. */
void NK_LV(nk_order_read)(nk_dtype dtype, void *keys, const char *from, int64_t stride, int64_t n);
void NK_LV(nk_order_write)(nk_dtype dtype, char *to, int64_t stride, const void *keys, int64_t n);

#endif
