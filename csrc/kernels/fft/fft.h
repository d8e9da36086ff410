/* What the FFT kernels share: plans of transforms on interleaved lanes, and the walk over lines.
 *
 * A transform works on split real and imaginary arrays. With `lanes` lines at once, element j of
 * line l lies at [j * lanes + l], so that every operation is on whole vectors. One line alone is
 * split into w interleaved lines of m = n / w points, joined by a last step (four-step method).
 * The passes are Stockham's self-sorting ones, radix 2, 3, 4, 5, 8 and any small odd number;
 * lengths with a large prime factor go by Bluestein's chirp convolution. All transforms are
 * forward; the inverse exchanges real and imaginary parts on the way in and out.
 */
#ifndef NK_KERNELS_FFT_H
#define NK_KERNELS_FFT_H

#include "../../engine/kernel.h"
#include "../level.h"

enum {
  NK_FFT_STAGES = 48,
  NK_FFT_MAX_RADIX = 61, /* larger prime factors go by Bluestein */
  NK_FFT_MAX_SPLIT = 32
};

/* Passes of a transform of n points. */
typedef struct nk_fft_passes {
  int64_t n;
  int n_stages;
  int radix[NK_FFT_STAGES];
  int64_t at[NK_FFT_STAGES]; /* where the twiddles of a stage begin */
  void *twiddle; /* (re, im) of e^(-2 pi i p k / n_stage), k = 1 .. radix - 1 for each p */
} nk_fft_passes;

/* A transform of n points on `lanes` lines. */
typedef struct nk_fft_line {
  int64_t n, lanes;
  int64_t room;              /* points that each of its four buffers must hold */
  int64_t w;                 /* > 1: one line, split into w */
  nk_fft_passes a, b;        /* of n points; of n / w and of w where split */
  void *join;                /* split: e^(-2 pi i v k / n) at [k][v] */
  struct nk_fft_line *inner; /* Bluestein: the convolution */
  void *chirp, *chirp_hat;
} nk_fft_line;

/* Along one axis of a view: what is read or written. */
typedef struct nk_fft_axis {
  int64_t length, step; /* elements there are; bytes from one to the next */
} nk_fft_axis;

typedef struct nk_fft_plan {
  nk_dtype real; /* type of the parts */
  int64_t n;     /* length of the transform the user asked for */
  int axis;
  bool inverse, packed; /* packed: a real transform of even length by one of half the length */
  double scale, inner_weight;
  nk_fft_line *line;
  void *turns; /* packed: e^(-2 pi i k / n), k <= n / 4 */
  int64_t n_lines, n_groups, n_slots;
  size_t slot;
} nk_fft_plan;

/* e^(-2 pi i k / n), each part to half an ulp. */
void NK_LV(nk_fft_turn)(int64_t k, int64_t n, double *re, double *im);

nk_fft_line *NK_LV(nk_fft_line_new_f32)(int64_t n, int64_t lanes);
nk_fft_line *NK_LV(nk_fft_line_new_f64)(int64_t n, int64_t lanes);
void NK_LV(nk_fft_line_free)(nk_fft_line *line);

/* The factors of n, 8 and 4 first; false where one is too large. */
bool NK_LV(nk_fft_factor)(nk_fft_passes *p, int64_t n);

typedef enum nk_fft_kind { NK_FFT_COMPLEX, NK_FFT_FROM_REAL, NK_FFT_TO_REAL } nk_fft_kind;

/* Checks operands (ip: axis, n, inverse; fp: scale, inner weight) and makes the plan. */
nk_status NK_LV(nk_fft_plan_make)(nk_call *call, const char *name, nk_fft_kind kind);
void NK_LV(nk_fft_plan_free)(void *plan);

/* One slot: groups of lines from first to last. */
nk_status NK_LV(nk_fft_slot_f32)(const nk_fft_plan *p, const nk_call *call, nk_fft_kind kind,
                                 int64_t first, int64_t last, char *work);
nk_status NK_LV(nk_fft_slot_f64)(const nk_fft_plan *p, const nk_call *call, nk_fft_kind kind,
                                 int64_t first, int64_t last, char *work);
nk_status NK_LV(nk_fft_run_plan)(const nk_call *call, nk_fft_kind kind);

#endif
