/* Keys of the values of a row, and back. A float's bits read as a signed integer are in its order once
 * those of negative ones are turned round. */
#include <string.h>

#include "order.h"

#define TURN(key, bits) ((key) ^ (((key) >> ((bits) - 1)) & (INT##bits##_MAX)))

static inline int64_t key_f64(double v) {
  int64_t bits;
  memcpy(&bits, &v, sizeof bits);
  return v == v ? TURN(bits, 64) : INT64_MAX;
}
static inline double value_f64(int64_t key) {
  const int64_t bits = TURN(key, 64);
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}
static inline int32_t key_f32(float v) {
  int32_t bits;
  memcpy(&bits, &v, sizeof bits);
  return v == v ? TURN(bits, 32) : INT32_MAX;
}
static inline float value_f32(int32_t key) {
  const int32_t bits = TURN(key, 32);
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}
static inline int64_t key_u64(uint64_t v) { return (int64_t)(v ^ (uint64_t)1 << 63); }
static inline uint64_t value_u64(int64_t key) { return (uint64_t)key ^ (uint64_t)1 << 63; }
static inline int32_t key_u32(uint32_t v) { return (int32_t)(v ^ (uint32_t)1 << 31); }
static inline uint32_t value_u32(int32_t key) { return (uint32_t)key ^ (uint32_t)1 << 31; }

#define AS_KEY(v) (v)

#define TYPE(name, T, KEY, key_of, value_of)                                                     \
  static void read_##name(void *keys, const char *from, int64_t stride, int64_t n) {             \
    KEY *k = keys;                                                                               \
    const T *x = (const T *)(const void *)from;                                                  \
    if (stride == (int64_t)sizeof(T))                                                            \
      for (int64_t i = 0; i < n; ++i) k[i] = (KEY)key_of(x[i]);                                  \
    else                                                                                         \
      for (int64_t i = 0; i < n; ++i)                                                            \
        k[i] = (KEY)key_of(*(const T *)(const void *)(from + i * stride));                       \
  }                                                                                              \
  static void write_##name(char *to, int64_t stride, const void *keys, int64_t n) {              \
    const KEY *k = keys;                                                                         \
    T *x = (T *)(void *)to;                                                                      \
    if (stride == (int64_t)sizeof(T))                                                            \
      for (int64_t i = 0; i < n; ++i) x[i] = (T)value_of(k[i]);                                  \
    else                                                                                         \
      for (int64_t i = 0; i < n; ++i) *(T *)(void *)(to + i * stride) = (T)value_of(k[i]);       \
  }

TYPE(u8, uint8_t, int32_t, AS_KEY, AS_KEY)
TYPE(i8, int8_t, int32_t, AS_KEY, AS_KEY)
TYPE(u16, uint16_t, int32_t, AS_KEY, AS_KEY)
TYPE(i16, int16_t, int32_t, AS_KEY, AS_KEY)
TYPE(u32, uint32_t, int32_t, key_u32, value_u32)
TYPE(i32, int32_t, int32_t, AS_KEY, AS_KEY)
TYPE(u64, uint64_t, int64_t, key_u64, value_u64)
TYPE(i64, int64_t, int64_t, AS_KEY, AS_KEY)
TYPE(f32, float, int32_t, key_f32, value_f32)
TYPE(f64, double, int64_t, key_f64, value_f64)

typedef struct key_type {
  int64_t size;
  void (*read)(void *keys, const char *from, int64_t stride, int64_t n);
  void (*write)(char *to, int64_t stride, const void *keys, int64_t n);
} key_type;

#define ROW(name, size) {size, read_##name, write_##name}

static key_type type_of(nk_dtype dtype) {
  switch (dtype) {
    case NK_BOOL:
    case NK_U8: return (key_type)ROW(u8, 4);
    case NK_I8: return (key_type)ROW(i8, 4);
    case NK_U16: return (key_type)ROW(u16, 4);
    case NK_I16: return (key_type)ROW(i16, 4);
    case NK_U32: return (key_type)ROW(u32, 4);
    case NK_I32: return (key_type)ROW(i32, 4);
    case NK_U64: return (key_type)ROW(u64, 8);
    case NK_I64: return (key_type)ROW(i64, 8);
    case NK_F32: return (key_type)ROW(f32, 4);
    case NK_F64: return (key_type)ROW(f64, 8);
    default: return (key_type){0, NULL, NULL};
  }
}

int64_t NK_LV(nk_order_key_size)(nk_dtype dtype) { return type_of(dtype).size; }

void NK_LV(nk_order_read)(nk_dtype dtype, void *keys, const char *from, int64_t stride, int64_t n) {
  type_of(dtype).read(keys, from, stride, n);
}

void NK_LV(nk_order_write)(nk_dtype dtype, char *to, int64_t stride, const void *keys, int64_t n) {
  type_of(dtype).write(to, stride, keys, n);
}
