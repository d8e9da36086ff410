/* Names of one CPU level. Every file in csrc/simd and csrc/kernels is compiled once per level with
 * -DNK_LEVEL=v2 | v3 | v4 (x86-64) or base (elsewhere); external symbols are wrapped in NK_LV. */
#ifndef NK_KERNELS_LEVEL_H
#define NK_KERNELS_LEVEL_H

#ifndef NK_LEVEL
#define NK_LEVEL base
#endif
#define NK_CAT_(a, b) a##_##b
#define NK_CAT(a, b) NK_CAT_(a, b)
#define NK_LV(name) NK_CAT(name, NK_LEVEL)

/* a*b + c in one rounding where the level has the instruction. Written out because the build
 * forbids contraction: what is written is what is computed. */
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define NK_FMA(a, b, c) __builtin_fma((a), (b), (c))
#define NK_FMAF(a, b, c) __builtin_fmaf((a), (b), (c))
#else
#define NK_FMA(a, b, c) ((a) * (b) + (c))
#define NK_FMAF(a, b, c) ((a) * (b) + (c))
#endif

#endif
