"""The table of operations, by topic: shape rule, twin, derivatives, lowering."""
