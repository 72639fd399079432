"""The server's socket: said in words when it is taken, and no answer waits for a delayed acknowledgement."""

from __future__ import annotations

import socket

import pytest

from edge.errors import DeviceError
from edge.runtime import listen


def test_an_answer_is_not_held_back_for_an_acknowledgement() -> None:
    """40 ms an answer, otherwise: an accepted connection must have Nagle's algorithm off."""
    with listen("127.0.0.1", 0) as server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_that_is_taken_is_said_in_words() -> None:
    with listen("127.0.0.1", 0) as server, pytest.raises(DeviceError) as caught:
        listen("127.0.0.1", server.getsockname()[1])
    assert caught.value.hint
