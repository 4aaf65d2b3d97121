"""The colours and words of states, as on our own pages: calm, and colour only for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from deploy.grafana.generate.words import Words

Json = dict[str, Any]

TEXT: Final = "text"
"""Grafana's name for the colour of text in either theme: what is well has no colour of its own."""
QUIET: Final = "#8696a7"
ACCENT: Final = "#5fb3d9"
UP: Final = "#2f5d50"
UP_LINE: Final = "#9cc7b5"
"""The same for a thin line, which the muted one would hide in a dark ground."""
DEGRADED: Final = "#e0a83a"
DOWN: Final = "#ff5a4f"
UPSTREAM: Final = "#a8544e"
UNKNOWN: Final = "#5b6472"

STATES: Final = (
    (0, "unknown", UNKNOWN),
    (1, "down", DOWN),
    (2, "degraded", DEGRADED),
    (3, "up", UP),
    (4, "upstream", UPSTREAM),
)
"""The values of ``quanshi_node_state``, and 4 for what is down for an outage above it."""


def value_mapping(shown: Mapping[str, Json]) -> list[Json]:
    """Values, as text, and what is shown in their place."""
    options = {value: {**what, "index": place} for place, (value, what) in enumerate(shown.items())}
    return [{"type": "value", "options": options}]


def state_mapping(words: Words) -> list[Json]:
    """The states by their values: each with its word and its colour."""
    return value_mapping({str(value): {"text": words(word), "color": color} for value, word, color in STATES})


def yes_or_no(words: Words, yes: str, no: str) -> list[Json]:
    """1 and 0 by these words; only 0 has a colour."""
    return value_mapping(
        {"1": {"text": words(yes), "color": TEXT}, "0": {"text": words(no), "color": DOWN}},
    )


def named(words: Words, **keys: str) -> list[Json]:
    """Values of a label, by the keys of their words."""
    return value_mapping({value: {"text": words(key)} for value, key in keys.items()})


def wrong_from(limit: float, color: str = DOWN) -> Json:
    """No colour below the limit; from it on what is wrong has one."""
    return _steps((None, TEXT), (limit, color))


def wrong_below(limit: float, color: str = DOWN) -> Json:
    """No colour from the limit on; below it what is wrong has one."""
    return _steps((None, color), (limit, TEXT))


NEVER_WRONG: Final[Json] = {"mode": "absolute", "steps": [{"color": TEXT, "value": None}]}


def _steps(*steps: tuple[float | None, str]) -> Json:
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for value, color in steps]}
