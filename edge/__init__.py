"""The gate: one process that owns a residential community's main gate. Start with `gate.py`, then `domain/`."""

__version__ = "0.1.0"
