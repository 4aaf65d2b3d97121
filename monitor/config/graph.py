"""Circles in what names its parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence


def circles(parents: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Circles of parents, each once: ``("a", "b")`` means a under b under a.

    Every circle has at least one member in what is returned; after all of those are broken there may
    be no others. Parents that are not keys are passed over. Does not recurse: chains may be long.
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
