"""The journal's way to head office, and head office's receiver. Knows nothing of `edge`, `drivers` or `camera`."""
