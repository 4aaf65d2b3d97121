"""What an endpoint is: one description of which routes, checks, the OpenAPI document and tests are made.

A handler gets a :class:`Call` with everything already checked (who asks, the query, the body) and returns a
model, or a :class:`Reply` where it is more than that. What it refuses it raises as
:class:`~monitor.access.errors.Refused`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel

from monitor.access.errors import Refused
from monitor.access.principal import Principal
from monitor.access.roles import Permission
from monitor.web.context import Context
from monitor.web.guard import ADDRESS
from monitor.web.language import language_of

API: Final = "/api/v1"
JSON: Final = "application/json"

__all__ = ["API", "JSON", "Call", "Endpoint", "Refused", "Reply"]

Q = TypeVar("Q", bound="BaseModel | None")
B = TypeVar("B", bound="BaseModel | None")


@dataclass(slots=True)
class Call(Generic[Q, B]):
    """One request, checked. ``path``: the parts of the path by name. ``now``: milliseconds.

    ``target`` and ``facts`` are for the audit trail: what was done it to, and what else is worth keeping
    (no credential). A handler sets them as soon as it knows them.
    """

    context: Context
    request: web.Request
    who: Principal
    path: Mapping[str, str]
    query: Q
    body: B
    now: int
    target: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Where the request comes from, as far as it may be believed."""
        return self.request[ADDRESS]

    @property
    def language(self) -> str:
        """In which whoever asks is answered."""
        return language_of(self.request, self.context)

    @property
    def is_known(self) -> bool:
        """Whether somebody has logged in. To all others no person is named, nor what people wrote shown."""
        return self.who.via != "anonymous"

    def may(self, permission: Permission) -> bool:
        return permission in self.who.permissions


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not just a model: ``body`` as it goes out, with its own type, status and headers."""

    body: bytes | BaseModel
    status: int = 200
    media: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call[Any, Any]], Awaitable[BaseModel | Reply | web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path below ``/api/v1``.

    ``permission`` None: everybody may, also who has not logged in. ``answer`` None: not JSON (``media`` says
    what; ``or_media`` what else). ``body`` None: it takes none; ``raw`` is the most bytes of a body that the
    handler reads itself. ``action``: its name in the audit trail; every one that changes something has one,
    and what is taken away as a file. ``also``: the statuses that it answers with beside the usual ones, each
    with when.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    permission: Permission | None
    answer: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: int = 200
    media: str = JSON
    or_media: tuple[str, ...] = ()
    raw: int = 0
    action: str = ""
    also: Mapping[int, str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        """Whether it does more than answer."""
        return self.method != "GET"

    @property
    def parts(self) -> list[str]:
        """The names of what varies in its path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
