/* Row loops of the forward product for one element type; included once per type with
 * T (the type) and TYPED(name). */

/* Adds the part of row [start, stop) to out; w is NULL where all synapses weigh `scale`. */
static inline void TYPED(add_row)(T *restrict out, const int32_t *restrict indices,
                                  const T *restrict w, T scale, bool scaled, int64_t start,
                                  int64_t stop) {
  if (w == NULL)
    for (int64_t k = start; k < stop; ++k) out[indices[k]] += scale;
  else if (scaled)
    for (int64_t k = start; k < stop; ++k) out[indices[k]] += w[k] * scale;
  else
    for (int64_t k = start; k < stop; ++k) out[indices[k]] += w[k];
}

/* Batch element b, targets [low, high). */
static nk_status TYPED(scatter)(const nk_event_product *p, int64_t b, int64_t low, int64_t high,
                                bool whole) {
  const nk_csr *m = &p->csr;
  T *out = (T *)p->out + b * m->n_post;
  const T *w = p->one_weight ? NULL : (const T *)p->weight;
  const T one = p->one_weight ? *(const T *)p->weight : (T)1;
  const T *values = p->values != NULL ? (const T *)p->values + b * m->n_pre : NULL;
  const int32_t *rows = p->rows != NULL ? p->rows + b * p->row_step : NULL;
  const int64_t n_row = rows != NULL ? p->n_row[b] : m->n_pre;
  int64_t until_poll = NK_EVENT_POLL;
  for (int64_t a = 0; a < n_row; ++a) {
    int64_t row = rows != NULL ? rows[a] : a;
    int64_t start = nk_csr_start(m, row), stop = nk_csr_start(m, row + 1);
    if (rows != NULL && a + 1 < n_row) prefetch_row(m, rows[a + 1]);
    if (!whole) {
      start = first_at_least(m->indices, start, stop, low);
      stop = first_at_least(m->indices, start, stop, high);
    }
    T scale = values != NULL ? values[row] * one : one;
    TYPED(add_row)(out, m->indices, w, scale, values != NULL, start, stop);
    until_poll -= stop - start + 8;
    if (until_poll < 0) {
      if (nk_cancelled(p->ctx)) return NK_ERR_CANCELLED;
      until_poll = NK_EVENT_POLL;
    }
  }
  return NK_OK;
}
