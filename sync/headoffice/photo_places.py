"""Where head office keeps its pictures, sealed: a folder, or a bucket of an S3-compatible store. Names are site/gate/ab/digest.

    DIR                              a folder, made when there is none
    s3://host[:port]/bucket[/prefix] over TLS;  s3+http://…  without, for a store on the same machine

Who may write there: `photos_login` names a file of two lines, access key and secret key (a password in an address would stand in the list
of processes). A place keeps bytes and knows nothing of keys: without head office's database, what it has opens to nobody.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from sync.files import write_whole

TIMEOUT_S = 20.0


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


class Bucket:
    """A Place in an S3-compatible store. The bucket is made when there is none."""

    def __init__(self, url: str, access: str = "", secret: str = "") -> None:
        parts = urlsplit(url)
        bucket, _, prefix = parts.path.strip("/").partition("/")
        if parts.scheme not in ("s3", "s3+http") or not parts.hostname or not bucket or "@" in parts.netloc:
            raise ValueError(
                f"not the address of a bucket: s3://host[:port]/bucket[/prefix], no password in it: {parts.scheme}://…"
            )
        self.name = url
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        pool = urllib3.PoolManager(timeout=urllib3.Timeout(TIMEOUT_S), retries=urllib3.Retry(2, backoff_factor=0.2))
        self._client = Minio(
            parts.netloc,
            access_key=access or None,
            secret_key=secret or None,
            secure=parts.scheme == "s3",
            http_client=pool,
        )
        self._made = False

    def put(self, name: str, data: bytes) -> None:
        """See Place."""
        try:
            if not self._made and not self._client.bucket_exists(self._bucket):
                self._client.make_bucket(self._bucket)
            self._made = True
            self._client.put_object(self._bucket, self._prefix + name, io.BytesIO(data), len(data))
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as e:
            raise PlaceUnavailable(f"{self.name}: {e}") from e

    def get(self, name: str) -> bytes | None:
        """See Place."""
        try:
            answer = self._client.get_object(self._bucket, self._prefix + name)
            try:
                return bytes(answer.read())
            finally:
                answer.close()
                answer.release_conn()
        except S3Error as e:
            if e.code in ("NoSuchKey", "NoSuchBucket"):
                return None
            raise PlaceUnavailable(f"{self.name}: {e}") from e
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as e:
            raise PlaceUnavailable(f"{self.name}: {e}") from e

    def remove(self, name: str) -> None:
        """See Place. Old versions, where the bucket keeps them, are noise: their key is destroyed."""
        try:
            self._client.remove_object(self._bucket, self._prefix + name)
        except S3Error as e:
            if e.code not in ("NoSuchKey", "NoSuchBucket"):
                raise PlaceUnavailable(f"{self.name}: {e}") from e
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as e:
            raise PlaceUnavailable(f"{self.name}: {e}") from e


def place_of(where: str, login: Path | None = None) -> Place:
    """The place of a setting. Raises ValueError, OSError."""
    if "://" not in where:
        return Folder(Path(where))
    access, secret = login.read_text("utf-8").split() if login else ("", "")
    return Bucket(where, access, secret)
