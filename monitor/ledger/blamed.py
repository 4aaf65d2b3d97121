"""When being down was another's fault, by watch: for figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, select

from monitor.ledger import schema
from monitor.ledger.steps import Watch, fetch, not_collecting
from monitor.model.outages import Attribution
from monitor.model.spans import Span, merged

_UPSTREAM: Final = frozenset((Attribution.UPSTREAM.value, Attribution.SUSPECTED.value))


def attributed(connection: Connection, until: int, watch: Watch | None = None) -> dict[Watch, list[Span]]:
    """For every watch that was ever down by another's fault, when: each time until the next word on it.

    Words count by their moment; of those with the same moment the one recorded last. The last one holds
    until ``until``. ``watch``: of this one alone.
    """
    with not_collecting():
        return _attributed(connection, until, watch)


def _attributed(connection: Connection, until: int, watch: Watch | None) -> dict[Watch, list[Span]]:
    of = schema.attributions.c
    query = select(of.node, of.network, of.at, of.attribution).where(of.at < until).order_by(of.link)
    if watch is None:
        blaming = select(of.node, of.network).where(of.attribution.in_(sorted(_UPSTREAM)))
        watches = {(node, network) for node, network in fetch(connection, blaming.distinct())}
    else:
        watches = {watch}
        query = query.where(of.node == watch[0], of.network == watch[1])
    words: defaultdict[Watch, list[tuple[int, str]]] = defaultdict(list)
    for node, network, at, attribution in fetch(connection, query) if watches else ():
        if (node, network) in watches:
            words[node, network].append((at, attribution))
    return {watch: spans for watch, said in words.items() if (spans := _spans(said, until))}


def _spans(said: Sequence[tuple[int, str]], until: int) -> list[Span]:
    by_time = sorted(said, key=itemgetter(0))  # stable: the last of a moment stays last
    return merged(
        [
            (at, following)
            for (at, attribution), (following, _) in pairwise([*by_time, (until, "")])
            if attribution in _UPSTREAM
        ]
    )
