/* The table of conversions, made from one loop per pair of types.
 *
 * As NumPy: to bool is `!= 0`, complex to real drops the imaginary part, real to complex sets it to
 * zero, float to integer truncates, integers wrap. Strides are general; the contiguous case is told
 * apart so that the compiler vectorises it.
 */
#include "cast.h"

#include <string.h>

typedef struct c64 {
  float re, im;
} c64;
typedef struct c128 {
  double re, im;
} c128;

#define NK_TYPES(X, ...)                                                                          \
  X(b8, bool, __VA_ARGS__)                                                                        \
  X(i8, int8_t, __VA_ARGS__)                                                                      \
  X(u8, uint8_t, __VA_ARGS__)                                                                     \
  X(i16, int16_t, __VA_ARGS__)                                                                    \
  X(u16, uint16_t, __VA_ARGS__)                                                                   \
  X(i32, int32_t, __VA_ARGS__)                                                                    \
  X(u32, uint32_t, __VA_ARGS__)                                                                   \
  X(i64, int64_t, __VA_ARGS__)                                                                    \
  X(u64, uint64_t, __VA_ARGS__)                                                                   \
  X(f32, float, __VA_ARGS__)                                                                      \
  X(f64, double, __VA_ARGS__)

#define NK_LOOP(name, TO, FROM, VALUE)                                                            \
  static void name(char *out, int64_t so, const char *in, int64_t si, int64_t n) {                \
    if (so == (int64_t)sizeof(TO) && si == (int64_t)sizeof(FROM)) {                               \
      TO *restrict to = (TO *)(void *)out;                                                        \
      const FROM *restrict from = (const FROM *)(const void *)in;                                 \
      for (int64_t i = 0; i < n; ++i) {                                                           \
        const FROM x = from[i];                                                                   \
        to[i] = VALUE(TO, x);                                                                     \
      }                                                                                           \
      return;                                                                                     \
    }                                                                                             \
    for (int64_t i = 0; i < n; ++i) {                                                             \
      const FROM x = *(const FROM *)(const void *)(in + i * si);                                  \
      *(TO *)(void *)(out + i * so) = VALUE(TO, x);                                               \
    }                                                                                             \
  }

#define NK_REAL(TO, x) (TO)(x)
#define NK_NONZERO(TO, x) (TO)((x) != 0)
#define NK_PART(TO, x) (TO)((x).re)
#define NK_PART_NONZERO(TO, x) (TO)((x).re != 0 || (x).im != 0)
#define NK_FIELD(c) __typeof__(((c *)0)->re)
#define NK_MAKE(TO, x) (TO){.re = (NK_FIELD(TO))(x), .im = 0}
#define NK_BOTH(TO, x) (TO){.re = (NK_FIELD(TO))(x).re, .im = (NK_FIELD(TO))(x).im}

/* rows: the type read; columns: the type written */
#define NK_TO_ALL(from, FROM, ...)                                                                \
  NK_LOOP(from##_to_b8, bool, FROM, NK_NONZERO)                                                   \
  NK_LOOP(from##_to_i8, int8_t, FROM, NK_REAL)                                                    \
  NK_LOOP(from##_to_u8, uint8_t, FROM, NK_REAL)                                                   \
  NK_LOOP(from##_to_i16, int16_t, FROM, NK_REAL)                                                  \
  NK_LOOP(from##_to_u16, uint16_t, FROM, NK_REAL)                                                 \
  NK_LOOP(from##_to_i32, int32_t, FROM, NK_REAL)                                                  \
  NK_LOOP(from##_to_u32, uint32_t, FROM, NK_REAL)                                                 \
  NK_LOOP(from##_to_i64, int64_t, FROM, NK_REAL)                                                  \
  NK_LOOP(from##_to_u64, uint64_t, FROM, NK_REAL)                                                 \
  NK_LOOP(from##_to_f32, float, FROM, NK_REAL)                                                    \
  NK_LOOP(from##_to_f64, double, FROM, NK_REAL)                                                   \
  NK_LOOP(from##_to_c64, c64, FROM, NK_MAKE)                                                      \
  NK_LOOP(from##_to_c128, c128, FROM, NK_MAKE)

#define NK_FROM_COMPLEX(to, TO, ...)                                                              \
  NK_LOOP(c64_to_##to, TO, c64, NK_PART)                                                          \
  NK_LOOP(c128_to_##to, TO, c128, NK_PART)

NK_TYPES(NK_TO_ALL, )
NK_LOOP(c64_to_b8, bool, c64, NK_PART_NONZERO)
NK_LOOP(c128_to_b8, bool, c128, NK_PART_NONZERO)
NK_FROM_COMPLEX(i8, int8_t, )
NK_FROM_COMPLEX(u8, uint8_t, )
NK_FROM_COMPLEX(i16, int16_t, )
NK_FROM_COMPLEX(u16, uint16_t, )
NK_FROM_COMPLEX(i32, int32_t, )
NK_FROM_COMPLEX(u32, uint32_t, )
NK_FROM_COMPLEX(i64, int64_t, )
NK_FROM_COMPLEX(u64, uint64_t, )
NK_FROM_COMPLEX(f32, float, )
NK_FROM_COMPLEX(f64, double, )
NK_LOOP(c64_to_c64, c64, c64, NK_BOTH)
NK_LOOP(c64_to_c128, c128, c64, NK_BOTH)
NK_LOOP(c128_to_c64, c64, c128, NK_BOTH)
NK_LOOP(c128_to_c128, c128, c128, NK_BOTH)

#define NK_ROW(from)                                                                              \
  {from##_to_b8,  from##_to_i8,  from##_to_u8,  from##_to_i16, from##_to_u16,                     \
   from##_to_i32, from##_to_u32, from##_to_i64, from##_to_u64, from##_to_f32,                     \
   from##_to_f64, from##_to_c64, from##_to_c128}

/* [in][out], both in the order of nk_dtype */
static const nk_cast_loop table[NK_NDTYPES][NK_NDTYPES] = {
    NK_ROW(b8),  NK_ROW(i8),  NK_ROW(u8),  NK_ROW(i16), NK_ROW(u16), NK_ROW(i32), NK_ROW(u32),
    NK_ROW(i64), NK_ROW(u64), NK_ROW(f32), NK_ROW(f64), NK_ROW(c64), NK_ROW(c128)};

nk_cast_loop NK_LV(nk_cast_find)(nk_dtype out, nk_dtype in) { return table[in][out]; }
