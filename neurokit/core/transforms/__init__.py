"""Functions of functions: derivatives, compilation, batching, sweeps."""
