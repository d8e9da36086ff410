"""What the user's code meets: traced arrays, NumPy's protocols on them, guards."""
