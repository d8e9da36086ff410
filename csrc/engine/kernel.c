/* Chooses, once at start, which CPU level's kernel table runs; finds kernels in it by name. */
#include "kernel.h"

#include "../base/cpu.h"

#include <string.h>

typedef struct level {
  const char *name;
  int number; /* x86-64 level the CPU must have */
  const nk_kernel *table;
} level;

#if defined(__x86_64__)
extern const nk_kernel nk_kernel_table_v2[], nk_kernel_table_v3[], nk_kernel_table_v4[];
static const level levels[] = {
    {"v2", 2, nk_kernel_table_v2}, {"v3", 3, nk_kernel_table_v3}, {"v4", 4, nk_kernel_table_v4}};
#else
extern const nk_kernel nk_kernel_table_base[];
static const level levels[] = {{"base", 0, nk_kernel_table_base}};
#endif

enum { N_LEVELS = sizeof levels / sizeof levels[0] };

static const level *chosen = &levels[0];

nk_status nk_kernel_select(const char *wanted, nk_error *error) {
  int cpu = nk_cpu_level();
  if (wanted != NULL && wanted[0] != '\0') {
    for (int i = 0; i < N_LEVELS; i++) {
      if (strcmp(wanted, levels[i].name) != 0) continue;
      if (levels[i].number > cpu)
        return nk_fail(error, NK_ERR_VALUE,
                       "NEUROKIT_CPU=%s: this CPU runs x86-64-v%d at most", wanted, cpu);
      chosen = &levels[i];
      return NK_OK;
    }
    return nk_fail(error, NK_ERR_VALUE, "NEUROKIT_CPU=%s: expected one of %s to %s", wanted,
                   levels[0].name, levels[N_LEVELS - 1].name);
  }
  if (levels[0].number > cpu)
    return nk_fail(error, NK_ERR_VALUE, "neurokit needs an x86-64-%s CPU, this is v%d",
                   levels[0].name, cpu);
  for (int i = 0; i < N_LEVELS; i++)
    if (levels[i].number <= cpu) chosen = &levels[i];
  return NK_OK;
}

const char *nk_kernel_level(void) { return chosen->name; }

int nk_kernel_n_levels(void) { return N_LEVELS; }

const char *nk_kernel_level_name(int i) { return levels[i].name; }

const nk_kernel *nk_kernel_at(int64_t i) {
  return chosen->table[i].name != NULL ? &chosen->table[i] : NULL;
}

const nk_kernel *nk_kernel_find(const char *name) {
  for (const nk_kernel *kernel = chosen->table; kernel->name != NULL; kernel++)
    if (strcmp(kernel->name, name) == 0) return kernel;
  return NULL;
}
