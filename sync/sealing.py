"""A picture at rest: sealed with a key of its own, which is wrapped by the key of the place that keeps it. Both ends use this file.

    master (32 bytes, a file or credential of the gate's or head office's user)
      └─ wraps ─▶ a key for each picture (60 bytes in a table, erased there for good)
                    └─ seals ─▶ the picture, and its thumbnail (files, or objects of a store)

AES-256-GCM throughout. What is sealed is bound to its name (the SHA-256 of the plain picture) and to its part, so a file that was put in
another's place does not open. A file says with its first four bytes what it is:

    GES1 | 12 bytes nonce | sealed bytes | 16 bytes tag

To destroy a picture is to destroy its key: 60 bytes that the database overwrites (secure_delete) and takes out of its log. What a storage
card keeps of the file in blocks that no program can reach any more, or an object store in old versions and copies, then opens to nobody.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"GES1"
KEY_BYTES = 32
OVERHEAD = len(MAGIC) + 12 + 16
"""So many bytes longer is what is sealed."""
Part = Literal["picture", "thumbnail"]


class CannotOpen(Exception):
    """Sealed with another key, for another name, or damaged."""


class MasterKey:
    """The key of a place, which wraps the pictures' own. `key`: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {len(key)} bytes where {KEY_BYTES} are needed")
        self._wrap = AESGCM(key)

    @classmethod
    def read(cls, path: Path) -> MasterKey:
        """From a file of 64 hexadecimal digits. Raises OSError, ValueError when it holds no key."""
        return cls(bytes.fromhex(path.read_text("ascii").strip()))

    @classmethod
    def load(cls, path: Path) -> MasterKey:
        """From its file, readable by this user alone; a new one when there is none. Raises OSError, ValueError: a new key in the place of one
        that cannot be read would lose every picture."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
                file.write(os.urandom(KEY_BYTES).hex().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)  # whole or not at all, and never over another one
            except FileExistsError:
                pass  # somebody else has made it in this moment
            finally:
                draft.unlink()
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return cls.read(path)

    def new_key(self, name: str) -> tuple[PictureKey, bytes]:
        """A key for the picture `name`, and the same wrapped (60 bytes)."""
        key, nonce = os.urandom(KEY_BYTES), os.urandom(12)
        return PictureKey(key, name), nonce + self._wrap.encrypt(nonce, key, _about(name, "key"))

    def unwrap(self, wrapped: bytes, name: str) -> PictureKey:
        """The picture's key. Raises CannotOpen."""
        try:
            return PictureKey(self._wrap.decrypt(wrapped[:12], wrapped[12:], _about(name, "key")), name)
        except (InvalidTag, ValueError) as e:
            raise CannotOpen(f"the key of picture {name[:12]} was wrapped by another key, or is damaged") from e


class PictureKey:
    """One picture's key."""

    def __init__(self, key: bytes, name: str) -> None:
        self._key, self._name = AESGCM(key), name

    def seal(self, data: bytes, part: Part = "picture") -> bytes:
        """As it lies on the disk."""
        nonce = os.urandom(12)
        return MAGIC + nonce + self._key.encrypt(nonce, data, _about(self._name, part))

    def open(self, sealed: bytes, part: Part = "picture") -> bytes:
        """The plain bytes. Raises CannotOpen."""
        try:
            if not sealed.startswith(MAGIC):
                raise ValueError("no sealed picture")
            return self._key.decrypt(sealed[4:16], sealed[16:], _about(self._name, part))
        except (InvalidTag, ValueError) as e:
            raise CannotOpen(f"picture {self._name[:12]} was altered or damaged where it is kept") from e


def _about(name: str, part: str) -> bytes:
    return f"gate-edge {part} {name}".encode()
