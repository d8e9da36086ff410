/* The x86-64 microarchitecture level of the running CPU, from cpuid.
 *
 * Levels are those of the x86-64 psABI: v2 (SSE4.2, POPCNT), v3 (AVX2, FMA, BMI, F16C, MOVBE,
 * LZCNT), v4 (AVX-512 F, BW, CD, DQ, VL). __builtin_cpu_supports also asks the operating system
 * whether it saves the wide registers; the bits it has no name for are read by hand.
 */
#include "cpu.h"

#include <stdbool.h>

#if defined(__x86_64__)
#include <cpuid.h>

static bool has_v2(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_CMPXCHG16B) == 0) return false;
  return __builtin_cpu_supports("sse3") && __builtin_cpu_supports("ssse3") &&
         __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sse4.2") &&
         __builtin_cpu_supports("popcnt");
}

static bool has_v3(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return false;
  if ((c & bit_MOVBE) == 0 || (c & bit_F16C) == 0) return false;
  if (!__get_cpuid(0x80000001u, &a, &b, &c, &d) || (c & bit_LZCNT) == 0) return false;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

static bool has_v4(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

int nk_cpu_level(void) {
  __builtin_cpu_init();
  if (!has_v2()) return 1;
  if (!has_v3()) return 2;
  return has_v4() ? 4 : 3;
}

#else

int nk_cpu_level(void) { return 0; }

#endif
