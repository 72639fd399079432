"""Pictures: capture, health, rendered scenes. Knows nothing of `edge`, `drivers` or `sync`."""
