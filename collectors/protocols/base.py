"""What a protocol is: bytes in, verdict out. No socket, no clock, no asyncio.

The engine connects, moves bytes and owns every deadline; an asker only says what to send and what an
answer means. One asker belongs to one probe of one watch and is used again for every round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from monitor.model.nodes import ProbeSpec
from monitor.model.observations import Layer, Verdict

Step = bytes | Verdict | None
"""What to do next: send these bytes (may be empty: keep listening), be done, or wait for more bytes."""


@dataclass(slots=True)
class Trial:
    """How one device takes one login, whichever of its probes sends it."""

    sent: int = 0
    """How often it was sent since it was last answered, by whomever."""
    unanswered: int = 0
    """How many of those are known to have got no answer: a device may refuse in silence."""


@dataclass(frozen=True, slots=True)
class Login:
    """A credential for one device. Its repr never shows the password."""

    user: str
    password: str = field(repr=False)
    trial: Trial = field(default_factory=Trial, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to ask and how. ``host`` is the address as the inventory names it (for Host headers and SNI)."""

    host: str
    port: int
    spec: ProbeSpec
    login: Login | None = None


class Asker(Protocol):
    """The conversation of one probe. Bounded in memory: an endless reply ends in ``bad_reply``."""

    def begin(self, *, fresh: bool) -> Step:
        """Start a round on a connection that is new (``fresh``) or was held since the last round.

        Returns the first bytes, or a verdict when being connected is answer enough. Never None.
        """

    def receive(self, data: bytes) -> Step:
        """Bytes came (never empty). None: not enough yet."""

    def closed(self) -> Verdict:
        """The peer ended the connection in good order before a verdict was reached."""

    def lock(self, instead: Verdict | None) -> None:
        """Use the login no more, and say ``instead`` where it is wanted (domain: cameras lock accounts and
        IPs). None: no other place's refusal is in the way any more; what this device refused stays.
        """


@dataclass(frozen=True, slots=True)
class ProtocolInfo:
    """A registry line: what the answer proves, the usual port, and how to make an asker."""

    layer: Layer
    port: int
    make: Callable[[Target], Asker]
