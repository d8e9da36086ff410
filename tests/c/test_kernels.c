/* The kernel table and the choice of its CPU level. */
#include "../../csrc/base/cpu.h"
#include "../../csrc/engine/kernel.h"
#include "check.h"

#include <string.h>

int test_kernel_table(void) {
  nk_error error;
  CHECK(nk_kernel_select(NULL, &error) == NK_OK);
  int64_t n = 0;
  for (const nk_kernel *a; (a = nk_kernel_at(n)) != NULL; n++) {
    CHECK(a->check != NULL && a->run != NULL);
    CHECK(nk_kernel_find(a->name) == a); /* so names are unique */
  }
  CHECK(n > 0 && nk_kernel_find("no such kernel") == NULL);
  return 0;
}

int test_kernel_level(void) {
  nk_error error = {.status = NK_OK, .text = ""};
  int cpu = nk_cpu_level();
  const nk_kernel *previous = NULL;
  for (int i = 0; i < nk_kernel_n_levels(); i++) {
    const char *name = nk_kernel_level_name(i);
    int number = name[0] == 'v' ? name[1] - '0' : 0;
    nk_status status = nk_kernel_select(name, &error);
    CHECK(status == (number <= cpu ? NK_OK : NK_ERR_VALUE));
    if (status != NK_OK) continue;
    CHECK(strcmp(nk_kernel_level(), name) == 0);
    CHECK(nk_kernel_find("random") != previous);
    previous = nk_kernel_find("random");
  }
  CHECK(nk_kernel_select("v9", &error) == NK_ERR_VALUE && strstr(error.text, "v9") != NULL);
  CHECK(nk_kernel_select("", &error) == NK_OK);
  return 0;
}
