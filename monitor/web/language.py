"""In which language somebody is answered."""

from __future__ import annotations

from aiohttp import web

from monitor.web.context import Context


def language_of(request: web.Request, context: Context) -> str:
    """``zh`` or ``en``: the first of the two that the browser names, else the site's."""
    for part in request.headers.get("Accept-Language", "").split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in ("zh", "en"):
            return tag
    return context.site.language
