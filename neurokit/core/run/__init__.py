"""From a graph to a program, and what is seen while it runs."""
