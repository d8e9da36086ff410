/* Rows [low, high) of the derivative by weight for one element type; included with T, TYPED(name). */

/* One value per synapse: rows that are silent in every batch element are left as they are. */
static nk_status TYPED(by_synapse)(const job *j, int64_t low, int64_t high) {
  const nk_csr *m = &j->csr;
  int64_t until_poll = NK_EVENT_POLL;
  for (int64_t i = low; i < high; ++i) {
    int64_t start = nk_csr_start(m, i), stop = nk_csr_start(m, i + 1);
    for (int64_t b = 0; b < j->n_batch; ++b) {
      T f = (T)factor(j, b * m->n_pre + i);
      if (f == 0) continue;
      const T *ct = (const T *)j->ct + b * m->n_post;
      T *restrict out = j->out;
      for (int64_t k = start; k < stop; ++k) out[k] += f * ct[m->indices[k]];
      until_poll -= stop - start;
    }
    until_poll -= 8;
    if (until_poll < 0) {
      if (nk_cancelled(j->ctx)) return NK_ERR_CANCELLED;
      until_poll = NK_EVENT_POLL;
    }
  }
  return NK_OK;
}

/* One value for all synapses, summed in double. */
static double TYPED(total)(const job *j, int64_t low, int64_t high) {
  const nk_csr *m = &j->csr;
  double sum = 0;
  for (int64_t i = low; i < high; ++i) {
    int64_t start = nk_csr_start(m, i), stop = nk_csr_start(m, i + 1);
    for (int64_t b = 0; b < j->n_batch; ++b) {
      double f = factor(j, b * m->n_pre + i);
      if (f == 0) continue;
      const T *ct = (const T *)j->ct + b * m->n_post;
      double row = 0;
      for (int64_t k = start; k < stop; ++k) row += (double)ct[m->indices[k]];
      sum += f * row;
    }
  }
  return sum;
}
