"""A frame as the register keeps it: a JPEG that is not too big, a thumbnail, and the digest that names it."""

from __future__ import annotations

import hashlib

import cv2

from camera.base import Frame, Image, Snapshot

SIZE = (1280, 720)
MOST_BYTES = 200_000
THUMBNAIL_WIDTH = 320
QUALITIES = (85, 75, 65, 50, 35)
SHARES = (1.0, 0.75, 0.6, 0.48, 0.36)
"""How large a picture becomes at each quality, against the first: of scenes and of noise alike, within a tenth."""
HOPE = 1.1
SMALLER = 0.8


def snapshot(frame: Frame) -> Snapshot:
    """Encode a frame: at most 1280 × 720 and 200 kB. Takes some 10 ms: not on the card's way, nor on the loop.

    Quality is given up first, then size; so even a picture of pure noise comes out small enough.
    """
    image = _within(frame.image, *SIZE)
    jpeg = _small_enough(image)
    while len(jpeg) > MOST_BYTES:
        image = _within(image, int(image.shape[1] * SMALLER), int(image.shape[0] * SMALLER))
        jpeg = _small_enough(image)
    height, width = image.shape[:2]
    return Snapshot(
        jpeg=jpeg,
        thumbnail=_jpeg(_within(image, THUMBNAIL_WIDTH, SIZE[1]), 75),
        digest=hashlib.sha256(jpeg).hexdigest(),
        width=width,
        height=height,
        mono_ns=frame.mono_ns,
    )


def _small_enough(image: Image) -> bytes:
    """The best quality that fits, or the lowest when none does. Noise (a night without light) costs one quality's try more, not five:
    how far over the first one is tells which one may fit."""
    number = 0
    while True:
        jpeg = _jpeg(image, QUALITIES[number])
        over = len(jpeg) / MOST_BYTES
        if over <= 1.0 or number == len(QUALITIES) - 1:
            return jpeg
        share = SHARES[number] / over
        number = next((n for n in range(number + 1, len(QUALITIES)) if SHARES[n] <= share * HOPE), len(QUALITIES) - 1)


def _within(image: Image, width: int, height: int) -> Image:
    """The picture in its own proportions, no wider and no higher than that; never enlarged."""
    scale = min(1.0, width / image.shape[1], height / image.shape[0])
    if scale == 1.0:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(image.dtype, copy=False)


def _jpeg(image: Image, quality: int) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {image.shape} cannot be a JPEG")
    return data.tobytes()
