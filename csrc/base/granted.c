/* How many CPUs this process may use: the affinity mask, cut by the cgroup's CPU quota.
 *
 * cgroup v2 states "quota period" in cpu.max, v1 two files; the innermost group that is visible
 * inside a container is mounted at the root, outside one it is named in /proc/self/cgroup.
 */
#include "pool.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int affinity_count(void) {
#ifdef __linux__
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  return n > 0 ? (int)n : 1;
}

/* Reads up to two numbers of a file; "max" reads as -1. Returns how many were read. */
static int read_numbers(const char *path, double value[2]) {
  char text[64] = "";
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  size_t n_read = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[n_read] = '\0';
  if (strncmp(text, "max", 3) == 0) {
    value[0] = -1;
    return 1;
  }
  return sscanf(text, "%lf %lf", &value[0], &value[1]);
}

/* CPUs allowed by the group at `root``group`; 0 when it sets no limit. */
static double quota_of(const char *root, const char *group) {
  char path[512];
  double value[2] = {0, 0}, period[2] = {0, 0};
  snprintf(path, sizeof path, "%s%s/cpu.max", root, group);
  if (read_numbers(path, value) == 2 && value[0] > 0 && value[1] > 0) return value[0] / value[1];
  snprintf(path, sizeof path, "%s/cpu%s/cpu.cfs_quota_us", root, group);
  if (read_numbers(path, value) < 1 || value[0] <= 0) return 0;
  snprintf(path, sizeof path, "%s/cpu%s/cpu.cfs_period_us", root, group);
  if (read_numbers(path, period) < 1 || period[0] <= 0) return 0;
  return value[0] / period[0];
}

int nk_threads_granted(void) {
  double limit = affinity_count();
  double quota = quota_of("/sys/fs/cgroup", "");
  if (quota > 0 && quota < limit) limit = quota;
  FILE *file = fopen("/proc/self/cgroup", "r");
  if (file != NULL) {
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
      char *group = strrchr(line, ':');
      if (group == NULL) continue;
      group[strcspn(group, "\n")] = '\0';
      quota = quota_of("/sys/fs/cgroup", group + 1);
      if (quota > 0 && quota < limit) limit = quota;
    }
    fclose(file);
  }
  int n = (int)(limit + 0.999);
  if (n < 1) n = 1;
  return n < NK_MAX_THREADS ? n : NK_MAX_THREADS;
}
