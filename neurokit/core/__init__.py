"""The engine: tracer, primitives, derivatives, graph passes, lowering, transforms."""
