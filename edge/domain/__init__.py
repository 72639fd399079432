"""The rules of the gate as pure code: standard library only; no clock, no I/O, no await."""
