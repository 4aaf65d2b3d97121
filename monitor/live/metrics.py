"""``/metrics``: what is true now, as samples.

Families with a sample for every watch or group are rendered by hand from the board's arrays, with labels
made once; counters and our own health go through a registry of prometheus-client. A name appears in one of
the two, so that every family stands together (OpenMetrics asks for it).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest as text_of
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_of
from prometheus_client.registry import Collector

from monitor.bus.lag import MOST_LAG
from monitor.live.board import Board, Group
from monitor.live.exposition import Gauge, label, labels
from monitor.live.health import Health
from monitor.live.probetimes import ProbeTimes
from monitor.live.shares import Shares
from monitor.live.states import Live
from monitor.live.status import Tally
from monitor.live.surroundings import Surroundings
from monitor.live.tellings import families
from monitor.model.nodes import Kind, Watch
from monitor.model.observations import State
from monitor.model.outages import OutageKind

_UP: Final = Gauge(b"quanshi_node_up", b"Whether the node answers (1) or not (0). No sample while unknown.")
_STATE: Final = Gauge(b"quanshi_node_state", b"State of the node: 0 unknown, 1 down, 2 degraded, 3 up.")
_SINCE: Final = Gauge(b"quanshi_node_state_since_timestamp_seconds", b"Since when the state holds.")
_UPSTREAM: Final = Gauge(
    b"quanshi_node_upstream",
    b"1 where the node is down for an outage of something else. No sample otherwise.",
)
_DURATION: Final = Gauge(
    b"quanshi_probe_duration_seconds", b"Time that the last probe took. No sample while it has no answer."
)
_EXPIRY: Final = Gauge(
    b"quanshi_certificate_expiry_timestamp_seconds", b"When the certificate of the node ends."
)
_NODES: Final = Gauge(b"quanshi_nodes", b"Watches by state.")
_ONLINE: Final = Gauge(
    b"quanshi_online_ratio", b"Camera points up or degraded, of those known. No sample if none is known."
)

_PIECE: Final = 512
"""Rows that are rendered together, and together not rendered again."""

_UP_VALUES: Final = (b"", b"} 0\n", b"} 1\n", b"} 1\n")
_STATE_VALUES: Final = (b"} 0\n", b"} 1\n", b"} 2\n", b"} 3\n")


class Metrics:
    """Renders the metrics of a live picture, its health, and the last probe times."""

    def __init__(self, live: Live, health: Health, times: ProbeTimes) -> None:
        self._live = live
        self._times = times
        self._labelled = _Labelled(live.board)
        self._around = Surroundings(live.site, live.board)
        self._shares = Shares()
        self._registry = CollectorRegistry()
        self._registry.register(_Own(live, health, times))
        ProcessCollector(registry=self._registry)

    def render(self, now: int, *, openmetrics: bool) -> bytes:
        """The whole page as of ``now`` (milliseconds), in OpenMetrics 1.0 or in text 0.0.4."""
        self._live.refresh(now)
        if self._labelled.board is not self._live.board:
            self._labelled = _Labelled(self._live.board)
            self._around = Surroundings(self._live.site, self._live.board)
        write = openmetrics_of if openmetrics else text_of
        rest: bytes = write(self._registry)
        shares = self._shares.families(self._live.measured, now)
        upstream = _UPSTREAM.render(self._upstream_samples())
        around = self._around.families(self._live.outages.all())
        return b"".join(
            [*self._labelled.families(), upstream, *around, *shares, *self._probe_families(), rest]
        )

    def _upstream_samples(self) -> Iterator[bytes]:
        """Of the rows shown as down alone: who turned up again may be blamed for a moment longer."""
        board, covers = self._live.board, self._live.outages.covers
        row = board.shown.find(State.DOWN.code)
        while row >= 0:
            watch = board.watches[row]
            if covers(watch.node.id, watch.network):
                yield self._labelled.watches[row] + b"} 1\n"
            row = board.shown.find(State.DOWN.code, row + 1)

    def _probe_families(self) -> Iterator[bytes]:
        yield _DURATION.render(self._duration_samples())
        yield _EXPIRY.render(self._expiry_samples())

    def _duration_samples(self) -> Iterator[bytes]:
        each = self._labelled.watches
        for shard, durations in self._times.durations(self._live):
            rows = self._live.board.rows_of_shard(*shard)
            for probe in durations.probes:
                name = label("probe", probe)
                values = durations.of_probe(probe)
                yield from [
                    b"%b%b} %.4g\n" % (each[row], name, value)
                    for row, value in zip(rows, values, strict=True)
                    if 0 <= value < math.inf  # NaN, a probe without an answer, is neither
                ]

    def _expiry_samples(self) -> Iterator[bytes]:
        for row, end in sorted(self._times.certificates(self._live).items()):
            watch = self._live.board.watches[row]
            found = labels({"node": watch.node.id, "network": watch.network})
            yield b"%b} %.0f\n" % (found, end)


Values: TypeAlias = "bytearray | array[int]"  # array is generic to mypy alone in 3.11


def _up_samples(found: Sequence[bytes], codes: Values) -> list[bytes]:
    return [each + _UP_VALUES[code] for each, code in zip(found, codes, strict=True) if code]


def _state_samples(found: Sequence[bytes], codes: Values) -> list[bytes]:
    return [each + _STATE_VALUES[code] for each, code in zip(found, codes, strict=True)]


def _since_samples(found: Sequence[bytes], moments: Values) -> list[bytes]:
    return [b"%b} %.3f\n" % (each, at / 1000) for each, at in zip(found, moments, strict=True) if at]


class _Column:
    """A family with a sample for every row, rendered in pieces of the board.

    A piece whose values are as they were is not rendered again: between two scrapes few watches change.
    """

    def __init__(
        self,
        gauge: Gauge,
        found: Sequence[bytes],
        samples: Callable[[Sequence[bytes], Values], list[bytes]],
    ) -> None:
        self._gauge = gauge
        self._samples = samples
        self._pieces = [found[start : start + _PIECE] for start in range(0, len(found), _PIECE)]
        self._values: list[Values | None] = [None] * len(self._pieces)
        self._lines: list[bytes] = [b""] * len(self._pieces)

    def render(self, values: Values) -> bytes:
        """The family for these values, one for each row."""
        for number, found in enumerate(self._pieces):
            piece = values[number * _PIECE : (number + 1) * _PIECE]
            if piece != self._values[number]:
                self._values[number] = piece
                self._lines[number] = self._gauge.lines(self._samples(found, piece))
        return self._gauge.family(b"".join(self._lines))


class _Labelled:
    """A board with the labels of its rows and groups made once."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.watches = [labels(_watch_labels(watch)) for watch in board.watches]
        self._up = _Column(_UP, self.watches, _up_samples)
        self._state = _Column(_STATE, self.watches, _state_samples)
        self._since = _Column(_SINCE, self.watches, _since_samples)
        self._cells = [
            (labels(_group_labels(group) | {"state": state.value}), 4 * number + state.code)
            for number, group in enumerate(board.groups)
            for state in State
        ]
        self._points = _points(board.groups)

    def families(self) -> Iterator[bytes]:
        """Everything that the board alone can tell."""
        yield self._up.render(self.board.shown)
        yield self._state.render(self.board.shown)
        yield self._since.render(self.board.shown_since)
        counts = self.board.counts
        yield _NODES.render([b"%b} %d\n" % (found, counts[cell]) for found, cell in self._cells])
        yield _ONLINE.render(self._online_samples())

    def _online_samples(self) -> Iterator[bytes]:
        counts = self.board.counts
        for found, numbers in self._points.items():
            online = Tally(counts[4 * number : 4 * number + 4] for number in numbers).online
            if online is not None:
                yield b"%b} %.6f\n" % (found, online)


def _watch_labels(watch: Watch) -> dict[str, str]:
    node = watch.node
    return {
        "node": node.id,
        "network": watch.network,
        "kind": node.kind.value,
        "class": _class(node.point_class),
        "region": node.region,
    }


def _group_labels(group: Group) -> dict[str, str]:
    return {
        "network": group.network,
        "region": group.region,
        "class": _class(group.point_class),
        "kind": group.kind.value,
    }


def _class(point_class: int | None) -> str:
    return "" if point_class is None else str(point_class)


def _points(groups: Iterable[Group]) -> dict[bytes, list[int]]:
    """The groups of camera points, by the labels under which their online ratio is shown."""
    found: dict[bytes, list[int]] = {}
    for number, group in enumerate(groups):
        if group.kind is Kind.CAMERA:
            shown = _group_labels(group)
            del shown["kind"]
            found.setdefault(labels(shown), []).append(number)
    return found


class _Own(Collector):
    """The counters, the targets, and the monitor's own health; collected anew for every scrape."""

    def __init__(self, live: Live, health: Health, times: ProbeTimes) -> None:
        self._live = live
        self._health = health
        self._times = times

    def collect(self) -> Iterator[Metric]:
        yield from self._city()
        yield from self._way()
        yield from families(self._times.telling)
        yield from self._condition()

    def _city(self) -> Iterator[Metric]:
        target = GaugeMetricFamily(
            "quanshi_availability_target_ratio", "Target of a point class.", labels=["class"]
        )
        for point_class, ratio in self._live.site.targets.items():
            target.add_metric([str(point_class)], ratio)
        yield target
        probes = CounterMetricFamily(
            "quanshi_probes", "Answers by result.", labels=["network", "probe", "result"]
        )
        for answered, count in self._live.answers.items():
            probes.add_metric(answered, count)
        yield probes

        outages = GaugeMetricFamily("quanshi_outages", "Outages open now.", labels=["network", "kind"])
        open_now = self._live.outages.counts()
        for network in self._live.site.networks:
            for kind in OutageKind:
                outages.add_metric([network, kind.value], open_now[network, kind])
        yield outages

    def _way(self) -> Iterator[Metric]:
        """From the collectors to the ledger: what came, what is late, what is missing."""
        events = CounterMetricFamily("quanshi_events", "Events taken into the ledger.", labels=["type"])
        for name, count in self._live.events.items():
            events.add_metric([name], count)
        yield events
        yield CounterMetricFamily(
            "quanshi_events_lost", "Events that can never come again.", self._health.lost
        )
        yield CounterMetricFamily(
            "quanshi_events_refused", "Entries of the stream that are no event.", self._health.refused
        )
        age = GaugeMetricFamily(
            "quanshi_sight_age_seconds", "Time since a collector proved to look.", labels=["collector"]
        )
        now = self._live.clock()
        for name in self._live.observers:
            age.add_metric([name], self._live.sight_age(name, now) or 0.0)
        yield age
        yield _gauge(
            "quanshi_outbox_events",
            "Events that a collector has not seen committed: as they stand in its outbox or, where that is on"
            " another machine, as of its last event.",
            "collector",
            self._health.unconfirmed(self._live),
        )
        yield _gauge(
            "quanshi_bus_lag_events",
            f"Entries not yet read, counted up to {MOST_LAG}. No sample while Redis is away.",
            "reader",
            self._health.lag,
        )

    def _condition(self) -> Iterator[Metric]:
        """Whether what this page says may be believed, and will be remembered."""
        yield GaugeMetricFamily(
            "quanshi_monitor_ready",
            "Whether this page may be believed (1), as /readyz says; never where another is followed.",
            0 if any(self._health.not_ready(self._live)) else 1,
        )
        yield GaugeMetricFamily(
            "quanshi_ledger_writable",
            "Whether the ledger takes what comes (1), or refuses it (0).",
            int(self._health.ledger_takes),
        )
        yield GaugeMetricFamily(
            "quanshi_config_reload_success",
            "Whether the site's files, as they are now, are all in use (1), or hold a mistake or wait for a"
            " restart (0).",
            0 if self._health.reload_error else 1,
        )
        yield GaugeMetricFamily(
            "quanshi_config_last_reload_success_timestamp_seconds",
            "When the site's files were last taken into use.",
            self._health.reloaded_at / 1000,
        )


def _gauge(name: str, help_text: str, label_name: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label_name])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
