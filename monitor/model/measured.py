"""What the monitor measures all the time, for those who tell: groups, budgets, and its own health.

Written as one expiring key (``Keys.measured``), never to a stream: only the newest counts. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

WINDOWS: Final[Mapping[str, float]] = {"5m": 300.0, "1h": 3600.0, "6h": 21600.0, "3d": 259200.0}
"""The rolling windows in which a budget's burning is measured, in seconds; beside them ``month``."""


EXPIRES: Final = 60
"""Seconds for which what was measured may be believed."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Device-time of a group within a window, in milliseconds; excluded time is in none of them.

    ``good``: up. ``bad``: degraded or down. ``unknown``: nobody looked. The share that was not intact is
    bad ÷ (good + bad); None of the two is a guess about ``unknown``.
    """

    good: int = 0
    bad: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """The error budget of a group in the running month, in device-milliseconds.

    ``total``: the part of the month's device-time that the target leaves. ``gone_at``: when it is gone
    (a moment past), or will be if the last 3 days go on (None: not before the month ends).
    """

    total: int
    used: int
    gone_at: int | None = None


@dataclass(frozen=True, slots=True)
class GroupNow:
    """Watches counted together. ``network``, ``region`` and ``point_class`` None: of all.

    ``states``: how many are up, degraded, down, unknown. ``suppressed``: of those down, how many are
    covered by an outage of something above them; ``maintained``: how many of the others by approved
    maintenance. ``target`` and ``budget`` None: the class has none.
    """

    network: str | None
    region: str | None
    point_class: int | None
    watches: int
    states: Mapping[str, int]
    suppressed: int = 0
    maintained: int = 0
    target: float | None = None
    windows: Mapping[str, Spent] = field(default_factory=dict)
    budget: Budget | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How the pipeline itself is. Ages in seconds, the rest in events."""

    sight_ages: Mapping[str, float]
    outboxes: Mapping[str, int]
    lags: Mapping[str, int]
    ledger_takes: bool
    reload_error: str = ""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and when it ends, milliseconds."""

    node: str
    network: str
    expires: int


@dataclass(frozen=True, slots=True)
class Measured:
    """All of it, as of ``at`` (milliseconds).

    ``maintained``: of the watches that are degraded those under approved maintenance, as ``network/node``.
    """

    at: int
    groups: tuple[GroupNow, ...]
    health: Health
    certificates: tuple[Certificate, ...] = ()
    maintained: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "groups": [_plain(each) for each in self.groups],
            "health": asdict(self.health),
            "certificates": [asdict(each) for each in self.certificates],
            "maintained": list(self.maintained),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises KeyError or TypeError for anything else than what :meth:`to_json` gave."""
        return cls(
            at=data["at"],
            groups=tuple(_group(each) for each in data["groups"]),
            health=Health(**data["health"]),
            certificates=tuple(Certificate(**each) for each in data["certificates"]),
            maintained=tuple(data["maintained"]),
        )


def _plain(group: GroupNow) -> dict[str, Any]:
    """Like ``asdict``, which copies everything, in a tenth of the time: there may be thousands of groups."""
    budget = group.budget
    return {
        "network": group.network,
        "region": group.region,
        "point_class": group.point_class,
        "watches": group.watches,
        "states": group.states,
        "suppressed": group.suppressed,
        "maintained": group.maintained,
        "target": group.target,
        "windows": {
            name: {"good": spent.good, "bad": spent.bad, "unknown": spent.unknown}
            for name, spent in group.windows.items()
        },
        "budget": budget and {"total": budget.total, "used": budget.used, "gone_at": budget.gone_at},
    }


def _group(data: Mapping[str, Any]) -> GroupNow:
    windows = {name: Spent(**spent) for name, spent in data["windows"].items()}
    budget = None if data["budget"] is None else Budget(**data["budget"])
    return GroupNow(**{**data, "windows": windows, "budget": budget})
