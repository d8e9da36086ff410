/* Status messages and the table of element types. */
#include "nk.h"

#include "pool.h"

#include <stdarg.h>
#include <stdio.h>

const uint8_t nk_dtype_size[NK_NDTYPES] = {1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 8, 16};

const char *const nk_dtype_name[NK_NDTYPES] = {
    "bool",  "int8",   "uint8",   "int16",   "uint16",    "int32",     "uint32",
    "int64", "uint64", "float32", "float64", "complex64", "complex128"};

nk_status nk_fail(nk_error *error, nk_status status, const char *format, ...) {
  /* Inside nk_parallel every worker writes to its own place; the pool keeps the lowest chunk's. */
  if (nk_error_of_thread != NULL) error = nk_error_of_thread;
  if (error != NULL) {
    va_list args;
    error->status = status;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
  }
  return status;
}
