"""The heavy operations by their field's names, on ndarrays or inside a trace.

Each is one C kernel forward and one or more backward.
"""

from .event import event_bits, event_matvec, spmm, spmv
from .sparse import Csr, Dense, OneToOne
from .wiring import wire

__all__ = ["Csr", "Dense", "OneToOne", "event_bits", "event_matvec", "spmm", "spmv", "wire"]
