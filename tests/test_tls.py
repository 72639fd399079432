"""The gate's own certificate authority: a tablet that has installed it trusts the page, and nothing else is signed by it."""

from __future__ import annotations

import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

from sync import page_certificates as tls

NAMES = ("127.0.0.1", "gate.local", "localhost")


def test_a_client_that_trusts_the_authority_trusts_the_page(tmp_path):
    cert, key, ca = tls.ensure(tmp_path, NAMES)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        trusting = ssl.create_default_context(cadata=ca.decode())
        connection = HTTPSConnection("localhost", server.server_port, context=trusting, timeout=5)
        connection.request("GET", "/")
        assert connection.getresponse().status == 501, "the handler knows no GET; TLS has worked"
        connection.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_it_is_kept_and_renewed_and_follows_its_names(tmp_path):
    now = datetime(2026, 11, 23, tzinfo=UTC)
    cert, _, ca = tls.ensure(tmp_path, NAMES, now)
    first = cert.read_bytes()
    assert tls.ensure(tmp_path, NAMES, now + timedelta(days=200))[2] == ca
    assert cert.read_bytes() == first, "still good: kept"
    tls.ensure(tmp_path, NAMES, now + timedelta(days=350))
    second = cert.read_bytes()
    assert second != first, "less than 60 days left: made anew"
    assert tls.ensure(tmp_path, (*NAMES, "gate2.local"), now + timedelta(days=350))[2] == ca, "by the same authority"
    assert cert.read_bytes() != second, "another name: made anew"


def test_keys_are_for_the_gates_user_alone_and_a_clock_of_1970_does_no_harm(tmp_path):
    tls.ensure(tmp_path, NAMES, datetime(1970, 1, 1, tzinfo=UTC))
    for name in (tls.CA_KEY, tls.KEY):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert "localhost" in tls.own_names(("gate.local",))
