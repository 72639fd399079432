"""What only MQTT has: a broker's limits word by word, TLS with certificates, access lists, refusals."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.enums import MQTTErrorCode

from sync.link import Busy, Will, undelivered
from sync.mqtt import MqttLink, MqttOptions, Tls
from tests.support_sync import Mosquitto, Recorder, free_port

# CONNACK: accepted, Receive Maximum 3, Maximum Packet Size 2000
STINGY = bytes.fromhex("20 0b 00 00 08 21 00 03 27 00 00 07 d0")


@contextmanager
def listener(answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A broker of few words: says `answer` to CONNECT and nothing more; keeps what it hears."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    con, _ = server.accept()
                    with con:
                        con.recv(4096)
                        con.sendall(answer)
                        while data := con.recv(65536):
                            heard.append(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def up(options: MqttOptions, will: Will | None = None) -> tuple[MqttLink, Recorder]:
    link, seen = MqttLink(options), Recorder()
    link.connect(seen, will)
    return link, seen


def test_the_brokers_receive_maximum_is_ours_to_keep() -> None:
    with listener(STINGY) as (port, _):
        link, seen = up(MqttOptions("127.0.0.1", port, "a"))
        seen.wait(lambda s: s.limits)
        assert (seen.limits[0].max_packet, seen.limits[0].receive_maximum) == (2000, 3)
        for _ in range(3):
            link.publish("t", b"x")
        with pytest.raises(Busy):
            link.publish("t", b"x")
        link.publish("t", b"quality zero needs no answer", qos=0)
        link.close()


def test_a_dead_line_does_not_keep_close_waiting() -> None:
    """Unacknowledged messages and a broker that has stopped reading: paho alone would wait for ever."""
    with listener(bytes.fromhex("20 03 00 00 00")) as (port, _):
        link, seen = up(MqttOptions("127.0.0.1", port, "a"))
        seen.wait(lambda s: s.limits)
        for _ in range(100):
            link.publish("t", bytes(100_000))
        link.close(8.0)
        assert link._thread is not None
        assert not link._thread.is_alive()


@pytest.mark.parametrize(("code", "word"), [(0x87, "refused"), (0x86, "refused"), (0x97, "unreachable")])
def test_a_refused_connection_has_its_reason(code: int, word: str) -> None:
    with listener(bytes([0x20, 3, 0, code, 0])) as (port, _):
        link, seen = up(MqttOptions("127.0.0.1", port, "a"))
        seen.wait(lambda s: s.problems)
        link.close()
    assert seen.problems[0].code == word
    assert f"{code:#04x}" in seen.problems[0].detail
    assert not seen.limits


def test_a_broker_that_does_not_answer() -> None:
    with listener(b"") as (port, _):
        link, seen = up(MqttOptions("127.0.0.1", port, "a", timeout_s=0.2, backoff_s=(0.01, 0.02)))
        seen.wait(lambda s: len(s.problems) > 1)
        link.close()
    assert seen.problems[0].code == "unreachable"


def test_nobody_there_and_then_garbage() -> None:
    link, seen = up(MqttOptions("127.0.0.1", free_port(), "a", backoff_s=(0.01, 0.02)))
    seen.wait(lambda s: len(s.problems) > 1)
    link.close()
    assert seen.problems[0].code == "unreachable"
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (port, _):
        link, seen = up(MqttOptions("127.0.0.1", port, "a", timeout_s=1.0, backoff_s=(0.01, 0.02)))
        seen.wait(lambda s: s.problems)
        link.close()
    assert not seen.limits


def test_what_the_access_list_forbids_is_told(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic write gate/v1/s/main/events\ntopic read gate/v1/s/main/ack\n")
    broker = Mosquitto(tmp_path, f"acl_file {acl}")
    link, seen = broker.link("a"), Recorder()
    link.connect(seen)
    seen.wait(lambda s: s.limits)
    token = link.publish("gate/v1/s/other/events", b"x")
    seen.wait(lambda s: token in s.answers)
    assert undelivered(seen.answers[token])
    link.close()
    broker.kill()


def test_the_will_waits_no_longer_than_the_session(tmp_path: Path) -> None:
    """A delayed will comes in the end, or at once where a broker ends the session with the connection."""
    broker = Mosquitto(tmp_path)
    watcher, seen = broker.link("watcher"), Recorder()
    watcher.subscribe("will/#")
    watcher.connect(seen)
    seen.wait(lambda s: s.limits)
    link, gone = broker.link("a"), Recorder()
    link.connect(gone, Will("will/a", b"gone", delay_s=1))
    gone.wait(lambda s: s.limits)
    session = link._session
    assert session is not None
    sock = session.client.socket()
    assert sock is not None
    link._closing.set()  # it does not come back
    sock.close()
    seen.wait(lambda s: s.messages)
    link.close()
    watcher.close()
    broker.kill()


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "user"),
    [
        ("mqtt://127.0.0.1", "127.0.0.1", 1883, False, ""),
        ("mqtts://broker.example", "broker.example", 8883, True, ""),
        ("mqtt://u%40x:p@[::1]:99/", "::1", 99, False, "u@x"),
    ],
)
def test_urls(url: str, host: str, port: int, tls: bool, user: str) -> None:
    options = MqttOptions.from_url(url, "a")
    assert (options.host, options.port, options.tls is not None, options.username) == (host, port, tls, user)
    assert "'p'" not in repr(options)


@pytest.mark.parametrize("url", ["", "http://x", "mqtt://", "mqtt://h:99999", "mqtt://h/topic", "h:1883"])
def test_wrong_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"mqtt://|[Pp]ort"):
        MqttOptions.from_url(url, "a")


class Authority:
    """Certificates for an afternoon."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.ca = folder / f"{name}.pem"
        self._write(self.ca, self._certificate(name, self._key, ca=True))

    def issue(self, name: str) -> tuple[str, str]:
        """(certificate, key) files."""
        key = ec.generate_private_key(ec.SECP256R1())
        cert, pem = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        self._write(cert, self._certificate(name, key, ca=False))
        plain = serialization.NoEncryption()
        pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        pem.chmod(0o644)  # the broker gives up root
        return str(cert), str(pem)

    def _certificate(self, name: str, key: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        sign = x509.KeyUsage(True, False, False, False, False, ca, ca, False, False)
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .add_extension(sign, critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _write(self, path: Path, certificate: x509.Certificate) -> None:
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def test_tls_with_certificates_on_both_sides(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    cert, key = ours.issue("broker")
    lines = [f"cafile {ours.ca}", f"certfile {cert}", f"keyfile {key}", "require_certificate true"]
    broker = Mosquitto(tmp_path, listener=[*lines, "use_identity_as_username true"])

    def options(tls: Tls) -> MqttOptions:
        return MqttOptions("127.0.0.1", broker.port, "a", tls=tls, backoff_s=(0.05, 0.1))

    link, seen = up(options(Tls(str(ours.ca), *ours.issue("gate"))))
    seen.wait(lambda s: s.limits)
    token = link.publish("t", b"x")
    seen.wait(lambda s: token in s.answers)
    link.close()
    for wrong in (Tls(str(theirs.ca), *ours.issue("g2")), Tls(str(ours.ca)), Tls(str(tmp_path / "none.pem"))):
        link, seen = up(options(wrong))
        seen.wait(lambda s: s.problems)
        link.close()
        assert not seen.limits
    link, seen = up(options(Tls(str(theirs.ca))))
    seen.wait(lambda s: s.problems)
    assert seen.problems[0].code == "tls"
    link.close()
    broker.kill()


def test_a_connection_whose_thread_has_ended_without_a_word_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """paho's loop returns without on_disconnect when something raises in it that it did not expect: found by reading, after a gate that never ended."""
    monkeypatch.setattr("sync.mqtt.LOOK_S", 0.1)
    broker = Mosquitto(tmp_path)
    link, seen = broker.link("gate"), Recorder()
    link.subscribe("a")
    link.connect(seen)
    try:
        seen.wait(lambda s: s.limits)
        assert link._session is not None
        monkeypatch.setattr(link._session.client, "_loop", lambda *_: MQTTErrorCode.MQTT_ERR_UNKNOWN)
        seen.wait(lambda s: s.problems)
        assert seen.problems[0].code == "lost"
        seen.wait(lambda s: len(s.limits) == 2)
        link.publish("a", b"again")
        seen.wait(lambda s: s.messages)
    finally:
        link.close()
        broker.kill()
