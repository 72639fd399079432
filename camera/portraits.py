"""Small pictures of people, and of their documents' faces. No face is looked for."""

from __future__ import annotations

import base64

import cv2

from camera.base import Image

HEIGHT = 320


def address(face: Image | None) -> str:
    """A face for the page, as an address; "" where there is none. It is not stored by itself."""
    return f"data:image/jpeg;base64,{base64.b64encode(small(face)).decode()}" if face is not None else ""


def middle(image: Image) -> Image:
    """The middle of a picture of a person, three to four: no face is looked for."""
    height, width = image.shape[:2]
    wide = min(width, height * 3 // 4)
    left = (width - wide) // 2
    return image[:, left : left + wide]


def small(image: Image) -> bytes:
    """A JPEG of at most so much height."""
    scale = min(1.0, HEIGHT / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    done, data = cv2.imencode(
        ".jpg", cv2.resize(image, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, 80]
    )
    return data.tobytes() if done else b""
