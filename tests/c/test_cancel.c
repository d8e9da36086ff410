/* The SIGINT handler: sets the flag, passes the signal on, goes away. */
#include "../../csrc/base/cancel.h"
#include "check.h"

#include <pthread.h>
#include <signal.h>

static volatile sig_atomic_t n_seen;

static void see(int number) {
  (void)number;
  n_seen = n_seen + 1;
}

int test_cancel_chains(void) {
  struct sigaction ours = {.sa_handler = see}, before, after;
  sigaction(SIGINT, &ours, &before);
  n_seen = 0;
  const atomic_int *flag = nk_cancel_begin();
  CHECK(flag != NULL && atomic_load(flag) == 0);
  raise(SIGINT);
  CHECK(atomic_load(flag) == 1 && n_seen == 1);
  const atomic_int *inner = nk_cancel_begin(); /* a nested run is told to stop too */
  CHECK(inner == flag && atomic_load(inner) == 1);
  nk_cancel_end(inner);
  nk_cancel_end(flag);
  sigaction(SIGINT, NULL, &after);
  CHECK((after.sa_flags & SA_SIGINFO) == 0 && after.sa_handler == see);
  raise(SIGINT);
  CHECK(n_seen == 2);
  flag = nk_cancel_begin();
  CHECK(atomic_load(flag) == 0);
  nk_cancel_end(flag);
  sigaction(SIGINT, &before, NULL);
  return 0;
}

/* Who ignores SIGINT, or wants to die of it, keeps that. */
int test_cancel_leaves_default(void) {
  void (*const kinds[])(int) = {SIG_DFL, SIG_IGN};
  for (int i = 0; i < 2; i++) {
    struct sigaction plain = {.sa_handler = kinds[i]}, before, during;
    sigaction(SIGINT, &plain, &before);
    const atomic_int *flag = nk_cancel_begin();
    sigaction(SIGINT, NULL, &during);
    CHECK(during.sa_handler == kinds[i]);
    nk_cancel_end(flag);
    sigaction(SIGINT, &before, NULL);
  }
  return 0;
}

static void *begin_elsewhere(void *result) {
  *(const atomic_int **)result = nk_cancel_begin();
  nk_cancel_end(*(const atomic_int **)result);
  return NULL;
}

int test_cancel_other_thread(void) {
  atomic_int sentinel = 0;
  const atomic_int *flag = &sentinel;
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, begin_elsewhere, &flag) == 0);
  pthread_join(thread, NULL);
  CHECK(flag == NULL);
  return 0;
}
