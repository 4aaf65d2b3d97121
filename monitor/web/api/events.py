"""``/events``: what changes, as it changes (server-sent events, WHATWG HTML §9.2)."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

from aiohttp import web
from pydantic import Field

from monitor.access.roles import Permission
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.guard import who_asks
from monitor.web.hub import FullError, Viewer
from monitor.web.schemas.base import Model

QUIET: Final = 15.0
"""Seconds without news after which a line shows that somebody is still there."""

WRITE_WITHIN: Final = 10.0
"""Seconds for which a viewer may take nothing."""

IN_KERNEL: Final = 128 * 1024
"""Bytes that the system may hold for a viewer: by itself it would hold megabytes, and a stall stay unseen."""

ASK_AGAIN: Final = 60.0
"""Seconds until it is looked at whether the viewer may still look."""


class EventsQuery(Model):
    last: str | None = Field(
        None, max_length=40, description="go on behind this event, where no Last-Event-ID can be sent"
    )


async def events(call: Call[EventsQuery, None]) -> web.StreamResponse:
    """A stream that ends only when the viewer goes, does not keep up, or may look no more."""
    hub = call.context.hub
    last = call.request.headers.get("Last-Event-ID") or call.query.last
    try:
        viewer = hub.join(last, call.who.account, call.address)
    except FullError as error:
        raise Refused(503, "观看者过多", "too many are looking on", after=10) from error
    headers = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    is_over = False
    try:
        _bound(call.request)
        await response.prepare(call.request)
        await response.write(b"retry: 2000\n\n")
        is_over = await _show(viewer, response, call)
    except ConnectionError:
        pass  # gone
    except TimeoutError:
        hub.drop(viewer)  # it comes again and says how far it was
    finally:
        hub.leave(viewer)
    if call.request.transport is not None and not is_over:
        call.request.transport.abort()  # what lies in its buffer would hold the connection open
    return response


def _bound(request: web.Request) -> None:
    link = None if request.transport is None else request.transport.get_extra_info("socket")
    if link is not None:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_KERNEL)


async def _show(viewer: Viewer, response: web.StreamResponse, call: Call[Any, Any]) -> bool:
    """True: it may look no more; False: it was sent away. Raises ConnectionError and TimeoutError."""
    clock = asyncio.get_running_loop().time
    asked = clock()
    while True:
        piece = await viewer.take(QUIET)
        if viewer.gone:
            return False
        if clock() - asked > ASK_AGAIN:
            asked = clock()
            if not await _may_look(call):
                return True
        async with asyncio.timeout(WRITE_WITHIN):
            await response.write(piece or b": still here\n\n")


async def _may_look(call: Call[Any, Any]) -> bool:
    try:
        return Permission.LOOK in (await who_asks(call.context, call.request)).permissions
    except Refused:  # the token is none any more, or nobody can say: the answer has begun, so it ends
        return False


ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/events",
        "events",
        "Live changes as server-sent events",
        events,
        Permission.LOOK,
        query=EventsQuery,
        media="text/event-stream",
        also={503: "too many are looking on"},
    ),
)
