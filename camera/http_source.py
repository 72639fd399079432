"""A network camera over HTTP: a stream of JPEGs (multipart/x-mixed-replace), or one JPEG a request.

    http://user:password@10.0.0.5/mjpg        Basic and Digest; the password goes into the answer to the camera's challenge only
    https://…                                 the certificate is checked: a password is not told to whoever answers

Which of the two it is says the answer's Content-Type. The stream is cut into pictures by camera/mjpeg.py, which believes no length
that a header claims. It is read at its full rate, because what is not read waits in buffers and the next picture would be an old
one; only the newest of what has come is decoded, `fps` times a second. A camera that gives no whole picture for READ_S is gone, even
if bytes trickle; one that sends rubbish only is gone with the reason in words.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from camera.base import Image
from camera.hide import hide
from camera.jpeg import MOST_BYTES, BadPicture, decode
from camera.mjpeg import Splitter
from camera.pace import Pace
from camera.size import fit

OPEN_S = 5.0
READ_S = 5.0
CHUNK = 1 << 16
BAD_IN_A_ROW = 25
"""So many pictures that cannot be decoded, one after the other, and the camera counts as gone: it is opened again."""


class _Closes(urllib.request.BaseHandler):
    """urllib leaves an answer open whose challenge it meets with another request."""

    handler_order = 100

    def http_error_401(self, _request: Any, answer: Any, *_: Any) -> None:
        """Close it; the handlers behind this one go on."""
        answer.close()


class Http:
    """A camera.base.Source for http:// and https://."""

    def __init__(self, address: str, *, fps: float = 5.0, width: int = 1280, height: int = 720) -> None:
        self.address = address
        self._width, self._height = width, height
        self._period = 1.0 / fps
        self._pace = Pace(fps)
        self._next = 0.0
        self._answer: Any = None
        self._splitter: Splitter | None = None
        self._bad = 0
        self._stopped = threading.Event()

    def open(self) -> None:
        """Raises OSError with a sentence."""
        if self._stopped.is_set():
            raise OSError("closed")
        self._bad, self._splitter = 0, None
        answer = self._ask()
        kind = str(answer.headers.get_content_type())
        if kind.startswith("multipart/"):
            self._splitter = Splitter()
        elif kind != "image/jpeg":
            answer.close()
            raise OSError(f"{hide(self.address)} gives {kind}, not pictures: a video has an rtsp:// address")
        self._answer = answer

    def _ask(self) -> Any:
        bare, user, password = _parted(self.address)
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        if user:
            passwords.add_password(None, bare, user, password)
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(context=ssl.create_default_context()),
            _Closes(),
            urllib.request.HTTPDigestAuthHandler(passwords),
            urllib.request.HTTPBasicAuthHandler(passwords),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):  # no redirects, no proxies, no files: a camera answers for itself
            opener.add_handler(handler)
        try:
            return opener.open(urllib.request.Request(bare, headers={"User-Agent": "gate-edge"}), timeout=OPEN_S)
        except urllib.error.HTTPError as error:
            error.close()
            why = "refuses user or password" if error.code in (401, 403) else f"answers {error.code}"
            raise OSError(f"{hide(self.address)} {why}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise OSError(f"{hide(self.address)} cannot be reached ({_said(error)})") from None

    def read(self) -> Image | None:
        """The next frame that is due; None when the camera is gone. Raises OSError with a sentence when it gives rubbish."""
        try:
            while self._answer is not None and not self._stopped.is_set():
                data = self._single() if self._splitter is None else self._newest(self._splitter)
                if data is None:
                    return None
                try:
                    image = decode(data, self._width, self._height)
                except BadPicture as bad:
                    self._bad += 1
                    if self._bad >= BAD_IN_A_ROW:
                        raise OSError(f"{hide(self.address)} gives {bad}") from None
                    continue
                self._bad = 0
                return fit(image, self._width, self._height)
        except (ValueError, AttributeError, http.client.HTTPException):  # closed under our hands, or not HTTP any more
            return None
        except TimeoutError:
            raise OSError(f"{hide(self.address)} gives no picture") from None
        return None

    def _newest(self, splitter: Splitter) -> bytes | None:
        """The newest whole picture when one is due."""
        until = time.monotonic() + READ_S
        newest: bytes | None = None
        while not self._stopped.is_set():
            data = self._answer.read1(CHUNK)
            if not data:
                return None
            whole = splitter.feed(data)
            now = time.monotonic()
            if whole:
                newest, until = whole[-1], now + READ_S
            if newest is not None and now >= self._next:
                self._next = max(self._next + self._period, now)
                return newest
            if now > until:
                raise OSError(f"{hide(self.address)} gives no whole picture")
        return None

    def _single(self) -> bytes | None:
        """One picture a request."""
        if not self._pace.wait():
            return None
        answer, self._answer = self._answer, None
        with contextlib.closing(answer):
            data: bytes = answer.read(MOST_BYTES + 1)
        self._answer = self._ask()
        return data

    def close(self) -> None:
        """Let go of the connection."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()

    def interrupt(self) -> None:
        """End a waiting `read`, for good."""
        self._stopped.set()
        self._pace.stop()
        answer = self._answer
        connection = getattr(getattr(getattr(answer, "fp", None), "raw", None), "_sock", None)
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _parted(address: str) -> tuple[str, str, str]:
    """The address without user and password, and these."""
    parts = urlsplit(address)
    userinfo, _, host = parts.netloc.rpartition("@")
    user, _, password = userinfo.partition(":")
    return urlunsplit(parts._replace(netloc=host, scheme=parts.scheme.lower())), unquote(user), unquote(password)


def _said(error: BaseException) -> str:
    """An error's own words; never the address that it may carry."""
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or type(reason).__name__)
