/* Python's remainder and floor quotient of floats, with NumPy's special values. */
#ifndef NK_ELEMENTWISE_REMAINDER_H
#define NK_ELEMENTWISE_REMAINDER_H

#include <math.h>

/* The remainder has the sign of the divisor. */
#define NK_REMAINDER(T, F)                                 \
  static inline T nk_remainder_##T(T a, T b) {             \
    T mod = fmod##F(a, b);                                 \
    if (b == 0) return mod;                                \
    if (mod == 0) return __builtin_copysign##F((T)0, b);   \
    return (b < 0) != (mod < 0) ? mod + b : mod;           \
  }                                                        \
  static inline T nk_quotient_##T(T a, T b) {              \
    if (b == 0) return a / b;                              \
    const T mod = fmod##F(a, b);                           \
    T q = (a - mod) / b;                                   \
    if (mod != 0 && (b < 0) != (mod < 0)) q -= 1;          \
    if (q == 0) return __builtin_copysign##F((T)0, a / b); \
    const T whole = __builtin_floor##F(q);                 \
    return q - whole > (T)0.5 ? whole + 1 : whole;         \
  }

NK_REMAINDER(float, f)
NK_REMAINDER(double, )

#endif
