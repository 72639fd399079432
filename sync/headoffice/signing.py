"""Head office's own key: with it every instruction is signed, and gates believe nothing else (sync/instructions.py).

Made at the first start, readable by its user alone. Its public half goes into each gate's configuration ([sync] headoffice_key):
`python -m sync.headoffice key` prints it. Whoever has this file can tell every gate of the site what to do: back it up, guard it.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class KeyUnusable(Exception):
    """The file is there and is no such key, or cannot be read."""


class SigningKey:
    """The key pair."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def load(cls, path: Path) -> SigningKey:
        """The key of a file; a new one when there is no file. Raises KeyUnusable."""
        try:
            return cls(_read(path) if path.exists() else _make(path))
        except OSError as e:
            raise KeyUnusable(f"{path}: {e.strerror}") from e

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._private.sign(message)

    @property
    def public(self) -> bytes:
        """The 32 bytes that gates are configured with."""
        return self._private.public_key().public_bytes_raw()


def _make(path: Path) -> Ed25519PrivateKey:
    made = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = made.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # whole or not at all, and never over another one
    except FileExistsError:  # somebody else has made it in this moment
        return _read(path)
    finally:
        draft.unlink()
    return made


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        private = form.load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise KeyUnusable(f"{path} is no private key: restore it from a backup") from e
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} is no Ed25519 key: restore it from a backup")
    return private
