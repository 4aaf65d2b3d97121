"""The state of the city as one JSON document, for ``quanshi status``, the API and the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from monitor.live.health import Health
from monitor.live.states import Footing, Live
from monitor.model.events import Change
from monitor.model.nodes import collector_name
from monitor.model.observations import State
from monitor.model.outages import Outage, OutageKind
from monitor.model.times import format_time

MOST_DOWN: Final = 200
Status: TypeAlias = Mapping[str, Any]
"""What :func:`status_of` makes, also when it was read again from JSON somewhere else."""

_BY_CODE: Final = tuple(State.of_code(code) for code in range(4))


class Tally:
    """How many watches stand in each state. ``unknown`` is counted, and in no ratio."""

    def __init__(self, counts: Iterable[Iterable[int]] = ()) -> None:
        """Sums of four counts each, in the order of the state codes."""
        self.by_code = [0, 0, 0, 0]
        for four in counts:
            self.by_code = [mine + theirs for mine, theirs in zip(self.by_code, four, strict=True)]

    @property
    def total(self) -> int:
        return sum(self.by_code)

    @property
    def known(self) -> int:
        return self.total - self.by_code[State.UNKNOWN.code]

    @property
    def online(self) -> float | None:
        """在线率 at this moment: what answers, of what somebody looks at. None if nobody looks."""
        answering = self.by_code[State.UP.code] + self.by_code[State.DEGRADED.code]
        return answering / self.known if self.known else None

    @property
    def intact(self) -> float | None:
        """完好率 at this moment: what answers as it should, of what somebody looks at."""
        return self.by_code[State.UP.code] / self.known if self.known else None

    def to_json(self) -> dict[str, int]:
        return {state.value: self.by_code[state.code] for state in reversed(_BY_CODE)}


def status_of(live: Live, health: Health, now: int, language: str | None = None) -> Status:
    """Everything on one page, as of ``now`` (milliseconds).

    ``online_ratio`` and ``intact_ratio`` speak of the class-1 camera points (``scope: class1``), or of
    all watches where a site has none (``scope: all``); they are None while nobody looks. ``down`` leaves out
    what is down by another's fault (``down_covered`` of ``down_total``): that stands in ``outages``.
    """
    live.refresh(now)
    headline = tally(live, headline=True)
    scope = headline if headline.total else tally(live)
    down = sorted(live.board.rows_showing(State.DOWN), key=lambda row: -live.board.since[row])
    own = [row for row in down if not live.outages.covers(*live.board.watches[row].key)]
    return {
        "site": live.site.name,
        "language": live.site.language,
        "timezone": live.site.timezone,
        "time": format_time(now),
        "networks": {network: _network(live, network, now) for network in live.site.networks},
        "scope": "class1" if headline.total else "all",
        "online_ratio": scope.online,
        "intact_ratio": scope.intact,
        "target": live.site.targets.get(1),
        "outages": [_outage(live, each) for each in live.outages.all()[:MOST_DOWN]],
        "down": [_down(live, row) for row in own[:MOST_DOWN]],
        "down_total": len(down),
        "down_covered": len(down) - len(own),
        "changes": [_change(live, change) for change in reversed(live.changes)],
        "inventory": live.site.inventory.digest,
        "reload_error": health.reload_error.told(language or live.site.language) or None,
    }


def tally(live: Live, network: str | None = None, *, headline: bool = False) -> Tally:
    """The counts of a network (None: all), on wish of the class-1 camera points alone."""
    board = live.board
    return Tally(
        board.counts[4 * number : 4 * number + 4]
        for number, group in enumerate(board.groups)
        if (network is None or group.network == network) and (group.is_headline or not headline)
    )


def _network(live: Live, network: str, now: int) -> dict[str, Any]:
    everything, class1 = tally(live, network), tally(live, network, headline=True)
    collectors = [_collector(live, name, now) for name in _collectors(live, network)]
    return {
        "name": live.site.networks[network].name,
        "watches": everything.total,
        "states": everything.to_json(),
        "class1": {"total": class1.total, **class1.to_json()},
        "blind": any(collector["blind"] for collector in collectors),
        "collectors": collectors,
    }


def collectors_of(live: Live, now: int) -> list[dict[str, Any]]:
    """The collectors of all networks, each with its own, and what nobody sees when it does not."""
    return [
        {**_collector(live, name, now), "network": network, **_care(live, name, network)}
        for network in live.site.networks
        for name in _collectors(live, network)
    ]


def _collectors(live: Live, network: str) -> list[str]:
    """The collectors of a network: those that should be there, and those that are."""
    planned = {name for name, where in live.planned_collectors().items() if where == network}
    heard = {name for name, observer in live.observers.items() if observer.sight.network == network}
    return sorted(planned | heard)


def _collector(live: Live, name: str, now: int) -> dict[str, Any]:
    """``blind`` is true for whatever reason it does not see; ``footing`` names the reason."""
    observer = live.observers.get(name)
    footing = Footing.AWAITED if observer is None else observer.footing
    return {
        "name": name,
        "sight_age": live.sight_age(name, now),
        "blind": footing is not Footing.SEES,
        "footing": footing.value,
    }


def _care(live: Live, name: str, network: str) -> dict[str, Any]:
    """``watches``: those of its shard that nobody else sees. ``lost_since``: None if it sees or never did."""
    observer = live.observers.get(name)
    rows = _shard(live, name, network)
    lost = None if observer is None else observer.lost()
    if observer is not None and lost is None:
        return {"watches": len(rows), "lost_since": None}
    unseen = sum(live.board.lost[row] is not None for row in rows)
    return {"watches": unseen, "lost_since": None if lost is None else moment(lost.since)}


def _shard(live: Live, name: str, network: str) -> Sequence[int]:
    """The rows that a collector looks at; by the plan while it was not heard."""
    observer = live.observers.get(name)
    if observer is not None:
        return live.board.rows_of_shard(network, *observer.shard)
    shards = live.site.networks[network].shards
    names = [collector_name(network, shard, shards) for shard in range(shards)]
    return live.board.rows_of_shard(network, names.index(name), shards)


def _down(live: Live, row: int) -> dict[str, Any]:
    watch, word = live.board.watches[row], live.board.truth(row)
    return {
        "node": watch.node.id,
        "name": watch.node.label,
        "network": watch.network,
        "region": watch.node.region,
        "region_name": region_name(live, watch.node.region),
        "since": moment(word.since),
        "cause": word.cause.value,
        "probe": word.probe,
    }


def _outage(live: Live, outage: Outage) -> dict[str, Any]:
    return {
        "id": outage.id,
        "kind": outage.kind.value,
        "network": outage.network,
        "root": outage.root,
        "name": outage.name or outage.root,
        "region": outage.region,
        "region_name": region_name(live, outage.region),
        "contractor": outage.contractor,
        "since": moment(outage.at),
        "cause": outage.cause.value,
        "affected": outage.affected,
        "excluded": outage.excluded,
    }


def wide_outages(status: Status) -> list[Mapping[str, Any]]:
    """The open outages that are more than one watch being down by itself."""
    return [
        each for each in status["outages"] if each["affected"] > 1 or each["kind"] != OutageKind.NODE.value
    ]


def alone(status: Status) -> list[Mapping[str, Any]]:
    """What is down by itself and takes nothing else along."""
    roots = {(each["root"], each["network"]) for each in wide_outages(status)}
    return [each for each in status["down"] if (each["node"], each["network"]) not in roots]


def not_listed(status: Status, shown: int) -> int:
    """How many watches are down that stand neither in an outage nor among the ``shown`` of :func:`alone`."""
    roots = len(status["down"]) - len(alone(status))
    return int(status["down_total"]) - int(status["down_covered"]) - roots - shown


def _change(live: Live, change: Change) -> dict[str, Any]:
    row = live.board.row(change.node, change.network)
    return {
        "time": format_time(change.at),
        "node": change.node,
        "name": change.node if row is None else live.board.watches[row].node.label,
        "network": change.network,
        "from": change.old.value,
        "to": change.new.value,
        "cause": change.cause.value,
    }


def region_name(live: Live, code: str) -> str:
    """The name of a region, or its code where the site does not name it."""
    region = live.site.regions.get(code)
    return code if region is None else region.name


def moment(millis: int) -> str | None:
    """RFC 3339, or None for a moment that nobody knows."""
    return format_time(millis) if millis else None
