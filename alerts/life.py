"""What the engine remembers: what is true as far as it heard, and the life of every alert. Pure.

All values are frozen and replaced, never edited: what is not the same object any more has to be stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from alerts.model import Alert, Finding
from monitor.model.events import Change
from monitor.model.orders import Order
from monitor.model.outages import Outage

Watch = str
"""``network/node``."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something found that has not lasted for long enough to be told. ``since``: when it was found first."""

    finding: Finding
    since: int


@dataclass(frozen=True, slots=True)
class Closed:
    """An outage that is over, and when that was said."""

    outage: Outage
    said_at: int


@dataclass(frozen=True, slots=True)
class Life:
    """An alert from the moment it fired until its end was told. Moments in milliseconds.

    ``kind`` of its rule. ``queued_at``: since when it waits to be told, or its end does. ``channels``: those
    that were told anything of it, with whom each called. ``told_at``: when its start was handed over;
    ``said_at``: the start or the last repeat; ``repeated`` how often. ``gone_since``: not found since then.
    ``quieted``: for some time nobody wanted to hear of it. ``over_said_at``: when its end was known.
    ``raised``: how often it became more severe; ``raised_said``: what of that was told. Telling it moves
    ``told_at``: its escalation begins again.
    """

    alert: Alert
    kind: str
    queued_at: int
    route: str = ""
    channels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    told_at: int | None = None
    said_at: int = 0
    repeated: int = 0
    gone_since: int | None = None
    quieted: bool = False
    over_said_at: int = 0
    raised: int = 0
    raised_said: int = 0

    @property
    def finding(self) -> Finding:
        return self.alert.finding

    @property
    def open(self) -> bool:
        return self.alert.resolved_at is None


@dataclass(frozen=True, slots=True)
class Gathering:
    """When a route last told single alerts, and ends of them: what follows soon is gathered."""

    starts: int | None = None
    ends: int | None = None


@dataclass(slots=True)
class Book:
    """All of it. ``lives``: those that go on, by key; ``ending``: those whose end is to be told, by id.

    ``degraded``: the newest change of each watch that is degraded; ``turned``: of those that were, the one
    that ended it (to unknown: it is watched no more). ``maintained``: of those that are, whichever approved
    maintenance covers, and since when that is known. ``doubts``: outages and watches that went on when
    judgements were missed, and since when nobody knows whether they do. ``counts``: how many alerts ever
    fired, by rule and severity.
    """

    outages: dict[str, Outage] = field(default_factory=dict)
    closed: dict[str, Closed] = field(default_factory=dict)
    degraded: dict[Watch, Change] = field(default_factory=dict)
    turned: dict[Watch, Change] = field(default_factory=dict)
    maintained: dict[Watch, int] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    pending: dict[str, Pending] = field(default_factory=dict)
    lives: dict[str, Life] = field(default_factory=dict)
    ending: dict[str, Life] = field(default_factory=dict)
    silences: dict[str, Order] = field(default_factory=dict)
    gatherings: dict[str, Gathering] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def of_id(self, alert: str) -> Life | None:
        """The life with this id that goes on."""
        return next((life for life in self.lives.values() if life.alert.id == alert), None)

    def doubt(self, now: int) -> None:
        """Judgements were missed: of what goes on nothing is told but its end, until more is heard of it.

        What is no alert yet is forgotten.
        """
        alerts = {life.finding.subject for life in self.lives.values()}
        for known in (self.outages, self.degraded):
            for subject in list(known):
                if subject in alerts:
                    self.doubts[subject] = now
                else:
                    del known[subject]
        for key, pending in list(self.pending.items()):
            if pending.finding.subject not in alerts:
                del self.pending[key]

    def set_back(self, step: int) -> None:
        """Our clock was set back by so many milliseconds: what we noted by it is as long ago as it was."""
        for shelf in (self.lives, self.ending):
            for key, life in shelf.items():
                shelf[key] = replace(
                    life,
                    queued_at=life.queued_at - step,
                    told_at=_earlier(life.told_at, step),
                    said_at=life.said_at - step,
                    gone_since=_earlier(life.gone_since, step),
                )
        for key, pending in self.pending.items():
            self.pending[key] = replace(pending, since=pending.since - step)
        for route, last in self.gatherings.items():
            self.gatherings[route] = Gathering(_earlier(last.starts, step), _earlier(last.ends, step))

    def shelves(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each part with its name."""
        for name in self.__slots__:
            yield name, getattr(self, name)


def _earlier(moment: int | None, step: int) -> int | None:
    return None if moment is None else moment - step
