"""Outages of those who look: a collector that is blind or silent, and the watches that are unknown for it."""

from __future__ import annotations

from typing import Final

from monitor.live.cases import classes, names
from monitor.live.docket import Docket
from monitor.live.topology import Watch
from monitor.model.observations import Cause
from monitor.model.outages import Attribution, Blame, Ending, OutageKind

_REASONS_OF_THEIR_OWN: Final = frozenset((Cause.NOT_ASKED, Cause.NOT_PERMITTED, Cause.CORRECTED))
"""Why a watch is unknown though its collector may see."""


class Unseen:
    """One outage for each collector that does not see, until it does."""

    def __init__(self, docket: Docket) -> None:
        self._docket = docket
        self._waiting: dict[Watch, int] = {}  # unknown before it was heard that their collector is blind

    def turned(self, collector: str, network: str, *, sees: bool, at: int, cause: Cause) -> None:
        """The collector sees, or sees nothing (any more)."""
        case = self._docket.of_root.get((collector, network))
        if sees and case is not None:
            self._docket.close(case, at, Ending.RETIRED if cause is Cause.NOT_ASKED else Ending.RECOVERED)
        elif not sees and case is None:
            self._open(collector, network, at, cause)

    def _open(self, collector: str, network: str, at: int, cause: Cause) -> None:
        unseen = self._docket.topology.seen_by(collector, network)
        case = self._docket.open(
            (collector, network),
            OutageKind.OBSERVER,
            at=at,
            not_before=None,
            detected_at=self._docket.now,
            cause=cause,
            affected=len(unseen),
            behind=len(unseen),
            classes=classes(unseen, self._docket.topology),
            nodes=names(unseen),
        )
        for watch in unseen if self._waiting else ():
            since = self._waiting.pop(watch, None)
            if since is not None:
                self._docket.say(Blame(None, *watch, since, Attribution.OBSERVER, case.id))

    def outage_of(self, watch: Watch, at: int, cause: Cause) -> str:
        """The outage by which this watch is unknown since ``at``; empty if none is known."""
        if cause in _REASONS_OF_THEIR_OWN:
            return ""
        case = self._docket.of_root.get((self._docket.topology.observer(watch), watch[1]))
        if case is None and cause is Cause.BLIND:
            self._waiting[watch] = at
        return "" if case is None else case.id

    def seen(self, watch: Watch) -> None:
        """Its state is known again."""
        self._waiting.pop(watch, None)
