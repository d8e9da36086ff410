"""Matrix functions: kernels as primitives, and the derivatives of what they compute."""
