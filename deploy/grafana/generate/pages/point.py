"""One point: what it was when, how quickly it answered, and how much of the time it did."""

from __future__ import annotations

from typing import Final

from deploy.grafana.generate import queries as q
from deploy.grafana.generate.dashboard import Page, named_values
from deploy.grafana.generate.panels import MOMENT, RATIO, SECONDS, Panel, Series, chart, stat, timeline
from deploy.grafana.generate.signs import Json, state_mapping
from deploy.grafana.generate.words import Words

_NODE: Final = 'node="$node",network=~"$network"'
_OVER: Final = "[$__range:15s]"
"""Moment by moment, as Prometheus scrapes: of two monitors each may have known for a part of the range."""
_KNOWN: Final = f"(max by (node, network) (quanshi_node_up{{{_NODE}}})){_OVER}"
_ALL: Final = f"(max by (node, network) (quanshi_node_state{{{_NODE}}})){_OVER}"
_UP: Final = f"avg_over_time({_KNOWN})"
_SEEN: Final = f"count_over_time({_KNOWN}) / count_over_time({_ALL})"
"""Of all moments those at which the state was known: while it is not, there is no sample of ``up``."""


def page(words: Words) -> Page:
    states = q.by_network(q.states(_NODE))
    return Page(
        "point",
        rows=[
            _now(words),
            [_on_the_wall(words, timeline(words, "state_timeline", Series(states, "{{network_name}}")))],
            _range(words),
            [_durations(words)],
        ],
        variables=_variables(words),
    )


def _variables(words: Words) -> list[Json]:
    nodes = f'{q.NODES} and on (node) quanshi_node_state{{network=~"$network"}}'
    return [
        named_values(words, "network", q.NETWORKS, "network_name", "network", all_of=True),
        named_values(words, "node", f"max by (name, node) ({nodes})", "name", "node"),
    ]


def _now(words: Words) -> list[Panel]:
    named = 'max by (name, contractor) (quanshi_node_info{node="$node"})'
    place = f"max by (region_name) ({q.by_town(f'max by (region) (quanshi_node_state{{{_NODE}}})')} >= 0)"
    state = q.by_network(q.states(_NODE))
    since = q.by_network(q.since(_NODE))
    return [
        _name_of(stat(words, "point_name", named, legend="{{name}}")).sized(8, 4),
        _name_of(stat(words, "point_place", place, legend="{{region_name}}")).sized(4, 4),
        stat(words, "state_now", state, mappings=state_mapping(words), legend="{{network_name}}").sized(6, 4),
        stat(words, "state_since", since, MOMENT, legend="{{network_name}}").sized(6, 4),
    ]


def _name_of(panel: Panel) -> Panel:
    """A number that is only there for its labels: show these."""
    panel.body["options"]["textMode"] = "name"
    return panel


def _on_the_wall(words: Words, panel: Panel) -> Panel:
    """With a way to Quanshi's own page of the node, where every change and its evidence stand."""
    address = "${wall}#/node/${node:percentencode}"
    panel.body["links"] = [{"title": words("link.wall"), "url": address, "targetBlank": True}]
    return panel


def _range(words: Words) -> list[Panel]:
    """What was not seen is neither up nor down: beside the share that is known stand both bounds."""
    least = f"{_UP} * {_SEEN}"
    most = f"1 - (1 - {_UP}) * {_SEEN}"
    panels = [
        stat(words, "up_share", q.by_network(_UP), RATIO, decimals=2, legend="{{network_name}}"),
        stat(words, "up_least", q.by_network(least), RATIO, decimals=2, legend="{{network_name}}"),
        stat(words, "up_most", q.by_network(most), RATIO, decimals=2, legend="{{network_name}}"),
        stat(words, "seen_share", q.by_network(_SEEN), RATIO, decimals=2, legend="{{network_name}}"),
    ]
    return [panel.sized(6, 4) for panel in panels]


def _durations(words: Words) -> Panel:
    took = f"max by (probe, network) (quanshi_probe_duration_seconds{{{_NODE}}})"
    lines = [Series(q.by_network(took), "{{probe}} · {{network_name}}")]
    return chart(words, "point_durations", lines, SECONDS, least=0).sized(24, 8)
