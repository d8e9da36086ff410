/* What tracing one operation needs in C: nodes, the graph being traced, the user's line. */
#ifndef NK_TRACE_H
#define NK_TRACE_H

#include "bind.h"

/* One value of a graph; see `Node` of neurokit/core/graph.py, its Python subclass. */
typedef struct nk_node {
  PyObject_HEAD PyObject *prim, *args, *params, *shape, *dtype, *graph, *where, *weak, *aux, *swap,
      *unbounded;
  long long id, mark; /* mark: the last walk that met it, see walk.c */
  Py_ssize_t held;    /* how many tracers stand for it */
} nk_node;

/* What graph.py handed over with `graph_types`. */
extern PyTypeObject *nk_node_type;
extern PyObject *nk_literal, *nk_input;

/* The innermost graph being traced in this thread, borrowed; NULL outside of a trace. */
PyObject *nk_graph_current(void);

/* The node prim(*args) of the current graph, all of whose arguments are of that graph or of none:
 * found there, or made. shape and dtype NULL: as prim.infer says. A new reference. */
PyObject *nk_bind(PyObject *graph, PyObject *prim, PyObject *args, PyObject *params,
                  PyObject *shape, PyObject *dtype);

#endif
