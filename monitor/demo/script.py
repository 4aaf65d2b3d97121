"""A script of faults for an invented city: random, and the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from random import Random
from typing import Final

from monitor.demo.city import VIDEO, City
from monitor.demo.faults import AT_THE_DOOR, DELAYS, Fault, FaultKind
from monitor.model.nodes import Kind, Level, Node

_ANSWERING: Final = (
    FaultKind.REFUSE, FaultKind.HANG, FaultKind.VANISH, FaultKind.SLOW, FaultKind.GARBAGE,
    FaultKind.RESET, FaultKind.BUSY, FaultKind.REBOOT,
)  # fmt: skip
_CONNECTING: Final = (FaultKind.REFUSE, FaultKind.VANISH, FaultKind.REBOOT)


@dataclass(frozen=True, slots=True)
class Pace:
    """How much goes wrong. Spans in seconds.

    ``share`` of the single nodes fail during the script, each once: more often within five minutes would
    be flapping, and that is a fault of its own kind. ``brief`` of them are shorter than any confirmation
    and need not be noticed. ``blackouts`` are a county, if it shall be one, and towns outside of it that
    vanish with all behind them.
    ``quiet`` at the end leaves time to see the last recoveries; ``lasting`` of the faults do not end.
    """

    share: float = 0.06
    least: float = 20.0
    most: float = 60.0
    brief: float = 0.1
    lasting: float = 0.1
    blackouts: int = 2
    county: bool = True
    flapping: int = 1
    quiet: float = 20.0


def script(
    city: City,
    seed: int,
    start: int,
    duration: float,
    *,
    pace: Pace | None = None,
    heartbeats: bool = False,
    wildcard: bool = False,
) -> list[Fault]:
    """Faults from ``start`` (milliseconds) for ``duration`` seconds, in the order of their starts.

    No two of them overlap on one node. Where the city has nodes enough, all that the pace names is there;
    with a broker (``heartbeats``) also a last will and a heartbeat that falls silent, both longer than
    most: silence takes its time to be heard. A wildcard fleet gets only what it can play. Witnesses never
    fail: without them nobody sees anything.
    """
    rng = Random(f"script {seed}")
    writer = _Writer(
        city, rng, start, duration, pace=pace or Pace(), heartbeats=heartbeats, wildcard=wildcard
    )
    return sorted(writer.faults(), key=lambda fault: (fault.start, fault.nodes))


class _Writer:
    def __init__(
        self,
        city: City,
        rng: Random,
        start: int,
        duration: float,
        *,
        pace: Pace,
        heartbeats: bool,
        wildcard: bool,
    ) -> None:
        self._city = city
        self._rng = rng
        self._start = start
        self._pace = pace
        # A script that is shorter than its usual faults gets shorter ones.
        self._room = max(duration - pace.quiet, duration / 2)
        self._most = min(pace.most, self._room * 0.8)
        self._least = min(pace.least, self._most)
        self._heartbeats = heartbeats
        self._wildcard = wildcard
        self._taken = set(city.witnesses.values())

    def faults(self) -> Iterator[Fault]:
        county = self._county()
        # They are few, and should not be left to chance: neither to be taken by a blackout.
        told = self._told(spared=frozenset(county))
        self._taken.update(node.id for node in told)
        if not self._wildcard:
            yield from self._blackouts(county)
            yield from self._flapping()
        yield from self._singles(told)

    def _county(self) -> tuple[str, ...]:
        """The county switch to fail and all behind it; empty for none.

        One that leaves two hearts beating elsewhere, if there is any.
        """
        if self._wildcard or not (self._pace.county and self._pace.blackouts):
            return ()
        beating = {node.id for node in self._city.nodes if _beats(node)}
        branches = [self._city.behind(root.id) for root in self._switches(Level.COUNTY)]
        for enough in (2, 1, 0):
            for branch in filter(self._is_free, branches):
                if len(beating.difference(branch)) >= enough:
                    return branch
        return ()

    def _told(self, spared: frozenset[str]) -> list[Node]:
        """The two nodes whose heartbeats fail, as far as there are any: by a last will, and by silence."""
        if not self._heartbeats:
            return []
        return [node for node in self._free(_beats) if node.id not in spared][:2]

    def _blackouts(self, county: tuple[str, ...]) -> Iterator[Fault]:
        """Whole branches first: the single faults then take from what is left."""
        towns = (self._city.behind(root.id) for root in self._switches(Level.TOWN))
        branches = chain([county] if county else [], (nodes for nodes in towns if self._is_free(nodes)))
        for nodes in islice(branches, self._pace.blackouts):
            self._taken.update(nodes)
            begin, end = self._span(self._least, self._most)
            yield Fault(nodes, FaultKind.VANISH, begin, end, root=nodes[0])

    def _is_free(self, nodes: tuple[str, ...]) -> bool:
        return self._taken.isdisjoint(nodes)

    def _switches(self, level: Level) -> list[Node]:
        """The video switches of a level in random order, the smaller counties first.

        A county with most of the city behind it would leave nothing else to watch.
        """
        found = [
            node
            for node in self._city.nodes
            if node.kind is Kind.SWITCH and node.level is level and node.networks == (VIDEO,)
        ]
        self._rng.shuffle(found)
        if level is Level.COUNTY:
            found.sort(key=lambda node: len(self._city.behind(node.id)))
        return found

    def _flapping(self) -> Iterator[Fault]:
        delay = DELAYS[FaultKind.FLAPPING]
        if self._room < 4 * delay:
            return
        for node in self._free(_is_camera)[: self._pace.flapping]:
            self._taken.add(node.id)
            begin = self._start
            end = begin + round(1000 * self._room)
            yield Fault((node.id,), FaultKind.FLAPPING, begin, end, delay)

    def _singles(self, told: list[Node]) -> Iterator[Fault]:
        kinds = self._playable((FaultKind.WILL, FaultKind.SILENT))
        for node, kind in zip(told, kinds, strict=False):
            yield Fault((node.id,), kind, *self._span((self._least + self._most) / 2, self._most))
        nodes = self._free(self._can_fail)
        for node in nodes[: max(1, round(self._pace.share * len(nodes)))]:
            yield self._single(node)

    def _single(self, node: Node) -> Fault:
        kind = self._rng.choice(self._kinds(node))
        if self._rng.random() < self._pace.brief:
            begin, end = self._span(0.5, 2.0)
            return Fault((node.id,), kind, begin, end, DELAYS.get(kind, 0.0))
        begin, end = self._span(self._least, self._most)
        lasting = self._rng.random() < self._pace.lasting
        return Fault((node.id,), kind, begin, None if lasting else end, DELAYS.get(kind, 0.0))

    def _kinds(self, node: Node) -> Sequence[FaultKind]:
        if _beats(node) and self._heartbeats:
            kinds: Sequence[FaultKind] = (FaultKind.WILL, FaultKind.SILENT)
        else:
            kinds = _CONNECTING if _only_connects(node) else _ANSWERING
        return self._playable(kinds)

    def _playable(self, kinds: Sequence[FaultKind]) -> list[FaultKind]:
        return [kind for kind in kinds if not self._wildcard or kind not in AT_THE_DOOR]

    def _can_fail(self, node: Node) -> bool:
        return bool(self._kinds(node)) and node.kind is not Kind.SWITCH

    def _free(self, wanted: Callable[[Node], bool]) -> list[Node]:
        """The nodes that nothing has happened to yet, in random order."""
        found = [node for node in self._city.nodes if node.id not in self._taken and wanted(node)]
        self._rng.shuffle(found)
        return found

    def _span(self, least: float, most: float) -> tuple[int, int]:
        length = self._rng.uniform(least, most)
        offset = self._rng.uniform(0, self._room - length)
        begin = self._start + round(1000 * offset)
        return begin, begin + round(1000 * length)


def _is_camera(node: Node) -> bool:
    return node.kind is Kind.CAMERA


def _beats(node: Node) -> bool:
    return any(probe.protocol == "mqtt" for probe in node.probes)


def _only_connects(node: Node) -> bool:
    return all(probe.protocol in {"tcp", "mqtt", "ping"} for probe in node.probes)
