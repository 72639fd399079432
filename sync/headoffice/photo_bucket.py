"""Head office's pictures in a bucket of an S3-compatible store: a place of photo_places.py."""

from __future__ import annotations

import io
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from sync.headoffice.photo_places import PlaceUnavailable

TIMEOUT_S = 20.0


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
