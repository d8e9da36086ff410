/* Unsigned keys in NumPy's sorting order: numbers ascending, both zeros equal, NaN last. */
#ifndef NK_SORT_KEY_H
#define NK_SORT_KEY_H

#include <string.h>

#include "../../engine/kernel.h"

static inline uint64_t nk_sort_key_f64(double v) {
  uint64_t bits;
  if (v != v) return UINT64_MAX;
  v = v == 0 ? 0 : v;
  memcpy(&bits, &v, sizeof bits);
  return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static inline uint64_t nk_sort_key_i64(int64_t v) { return (uint64_t)v ^ (uint64_t)1 << 63; }

#define NK_SORT_AT(T) (*(const T *)(const void *)p)

/* The key of the element at p. Complex types have none. */
static inline uint64_t nk_sort_key(nk_dtype dtype, const char *p) {
  switch (dtype) {
    case NK_BOOL:
    case NK_U8: return NK_SORT_AT(uint8_t);
    case NK_U16: return NK_SORT_AT(uint16_t);
    case NK_U32: return NK_SORT_AT(uint32_t);
    case NK_U64: return NK_SORT_AT(uint64_t);
    case NK_I8: return nk_sort_key_i64(NK_SORT_AT(int8_t));
    case NK_I16: return nk_sort_key_i64(NK_SORT_AT(int16_t));
    case NK_I32: return nk_sort_key_i64(NK_SORT_AT(int32_t));
    case NK_I64: return nk_sort_key_i64(NK_SORT_AT(int64_t));
    case NK_F32: return nk_sort_key_f64((double)NK_SORT_AT(float));
    case NK_F64: return nk_sort_key_f64(NK_SORT_AT(double));
    default: return 0;
  }
}

#endif
