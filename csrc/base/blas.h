/* BLAS of the OpenBLAS carried inside the package (32-bit integers, scipy_ prefix).
 *
 * Its own threads are off: parallel work is cut by nk_parallel. Only what is used is declared; add
 * a prototype here when a kernel needs one. Its LAPACK is declared in kernels/linalg/lapack.h.
 */
#ifndef NK_BLAS_H
#define NK_BLAS_H

enum {
  NK_ROW_MAJOR = 101,
  NK_COL_MAJOR = 102,
  NK_NO_TRANS = 111,
  NK_TRANS = 112,
  NK_CONJ_TRANS = 113,
  NK_UPPER = 121,
  NK_LOWER = 122,
  NK_NON_UNIT = 131,
  NK_UNIT = 132,
  NK_LEFT = 141,
  NK_RIGHT = 142
};

void scipy_cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha,
                       const float *a, int lda, const float *b, int ldb, float beta, float *c,
                       int ldc);
void scipy_cblas_dgemm(int order, int trans_a, int trans_b, int m, int n, int k, double alpha,
                       const double *a, int lda, const double *b, int ldb, double beta, double *c,
                       int ldc);
void scipy_cblas_cgemm(int order, int trans_a, int trans_b, int m, int n, int k, const void *alpha,
                       const void *a, int lda, const void *b, int ldb, const void *beta, void *c,
                       int ldc);
void scipy_cblas_zgemm(int order, int trans_a, int trans_b, int m, int n, int k, const void *alpha,
                       const void *a, int lda, const void *b, int ldb, const void *beta, void *c,
                       int ldc);
void scipy_cblas_cgemv(int order, int trans, int m, int n, const void *alpha, const void *a, int lda,
                       const void *x, int x_step, const void *beta, void *y, int y_step);
void scipy_cblas_zgemv(int order, int trans, int m, int n, const void *alpha, const void *a, int lda,
                       const void *x, int x_step, const void *beta, void *y, int y_step);
void scipy_cblas_ssyrk(int order, int uplo, int trans, int n, int k, float alpha, const float *a,
                       int lda, float beta, float *c, int ldc);
void scipy_cblas_dsyrk(int order, int uplo, int trans, int n, int k, double alpha, const double *a,
                       int lda, double beta, double *c, int ldc);

void scipy_cblas_strmm(int order, int side, int uplo, int trans, int diag, int m, int n,
                       float alpha, const float *a, int lda, float *b, int ldb);
void scipy_cblas_dtrmm(int order, int side, int uplo, int trans, int diag, int m, int n,
                       double alpha, const double *a, int lda, double *b, int ldb);
void scipy_cblas_strsm(int order, int side, int uplo, int trans, int diag, int m, int n,
                       float alpha, const float *a, int lda, float *b, int ldb);
void scipy_cblas_dtrsm(int order, int side, int uplo, int trans, int diag, int m, int n,
                       double alpha, const double *a, int lda, double *b, int ldb);
void scipy_cblas_ctrsm(int order, int side, int uplo, int trans, int diag, int m, int n,
                       const void *alpha, const void *a, int lda, void *b, int ldb);
void scipy_cblas_ztrsm(int order, int side, int uplo, int trans, int diag, int m, int n,
                       const void *alpha, const void *a, int lda, void *b, int ldb);

void scipy_openblas_set_num_threads(int n);
char *scipy_openblas_get_config(void);
char *scipy_openblas_get_corename(void);

#endif
