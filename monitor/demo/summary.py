"""The summary of a demo for programs: what was watched, what changed, and how true it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from monitor.demo.city import City
from monitor.demo.compare import Comparison, Key, confirm_window
from monitor.model.nodes import Kind, Watch
from monitor.model.observations import State


def windows_of(city: City, *, heartbeats: bool) -> dict[Key, int]:
    """How long each watch of the city needs to be judged, in milliseconds, at the site's settings."""
    return {watch.key: confirm_window(watch if heartbeats else _mute(watch)) for watch in city.watches}


def _mute(watch: Watch) -> Watch:
    probes = tuple(probe for probe in watch.probes if probe.protocol != "mqtt")
    return Watch(watch.node, watch.network, watch.address, probes)


def summarise(
    city: City, states: Mapping[Key, State], changes: int, comparison: Comparison, *, seconds: float
) -> dict[str, Any]:
    """One JSON object. A watch of which ``states`` says nothing is unknown."""
    counts = Counter(states.get(watch.key, State.UNKNOWN) for watch in city.watches)
    return {
        "invented_city": True,
        "seed": city.seed,
        "seconds": round(seconds, 1),
        "points": sum(node.kind is Kind.CAMERA for node in city.nodes),
        "nodes": len(city.nodes),
        "watches": len(city.watches),
        "states": {state.value: counts[state] for state in State},
        "changes": changes,
        **comparison.to_json(),
        "details": comparison.details[:20],
    }
