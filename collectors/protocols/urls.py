"""The parts of a request's URI, made safe: never a credential, never a byte that ends a line."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

_WHOLE_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PATH_SAFE: Final = "/%:?&=@!$'()*+,;~-._"


def authority(host: str, port: int | None) -> bytes:
    """``10.0.0.1:554`` or ``[2001:db8::1]:554``; the zone of a link-local address is ours alone."""
    bare = host.partition("%")[0]
    name = f"[{quote(bare, safe=':')}]" if ":" in bare else quote(bare, safe="")
    return (name if port is None else f"{name}:{port}").encode("ascii")


def path_and_query(path: str) -> bytes:
    """The path as it goes on the wire. Of a whole URL, as people paste them, only the path is kept."""
    if _WHOLE_URL.match(path):
        path = _without_authority(path)
    rooted = path if path.startswith("/") else f"/{path}"
    return quote(rooted, safe=_PATH_SAFE).encode("ascii")


def _without_authority(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed bracket around an address
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
