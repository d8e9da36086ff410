/* What the C tests share: CHECK and the list of tests. A test returns 0 when it passes. */
#ifndef NK_TEST_CHECK_H
#define NK_TEST_CHECK_H

#include <stdio.h>

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      fprintf(stderr, "%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__, #condition); \
      return 1;                                                                     \
    }                                                                               \
  } while (0)

/* One row per test; the function is test_<name>. */
#define NK_TESTS(T)        \
  T(alloc_alignment)       \
  T(alloc_fails_at_nth)    \
  T(alloc_from_threads)    \
  T(status_messages)       \
  T(philox_known_answers)  \
  T(pool_runs_each_once)   \
  T(pool_many_small_jobs)  \
  T(pool_nested_is_inline) \
  T(pool_lowest_failure)   \
  T(pool_cancel)           \
  T(pool_two_callers)      \
  T(pool_after_fork)       \
  T(pool_float_mode)       \
  T(pool_size)             \
  T(cancel_chains)         \
  T(cancel_leaves_default) \
  T(cancel_other_thread)   \
  T(kernel_table)          \
  T(kernel_level)          \
  T(engine_walks_failures)

#define DECLARE(name) int test_##name(void);
NK_TESTS(DECLARE)
#undef DECLARE

#endif
