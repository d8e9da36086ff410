/* The SIGINT handler that lets a C loop stop early.
 *
 * While a run is under way our handler stands in front of the one found there (Python's): it sets
 * the flag that kernels poll and passes the signal on, so that Python learns of it as usual. A
 * process that ignores SIGINT or leaves it at the default keeps that behaviour untouched.
 */
#include "cancel.h"

#include <signal.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

static atomic_int flag;
static int depth; /* of nested pairs; only the main thread touches it */
static bool installed;
static struct sigaction previous;

static bool is_main_thread(void) {
#ifdef __linux__
  return (pid_t)syscall(SYS_gettid) == getpid();
#else
  extern int pthread_main_np(void);
  return pthread_main_np() != 0;
#endif
}

static void on_interrupt(int number, siginfo_t *info, void *context) {
  atomic_store(&flag, 1);
  if ((previous.sa_flags & SA_SIGINFO) != 0)
    previous.sa_sigaction(number, info, context);
  else
    previous.sa_handler(number);
}

const atomic_int *nk_cancel_begin(void) {
  if (!is_main_thread()) return NULL;
  if (depth++ > 0) return &flag;
  atomic_store(&flag, 0);
  installed = false;
  if (sigaction(SIGINT, NULL, &previous) != 0) return &flag;
  bool plain = (previous.sa_flags & SA_SIGINFO) == 0;
  if (plain && (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN)) return &flag;
  struct sigaction ours = previous;
  ours.sa_flags |= SA_SIGINFO;
  ours.sa_sigaction = on_interrupt;
  installed = sigaction(SIGINT, &ours, NULL) == 0;
  return &flag;
}

void nk_cancel_end(const atomic_int *begun) {
  if (begun == NULL || --depth > 0) return;
  if (installed) sigaction(SIGINT, &previous, NULL);
  installed = false;
}
