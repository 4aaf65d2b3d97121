"""What was measured, as samples: availability by window, how much was seen, and what is left of budgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitor.live.exposition import Gauge, label, labels
from monitor.model.measured import EXPIRES, WINDOWS, GroupNow, Measured, Spent

_AVAILABILITY: Final = Gauge(
    b"quanshi_availability_ratio",
    b"Share of the known device-time that was good; empty labels mean all. No sample if none is known.",
)
_SEEN: Final = Gauge(
    b"quanshi_availability_seen_ratio",
    b"Share of the device-time of the window that was seen; of whole networks alone, empty labels mean all.",
)
_REMAINING: Final = Gauge(
    b"quanshi_error_budget_remaining_ratio",
    b"Share of the budget of this month that is left, below 0 when it is overdrawn; empty labels mean all.",
)

_Key = tuple[str | None, str | None, int | None]


class Shares:
    """Renders what was measured last, once however often it is asked for."""

    def __init__(self) -> None:
        self._rendered: Measured | None = None
        self._text: tuple[bytes, bytes, bytes] = (b"", b"", b"")
        self._labels: dict[_Key, tuple[bytes, dict[str, bytes]]] = {}

    def families(self, measured: Measured | None, now: int) -> tuple[bytes, bytes, bytes]:
        """As of ``now``, milliseconds; nothing of what is too old to be true."""
        if measured is None or now - measured.at > 1000 * EXPIRES:
            return (b"", b"", b"")
        if measured is not self._rendered:
            known = {key: self._of(key) for key in map(_key, measured.groups)}
            self._labels = known  # of groups that are gone nothing is kept
            self._rendered = measured
            self._text = (
                _AVAILABILITY.render(self._available(measured)),
                _SEEN.render(self._seen(measured)),
                _REMAINING.render(self._remaining(measured)),
            )
        return self._text

    def _of(self, key: _Key) -> tuple[bytes, dict[str, bytes]]:
        """The labels of a group, and those of its windows."""
        found = self._labels.get(key)
        if found is None:
            network, region, point_class = key
            shown = {
                "network": network or "",
                "region": region or "",
                "class": "" if point_class is None else str(point_class),
            }
            found = (labels(shown), {})
        return found

    def _available(self, measured: Measured) -> Iterator[bytes]:
        for group in measured.groups:
            found, windows = self._labels[_key(group)]
            for name, spent in group.windows.items():
                known = spent.good + spent.bad
                if known:
                    mine = windows.get(name)
                    if mine is None:
                        mine = windows[name] = found + label("window", name)
                    yield b"%b} %.6f\n" % (mine, spent.good / known)

    def _seen(self, measured: Measured) -> Iterator[bytes]:
        """Of what was not seen nothing can be said: the rules on budgets ask for half of a window.

        Not of regions, which are many and small. At most 1: a window may be seconds longer than its name.
        """
        for group in measured.groups:
            if group.region is not None or not group.watches:
                continue
            found, _ = self._labels[_key(group)]
            for name, seconds in WINDOWS.items():
                spent = group.windows.get(name, Spent())
                share = (spent.good + spent.bad) / (1000 * seconds * group.watches)
                yield b"%b%b} %.6f\n" % (found, label("window", name), min(1.0, share))

    def _remaining(self, measured: Measured) -> Iterator[bytes]:
        for group in measured.groups:
            budget = group.budget
            if budget is not None and budget.total:
                found, _ = self._labels[_key(group)]
                yield b"%b} %.6f\n" % (found, (budget.total - budget.used) / budget.total)


def _key(group: GroupNow) -> _Key:
    return (group.network, group.region, group.point_class)
