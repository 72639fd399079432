"""The gate's own keys: the journal's, and the one that wraps the pictures' keys (`picture_key`).

The journal's Ed25519 key: the gate signs with it up to where its journal has come, and head office knows whose word it is.

Made on the gate at its first start and never sent anywhere: head office enrols the public half. The file is readable by the
gate's user alone. It stands beside the database, not in it, so that a copy of the database is not a copy of the gate.

A unit may give it as a credential instead (systemd/README.md): then it is never written to the gate's own folder.
"""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import StoreError
from edge.store.files import write_whole
from sync.sealing import MasterKey

NAME = "journal.key"
PICTURES = "pictures.key"


class JournalKey:
    """The key pair. `load` makes it when there is none."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def load(cls, folder: Path, given: Path | None = None) -> JournalKey:
        """The gate's key: the one that was `given`, or out of `folder`; a new one when there is none. Raises StoreError when the
        file is not such a key."""
        path = given or folder / NAME
        if not path.exists():
            made = Ed25519PrivateKey.generate()
            folder.mkdir(parents=True, exist_ok=True)
            pem = made.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
            write_whole(path, pem)
            return cls(made)
        if given is None and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        try:
            private = form.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise _damaged(path) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise _damaged(path)
        return cls(private)

    def sign(self, message: bytes) -> bytes:
        """64 bytes that only this gate can make."""
        return self._private.sign(message)

    def public_key(self) -> bytes:
        """The 32 bytes that head office enrols."""
        return self._private.public_key().public_bytes(form.Encoding.Raw, form.PublicFormat.Raw)


SECRET_BYTES = 32


def secret(path: Path, given: Path | None = None) -> bytes:
    """32 bytes that nobody else has: those that were `given`, or of `path`; made when there are none. Raises StoreError."""
    at = given or path
    try:
        if not at.exists():
            at.parent.mkdir(parents=True, exist_ok=True)
            write_whole(at, secrets.token_bytes(SECRET_BYTES).hex().encode() + b"\n")
        found = bytes.fromhex(at.read_text("ascii").strip())
    except (OSError, ValueError):
        found = b""
    if len(found) != SECRET_BYTES:
        raise StoreError(
            f"密钥损坏 {at.name} is no key of {SECRET_BYTES} bytes",
            "请从备份恢复，或移走该文件 · restore it, or move it away",
        )
    return found


def picture_key(folder: Path, given: Path | None = None) -> MasterKey:
    """The key that wraps the pictures' keys (sync/sealing.py), 64 hexadecimal digits: the one that was `given`, or out of `folder`; a new
    one when there is none. Raises StoreError when the file is not such a key: a new one in its place would lose every picture."""
    path = given or folder / PICTURES
    try:
        return MasterKey.read(path) if given else MasterKey.load(path)
    except (OSError, ValueError) as error:
        raise StoreError(
            f"照片密钥无法使用 {path.name} is no key of pictures: {error}",
            "请从备份恢复；若无备份，移走该文件：以前的照片将无法打开。 "
            "Restore it from a backup, or move it away: the pictures so far then open to nobody.",
        ) from error


def _damaged(path: Path) -> StoreError:
    return StoreError(
        f"日志密钥损坏 {path.name} is not an Ed25519 key",
        "请从备份恢复；若无备份，移走该文件并在管理中心重新登记本门岗。 "
        "Restore it from a backup, or move it away and enrol this gate anew at head office.",
    )
