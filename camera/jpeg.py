"""Encoded pictures from outside → pixels, and nothing bigger than there is room for.

    size(data)      width and height as the file's own header says them; nothing is decoded
    decode(data)    the picture, or BadPicture with a sentence

Whoever sends a picture chooses its header: a few hundred bytes can promise 65,535 × 65,535 pixels, 12 GB when decoded. So
the header is read first, by this file, and what is over MOST_PIXELS or has no extent is refused before any library sees it. JPEG
and PNG are decoded within the gate's process: by libjpeg-turbo and libpng, which are fuzzed day and night and bounded by what the
header promised. Films and streams are not (camera/apart.py).

A JPEG that is larger than wanted is decoded at a half, a quarter or an eighth: the cheapest scaling there is.

Format: ITU-T T.81 annex B (markers, segment lengths, frame header SOFn), PNG (IHDR first).
"""

from __future__ import annotations

import cv2
import numpy as np

from camera.base import Image

MOST_PIXELS = 16_000_000
"""4608 × 3456: the largest camera that a gate has a use for. Decoded 48 MB."""
MOST_BYTES = 16 << 20
LEAST_SIDE = 16
MOST_WORK = 3 * MOST_PIXELS
"""Pixels times scans: a progressive picture of a few hundred bytes can say a thousand times that all is to be gone over again."""
_SCAN = b"\xff\xda"
_SOF = frozenset({0xC0, 0xC1, 0xC2})
"""Baseline, extended, progressive: what libjpeg decodes. Lossless and arithmetic ones are refused."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_PNG = b"\x89PNG\r\n\x1a\n"
_REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}


class BadPicture(ValueError):
    """Bytes that are no picture, or one that is refused. The text says which, for a log or a fault's detail."""


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels from the header of a JPEG or PNG. Raises BadPicture."""
    if data.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:
        return _png_size(data)
    raise BadPicture("neither a JPEG nor a PNG" if data else "an empty picture")


def checked(data: bytes) -> tuple[int, int]:
    """The same, when the picture may be decoded. Raises BadPicture."""
    if len(data) > MOST_BYTES:
        raise BadPicture(f"a picture of {len(data) >> 20} MB is too large")
    width, height = size(data)
    if min(width, height) < LEAST_SIDE:
        raise BadPicture(f"a picture of {width} × {height} pixels shows nothing")
    if width * height > MOST_PIXELS:
        raise BadPicture(f"a picture of {width} × {height} pixels is too large")
    if width * height * (data.count(_SCAN) if data.startswith(b"\xff\xd8") else 1) > MOST_WORK:
        raise BadPicture(f"a picture of {width} × {height} pixels in too many scans")
    return width, height


def decode(data: bytes, width: int = 0, height: int = 0) -> Image:
    """The picture in BGR, at least `width` × `height` where it has that much (0: as it is). Raises BadPicture."""
    wide, high = checked(data)
    factor = 1
    if width and height and data.startswith(b"\xff\xd8"):
        factor = next((each for each in (8, 4, 2) if wide >= each * width and high >= each * height), 1)
    way = _REDUCED.get(factor, cv2.IMREAD_COLOR) | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), way)
    except cv2.error as error:
        raise BadPicture(f"a picture that cannot be decoded ({error.code})") from None
    if image is None or not image.size:
        raise BadPicture("a picture that cannot be decoded")
    if abs(image.shape[1] * factor - wide) >= 8 * factor or abs(image.shape[0] * factor - high) >= 8 * factor:
        raise BadPicture(f"its header says {wide} × {high}, decoded it is {image.shape[1]} × {image.shape[0]}")
    return image.astype(np.uint8, copy=False)


def _png_size(data: bytes) -> tuple[int, int]:
    """From IHDR, when every chunk lies within the data: the library makes room for what a chunk's length claims."""
    at = len(_PNG)
    while at + 12 <= len(data) and data[at + 4 : at + 8] != b"IEND":
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] in (b"acTL", b"fcTL", b"fdAT"):
            raise BadPicture("a PNG that moves")
    if at + 12 > len(data):
        raise BadPicture("a PNG that is not whole")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Walk the segments to the frame header."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise BadPicture("a JPEG with a broken header")
        code = data[at + 1]
        if code == 0xFF:  # fill byte
            at += 1
            continue
        if code in _ALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2 or code in (0xD9, 0xDA):
            break
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            if code not in _SOF or at + 9 > len(data) or length < 8:
                raise BadPicture("a JPEG of a kind that is not taken")
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + length
    raise BadPicture("a JPEG without a frame header")
