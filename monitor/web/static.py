"""The built pages (``make ui``): read once, handed out compressed.

What has a hash in its name never changes; the page that names it is asked for anew each time.
"""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

FOLDER: Final = Path(__file__).parent / "static"
INDEX: Final = "index.html"
FOR_EVER: Final = "public, max-age=31536000, immutable"
ANEW: Final = "no-cache"

_TEXT: Final = ("text/", "image/svg", "application/javascript", "application/json")
_NOT_BUILT: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Quanshi</title></head>
<body><h1>全时 Quanshi</h1><p>页面尚未构建：先执行 make setup，再重新启动</p>
<p>The pages are not built: run make setup, then start again</p></body></html>
"""

Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it goes out. ``packed``: the same by gzip, where that is smaller."""

    body: bytes
    packed: bytes | None
    media: str
    cache: str

    def answer(self, request: web.Request) -> web.Response:
        headers = {"Content-Type": self.media, "Cache-Control": self.cache, "Vary": "Accept-Encoding"}
        if self.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=self.packed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=self.body, headers=headers)


def routes(folder: Path = FOLDER) -> list[web.RouteDef]:
    """The page ``/``, its files, and the short address of an outage that messages name."""
    found = dict(assets_of(folder))
    index = found.pop(INDEX, None) or Asset(_NOT_BUILT.encode(), None, "text/html; charset=utf-8", ANEW)
    return [
        web.get("/", _handler(index)),
        web.get("/o/{id}", _outage),
        *(web.get(f"/{name}", _handler(asset)) for name, asset in found.items()),
    ]


def _handler(asset: Asset) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        return asset.answer(request)

    return answer


async def _outage(request: web.Request) -> web.Response:
    """Messages to on-call end with it: short, and readable aloud."""
    name = request.match_info["id"]
    if not (name.isascii() and name.isalnum()):
        raise web.HTTPNotFound
    return web.Response(status=303, headers={"Location": f"/#/outage/{name}"})


def assets_of(folder: Path) -> Iterator[tuple[str, Asset]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            yield name, _asset(name, path.read_bytes())


def _asset(name: str, body: bytes) -> Asset:
    media = mimetypes.guess_type(name)[0] or "application/octet-stream"
    media = "text/javascript" if name.endswith(".js") else media
    packed = gzip.compress(body, 9, mtime=0) if media.startswith(_TEXT) else None
    if packed is not None and len(packed) >= len(body):
        packed = None
    typed = f"{media}; charset=utf-8" if media.startswith("text/") else media
    return Asset(body, packed, typed, FOR_EVER if name.startswith("assets/") else ANEW)
