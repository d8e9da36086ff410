/* The program's own parts of the binding: its object, how it is assembled, and looks inside. */
#ifndef NK_BIND_PROGRAM_H
#define NK_BIND_PROGRAM_H

#include "bind.h"

#include "../engine/frame.h"

enum { NK_KEEP_RUNS = 32 };

typedef struct nk_program_object {
  PyObject_HEAD nk_program *program;
  nk_run *spare[NK_KEEP_RUNS]; /* memory of finished runs, taken by the next */
  int n_spare;
  nk_counter *times; /* what profiled runs added up, in order of a walk; NULL before the first */
} nk_program_object;

/* Adds buffers and instructions, sequences of tuples, to a new program and finishes it; -1 with an
 * exception set if they are something else. */
int nk_assemble(nk_program *program, PyObject *buffers, PyObject *instrs);

static inline int nk_raised(const nk_error *error) {
  nk_raise(error, NULL);
  return -1;
}

/* A number that fits an int; -1 with an exception set if it does not. */
int nk_parse_int(PyObject *object, int *value);

/* Whether a numpy dtype is this one, whatever its name (long and long long are the same). */
bool nk_is_dtype(const PyArray_Descr *descr, nk_dtype dtype);

/* Adds the times of a profiled run to those of its program; -1 without memory. */
int nk_keep_times(nk_program_object *self, nk_run *run);

/* What a Program tells of itself: methods and attributes. */
PyObject *nk_program_plan(PyObject *object, PyObject *ignored);
PyObject *nk_program_profile(PyObject *object, PyObject *ignored);
PyObject *nk_program_describe(PyObject *object, PyObject *ignored);
extern PyGetSetDef nk_program_getset[];

#endif
