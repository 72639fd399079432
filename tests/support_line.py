"""A bad line between a tablet and its gate, or between gates and their broker: TCP from a port of its own to theirs, which slows down,
stalls and cuts.

What TCP makes of lost packets is this: nothing for a while, then everything, or a connection that is over. The line lives as long as it is
wanted, whatever the other end does: a broker that is away is a connection refused.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Line:
    """As good as none at first. All methods are for any thread."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._up, self._down, self._wire = threading.Event(), threading.Event(), threading.Lock()
        self._up.set()
        self._down.set()
        self._bytes_a_second = self._delay_s = 0.0
        self._free_at = 0.0
        self._refuses = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def slow(self, bytes_a_second: float) -> None:
        """All connections and both directions together have no more than this; 0: as much as they like."""
        self._bytes_a_second = bytes_a_second

    def delay(self, seconds: float) -> None:
        """Each piece takes so much longer."""
        self._delay_s = seconds

    def stall(self, *, answers_only: bool = False) -> None:
        """Nothing arrives any more, and nobody is told: bytes wait in buffers. `answers_only`: what is sent to the other end still arrives."""
        self._down.clear()
        if not answers_only:
            self._up.clear()

    def cut(self) -> None:
        """Connections end, new ones are refused."""
        self._refuses = True
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Good again; what waited arrives."""
        self._refuses, self._bytes_a_second, self._delay_s = False, 0.0, 0.0
        self._up.set()
        self._down.set()

    def close(self) -> None:
        """End."""
        self.cut()
        self._up.set()
        self._down.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
            except OSError:
                return
            try:
                if self._refuses:
                    raise ConnectionRefusedError
                outer = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                inner.close()
                continue
            outer.settimeout(None)
            with self._lock:
                self._open |= {inner, outer}
            for ends in ((inner, outer, self._up), (outer, inner, self._down)):
                threading.Thread(target=self._pump, args=ends, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, flows: threading.Event) -> None:
        pause = threading.Event()
        with contextlib.suppress(OSError):
            while data := source.recv(8192):
                flows.wait()
                if self._delay_s:
                    pause.wait(self._delay_s)
                if rate := self._bytes_a_second:
                    with self._wire:  # one wire for all of them
                        now = time.monotonic()
                        self._free_at = max(self._free_at, now) + len(data) / rate
                        due = self._free_at - now
                    pause.wait(due)
                flows.wait()
                sink.sendall(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source}
        source.close()
