/* Runs the C tests: all of them, those named on the command line, or `--list`. */
#include "check.h"

#include <string.h>

static const struct row {
  const char *name;
  int (*function)(void);
} rows[] = {
#define ROW(name) {#name, test_##name},
    NK_TESTS(ROW)
#undef ROW
};

enum { N_ROWS = sizeof rows / sizeof rows[0] };

static int is_wanted(const char *name, int n, char **names) {
  for (int i = 0; i < n; i++)
    if (strcmp(names[i], name) == 0) return 1;
  return n == 0;
}

int main(int argc, char **argv) {
  int n_run = 0, n_failed = 0;
  for (int i = 0; i < N_ROWS; i++) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
      puts(rows[i].name);
      continue;
    }
    if (!is_wanted(rows[i].name, argc - 1, argv + 1)) continue;
    int failed = rows[i].function() != 0;
    printf("%s %s\n", failed ? "FAIL" : "ok  ", rows[i].name);
    fflush(stdout);
    n_run++;
    n_failed += failed;
  }
  if (argc == 2 && strcmp(argv[1], "--list") == 0) return 0;
  printf("%d C tests, %d failed\n", n_run, n_failed);
  return n_run == 0 || n_failed > 0;
}
