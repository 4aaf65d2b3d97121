"""The engine that the monitor judges with. As yet it knows no topology: what is down is down by itself."""

# ruff: noqa: ARG002 - what the engine of outages needs

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from monitor.config import Site
from monitor.ledger import OpenOutage
from monitor.model.events import Change, Standing
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Ending, Outage, OutageKind, Phase, Verdict, outage_id

Watch = tuple[str, str]


class AloneEngine:
    """Decides at once. See :class:`monitor.live.attributor.Engine`."""

    def __init__(self, site: Site, hold: int = 0) -> None:
        self.site = site
        self.hold = hold
        self.open: dict[Watch, Outage] = {}
        self.standings: Mapping[Watch, Standing] = {}
        self.covering: Callable[[str, str], str] = lambda _root, _network: ""
        self.heard: list[int] = []
        self._held: list[tuple[int, int, Change]] = []

    @property
    def next_due(self) -> int | None:
        return self._held[0][0] if self._held else None

    def restore(
        self, outages: Iterable[OpenOutage], standings: Mapping[Watch, Standing], now: int
    ) -> list[Verdict]:
        self.open = {(each.outage.root, each.outage.network): each.outage for each in outages}
        self.standings = standings
        return []

    def change(self, number: int, change: Change, now: int) -> list[Verdict]:
        self.heard.append(number)
        self._held.append((now + self.hold, number, change))
        return []

    def observer(
        self, collector: str, network: str, *, sees: bool, at: int, cause: Cause, now: int
    ) -> list[Verdict]:
        if not sees:
            return [self._opened(collector, network, OutageKind.OBSERVER, at, cause)]
        return self._closed((collector, network), at)

    def tick(self, now: int) -> list[Verdict]:
        verdicts: list[Verdict] = []
        while self._held and self._held[0][0] <= now:
            _, number, change = self._held.pop(0)
            verdicts += self._judge(number, change)
        return verdicts

    def reload(self, site: Site, now: int) -> list[Verdict]:
        self.site = site
        return []

    def exclude(self, covering: Callable[[str, str], str]) -> None:
        self.covering = covering

    def _judge(self, number: int, change: Change) -> list[Verdict]:
        watch = (change.node, change.network)
        if change.new is not State.DOWN:
            return [*self._closed(watch, change.at), Blame(number, *watch, change.at, None)]
        outage = self._opened(*watch, OutageKind.NODE, change.at, change.cause)
        return [outage, Blame(number, *watch, change.at, Attribution.OWN, outage.id)]

    def _opened(self, root: str, network: str, kind: OutageKind, at: int, cause: Cause) -> Outage:
        outage = Outage(
            id=outage_id(network, root, at),
            phase=Phase.OPENED,
            kind=kind,
            network=network,
            root=root,
            name=root,
            region="",
            contractor="",
            at=at,
            not_before=None,
            detected_at=at,
            cause=cause,
            excluded=self.covering(root, network),
        )
        self.open[root, network] = outage
        return outage

    def _closed(self, watch: Watch, at: int) -> list[Verdict]:
        outage = self.open.pop(watch, None)
        if outage is None:
            return []
        fields = {name: getattr(outage, name) for name in outage.__slots__}
        return [Outage(**(fields | {"phase": Phase.CLOSED, "ended_at": at, "ending": Ending.RECOVERED}))]


def engine_of(site: Site) -> AloneEngine:
    return AloneEngine(site)
