/* Kernel `random`: fills an array with independent draws of one law.
 *
 *     out[e] = law(philox(key = (seed, site), counter = (step, e)), param[e])
 *
 * ins: key uint64 (2,) = (seed, site base); step int64 (); for laws with a parameter, that
 * parameter as float32 or float64 of any strides, broadcast to out by strides 0. ip: (law, site
 * offset) and, for integers, (low, high). out: C-contiguous, N elements.
 *
 * Every number depends on seed, site, step and its own index alone: threads, blocks and CPU levels
 * do not show, bit for bit. Source of the generator: base/philox.h; of the laws: laws below and
 * reject.h. Cost: 0.3 to 0.6 ns a uniform, 1 to 4 ns a normal, 5 to 50 ns a Poisson or gamma draw.
 */
#include "../../engine/kernel.h"
#include "../level.h"
#include "draw.h"
#include "functions.h"
#include "reject.h"

enum { UNIFORM, NORMAL, BERNOULLI, POISSON, EXPONENTIAL, GAMMA, INTEGERS, BITS, N_LAWS };

/* Elements per chunk of nk_parallel, a multiple of both block sizes. */
enum { CHUNK = 1 << 14 };

typedef struct job {
  const nk_call *call;
  draw d;
  int law;
  int64_t n;
  int64_t low;
  uint64_t range; /* integers; 0 stands for 2^64 */
  const struct law *row;
  bool one_param; /* the same for all elements: every stride is 0 */
} job;

/* Draws elements [block * size, + count) into dst; vector laws fill the whole block. */
typedef nk_status (*block_fn)(const job *j, uint64_t block, int count, const double *param,
                              void *dst);

static nk_status uniform_f32(const job *j, uint64_t block, int count, const double *param,
                             void *dst) {
  uint32_t w[4][G];
  float *out = dst;
  (void)count, (void)param;
  draw_block(&j->d, block, w);
  for (int l = 0; l < 4; l++)
    for (int g = 0; g < G; g++) out[l * G + g] = draw_uniformf(w[l][g]);
  return NK_OK;
}

static nk_status uniform_f64(const job *j, uint64_t block, int count, const double *param,
                             void *dst) {
  uint32_t w[4][G];
  double *out = dst;
  (void)count, (void)param;
  draw_block(&j->d, block, w);
  for (int l = 0; l < 2; l++)
    for (int g = 0; g < G; g++) out[l * G + g] = draw_uniform(w[2 * l][g], w[2 * l + 1][g]);
  return NK_OK;
}

/* Box and Muller (1958): sqrt(-2 log u) (cos, sin)(2 pi t). */
static nk_status normal_f32(const job *j, uint64_t block, int count, const double *param,
                            void *dst) {
  uint32_t w[4][G];
  float *out = dst;
  (void)count, (void)param;
  draw_block(&j->d, block, w);
  for (int l = 0; l < 4; l += 2)
    for (int g = 0; g < G; g++) {
      float cosine, sine;
      float radius = sqrtf(-2.0f * random_logf(draw_openf(w[l][g])));
      random_sincosf(draw_turnf(w[l + 1][g]), &cosine, &sine);
      out[l * G + g] = radius * cosine;
      out[(l + 1) * G + g] = radius * sine;
    }
  return NK_OK;
}

static nk_status normal_f64(const job *j, uint64_t block, int count, const double *param,
                            void *dst) {
  uint32_t w[4][G];
  double *out = dst;
  (void)count, (void)param;
  draw_block(&j->d, block, w);
  for (int g = 0; g < G; g++) {
    double cosine, sine;
    double radius = sqrt(-2.0 * random_log(draw_open(w[0][g], w[1][g])));
    random_sincos(draw_turn(w[2][g], w[3][g]), &cosine, &sine);
    out[g] = radius * cosine;
    out[G + g] = radius * sine;
  }
  return NK_OK;
}

static nk_status exponential_f32(const job *j, uint64_t block, int count, const double *param,
                                 void *dst) {
  uint32_t w[4][G];
  float *out = dst;
  (void)count, (void)param;
  draw_block(&j->d, block, w);
  for (int l = 0; l < 4; l++)
    for (int g = 0; g < G; g++) out[l * G + g] = -random_logf(draw_openf(w[l][g]));
  return NK_OK;
}

static nk_status exponential_f64(const job *j, uint64_t block, int count, const double *param,
                                 void *dst) {
  uint32_t w[4][G];
  double *out = dst;
  (void)count, (void)param;
  draw_block(&j->d, block, w);
  for (int l = 0; l < 2; l++)
    for (int g = 0; g < G; g++)
      out[l * G + g] = -random_log(draw_open(w[2 * l][g], w[2 * l + 1][g]));
  return NK_OK;
}

/* True when 32 bits lie below p 2^32. When they are its whole part (once in 2^32 draws) 53 bits
 * more decide, so that a small p is exact too. */
static nk_status bernoulli(const job *j, uint64_t block, int count, const double *param,
                           void *dst) {
  uint32_t w[4][G];
  uint8_t *out = dst;
  const uint32_t *word = w[0];
  int n_ties = 0;
  draw_block(&j->d, block, w);
  for (int i = 0; i < count; i++) {
    double value = (double)(int32_t)(word[i] ^ 0x80000000u) + 0x1p31;
    double bound = param[i] * 0x1p32;
    out[i] = value + 1.0 <= bound;
    n_ties += value <= bound && value + 1.0 > bound;
  }
  for (int i = 0; n_ties > 0 && i < count; i++) {
    double rest = param[i] * 0x1p32 - (double)word[i];
    if (rest < 0.0 || rest >= 1.0) continue;
    nk_philox x = draw_one(&j->d, block * BLOCK32 + (uint64_t)i, 1);
    out[i] = draw_uniform(x.v[0], x.v[1]) < rest;
  }
  return NK_OK;
}

static nk_status poisson(const job *j, uint64_t block, int count, const double *param, void *dst) {
  int64_t *out = dst;
  double u[BLOCK64], mean = -1.0, zero = 0.0;
  uniform_f64(j, block, count, param, u);
  for (int i = 0; i < count; i++) {
    uint64_t element = block * BLOCK64 + (uint64_t)i;
    if (param[i] != mean) {
      mean = param[i];
      zero = mean < 10.0 ? random_exp(-mean) : 0.0;
    }
    double k = mean < 10.0 ? poisson_small(u[i], mean, zero) : poisson_large(&j->d, element, mean);
    if (k < 0.0)
      return nk_fail(j->call->ctx->error, NK_ERR_INTERNAL, "poisson: no draw for mean %g", mean);
    out[i] = (int64_t)k;
  }
  return NK_OK;
}

static nk_status gamma_block(const job *j, uint64_t block, int count, const double *param,
                             double *out) {
  for (int i = 0; i < count; i++) {
    out[i] = gamma_draw(&j->d, block * BLOCK64 + (uint64_t)i, param[i]);
    if (out[i] < 0.0)
      return nk_fail(j->call->ctx->error, NK_ERR_INTERNAL, "gamma: no draw for shape %g", param[i]);
  }
  return NK_OK;
}

static nk_status gamma_f64(const job *j, uint64_t block, int count, const double *param,
                           void *dst) {
  return gamma_block(j, block, count, param, dst);
}

static nk_status gamma_f32(const job *j, uint64_t block, int count, const double *param,
                           void *dst) {
  double wide[BLOCK64];
  float *out = dst;
  nk_status status = gamma_block(j, block, count, param, wide);
  if (status != NK_OK) return status;
  for (int i = 0; i < count; i++) out[i] = (float)wide[i];
  return NK_OK;
}

static nk_status bits(const job *j, uint64_t block, int count, const double *param, void *dst) {
  uint32_t w[4][G];
  uint64_t *out = dst;
  (void)count, (void)param;
  draw_block(&j->d, block, w);
  for (int l = 0; l < 2; l++)
    for (int g = 0; g < G; g++) out[l * G + g] = w[2 * l][g] | (uint64_t)w[2 * l + 1][g] << 32;
  return NK_OK;
}

static nk_status integers(const job *j, uint64_t block, int count, const double *param, void *dst) {
  uint64_t raw[BLOCK64];
  int64_t *out = dst;
  bits(j, block, count, param, raw);
  for (int i = 0; i < count; i++) {
    uint64_t element = block * BLOCK64 + (uint64_t)i;
    out[i] = (int64_t)((uint64_t)j->low + integer_below(&j->d, element, j->range, raw[i]));
  }
  return NK_OK;
}

/* What each law takes and makes. `upper` bounds the parameter from above, 0 from below. */
static const struct law {
  const char *name, *param;
  double upper;
  bool floating; /* out is float32 or float64, else `dtype` */
  nk_dtype dtype;
  int size32, size64; /* elements per block, for float32 (or dtype) and float64 */
  block_fn f32, f64;
} laws[N_LAWS] = {
    [UNIFORM] = {"uniform", NULL, 0, true, 0, BLOCK32, BLOCK64, uniform_f32, uniform_f64},
    [NORMAL] = {"normal", NULL, 0, true, 0, BLOCK32, BLOCK64, normal_f32, normal_f64},
    [BERNOULLI] = {"bernoulli", "p", 1.0, false, NK_BOOL, BLOCK32, 0, bernoulli, NULL},
    [POISSON] = {"poisson", "lam", 9e18, false, NK_I64, BLOCK64, 0, poisson, NULL},
    [EXPONENTIAL] = {"exponential", NULL, 0, true, 0, BLOCK32, BLOCK64, exponential_f32,
                     exponential_f64},
    [GAMMA] = {"gamma", "shape", 1e300, true, 0, BLOCK64, BLOCK64, gamma_f32, gamma_f64},
    [INTEGERS] = {"integers", NULL, 0, false, NK_I64, BLOCK64, 0, integers, NULL},
    [BITS] = {"bits", NULL, 0, false, NK_U64, BLOCK64, 0, bits, NULL},
};

static int64_t size_of(const nk_view *view) {
  int64_t n = 1;
  for (int i = 0; i < view->ndim; i++) n *= view->shape[i];
  return n;
}

static bool is_contiguous(const nk_view *view) {
  int64_t step = nk_dtype_size[view->dtype];
  if (size_of(view) == 0) return true;
  for (int i = view->ndim - 1; i >= 0; i--) {
    if (view->shape[i] > 1 && view->stride[i] != step) return false;
    step *= view->shape[i];
  }
  return true;
}

static bool same_shape(const nk_view *a, const nk_view *b) {
  if (a->ndim != b->ndim) return false;
  for (int i = 0; i < a->ndim; i++)
    if (a->shape[i] != b->shape[i]) return false;
  return true;
}

static nk_status check_key(const nk_call *call, const char *name) {
  const nk_view *key = &call->in[0], *step = &call->in[1];
  if (key->dtype != NK_U64 || key->ndim != 1 || key->shape[0] != 2)
    return nk_fail(call->ctx->error, NK_ERR_TYPE, "random %s: key must be uint64 (2,)", name);
  if (step->dtype != NK_I64 || step->ndim != 0)
    return nk_fail(call->ctx->error, NK_ERR_TYPE, "random %s: step must be int64 ()", name);
  return NK_OK;
}

nk_status NK_LV(nk_random_check)(nk_call *call) {
  nk_error *error = call->ctx->error;
  if (call->n_ip < 2 || call->ip[0] < 0 || call->ip[0] >= N_LAWS)
    return nk_fail(error, NK_ERR_VALUE, "random: ip must start with (law 0..%d, site offset)",
                   N_LAWS - 1);
  const struct law *law = &laws[call->ip[0]];
  int n_in = law->param != NULL ? 3 : 2;
  if (call->n_out != 1 || call->n_in != n_in)
    return nk_fail(error, NK_ERR_VALUE, "random %s: expected 1 output and %d inputs, got %d and %d",
                   law->name, n_in, call->n_out, call->n_in);
  if (call->ip[0] == INTEGERS && (call->n_ip != 4 || call->ip[2] >= call->ip[3]))
    return nk_fail(error, NK_ERR_VALUE, "random integers: low must be below high");
  nk_status status = check_key(call, law->name);
  if (status != NK_OK) return status;
  const nk_view *out = &call->out[0];
  bool fits =
      law->floating ? out->dtype == NK_F32 || out->dtype == NK_F64 : out->dtype == law->dtype;
  if (!fits)
    return nk_fail(error, NK_ERR_TYPE, "random %s: cannot draw %s", law->name,
                   nk_dtype_name[out->dtype]);
  if (!is_contiguous(out))
    return nk_fail(error, NK_ERR_VALUE, "random %s: out must be C-contiguous", law->name);
  if (law->param == NULL) return NK_OK;
  const nk_view *param = &call->in[2];
  if (param->dtype != NK_F32 && param->dtype != NK_F64)
    return nk_fail(error, NK_ERR_TYPE, "random %s: %s must be float32 or float64, got %s",
                   law->name, law->param, nk_dtype_name[param->dtype]);
  if (!same_shape(param, out))
    return nk_fail(error, NK_ERR_VALUE, "random %s: %s must be broadcast to the shape of out",
                   law->name, law->param);
  return NK_OK;
}

static bool is_one_value(const nk_view *view) {
  for (int i = 0; i < view->ndim; i++)
    if (view->shape[i] > 1 && view->stride[i] != 0) return false;
  return true;
}

static double load(const nk_view *view, const char *p) {
  return view->dtype == NK_F32 ? (double)*(const float *)p : *(const double *)p;
}

/* Copies elements [first, first + count) of a strided view, in C order. */
static void gather(const nk_view *view, int64_t first, int count, double *dst) {
  int64_t index[NK_MAXDIM];
  const char *p = view->data;
  for (int i = view->ndim - 1; i >= 0; i--) {
    index[i] = first % view->shape[i];
    first /= view->shape[i];
    p += index[i] * view->stride[i];
  }
  for (int k = 0; k < count; k++) {
    dst[k] = load(view, p);
    for (int i = view->ndim - 1; i >= 0; i--) {
      p += view->stride[i];
      if (++index[i] < view->shape[i]) break;
      p -= index[i] * view->stride[i];
      index[i] = 0;
    }
  }
}

/* The parameter of one block, inside its range. */
static nk_status read_param(const job *j, int64_t first, int count, double *param) {
  const struct law *law = j->row;
  int n_checked = j->one_param ? 1 : count;
  if (j->one_param)
    for (int k = 0; k < count; k++) param[k] = load(&j->call->in[2], j->call->in[2].data);
  else
    gather(&j->call->in[2], first, count, param);
  for (int k = 0; k < n_checked; k++) {
    bool low_ok = j->law == GAMMA ? param[k] > 0.0 : param[k] >= 0.0;
    if (low_ok && param[k] <= law->upper) continue;
    return nk_fail(j->call->ctx->error, NK_ERR_VALUE, "random %s: %s must be %s, got %g", law->name,
                   law->param,
                   j->law == BERNOULLI ? "in [0, 1]"
                   : j->law == GAMMA   ? "positive and finite"
                                       : "in [0, 9e18]",
                   param[k]);
  }
  return NK_OK;
}

static nk_status run_chunk(void *arg, int64_t chunk, int worker) {
  const job *j = arg;
  const nk_view *out = &j->call->out[0];
  bool wide = out->dtype == NK_F64;
  int size = wide ? j->row->size64 : j->row->size32;
  block_fn fill = wide ? j->row->f64 : j->row->f32;
  int64_t item = nk_dtype_size[out->dtype];
  int64_t end = (chunk + 1) * CHUNK < j->n ? (chunk + 1) * CHUNK : j->n;
  double param[BLOCK32];
  (void)worker;
  for (int64_t first = chunk * CHUNK; first < end; first += size) {
    int count = end - first < size ? (int)(end - first) : size;
    if (j->row->param != NULL) {
      nk_status status = read_param(j, first, count, param);
      if (status != NK_OK) return status;
    }
    double partial[BLOCK32];
    char *dst = out->data + first * item;
    nk_status status = fill(j, (uint64_t)(first / size), count, param,
                            count == size ? (void *)dst : (void *)partial);
    if (status != NK_OK) return status;
    if (count < size) memcpy(dst, partial, (size_t)(count * item));
  }
  return NK_OK;
}

nk_status NK_LV(nk_random_run)(const nk_call *call) {
  const nk_view *key = &call->in[0];
  uint64_t seed, site;
  int64_t step;
  memcpy(&seed, key->data, sizeof seed);
  memcpy(&site, key->data + key->stride[0], sizeof site);
  memcpy(&step, call->in[1].data, sizeof step);
  job j = {.call = call, .law = (int)call->ip[0], .n = size_of(&call->out[0])};
  j.row = &laws[j.law];
  j.one_param = j.row->param != NULL && is_one_value(&call->in[2]);
  j.d = draw_init(seed, site + (uint64_t)call->ip[1], (uint64_t)step);
  if (j.law == INTEGERS) {
    j.low = call->ip[2];
    j.range = (uint64_t)call->ip[3] - (uint64_t)call->ip[2];
  }
  return nk_parallel(call->ctx, (j.n + CHUNK - 1) / CHUNK, run_chunk, &j);
}
