/* The walk over lines of one element type: load with padding, transform, store with cropping. */
#include "line_typed.h"

#define NK_AT(base, offset) (*(const T *)(const void *)((base) + (offset)))
#define NK_PUT(base, offset) (*(T *)(void *)((base) + (offset)))

/* Lines of a group: where each begins, in and out. */
typedef struct group {
  char *in[64], *out[64];
  int64_t lines, lanes;
  nk_fft_axis from, to;
  bool complex_in, in_beside, out_beside;
} group;

static void begin(const nk_view *v, int axis, int64_t line, char **data) {
  char *p = v->data;
  for (int d = v->ndim - 1; d >= 0; d--) {
    if (d == axis) continue;
    p += line % v->shape[d] * v->stride[d];
    line /= v->shape[d];
  }
  *data = p;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Complex numbers side by side into parts, and back. */
static void split(T *restrict re, T *restrict im, const T *restrict from) {
  for (int l = 0; l < NK_FFT_WIDTH; l++) re[l] = from[2 * l], im[l] = from[2 * l + 1];
}

static void merge(T *restrict to, const T *restrict re, const T *restrict im, T scale) {
  for (int l = 0; l < NK_FFT_WIDTH; l++) to[2 * l] = re[l] * scale, to[2 * l + 1] = im[l] * scale;
}

/* Whether the lanes are whole and lie side by side in memory, `bytes` apart. */
static bool beside(const group *g, char *const *lines, size_t bytes) {
  if (g->lanes != NK_FFT_WIDTH || g->lines != g->lanes) return false;
  for (int l = 1; l < NK_FFT_WIDTH; l++)
    if (lines[l] - lines[l - 1] != (ptrdiff_t)bytes) return false;
  return true;
}

/* re, im [n][lanes] = the input, zero beyond its end. */
static void load(const group *g, int64_t n, T *restrict re, T *restrict im) {
  const int64_t have = least(n, g->from.length), lanes = g->lanes;
  if (g->lines < lanes)
    for (int64_t i = 0; i < n * lanes; i++) re[i] = im[i] = 0;
  for (int64_t j = 0; j < have; j++) {
    const int64_t offset = j * g->from.step;
    T *restrict r = re + j * lanes, *restrict m = im + j * lanes;
    if (g->in_beside && g->complex_in)
      split(r, m, (const T *)(const void *)(g->in[0] + offset));
    else if (g->complex_in)
      for (int64_t l = 0; l < g->lines; l++) {
        r[l] = NK_AT(g->in[l], offset);
        m[l] = NK_AT(g->in[l] + sizeof(T), offset);
      }
    else
      for (int64_t l = 0; l < g->lines; l++) r[l] = NK_AT(g->in[l], offset), m[l] = 0;
  }
  for (int64_t i = have * lanes; i < n * lanes; i++) re[i] = im[i] = 0;
}

/* The output from re, im [n][lanes], zero beyond n. */
static void store(const group *g, int64_t n, const T *restrict re, const T *restrict im, T scale) {
  const int64_t lanes = g->lanes;
  for (int64_t k = 0; k < g->to.length; k++) {
    const int64_t offset = k * g->to.step;
    const T *restrict r = re + k * lanes, *restrict m = im + k * lanes;
    const bool inside = k < n;
    if (inside && g->out_beside) {
      merge((T *)(void *)(g->out[0] + offset), r, m, scale);
      continue;
    }
    for (int64_t l = 0; l < g->lines; l++) {
      NK_PUT(g->out[l], offset) = inside ? r[l] * scale : 0;
      NK_PUT(g->out[l] + sizeof(T), offset) = inside ? m[l] * scale : 0;
    }
  }
}

static void complex_lines(const nk_fft_plan *p, const group *g, T *const *b) {
  /* inverse: parts exchanged going in and coming out */
  const int x = p->inverse ? 1 : 0;
  load(g, p->n, b[x], b[1 - x]);
  const int at = run_line(p->line, b);
  store(g, p->n, b[at + x], b[at + 1 - x], (T)p->scale);
}

/* X[k], 0 <= k <= n / 2, from the transform Z of z[j] = x[2 j] + i x[2 j + 1]:
 * X[k] = (Z[k] + conj Z[h-k]) / 2 - i e^(-2 pi i k / n) (Z[k] - conj Z[h-k]) / 2, h = n / 2. */
static void from_real_lines(const nk_fft_plan *p, const group *g, T *const *b) {
  const int64_t n = p->n, lanes = g->lanes, h = n / 2, half = p->packed ? h : n;
  if (p->packed) {
    group pairs = *g;
    pairs.complex_in = true;
    pairs.in_beside = false;
    pairs.from.step *= 2;
    pairs.from.length = g->from.length / 2;
    const bool apart = g->from.step != (int64_t)sizeof(T);
    if (apart || (g->from.length % 2 == 1 && g->from.length < n)) {
      const int64_t have = least(n, g->from.length);
      for (int64_t j = 0; j < h; j++)
        for (int64_t l = 0; l < lanes; l++) {
          const bool is = l < g->lines;
          b[0][j * lanes + l] = is && 2 * j < have ? NK_AT(g->in[l], 2 * j * g->from.step) : 0;
          b[1][j * lanes + l] =
              is && 2 * j + 1 < have ? NK_AT(g->in[l], (2 * j + 1) * g->from.step) : 0;
        }
    } else {
      load(&pairs, h, b[0], b[1]);
    }
  } else {
    load(g, n, b[0], b[1]);
  }
  const int at = run_line(p->line, b);
  const T *zr = b[at], *zi = b[at + 1], *turns = p->turns;
  const T sign = p->inverse ? -1 : 1;
  for (int64_t k = 0; k < g->to.length; k++) {
    const int64_t offset = k * g->to.step;
    const bool inside = k <= h, inner = k > 0 && 2 * k != n;
    const T scale = (T)(p->scale * (inner ? p->inner_weight : 1));
    if (!inside) {
      for (int64_t l = 0; l < g->lines; l++)
        NK_PUT(g->out[l], offset) = NK_PUT(g->out[l] + sizeof(T), offset) = 0;
    } else if (!p->packed) {
      for (int64_t l = 0; l < g->lines; l++) {
        NK_PUT(g->out[l], offset) = zr[k * lanes + l] * scale;
        NK_PUT(g->out[l] + sizeof(T), offset) = k == 0 ? 0 : zi[k * lanes + l] * (sign * scale);
      }
    } else {
      const T *ar = zr + k % half * lanes, *ai = zi + k % half * lanes;
      const T *br = zr + (half - k) % half * lanes, *bi = zi + (half - k) % half * lanes;
      const T wr = turns[2 * k], wi = turns[2 * k + 1], size = scale * (T)0.5;
      for (int64_t l = 0; l < g->lines; l++) {
        const T sr = ar[l] + br[l], si = ai[l] - bi[l], dr = ar[l] - br[l], di = ai[l] + bi[l];
        const T tr = NK_T_FMA(wr, di, wi * dr), ti = NK_T_FMA(wi, di, -(wr * dr));
        NK_PUT(g->out[l], offset) = (sr + tr) * size;
        NK_PUT(g->out[l] + sizeof(T), offset) = inner ? (si + ti) * (sign * size) : 0;
      }
    }
  }
}

/* Element k <= n / 2 of the Hermitian input of a line, weighted; conjugated for the forward sign.
 */
static inline void hermitian(const nk_fft_plan *p, const group *g, int64_t l, int64_t k, T *re,
                             T *im) {
  const bool inner = k > 0 && 2 * k != p->n, is = k < g->from.length;
  const T weight = inner ? (T)p->inner_weight : 1;
  const int64_t offset = k * g->from.step;
  *re = is ? NK_AT(g->in[l], offset) * weight : 0;
  *im = is && inner ? NK_AT(g->in[l] + sizeof(T), offset) * weight : 0;
  if (!p->inverse) *im = -*im;
}

/* x[2 j] + i x[2 j + 1] by the inverse transform of Z[k] = X[k] + conj X[h-k]
 * + i e^(2 pi i k / n) (X[k] - conj X[h-k]); odd lengths by the whole spectrum. */
static void to_real_lines(const nk_fft_plan *p, const group *g, T *const *b) {
  const int64_t n = p->n, lanes = g->lanes, h = n / 2, points = p->packed ? h : n;
  const T *turns = p->turns;
  for (int64_t k = 0; k < points; k++)
    for (int64_t l = 0; l < lanes; l++) {
      T ar = 0, ai = 0, br, bi;
      if (l < g->lines && p->packed) {
        hermitian(p, g, l, k, &ar, &ai);
        hermitian(p, g, l, h - k, &br, &bi);
        const T sr = ar + br, si = ai - bi, dr = ar - br, di = ai + bi;
        const T wr = turns[2 * k], wi = -turns[2 * k + 1];
        ar = sr - NK_T_FMA(wr, di, wi * dr);
        ai = si + NK_T_FMA(wr, dr, -(wi * di));
      } else if (l < g->lines) {
        hermitian(p, g, l, k <= h ? k : n - k, &ar, &ai);
        if (k > h) ai = -ai;
      }
      b[1][k * lanes + l] = ar; /* the inverse: parts exchanged */
      b[0][k * lanes + l] = ai;
    }
  const int at = run_line(p->line, b);
  const T *zr = b[at + 1], *zi = b[at], scale = (T)p->scale;
  for (int64_t j = 0; j < g->to.length; j++)
    for (int64_t l = 0; l < g->lines; l++) {
      const T *z = p->packed && j % 2 ? zi : zr;
      const int64_t i = (p->packed ? j / 2 : j) * lanes + l;
      NK_PUT(g->out[l], j * g->to.step) = j < n ? z[i] * scale : 0;
    }
}

nk_status NK_FFT(nk_fft_slot)(const nk_fft_plan *p, const nk_call *call, nk_fft_kind kind,
                              int64_t first, int64_t last, char *work) {
  const nk_view *in = &call->in[0], *out = &call->out[0];
  const int64_t lanes = p->line->lanes, room = p->line->room * lanes;
  T *base = (T *)(void *)work;
  T *buffer[4] = {base, base + room, base + 2 * room, base + 3 * room};
  group g = {.lanes = lanes,
             .from = {in->shape[p->axis], in->stride[p->axis]},
             .to = {out->shape[p->axis], out->stride[p->axis]},
             .complex_in = in->dtype == NK_C64 || in->dtype == NK_C128};
  for (int64_t i = first; i < last; i++) {
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    g.lines = least(lanes, p->n_lines - i * lanes);
    for (int64_t l = 0; l < g.lines; l++) {
      begin(in, p->axis, i * lanes + l, &g.in[l]);
      begin(out, p->axis, i * lanes + l, &g.out[l]);
    }
    g.in_beside = beside(&g, g.in, (g.complex_in ? 2 : 1) * sizeof(T));
    g.out_beside = beside(&g, g.out, (kind == NK_FFT_TO_REAL ? 1 : 2) * sizeof(T));
    if (kind == NK_FFT_COMPLEX)
      complex_lines(p, &g, buffer);
    else if (kind == NK_FFT_FROM_REAL)
      from_real_lines(p, &g, buffer);
    else
      to_real_lines(p, &g, buffer);
  }
  return NK_OK;
}
