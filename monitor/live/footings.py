"""Which collectors stopped seeing, and which see again: each turn once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitor.live.states import FRESH, Footing, Live, Observer
from monitor.model.observations import Cause


@dataclass(frozen=True, slots=True)
class Turn:
    """From ``at`` (milliseconds) on a collector sees, or does not: it is blind, or nothing is heard of it."""

    collector: str
    network: str
    sees: bool
    at: int
    cause: Cause


class Footings:
    """Compares how collectors stand with how they stood.

    When the monitor itself was away, everybody is silent until he is heard again: nobody's silence counts
    before there was time for that.
    """

    def __init__(self, live: Live, lost: Iterable[tuple[str, str]], now: int) -> None:
        """``lost``: the collectors, each with its network, of which it was told that they do not see."""
        self._live = live
        self._lost = dict(lost)
        self._silence_counts = now + FRESH

    def turns(self, now: int) -> Iterator[Turn]:
        """What has turned since the last question."""
        self._live.refresh(now)
        for name, observer in self._live.observers.items():
            if name in self._lost and observer.footing is Footing.SEES:
                yield Turn(name, self._lost.pop(name), sees=True, at=observer.sight.start, cause=Cause.OK)
            elif name not in self._lost and (turn := self._loss(name, observer, now)):
                self._lost[name] = turn.network
                yield turn
        for name in [name for name in self._lost if name not in self._live.observers]:
            # It is in no plan any more: nobody is to see there.
            yield Turn(name, self._lost.pop(name), sees=True, at=now, cause=Cause.NOT_ASKED)

    def _loss(self, name: str, observer: Observer, now: int) -> Turn | None:
        network = observer.sight.network
        match observer.footing:
            case Footing.BLIND:
                return Turn(name, network, sees=False, at=observer.blind_since, cause=Cause.BLIND)
            case Footing.SILENT if now >= self._silence_counts:
                return Turn(name, network, sees=False, at=observer.heard, cause=Cause.NO_REPLY)
            case _:
                return None
