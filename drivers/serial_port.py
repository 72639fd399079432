"""One thread a serial port: it opens, reads, decodes, reports, and opens again.

    address → pyserial → bytes → taps (for the technician)
                               → Decoder → Card  → Presentations → CardRead → sink
                                         → Text  → Presentations → TextRead → texts
                                         → Noise → NoiseMeter    → DeviceFault(NOISE) → sink
                                         → Done  → the order's future
    order(…) → queue → Decoder → bytes → pyserial

The thread never dies of what the line does. When the port fails (port.py) it is closed, GONE or BUSY is said once, and it is opened
again with growing pauses until it works; only then the fault ends. A new opening starts with an empty decoder: half a frame from before is worth nothing.

A reader that has to be asked and does not answer for a while is SILENT: its cable to the adapter is out, or it hangs.

`close` wakes the thread wherever it waits: a blocked read is cancelled, a pause is an event. An order is waited for by nobody for
ever: it ends with the port at the latest.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import serial

from drivers.base import (
    Answer,
    Card,
    CardRead,
    Decoder,
    FaultCode,
    Found,
    Noise,
    Sink,
    Text,
    TextRead,
    Verdict,
)
from drivers.faults import Faults
from drivers.noise import NoiseMeter
from drivers.order_queue import OrderQueue, failed
from drivers.orders import FACTORY_KEY, Beep, Colour, Done, Failure, Light, Order, ReadBlock, WriteBlock
from drivers.port import LOST, PORT_ERRORS, Listeners, hold, open_port, shut_port, why_lost
from drivers.presentation import DEFAULT_WINDOW_NS, Presentations
from drivers.readers import Controlled, PollingDecoder, Settling

READ_TIMEOUT_S = 1.0
CHUNK = 4096


@dataclass(frozen=True, slots=True)
class PortOptions:
    """How to hold on to a line. Times in seconds; `window_s` is the time within which a repeated card is the same read.

    `several`: tags come in turn and each has its own window. `silent_s`: so long may questions stay without an answer.
    `quiet_s`: no reader pauses so long within a frame.
    """

    url: str
    baud: int = 9600
    window_s: float = DEFAULT_WINDOW_NS / 1e9
    retry_first_s: float = 0.2
    retry_longest_s: float = 5.0
    noise_bytes: int = 64
    noise_window_s: float = 10.0
    noise_quiet_s: float = 5.0
    several: bool = False
    silent_s: float = 6.0
    quiet_s: float = 0.25


class SerialReader:
    """A card reader on a serial line. ValueError when the address has an unknown scheme.

    `device` is its name in the configuration. `make_decoder` is called for each opening of the port. `sink` is called on
    this reader's thread, and `texts` too, where somebody wants the texts that a scanner reads. `orders` is what it can be told.
    """

    def __init__(
        self,
        device: str,
        options: PortOptions,
        make_decoder: Callable[[], Decoder],
        sink: Sink,
        texts: Callable[[TextRead], None] | None = None,
    ) -> None:
        self.device = device
        self.options = options
        self._make_decoder = make_decoder
        self._sink = sink
        self._texts = texts
        probe = make_decoder()
        self.orders: frozenset[type[Order]] = probe.orders if isinstance(probe, Controlled) else frozenset()
        self._ordered = OrderQueue()
        self._port = serial.serial_for_url(
            options.url,
            baudrate=options.baud,
            timeout=READ_TIMEOUT_S,
            write_timeout=1.0,
            exclusive=True,
            do_not_open=True,
        )
        self._presentations = Presentations(round(options.window_s * 1e9), several=options.several)
        self._again = threading.Event()
        self._shown = Presentations(round(options.window_s * 1e9))
        self._noise = NoiseMeter(
            options.noise_bytes, round(options.noise_window_s * 1e9), round(options.noise_quiet_s * 1e9)
        )
        self._listeners = Listeners()
        self._closing = threading.Event()
        self._faults = Faults(device, sink, options.url)
        self._asked_ns = 0  # the first question since the last answer; 0: none
        self._thread = threading.Thread(target=self._run, name=f"serial-{device}", daemon=True)

    def start(self) -> None:
        """Begin. The first opening is tried at once, on the thread."""
        self._thread.start()

    def close(self, timeout: float = 3.0) -> None:
        """End the thread and release the port. May be called twice, and before `start`."""
        self._closing.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._wake()
            self._thread.join(timeout)

    # ---- orders (any thread)

    def order(self, order: Order) -> Future[bytes]:
        """Tell the reader to do something. The future is set on this reader's thread: to what was read, or OrderFailed."""
        if type(order) not in self.orders:
            return failed(Failure.UNSUPPORTED, "this family of readers cannot do it")
        if any(code in self._faults for code in LOST) or not self._thread.is_alive():
            return failed(Failure.SILENT, "the port is not open")
        future = self._ordered.put(order)
        self._wake()
        if self._closing.is_set():  # the thread may have looked into the queue for the last time
            self._thread.join(READ_TIMEOUT_S)
            self._ordered.drop("the port is closed")
        return future

    def again(self) -> None:
        """The card that was read last is a new presentation when it is read once more, however soon. Any thread."""
        self._again.set()

    @property
    def beeps(self) -> bool:
        """Whether this family has a buzzer."""
        return Beep in self.orders

    def beep(self, right: bool) -> Future[bytes]:
        """One beep for right, three for wrong."""
        return self.order(Beep(right))

    def verdict(self, verdict: Verdict) -> None:
        """Answer a decision (drivers.base.Feedback): a beep or three, where this family has a buzzer."""
        if Beep in self.orders and verdict is not Verdict.ASK:
            self.beep(verdict is Verdict.GRANTED)

    def light(self, colour: Colour) -> Future[bytes]:
        """Show this colour."""
        return self.order(Light(colour))

    def read(self, uid: bytes, block: int, key: bytes = FACTORY_KEY) -> Future[bytes]:
        """A block of the card that lies there, if it is this one."""
        return self.order(ReadBlock(uid, block, key))

    def write(self, uid: bytes, block: int, data: bytes, key: bytes = FACTORY_KEY) -> Future[bytes]:
        """Write a block of the card that lies there, if it is this one. ValueError for a block that must not be written."""
        return self.order(WriteBlock(uid, block, data, key))

    def tap(self, callback: Callable[[bytes, int], None]) -> Callable[[], None]:
        """Hear every chunk of raw bytes and its mono_ns, on this reader's thread. Call what is returned to stop."""
        return self._listeners.add(callback)

    # ---- the thread

    def _run(self) -> None:
        retry_s = (self.options.retry_first_s, self.options.retry_longest_s)
        hold(self._closing, retry_s, open_=self._open, serve=self._serve, failed=self._failed, shut=self._shut)

    def _open(self) -> None:
        open_port(self._port)
        self._faults.only(None, among=LOST)

    def _shut(self) -> None:
        shut_port(self._port)
        self._ordered.drop("the port is gone")

    def _failed(self, error: BaseException) -> None:
        if not self._closing.is_set():
            self._asked_ns = 0
            self._faults.be(FaultCode.SILENT, False)
            self._faults.only(why_lost(error), str(error), among=LOST)

    def _serve(self) -> None:
        """Read until the port fails or `close`."""
        decoder = self._make_decoder()
        poller = decoder if isinstance(decoder, PollingDecoder) else None
        settling = decoder if isinstance(decoder, Settling) else None
        heard_ns = time.monotonic_ns()
        while not self._closing.is_set():
            if isinstance(decoder, Controlled):
                self._ordered.hand_over(decoder)
            if poller is not None:
                self._poll(poller, time.monotonic_ns())
            if settling is not None and decoder.buffered:
                self._port.timeout = min(self._port.timeout or READ_TIMEOUT_S, self.options.quiet_s)
            data = self._port.read(1)
            if data:
                data += self._port.read(min(self._port.in_waiting, CHUNK))
            now = time.monotonic_ns()
            if data:
                heard_ns = now
                self._listeners.tell(data, now)
            if data or poller is not None:
                self._take(decoder.feed(data), now)
            if settling is not None and decoder.buffered and now - heard_ns >= self.options.quiet_s * 1e9:
                self._take(settling.quiet(), now)
            self._noise_is(self._noise.tick(now), now, "the line is quiet again")

    def _poll(self, poller: PollingDecoder, now: int) -> None:
        request, again_ns = poller.due(now)
        if request:
            self._port.write(request)
            self._asked_ns = self._asked_ns or now
            if now - self._asked_ns > self.options.silent_s * 1e9:
                self._faults.be(FaultCode.SILENT, True, "no answer to any question", now)
        self._port.timeout = min(READ_TIMEOUT_S, max(0.001, (again_ns - time.monotonic_ns()) / 1e9))

    def _take(self, found: Sequence[Found], now: int) -> None:
        for each in found:
            if isinstance(each, Noise):
                detail = f"{each.why}: {each.data[:16].hex(' ')}"
                self._noise_is(self._noise.noise(len(each.data), now), now, detail)
            elif isinstance(each, Done):
                self._ordered.end(each)
            else:
                self._asked_ns = 0
                self._faults.be(FaultCode.SILENT, False)
                self._noise_is(self._noise.good(), now, "a good frame came")
                self._seen(each, now)

    def _seen(self, each: Card | Text | Answer, now: int) -> None:
        if isinstance(each, Card) and self._again.is_set():
            self._again.clear()
            self._presentations.forget()
        if isinstance(each, Card) and self._presentations.is_new(each.uid, now):
            self._sink(CardRead(self.device, each.uid, now, each.frame))
        if isinstance(each, Text) and self._shown.is_new(each.text.encode(), now) and self._texts is not None:
            self._texts(TextRead(self.device, each.text, now, each.frame))

    def _noise_is(self, changed: bool | None, now: int, detail: str) -> None:
        if changed is not None:
            self._faults.be(FaultCode.NOISE, changed, detail, now)

    def _wake(self) -> None:
        # The thread may be closing the port at this moment: then there is nothing to cancel, and its pipe may be gone
        # (TypeError: pyserial writes to a descriptor that is None by now). The read's time-out ends the wait in any case.
        with contextlib.suppress(*PORT_ERRORS, TypeError, AttributeError):
            self._port.cancel_read()
