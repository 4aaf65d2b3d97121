"""Circles in what names its parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from monitor.model.said import Said

_NAMED: Final = 8


def around(circle: Sequence[str]) -> Said:
    """``a → b → a``; of a long circle only its beginning."""
    if len(circle) <= _NAMED:
        return Said.same(" → ".join((*circle, circle[0])))
    start, count = " → ".join(circle[:_NAMED]), len(circle)
    return Said(f"{start} → …（共 {count} 个）", f"{start} → … ({count} in all)")


def circles(parents: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Circles of parents, each once: ``("a", "b")`` means a under b under a.

    None are found only when there are none. Parents that are not keys are passed over. Does not
    recurse: a chain may be long.
    """
    done: set[str] = set()
    for start in parents:
        if start not in done:
            yield from _circles_from(start, parents, done)


def _circles_from(
    start: str, parents: Mapping[str, Sequence[str]], done: set[str]
) -> Iterator[tuple[str, ...]]:
    """Walk up from a node, depth first; a parent that is on the way already closes a circle."""
    way: dict[str, Iterator[str]] = {start: iter(parents[start])}
    while way:
        current, above = next(reversed(way.items()))
        for parent in above:
            if parent in way:
                names = list(way)
                yield tuple(names[names.index(parent) :])
            elif parent in parents and parent not in done:
                way[parent] = iter(parents[parent])
                break
        else:
            done.add(current)
            del way[current]
