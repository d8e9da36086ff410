/* LAPACK (and gemm) of the carried OpenBLAS: the Fortran routines for four types.
 *
 * Arrays are void pointers so that one prototype serves s, d, c and z; column major, all by
 * address. NK_LAPACK(dtype, name, args) calls the routine of an element type.
 */
#ifndef NK_KERNELS_LAPACK_H
#define NK_KERNELS_LAPACK_H

#include "../../base/nk.h"

#define NK_FOUR(name, args)   \
  void scipy_s##name##_ args; \
  void scipy_d##name##_ args; \
  void scipy_c##name##_ args; \
  void scipy_z##name##_ args;

NK_FOUR(potrf, (const char *uplo, const int *n, void *a, const int *lda, int *info))
NK_FOUR(getrf, (const int *m, const int *n, void *a, const int *lda, int *pivots, int *info))
NK_FOUR(getrs, (const char *trans, const int *n, const int *nrhs, const void *a, const int *lda,
                const int *pivots, void *b, const int *ldb, int *info))
NK_FOUR(geqrf, (const int *m, const int *n, void *a, const int *lda, void *tau, void *work,
                const int *lwork, int *info))
NK_FOUR(trsyl, (const char *trana, const char *tranb, const int *isgn, const int *m, const int *n,
                const void *a, const int *lda, const void *b, const int *ldb, void *c,
                const int *ldc, void *scale, int *info))

NK_FOUR(gemm, (const char *transa, const char *transb, const int *m, const int *n, const int *k,
               const void *alpha, const void *a, const int *lda, const void *b, const int *ldb,
               const void *beta, void *c, const int *ldc))

#define NK_QR_ARGS                                                                                 \
  (const int *m, const int *n, const int *k, void *a, const int *lda, const void *tau, void *work, \
   const int *lwork, int *info)
void scipy_sorgqr_ NK_QR_ARGS;
void scipy_dorgqr_ NK_QR_ARGS;
void scipy_cungqr_ NK_QR_ARGS;
void scipy_zungqr_ NK_QR_ARGS;

#define NK_SVD_ARGS                                                                        \
  const char *jobz, const int *m, const int *n, void *a, const int *lda, void *s, void *u, \
      const int *ldu, void *vt, const int *ldvt, void *work, const int *lwork
void scipy_sgesdd_(NK_SVD_ARGS, int *iwork, int *info);
void scipy_dgesdd_(NK_SVD_ARGS, int *iwork, int *info);
void scipy_cgesdd_(NK_SVD_ARGS, void *rwork, int *iwork, int *info);
void scipy_zgesdd_(NK_SVD_ARGS, void *rwork, int *iwork, int *info);

#define NK_EIGH_ARGS                                                                              \
  const char *jobz, const char *uplo, const int *n, void *a, const int *lda, void *w, void *work, \
      const int *lwork
void scipy_ssyevd_(NK_EIGH_ARGS, int *iwork, const int *liwork, int *info);
void scipy_dsyevd_(NK_EIGH_ARGS, int *iwork, const int *liwork, int *info);
void scipy_cheevd_(NK_EIGH_ARGS, void *rwork, const int *lrwork, int *iwork, const int *liwork,
                   int *info);
void scipy_zheevd_(NK_EIGH_ARGS, void *rwork, const int *lrwork, int *iwork, const int *liwork,
                   int *info);

#define NK_EIG_VECTORS \
  void *vl, const int *ldvl, void *vr, const int *ldvr, void *work, const int *lwork
#define NK_EIG_ARGS const char *jobvl, const char *jobvr, const int *n, void *a, const int *lda
void scipy_sgeev_(NK_EIG_ARGS, void *wr, void *wi, NK_EIG_VECTORS, int *info);
void scipy_dgeev_(NK_EIG_ARGS, void *wr, void *wi, NK_EIG_VECTORS, int *info);
void scipy_cgeev_(NK_EIG_ARGS, void *w, NK_EIG_VECTORS, void *rwork, int *info);
void scipy_zgeev_(NK_EIG_ARGS, void *w, NK_EIG_VECTORS, void *rwork, int *info);

#define NK_SCHUR_ARGS                                                                       \
  const char *jobvs, const char *sort, void *select, const int *n, void *a, const int *lda, \
      int *sdim
void scipy_dgees_(NK_SCHUR_ARGS, void *wr, void *wi, void *vs, const int *ldvs, void *work,
                  const int *lwork, int *bwork, int *info);
void scipy_zgees_(NK_SCHUR_ARGS, void *w, void *vs, const int *ldvs, void *work, const int *lwork,
                  void *rwork, int *bwork, int *info);

#define NK_LAPACK(dtype, name, ...)  \
  do {                               \
    if ((dtype) == NK_F32)           \
      scipy_s##name##_(__VA_ARGS__); \
    else if ((dtype) == NK_F64)      \
      scipy_d##name##_(__VA_ARGS__); \
    else if ((dtype) == NK_C64)      \
      scipy_c##name##_(__VA_ARGS__); \
    else                             \
      scipy_z##name##_(__VA_ARGS__); \
  } while (0)

#endif
