"""Network cameras that do not exist, on real sockets: JPEGs over HTTP as cameras send them, and RTP over RTSP."""

from __future__ import annotations

import base64
import hashlib
import http.server
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from camera.base import Image

USER, PASSWORD = "admin", "ge:h@im"
NONCE = "5ccc069c403ebaf9f0171e9517f40e41"


def scene(number: int = 0, width: int = 320, height: int = 240) -> Image:
    """A picture that says which one it is by its brightness."""
    image = np.full((height, width, 3), 40 + 20 * (number % 8), np.uint8)
    cv2.circle(image, (width // 2, height // 2), height // 3, (0, 0, 255), -1)
    return image


def jpeg(number: int = 0, width: int = 320, height: int = 240) -> bytes:
    """The same, encoded."""
    done, data = cv2.imencode(".jpg", scene(number, width, height), [cv2.IMWRITE_JPEG_QUALITY, 80])
    assert done
    return data.tobytes()


class HttpCamera:
    """Answers as a camera does. `send`: what the next connections get, in turn; a picture each; the last again and again."""

    def __init__(self) -> None:
        self.auth = ""
        self.single = False
        self.content_type = ""
        self.pictures: list[bytes] = [jpeg(n) for n in range(8)]
        self.most = 0
        """So many pictures a connection; 0: without end."""
        self.asked: list[str] = []
        self.stall = threading.Event()
        self.over = threading.Event()
        camera = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:  # the gate hung up
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        self._count = 0

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        given = request.headers.get("Authorization", "")
        self.asked.append(given)
        if not self._let_in(given):
            request.send_response(401)
            challenge = {
                "basic": 'Basic realm="cam"',
                "digest": f'Digest realm="cam", nonce="{NONCE}", qop="auth"',
            }[self.auth]
            request.send_header("WWW-Authenticate", challenge)
            request.end_headers()
            return
        request.send_response(200)
        kind = "image/jpeg" if self.single else "multipart/x-mixed-replace; boundary=--frame"
        request.send_header("Content-Type", self.content_type or kind)
        request.end_headers()
        if self.single:
            request.wfile.write(self._next())
            return
        sent = 0
        while not self.over.wait(0.005) and (not self.most or sent < self.most):
            if self.stall.is_set():
                continue
            data = self._next()
            request.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 99\r\n\r\n" + data + b"\r\n")
            sent += 1

    def _next(self) -> bytes:
        self._count += 1
        return self.pictures[min(self._count - 1, len(self.pictures) - 1)] if self.pictures else b""

    def _let_in(self, given: str) -> bool:
        if self.auth == "basic":
            return given == "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.auth == "digest":
            parts = dict(part.strip().split("=", 1) for part in given.removeprefix("Digest ").split(",") if "=" in part)
            value = {name: text.strip('"') for name, text in parts.items()}
            if not value:
                return False
            one = _md5(f"{USER}:cam:{PASSWORD}")
            two = _md5(f"GET:{value['uri']}")
            return value["response"] == _md5(f"{one}:{NONCE}:{value['nc']}:{value['cnonce']}:auth:{two}")
        return True

    def close(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class RtspCamera:
    """RTSP (RFC 2326) with JPEG over RTP (RFC 2435), interleaved on the one TCP connection. `most`: so many pictures, then silence."""

    def __init__(self, width: int = 320, height: int = 240) -> None:
        self.width, self.height = width, height
        self.hostile = b""
        """Sent in the place of what belongs into a packet."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def _accept(self) -> None:
        self._listening.settimeout(0.1)
        while not self._over.is_set():
            try:
                line, _ = self._listening.accept()
            except TimeoutError:
                continue
            except OSError:  # closed
                return
            thread = threading.Thread(target=self._serve, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(0.2)
        with line:
            try:
                for words in _requests(line, self._over):
                    method, cseq = words[0].split()[0], next(w[5:].strip() for w in words if w.startswith("CSeq:"))
                    extra, body = "", ""
                    if method == "DESCRIBE":
                        body = "v=0\r\no=- 0 0 IN IP4 0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track\r\n"
                        extra = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
                    elif method == "SETUP":
                        extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 7\r\n"
                    elif method == "OPTIONS":
                        extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
                    line.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n{extra}\r\n{body}".encode())
                    if method == "PLAY":
                        self._play(line)
                        return
            except OSError:  # the gate hung up
                return

    def _play(self, line: socket.socket) -> None:
        sequence = number = 0
        while not self._over.wait(0.03):
            number += 1
            for packet in packets(jpeg(number, self.width, self.height), number * 3000, self.hostile):
                rtp = struct.pack(">BBHII", 0x80, 26 | packet[0], sequence & 0xFFFF, number * 3000, 1) + packet[1]
                line.sendall(struct.pack(">cBH", b"$", 0, len(rtp)) + rtp)
                sequence += 1

    def close(self) -> None:
        self._over.set()
        self._listening.close()
        for thread in (self._accepting, *self._threads):
            thread.join()


def _requests(line: socket.socket, over: threading.Event) -> Iterator[list[str]]:
    waiting = b""
    while not over.is_set():
        while b"\r\n\r\n" in waiting:
            head, waiting = waiting.split(b"\r\n\r\n", 1)
            yield head.decode().split("\r\n")
        try:
            data = line.recv(4096)
        except TimeoutError:
            continue
        if not data:
            return
        waiting += data


def packets(picture: bytes, stamp: int, hostile: bytes = b"") -> Iterator[tuple[int, bytes]]:
    """RFC 2435: (marker bit, payload) for a baseline 4:2:0 picture with the usual Huffman tables."""
    del stamp
    tables, at, width, height = b"", 2, 0, 0
    while picture[at + 1] != 0xDA:
        code, length = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        segment = picture[at + 4 : at + 2 + length]
        if code == 0xDB:
            for start in range(0, len(segment), 65):
                tables += segment[start + 1 : start + 65]
        elif code == 0xC0:
            height, width = struct.unpack(">HH", segment[1:5])
        at += 2 + length
    data = picture[at + 2 + int.from_bytes(picture[at + 2 : at + 4], "big") : -2]
    for offset in range(0, len(data), 1300):
        head = struct.pack(">I", offset) + bytes([1, 255, width // 8, height // 8])
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        part = hostile or data[offset : offset + 1300]
        yield (0x80 if offset + 1300 >= len(data) else 0), head + part


@contextmanager
def http_camera() -> Iterator[HttpCamera]:
    camera = HttpCamera()
    try:
        yield camera
    finally:
        camera.close()


@contextmanager
def rtsp_camera() -> Iterator[RtspCamera]:
    camera = RtspCamera()
    try:
        yield camera
    finally:
        camera.close()
