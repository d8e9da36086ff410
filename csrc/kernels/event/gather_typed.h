/* Row sums of the transposed product for one element type; included with T and TYPED(name). */

/* Four partial sums, then ((0 + 1) + (2 + 3)): one fixed order. */
static inline T TYPED(row_sum)(const int32_t *restrict indices, const T *restrict w,
                               const T *restrict x, int64_t start, int64_t stop) {
  T sum[4] = {0, 0, 0, 0};
  int64_t k = start;
  if (w == NULL) {
    for (; k + 4 <= stop; k += 4)
      for (int q = 0; q < 4; ++q) sum[q] += x[indices[k + q]];
    for (; k < stop; ++k) sum[k & 3] += x[indices[k]];
  } else {
    for (; k + 4 <= stop; k += 4)
      for (int q = 0; q < 4; ++q) sum[q] += w[k + q] * x[indices[k + q]];
    for (; k < stop; ++k) sum[k & 3] += w[k] * x[indices[k]];
  }
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static nk_status TYPED(gather)(const nk_event_product *p, int64_t b, int64_t low, int64_t high) {
  const nk_csr *m = &p->csr;
  T *out = (T *)p->out + b * m->n_pre;
  const T *w = p->one_weight ? NULL : (const T *)p->weight;
  const T one = p->one_weight ? *(const T *)p->weight : (T)1;
  const T *x = (const T *)p->values + b * m->n_post;
  int64_t until_poll = NK_EVENT_POLL;
  for (int64_t i = low; i < high; ++i) {
    int64_t start = nk_csr_start(m, i), stop = nk_csr_start(m, i + 1);
    out[i] = one * TYPED(row_sum)(m->indices, w, x, start, stop);
    until_poll -= stop - start + 8;
    if (until_poll < 0) {
      if (nk_cancelled(p->ctx)) return NK_ERR_CANCELLED;
      until_poll = NK_EVENT_POLL;
    }
  }
  return NK_OK;
}
