"""Hardware: readers, relays, loops, and their simulators. Knows nothing of `edge`, `camera` or `sync`."""
