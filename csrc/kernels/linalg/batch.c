/* The walk over a stack of matrices; copies to and from column order. */
#include "linalg.h"

enum { SLOTS = 16, SLOT_WORK = 1 << 17, MAX_MEMORY = 1 << 28 };

static bool is_matrix_type(nk_dtype d) {
  return d == NK_F32 || d == NK_F64 || d == NK_C64 || d == NK_C128;
}

nk_status NK_LV(nk_linalg_begin)(nk_call *call, const char *name, int n_out, int n_in, int n_ip,
                                 const int *core, nk_linalg **plan) {
  nk_error *error = call->ctx->error;
  if (call->n_out != n_out || call->n_in != n_in || call->n_ip != n_ip)
    return nk_fail(error, NK_ERR_VALUE, "%s takes %d ins, %d outs and %d integers", name, n_in,
                   n_out, n_ip);
  const nk_view *first = &call->in[0];
  const int axes = first->ndim - core[n_out];
  if (!is_matrix_type(first->dtype))
    return nk_fail(error, NK_ERR_TYPE, "%s: no such matrix of %s", name,
                   nk_dtype_name[first->dtype]);
  int64_t n_batch = 1;
  for (int d = 0; d < axes; d++) n_batch *= first->shape[d];
  for (int i = 0; i < n_out + n_in; i++) {
    const nk_view *v = i < n_out ? &call->out[i] : &call->in[i - n_out];
    bool fits = axes >= 0 && v->ndim == axes + core[i];
    for (int d = 0; fits && d < axes; d++) fits = v->shape[d] == first->shape[d];
    for (int d = 0; fits && d < v->ndim; d++) fits = v->shape[d] <= INT32_MAX;
    if (!fits)
      return nk_fail(error, NK_ERR_VALUE, "%s: the batch axes of its operands do not fit", name);
  }
  nk_linalg *p = nk_alloc_zero(sizeof *p);
  if (p == NULL) return nk_fail(error, NK_ERR_MEMORY, "out of memory");
  p->dtype = first->dtype;
  p->n_batch = n_batch;
  p->cost = 1;
  call->prep = *plan = p;
  return NK_OK;
}

size_t NK_LV(nk_linalg_place)(nk_linalg *p, int64_t count, size_t item) {
  const size_t at = p->slot;
  const size_t bytes = (size_t)(count < 1 ? 1 : count) * item;
  p->slot += (bytes + NK_ALIGN - 1) / NK_ALIGN * NK_ALIGN;
  return at;
}

nk_status NK_LV(nk_linalg_end)(nk_linalg *p, nk_call *call) {
  double wanted = (double)p->n_batch * p->cost / SLOT_WORK;
  if (wanted > SLOTS) wanted = SLOTS;
  p->n_slots = wanted < 1 ? 1 : (int64_t)wanted;
  if (p->n_slots > p->n_batch) p->n_slots = p->n_batch < 1 ? 1 : p->n_batch;
  while (p->n_slots > 1 && (size_t)p->n_slots * p->slot > MAX_MEMORY) p->n_slots--;
  call->work_size = (size_t)p->n_slots * p->slot;
  return NK_OK;
}

typedef struct stack {
  const nk_call *call;
  const nk_linalg *plan;
  const int *core;
  nk_linalg_one one;
} stack;

static char *element(const nk_view *v, int core, int64_t index) {
  char *data = v->data;
  for (int d = v->ndim - core - 1; d >= 0; d--) {
    data += index % v->shape[d] * v->stride[d];
    index /= v->shape[d];
  }
  return data;
}

static nk_status range(void *arg, int64_t slot, int worker) {
  const stack *s = arg;
  const nk_linalg *p = s->plan;
  const nk_call *call = s->call;
  nk_view out[4], in[4];
  nk_call one = *call;
  (void)worker;
  for (int i = 0; i < call->n_out; i++) out[i] = call->out[i];
  for (int i = 0; i < call->n_in; i++) in[i] = call->in[i];
  one.out = out;
  one.in = in;
  const int64_t from = p->n_batch * slot / p->n_slots, to = p->n_batch * (slot + 1) / p->n_slots;
  for (int64_t b = from; b < to; b++) {
    if (nk_cancelled(call->ctx)) return NK_ERR_CANCELLED;
    for (int i = 0; i < call->n_out; i++) out[i].data = element(&call->out[i], s->core[i], b);
    for (int i = 0; i < call->n_in; i++)
      in[i].data = element(&call->in[i], s->core[call->n_out + i], b);
    const nk_status status = s->one(p, &one, call->work + (size_t)slot * p->slot);
    if (status != NK_OK) return status;
  }
  return NK_OK;
}

nk_status NK_LV(nk_linalg_run)(const nk_call *call, const int *core, nk_linalg_one one) {
  stack s = {.call = call, .plan = call->prep, .core = core, .one = one};
  if (s.plan->n_batch == 0) return NK_OK;
  if (s.plan->n_slots == 1) return range(&s, 0, 0);
  return nk_parallel(call->ctx, s.plan->n_slots, range, &s);
}

#define DEFINE_MOVE(T, suffix)                                                                \
  static void move_##suffix(char *to, int64_t to_row, int64_t to_col, const char *from,       \
                            int64_t from_row, int64_t from_col, int64_t rows, int64_t cols) { \
    for (int64_t j = 0; j < cols; j++)                                                        \
      for (int64_t i = 0; i < rows; i++)                                                      \
        *(T *)(void *)(to + i * to_row + j * to_col) =                                        \
            *(const T *)(const void *)(from + i * from_row + j * from_col);                   \
  }

typedef struct pair {
  double re, im;
} pair;
DEFINE_MOVE(float, 4)
DEFINE_MOVE(double, 8)
DEFINE_MOVE(pair, 16)

static void move(size_t item, char *to, int64_t to_row, int64_t to_col, const char *from,
                 int64_t from_row, int64_t from_col, int64_t rows, int64_t cols) {
  if (item == 4)
    move_4(to, to_row, to_col, from, from_row, from_col, rows, cols);
  else if (item == 8)
    move_8(to, to_row, to_col, from, from_row, from_col, rows, cols);
  else
    move_16(to, to_row, to_col, from, from_row, from_col, rows, cols);
}

void NK_LV(nk_linalg_load)(void *to, int64_t ld, const nk_view *v) {
  const size_t item = nk_dtype_size[v->dtype];
  move(item, to, (int64_t)item, ld * (int64_t)item, v->data, v->stride[v->ndim - 2],
       v->stride[v->ndim - 1], nk_axis(v, 2), nk_axis(v, 1));
}

void NK_LV(nk_linalg_store)(const nk_view *v, const void *from, int64_t ld) {
  const size_t item = nk_dtype_size[v->dtype];
  move(item, v->data, v->stride[v->ndim - 2], v->stride[v->ndim - 1], from, (int64_t)item,
       ld * (int64_t)item, nk_axis(v, 2), nk_axis(v, 1));
}

void NK_LV(nk_linalg_store_vector)(const nk_view *v, const void *from) {
  const size_t item = nk_dtype_size[v->dtype];
  move(item, v->data, v->stride[v->ndim - 1], 0, from, (int64_t)item, 0, nk_axis(v, 1), 1);
}
