"""One thread a serial port: it opens, reads, decodes, reports, and opens again.

    address → pyserial → bytes → taps (for the technician)
                               → Decoder → Card  → Presentations → CardRead → sink
                                         → Text  → Presentations → TextRead → texts
                                         → Noise → NoiseMeter    → DeviceFault(NOISE) → sink
                                         → Done  → the order's future
    order(…) → queue → Decoder → bytes → pyserial

The address chooses the transport (`serial_for_url`): /dev/serial/by-id/…, a pty's path, loop://, sim://, socket://.
The thread never dies of what the line does. Whatever goes wrong with the port is an OSError (SerialException is one) or a
termios.error; then the port is closed, GONE or BUSY is said once, and it is opened again with growing pauses until it works;
only then the fault ends. A new opening starts with an empty decoder: half a frame from before is worth nothing.

A reader that has to be asked and does not answer for a while is SILENT: its cable to the adapter is out, or it hangs.

`close` wakes the thread wherever it waits: a blocked read is cancelled, a pause is an event. An order is waited for by nobody for
ever: it ends with the port at the latest.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import termios
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
    DeviceFault,
    FaultCode,
    Found,
    Noise,
    Sink,
    Text,
    TextRead,
    Verdict,
)
from drivers.noise import NoiseMeter
from drivers.order_queue import OrderQueue, failed
from drivers.orders import FACTORY_KEY, Beep, Colour, Done, Failure, Light, Order, ReadBlock, WriteBlock
from drivers.presentation import DEFAULT_WINDOW_NS, Presentations
from drivers.readers import Controlled, PollingDecoder, Settling

log = logging.getLogger(__name__)

HANDLERS = "drivers.urlhandler"
if HANDLERS not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(HANDLERS)

PORT_ERRORS = (OSError, termios.error)
IN_USE = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})
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


def address_problem(url: str) -> str:
    """Why no line can ever have this address; empty: it may be one, whether there is something or not."""
    try:
        serial.serial_for_url(url, do_not_open=True)
    except (ValueError, *PORT_ERRORS) as error:
        return str(error)
    return ""


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
        self._taps: tuple[Callable[[bytes, int], None], ...] = ()
        self._taps_lock = threading.Lock()
        self._closing = threading.Event()
        self._lost: FaultCode | None = None
        self._silent = False
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
        if self._lost is not None or not self._thread.is_alive():
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
        with self._taps_lock:
            self._taps = (*self._taps, callback)

        def untap() -> None:
            with self._taps_lock:
                self._taps = tuple(each for each in self._taps if each is not callback)

        return untap

    # ---- the thread

    def _run(self) -> None:
        pause = self.options.retry_first_s
        while not self._closing.is_set():
            opened_ns = 0
            try:
                self._open()
                opened_ns = time.monotonic_ns()
                self._end_lost()
                self._read(self._make_decoder())
            except PORT_ERRORS as error:
                self._begin_lost(error)
            finally:
                self._shut()
                self._ordered.drop("the port is gone")
            if opened_ns and time.monotonic_ns() - opened_ns > self.options.retry_longest_s * 1e9:
                pause = self.options.retry_first_s
            self._closing.wait(pause)
            pause = min(pause * 2, self.options.retry_longest_s)

    def _read(self, decoder: Decoder) -> None:
        """Read until the port fails or `close`."""
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
                for tap in self._taps:
                    tap(data, now)
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
                self._silent_is(True, now)
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
                self._silent_is(False, now)
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

    # ---- faults

    def _noise_is(self, changed: bool | None, now: int, detail: str) -> None:
        if changed is not None:
            self._say(FaultCode.NOISE, changed, detail, now)

    def _silent_is(self, silent: bool, now: int) -> None:
        if silent is not self._silent:
            self._silent = silent
            self._say(FaultCode.SILENT, silent, "no answer to any question" if silent else "", now)

    def _begin_lost(self, error: BaseException) -> None:
        number = getattr(error, "errno", None)
        code = FaultCode.BUSY if number in IN_USE else FaultCode.GONE
        if self._lost is code or self._closing.is_set():
            return
        self._end_lost()
        self._asked_ns = 0
        self._silent_is(False, time.monotonic_ns())
        self._lost = code
        self._say(code, True, str(error), time.monotonic_ns())

    def _end_lost(self) -> None:
        if self._lost is not None:
            was, self._lost = self._lost, None
            self._say(was, False, "", time.monotonic_ns())

    def _say(self, code: FaultCode, active: bool, detail: str, now: int) -> None:
        log.log(
            logging.WARNING if active else logging.INFO,
            "%s %s: %s %s",
            self.device,
            self.options.url,
            code.value,
            detail if active else "ended",
        )
        self._sink(DeviceFault(self.device, code, active, detail, now))

    # ---- the port, which may fail in any call

    def _open(self) -> None:
        try:
            self._port.open()
        except ValueError as error:  # a baud rate that this adapter cannot have
            raise OSError(errno.EINVAL, str(error)) from error

    def _shut(self) -> None:
        with contextlib.suppress(*PORT_ERRORS):
            self._port.close()

    def _wake(self) -> None:
        # The thread may be closing the port at this moment: then there is nothing to cancel, and its pipe may be gone
        # (TypeError: pyserial writes to a descriptor that is None by now). The read's time-out ends the wait in any case.
        with contextlib.suppress(*PORT_ERRORS, TypeError, AttributeError):
            self._port.cancel_read()
