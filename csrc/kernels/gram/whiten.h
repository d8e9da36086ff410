/* The steps of whiten.c for one element type: T, NK_T(name), SYRK, TRSM. */

static inline const T *NK_T(row)(const nk_view *v, int64_t r) {
  return (const T *)(const void *)(v->data + r * v->stride[0]);
}

/* The lower triangle of Z Z' into product; returns the sum of q over all pairs i != j, that is
 * sum_t q_t^2 - sum z^4. */
static double NK_T(correlate)(const nk_call *call, const layout *l, int64_t b, char *work) {
  T *product = (T *)(void *)(work + l->product), *part = (T *)(void *)(work + l->part);
  double *square = (double *)(void *)(work + l->square), total = 0;
  const int d = (int)l->d;
  for (int64_t first = 0; first < l->samples; first += SAMPLES) {
    const int64_t count = l->samples - first < SAMPLES ? l->samples - first : SAMPLES;
    double fourth = 0;
    for (int64_t t = 0; t < count; t++) square[t] = 0;
    for (int64_t c = 0; c < l->d; c++) {
      const T *restrict z = NK_T(row)(&call->in[2], channel(call, b, c)) + first;
      T *restrict to = part + c * count;
      double own[8] = {0};
      for (int64_t t = 0; t < count; t++) to[t] = z[t];
      for (int64_t t = 0; t < count; t++) square[t] += (double)z[t] * (double)z[t];
      for (int64_t t = 0; t + 8 <= count; t += 8)
        for (int k = 0; k < 8; k++) {
          const double z2 = (double)z[t + k] * (double)z[t + k];
          own[k] += z2 * z2;
        }
      for (int64_t t = count - count % 8; t < count; t++) {
        const double z2 = (double)z[t] * (double)z[t];
        own[t % 8] += z2 * z2;
      }
      fourth += ((own[0] + own[4]) + (own[1] + own[5])) + ((own[2] + own[6]) + (own[3] + own[7]));
    }
    for (int64_t t = 0; t < count; t++) total += square[t] * square[t];
    total -= fourth;
    SYRK(NK_ROW_MAJOR, NK_LOWER, NK_NO_TRANS, d, (int)count, 1, part, (int)count, first ? 1 : 0,
         product, d);
  }
  return total;
}

/* Z Z' to shrunk correlations. */
static void NK_T(shrink)(const layout *l, double q, T *product) {
  const double samples = (double)l->samples, dof = samples - 1;
  double r2 = 0;
  for (int64_t i = 0; i < l->d; i++)
    for (int64_t j = 0; j < i; j++) {
      const double r = (double)product[i * l->d + j] / dof;
      r2 += 2 * r * r;
    }
  double lam = r2 > 0 ? samples / (dof * dof) * (q / dof - r2) / r2 : 1;
  lam = lam < 0 ? 0 : lam > 1 ? 1 : lam;
  const T factor = (T)((1 - lam) / dof);
  for (int64_t i = 0; i < l->d; i++) {
    for (int64_t j = 0; j < i; j++) product[i * l->d + j] *= factor;
    product[i * l->d + i] = 1;
  }
}

static nk_status NK_T(whiten)(const nk_call *call, const layout *l, int64_t b, char *work) {
  T *product = (T *)(void *)(work + l->product);
  const nk_view *out = &call->out[0];
  T *to = (T *)(void *)(out->data + b * out->stride[0]);
  const int d = (int)l->d, k = (int)l->k;
  int info = 0;
  if (call->ip[0]) {
    for (int64_t i = 0; i < l->d; i++) {
      const T *from = NK_T(row)(&call->in[2], channel(call, b, i));
      for (int64_t j = 0; j <= i; j++) product[i * l->d + j] = from[channel(call, b, j)];
    }
  } else {
    NK_T(shrink)(l, NK_T(correlate)(call, l, b, work), product);
  }
  NK_LAPACK(call->in[0].dtype, potrf, "U", &d, product, &d, &info); /* its columns: our rows */
  if (info != 0)
    return nk_fail(call->ctx->error, NK_ERR_LINALG,
                   "the noise covariance of a centre with %d channels is singular: use more "
                   "residuals, or leave channels without noise out",
                   d);
  for (int64_t c = 0; c < l->d; c++)
    memcpy(to + c * l->k, NK_T(row)(&call->in[0], channel(call, b, c)), (size_t)l->k * sizeof(T));
  if (k > 0)
    TRSM(NK_ROW_MAJOR, NK_LEFT, NK_LOWER, NK_NO_TRANS, NK_NON_UNIT, d, k, 1, product, d, to, k);
  return NK_OK;
}
