"""Pictures out of a stream of JPEGs, one behind the other: HTTP's multipart/x-mixed-replace, a pipe of rpicam-vid or GStreamer.

Sans-IO: bytes in, whole JPEGs out. What stands between them (boundaries, headers, garbage) is passed over; lengths that a header
claims are not believed. A picture begins with FF D8 FF and ends with the FF D9 that is outside every segment: a thumbnail within
an EXIF segment has both too, so segments are walked by their lengths (ITU-T T.81 annex B). Within the coded data FF is followed by
00 or a restart marker, so the next FF D9 there is the end.

The buffer is bounded: a picture that grows over MOST_BYTES is dropped, and so is one in which another one begins (FF D8 in coded
data: the rest of the first was lost on the line).
"""

from __future__ import annotations

from camera.jpeg import MOST_BYTES

START = b"\xff\xd8\xff"
_SOS, _EOI, _SOI = 0xDA, 0xD9, 0xD8


class Splitter:
    """Feed it what comes; it returns the pictures that have become whole."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._buffer = bytearray()
        self._at = 0
        """So far the picture at the buffer's beginning has been looked at; 0: none has begun."""
        self._coded = False
        self.dropped = 0
        """Pictures that were given up: broken or too large."""

    @property
    def waiting(self) -> int:
        """Bytes of a picture that is not whole yet."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes."""
        self._buffer += data
        found: list[bytes] = []
        while self._begin():
            end = self._end()
            if end == 0:
                if len(self._buffer) > self._most:
                    self._drop(2)
                    continue
                break
            if end < 0:
                continue
            found.append(bytes(self._buffer[:end]))
            self._forget(end)
        return found

    def _begin(self) -> bool:
        """Find where a picture begins, and throw away what is before it."""
        if self._at:
            return True
        start = self._buffer.find(START)
        if start < 0:
            del self._buffer[: max(0, len(self._buffer) - 2)]
            return False
        del self._buffer[:start]
        self._at, self._coded = 2, False
        return True

    def _end(self) -> int:
        """One past the picture's end; 0: not there yet; -1: it was broken and is dropped."""
        buffer = self._buffer
        while True:
            if self._coded:
                mark = buffer.find(b"\xff", self._at)
                if mark < 0 or mark + 1 >= len(buffer):
                    self._at = len(buffer) if mark < 0 else mark
                    return 0
                code = buffer[mark + 1]
                self._at = mark + (1 if code == 0xFF else 2)
                if code == _EOI:
                    return mark + 2
                if code == _SOI:
                    return self._drop(mark)
                if code == 0 or 0xD0 <= code <= 0xD7 or code == 0xFF:
                    continue
                self._at, self._coded = mark, False  # a segment between the scans of a progressive picture
            if self._at + 4 > len(buffer):
                return 0
            if buffer[self._at] != 0xFF:
                return self._drop(2)
            code = buffer[self._at + 1]
            if code == 0xFF:
                self._at += 1
                continue
            if code == _EOI:  # a picture without a scan is none
                return self._drop(self._at + 2)
            if code == 0x01 or 0xD0 <= code <= 0xD8:
                return self._drop(2)
            length = int.from_bytes(buffer[self._at + 2 : self._at + 4], "big")
            if length < 2:
                return self._drop(2)
            if self._at + 2 + length > len(buffer):
                return 0
            self._at += 2 + length
            self._coded = code == _SOS

    def _drop(self, upto: int) -> int:
        self.dropped += 1
        self._forget(upto)
        return -1

    def _forget(self, upto: int) -> None:
        del self._buffer[:upto]
        self._at, self._coded = 0, False
