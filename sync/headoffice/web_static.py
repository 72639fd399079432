"""The page's own files: read once, named by their content, so that a browser may keep them for ever."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response

FOLDER = Path(__file__).parent / "pages"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


class Pages:
    """All files of the folder."""

    def __init__(self) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.is_file()}
        self.build = hashlib.sha256(b"".join(self._files.values())).hexdigest()[:12]
        self._index = self._files.pop("index.html").replace(b"{{base}}", f"/static/{self.build}".encode())

    def router(self) -> APIRouter:
        """`/` is the page, everything else lies under the build's name."""
        router = APIRouter()

        async def index() -> Response:
            return Response(self._index, media_type="text/html", headers={"Cache-Control": "no-cache"})

        async def static(request: Request) -> Response:
            name = request.path_params["name"]
            found = self._files.get(name)
            if found is None or request.path_params["build"] != self.build:
                return Response(status_code=404)
            kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
            return Response(found, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})

        router.add_api_route("/", index, methods=["GET"])
        router.add_api_route("/static/{build}/{name}", static, methods=["GET"])
        return router
