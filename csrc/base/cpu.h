/* What the processor can run. */
#ifndef NK_CPU_H
#define NK_CPU_H

/* Highest x86-64 level (1 to 4) this CPU and operating system support; 0 on other processors. */
int nk_cpu_level(void);

#endif
