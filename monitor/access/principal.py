"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from monitor.access.roles import ANONYMOUS, LOCAL, Permission, Role

Via = Literal["session", "token", "local", "anonymous"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks, and what he may do.

    ``account`` is empty for nobody. ``session``: the key of his session, ``csrf`` what he has to show with
    whatever changes something. ``must``: what he has to do before anything else.
    """

    account: str
    name: str
    permissions: frozenset[Permission]
    via: Via
    roles: tuple[Role, ...] = ()
    session: str | None = None
    csrf: str | None = None
    must: Literal["", "password"] = ""


NOBODY: Final = Principal("", "", frozenset(), "anonymous")
LOOKER: Final = Principal("", "", ANONYMOUS, "anonymous")
"""Nobody in particular, where the site lets everybody look."""

THIS_MACHINE: Final = Principal("", "", LOCAL, "local")
