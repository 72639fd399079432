"""Where head office keeps its pictures, sealed: a folder, or a bucket of an S3-compatible store. Names are site/gate/ab/digest.

    DIR                              a folder, made when there is none
    s3://host[:port]/bucket[/prefix] over TLS;  s3+http://…  without, for a store on the same machine

Who may write there: `photos_login` names a file of two lines, access key and secret key (a password in an address would stand in the list
of processes). A place keeps bytes and knows nothing of keys: without head office's database, what it has opens to nobody.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from sync.files import write_whole


class PlaceUnavailable(Exception):
    """It cannot be read or written just now."""


class Place(Protocol):
    """All methods raise PlaceUnavailable."""

    name: str

    def put(self, name: str, data: bytes) -> None:
        """Whole or not at all; durable when it returns."""

    def get(self, name: str) -> bytes | None:
        """None: it is not there."""

    def remove(self, name: str) -> None:
        """It need not be there."""


class Folder:
    """A Place on a disk."""

    def __init__(self, root: Path) -> None:
        self._root, self.name = root, str(root)

    def put(self, name: str, data: bytes) -> None:
        """See Place."""
        path = self._root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_whole(path, data)
        except OSError as e:
            raise PlaceUnavailable(f"{self.name}: {e}") from e

    def get(self, name: str) -> bytes | None:
        """See Place."""
        try:
            return (self._root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise PlaceUnavailable(f"{self.name}: {e}") from e

    def remove(self, name: str) -> None:
        """See Place."""
        try:
            (self._root / name).unlink(missing_ok=True)
        except OSError as e:
            raise PlaceUnavailable(f"{self.name}: {e}") from e


def place_of(where: str, login: Path | None = None) -> Place:
    """The place of a setting. Raises ValueError, OSError."""
    if "://" not in where:
        return Folder(Path(where))
    access, secret = login.read_text("utf-8").split() if login else ("", "")
    from sync.headoffice.photo_bucket import Bucket  # its library is a tenth of a gate's start, and most have no bucket

    return Bucket(where, access, secret)
