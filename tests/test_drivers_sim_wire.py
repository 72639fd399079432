"""sim:// and its far end."""

from __future__ import annotations

import errno
import threading
import time

import pytest
import serial

import drivers.port
from drivers.simulated import wire
from drivers.wire import LIMIT

assert drivers.port.HANDLERS in serial.protocol_handler_packages


def test_bytes_go_through_in_order_and_the_timeout_is_kept() -> None:
    line = wire("order")
    with serial.serial_for_url("sim://order", timeout=0.05) as port:
        assert line.write(b"abc") == 3
        assert port.in_waiting == 3
        assert port.read(2) == b"ab"
        began = time.monotonic()
        assert port.read(2) == b"c"
        assert 0.04 < time.monotonic() - began < 1


def test_nobody_listens_and_the_bytes_are_lost() -> None:
    line = wire("lost")
    assert line.write(b"x") == 0
    with serial.serial_for_url(line.url, timeout=0) as port:
        assert port.read(1) == b""


def test_the_line_is_bounded() -> None:
    line = wire("bounded")
    with serial.serial_for_url(line.url, timeout=0) as port:
        assert line.write(bytes(LIMIT + 100)) == LIMIT
        assert line.write(b"x") == 0
        assert len(port.read(LIMIT + 100)) == LIMIT


def test_a_blocked_read_fails_when_the_cable_is_pulled() -> None:
    line = wire("pulled")
    port = serial.serial_for_url(line.url)
    reading = threading.Timer(0, line.unplug)
    reading.start()
    with pytest.raises(serial.SerialException) as caught:
        port.read(1)
    assert caught.value.errno == errno.EIO
    with pytest.raises(serial.SerialException):
        port.write(b"x")
    port.close()
    with pytest.raises(serial.SerialException) as caught:
        serial.serial_for_url(line.url)
    assert caught.value.errno == errno.ENOENT
    line.plug()
    serial.serial_for_url(line.url).close()


def test_replugged_is_not_the_same_opening() -> None:
    line = wire("replugged")
    port = serial.serial_for_url(line.url, timeout=0)
    line.unplug()
    line.plug()
    with serial.serial_for_url(line.url, timeout=0) as again:
        with pytest.raises(serial.SerialException):
            port.read(1)
        port.close()
        line.write(b"x")
        assert again.read(1) == b"x"


def test_names_are_addresses_without_case_and_none_is_refused() -> None:
    assert wire("Entry-1") is wire("entry-1")
    with pytest.raises(serial.SerialException):
        serial.serial_for_url("sim://")


def test_a_closed_port_says_so() -> None:
    port = serial.serial_for_url("sim://closed")
    port.close()
    with pytest.raises(serial.PortNotOpenError):
        port.read(1)
