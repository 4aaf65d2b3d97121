"""The numbers of the alert role, for the pages of the monitor: one expiring key, only the newest counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Telling:
    """As of ``at`` (milliseconds).

    ``alerts``: how many ever fired, as (rule, severity, count). ``pending``: messages that wait, by channel.
    ``latency``: seconds from knowing to delivered, how many took at most each bound; the last bound is None,
    for all. ``latency_sum`` in seconds.
    """

    at: int
    alerts: tuple[tuple[str, str, int], ...]
    pending: Mapping[str, int]
    latency: tuple[tuple[float | None, int], ...]
    latency_sum: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for anything else than what :meth:`to_json` gave."""
        return cls(
            at=data["at"],
            alerts=tuple((str(rule), str(severity), int(count)) for rule, severity, count in data["alerts"]),
            pending={str(name): int(count) for name, count in data["pending"].items()},
            latency=tuple(
                (None if bound is None else float(bound), int(count)) for bound, count in data["latency"]
            ),
            latency_sum=float(data["latency_sum"]),
        )
