"""Orders on their way from any thread to a port's thread and back: each ends exactly once, whatever becomes of the port.

any thread   put → future …………………………………………………… result or OrderFailed
the port's        → hand_over → decoder … Done → end
                                 port gone, closed → drop
"""

from __future__ import annotations

import contextlib
import queue
from concurrent.futures import Future

from drivers.orders import Done, Failure, Order, OrderFailed
from drivers.readers import Controlled


class OrderQueue:
    """The orders of one reader. `put` from any thread, everything else from the port's."""

    def __init__(self) -> None:
        self._put: queue.SimpleQueue[tuple[Order, Future[bytes]]] = queue.SimpleQueue()
        self._under_way: list[tuple[Order, Future[bytes]]] = []

    def put(self, order: Order) -> Future[bytes]:
        """The order waits for the port's thread."""
        future: Future[bytes] = Future()
        self._put.put((order, future))
        return future

    def hand_over(self, decoder: Controlled) -> None:
        """Give the decoder what waits; what was cancelled meanwhile is forgotten."""
        with contextlib.suppress(queue.Empty):
            while True:
                order, future = self._put.get_nowait()
                if future.set_running_or_notify_cancel():
                    self._under_way.append((order, future))
                    decoder.order(order)

    def end(self, done: Done) -> None:
        """An order has ended."""
        for n, (order, future) in enumerate(self._under_way):
            if order is done.order:
                del self._under_way[n]
                if done.failure is None:
                    future.set_result(done.data)
                else:
                    future.set_exception(OrderFailed(done.failure, done.why))
                return

    def drop(self, why: str) -> None:
        """The port is gone: nothing that waits will be done."""
        with contextlib.suppress(queue.Empty):
            while True:
                order, future = self._put.get_nowait()
                if future.set_running_or_notify_cancel():
                    self._under_way.append((order, future))
        for _, future in self._under_way:
            future.set_exception(OrderFailed(Failure.SILENT, why))
        self._under_way.clear()


def failed(failure: Failure, why: str) -> Future[bytes]:
    """An order that ended before it began."""
    future: Future[bytes] = Future()
    future.set_exception(OrderFailed(failure, why))
    return future
