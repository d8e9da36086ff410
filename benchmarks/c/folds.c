/* Sums of expressions as plain loops: the peers of benchmarks/folds.py. float32, n elements.
 *
 * The compiler may reorder these sums and take vector functions, as with -ffast-math. */
#pragma GCC optimize("fast-math")

#include <math.h>
#include <stdint.h>

float sum_of_squares(int64_t n, const float *restrict x) {
  float sum = 0;
  for (int64_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sum;
}

float mean_square_error(int64_t n, const float *restrict x, const float *restrict y) {
  float sum = 0;
  for (int64_t i = 0; i < n; i++) sum += (x[i] - y[i]) * (x[i] - y[i]);
  return sum / (float)n;
}

float masked_sum(int64_t n, const float *restrict x, const uint8_t *restrict mask) {
  float sum = 0;
  for (int64_t i = 0; i < n; i++) sum += mask[i] ? x[i] : 0.0f;
  return sum;
}

float cross_entropy(int64_t n, const float *restrict x, const float *restrict y) {
  float sum = 0;
  for (int64_t i = 0; i < n; i++) sum += y[i] * logf(x[i]);
  return sum;
}

void softmax(int64_t rows, int64_t n, const float *restrict x, float *restrict out) {
  for (int64_t r = 0; r < rows; r++, x += n, out += n) {
    float most = x[0], sum = 0;
    for (int64_t i = 0; i < n; i++) most = x[i] > most ? x[i] : most;
    for (int64_t i = 0; i < n; i++) {
      out[i] = expf(x[i] - most);
      sum += out[i];
    }
    for (int64_t i = 0; i < n; i++) out[i] /= sum;
  }
}

void layer_norm(int64_t rows, int64_t n, const float *restrict x, float *restrict out) {
  for (int64_t r = 0; r < rows; r++, x += n, out += n) {
    float mean = 0, square = 0;
    for (int64_t i = 0; i < n; i++) mean += x[i];
    mean /= (float)n;
    for (int64_t i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean);
    const float deviation = sqrtf(square / (float)n + 1e-5f);
    for (int64_t i = 0; i < n; i++) out[i] = (x[i] - mean) / deviation;
  }
}
