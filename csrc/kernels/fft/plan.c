/* Plans: lanes or single lines, slots of groups, workspace; and the run over slots. */
#include "fft.h"

enum { SLOTS = 16, SLOT_WORK = 1 << 17, CACHE = 1 << 20, MAX_MEMORY = 1 << 28 };

#if defined(__AVX512F__)
enum { VECTOR = 64 };
#elif defined(__AVX2__)
enum { VECTOR = 32 };
#else
enum { VECTOR = 16 };
#endif

static nk_dtype part_of(nk_dtype dtype) {
  return dtype == NK_C64 ? NK_F32 : dtype == NK_C128 ? NK_F64 : dtype;
}

static nk_status validate(const nk_call *call, const char *name, nk_fft_kind kind) {
  nk_error *error = call->ctx->error;
  if (call->n_out != 1 || call->n_in != 1 || call->n_ip != 3 || call->n_fp != 2)
    return nk_fail(error, NK_ERR_VALUE, "%s takes 1 in, 1 out, (axis, n, inverse) and 2 weights",
                   name);
  const nk_view *in = &call->in[0], *out = &call->out[0];
  const int64_t axis = call->ip[0], n = call->ip[1];
  const nk_dtype real = part_of(out->dtype);
  const bool from_complex = in->dtype == NK_C64 || in->dtype == NK_C128;
  const bool to_complex = out->dtype == NK_C64 || out->dtype == NK_C128;
  if ((real != NK_F32 && real != NK_F64) || part_of(in->dtype) != real ||
      to_complex != (kind != NK_FFT_TO_REAL) || (kind == NK_FFT_FROM_REAL && from_complex) ||
      (kind == NK_FFT_TO_REAL && !from_complex))
    return nk_fail(error, NK_ERR_TYPE, "%s does not make %s of %s", name, nk_dtype_name[out->dtype],
                   nk_dtype_name[in->dtype]);
  bool fits = in->ndim == out->ndim && axis >= 0 && axis < in->ndim;
  for (int d = 0; fits && d < in->ndim; d++) fits = d == axis || in->shape[d] == out->shape[d];
  if (!fits || n < 1 || n > INT32_MAX)
    return nk_fail(error, NK_ERR_VALUE,
                   "%s: shapes differ outside of the axis, or n is not in 1..2^31", name);
  return NK_OK;
}

/* How many lines at once: a vector of them, unless they are few or too long for the cache. */
static int64_t lanes_for(const nk_fft_plan *p, const nk_call *call, int64_t points) {
  const int64_t item = nk_dtype_size[p->real], width = VECTOR / item;
  if (p->n_lines < width) return 1;
  const bool in_cache = points * width * 4 * item <= CACHE;
  const bool strided = p->axis + 1 < call->in[0].ndim; /* lines side by side */
  const bool in_reach = points * width * 4 * item <= 32 * (int64_t)CACHE;
  return in_cache || (strided && in_reach) ? width : 1;
}

static bool fill_turns(nk_fft_plan *p) {
  const int64_t n = p->n, count = n / 2 + 1;
  p->turns = nk_alloc((size_t)(2 * count) * nk_dtype_size[p->real]);
  if (p->turns == NULL) return false;
  for (int64_t k = 0; k < count; k++) {
    double re, im;
    NK_LV(nk_fft_turn)(k, n, &re, &im);
    if (p->real == NK_F32) {
      ((float *)p->turns)[2 * k] = (float)re;
      ((float *)p->turns)[2 * k + 1] = (float)im;
    } else {
      ((double *)p->turns)[2 * k] = re;
      ((double *)p->turns)[2 * k + 1] = im;
    }
  }
  return true;
}

nk_status NK_LV(nk_fft_plan_make)(nk_call *call, const char *name, nk_fft_kind kind) {
  nk_status status = validate(call, name, kind);
  if (status != NK_OK) return status;
  nk_fft_plan *p = nk_alloc_zero(sizeof *p);
  if (p == NULL) return nk_fail(call->ctx->error, NK_ERR_MEMORY, "out of memory");
  call->prep = p;
  const nk_view *out = &call->out[0];
  p->real = part_of(out->dtype);
  p->axis = (int)call->ip[0];
  p->n = call->ip[1];
  p->inverse = call->ip[2] != 0;
  p->scale = call->fp[0];
  p->inner_weight = call->fp[1];
  p->packed = kind != NK_FFT_COMPLEX && p->n % 2 == 0;
  p->n_lines = 1;
  for (int d = 0; d < out->ndim; d++)
    if (d != p->axis) p->n_lines *= out->shape[d];
  const int64_t points = p->packed ? p->n / 2 : p->n, lanes = lanes_for(p, call, points);
  p->line = p->real == NK_F32 ? NK_LV(nk_fft_line_new_f32)(points, lanes)
                              : NK_LV(nk_fft_line_new_f64)(points, lanes);
  if (p->line == NULL || (p->packed && !fill_turns(p)))
    return nk_fail(call->ctx->error, NK_ERR_MEMORY, "%s: out of memory", name);
  p->n_groups = (p->n_lines + lanes - 1) / lanes;
  const double cost = (double)p->n_groups * (double)(p->line->room * lanes) * 20;
  double slots = cost / SLOT_WORK;
  if (slots > SLOTS) slots = SLOTS;
  p->n_slots = slots < 1 ? 1 : (int64_t)slots;
  if (p->n_slots > p->n_groups) p->n_slots = p->n_groups < 1 ? 1 : p->n_groups;
  const size_t bytes = (size_t)(4 * p->line->room * lanes) * nk_dtype_size[p->real];
  p->slot = (bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  while (p->n_slots > 1 && (size_t)p->n_slots * p->slot > MAX_MEMORY) p->n_slots--;
  call->work_size = (size_t)p->n_slots * p->slot;
  return NK_OK;
}

void NK_LV(nk_fft_plan_free)(void *plan) {
  nk_fft_plan *p = plan;
  if (p == NULL) return;
  NK_LV(nk_fft_line_free)(p->line);
  nk_free(p->turns);
  nk_free(p);
}

typedef struct job {
  const nk_call *call;
  nk_fft_kind kind;
} job;

static nk_status slot(void *arg, int64_t number, int worker) {
  const job *j = arg;
  const nk_fft_plan *p = j->call->prep;
  const int64_t first = p->n_groups * number / p->n_slots;
  const int64_t last = p->n_groups * (number + 1) / p->n_slots;
  char *work = j->call->work + (size_t)number * p->slot;
  (void)worker;
  return p->real == NK_F32 ? NK_LV(nk_fft_slot_f32)(p, j->call, j->kind, first, last, work)
                           : NK_LV(nk_fft_slot_f64)(p, j->call, j->kind, first, last, work);
}

nk_status NK_LV(nk_fft_run_plan)(const nk_call *call, nk_fft_kind kind) {
  const nk_fft_plan *p = call->prep;
  job j = {.call = call, .kind = kind};
  if (p->n_lines == 0) return NK_OK;
  if (p->n_slots == 1) return slot(&j, 0, 0);
  return nk_parallel(call->ctx, p->n_slots, slot, &j);
}
