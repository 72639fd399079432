"""The page's files: read once at the start, compressed once, and kept by browsers for ever under a name that is their content.

GET /                       index.html, never cached, with the address of this build written into it
GET /static/{build}/{name}  everything else, immutable: `build` is the hash over all files, so that the modules' relative
                            imports stay within one build, and a new program is a new address
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

FOLDER = Path(__file__).resolve().parent.parent / "tablet"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
LATER = ("tech", "config")
"""Modules of the technician's room: no guard's tablet loads them."""
_WORTH = 400


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    kind: str
    plain: bytes
    packed: bytes


class Pages:
    """All files of the page. `build`: their common content hash."""

    def __init__(self, folder: Path = FOLDER) -> None:
        found = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in TYPES}
        digest = hashlib.sha256()
        for name, content in found.items():
            digest.update(f"{name} {len(content)}\n".encode() + content)
        self.build = digest.hexdigest()[:12]
        first = [name for name in found if name.endswith(".js") and not name.startswith(LATER)]
        modules = "\n".join(f'<link rel="modulepreload" href="{{{{base}}}}/{n}">' for n in first)
        index = (
            found.pop("index.html")
            .decode()
            .replace("<!--modules-->", modules)
            .replace("{{base}}", f"/static/{self.build}")
        )
        self.index = _file("index.html", index.encode())
        self.files = {name: _file(name, content) for name, content in found.items()}

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter(include_in_schema=False)

        async def index(request: Request) -> Response:
            return _send(request, self.index, "no-cache")

        async def static(request: Request) -> Response:
            file = self.files.get(request.path_params["name"])
            if file is None or request.path_params["build"] != self.build:
                raise HTTPException(404)
            return _send(request, file, "public, max-age=31536000, immutable")

        async def icon(request: Request) -> Response:
            return _send(request, self.files["icon.svg"], "public, max-age=86400")

        router.add_api_route("/", index, methods=["GET"])
        router.add_api_route("/favicon.ico", icon, methods=["GET"])
        router.add_api_route("/static/{build}/{name}", static, methods=["GET"])
        return router


def _file(name: str, content: bytes) -> File:
    packed = gzip.compress(content, 9, mtime=0) if len(content) > _WORTH else b""
    return File(TYPES[Path(name).suffix], content, packed)


def _send(request: Request, file: File, cache: str) -> Response:
    headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
    if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.packed, media_type=file.kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.plain, media_type=file.kind, headers=headers)
