"""TCP: to be connected is answer enough."""

from __future__ import annotations

from collectors.protocols.base import Step, Target
from collectors.protocols.verdicts import HUNG_UP, OK
from monitor.model.observations import Verdict


class TcpAsker:
    """Sends nothing and waits for nothing. What a talkative service says unasked is not looked at."""

    __slots__ = ()

    def __init__(self, target: Target) -> None:
        """Every asker is made from a target; this one needs nothing of it."""

    def begin(self, *, fresh: bool) -> Step:  # noqa: ARG002  # held or new: connected is connected
        return OK

    def receive(self, data: bytes) -> Step:  # noqa: ARG002
        return OK

    def closed(self) -> Verdict:
        return HUNG_UP

    def lock(self, instead: Verdict | None) -> None:
        """Nothing to lock: no login is ever sent."""
