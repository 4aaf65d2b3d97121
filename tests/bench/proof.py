"""What it costs to hold a ledger against what was recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from measure import Figure, at_most, micros

from monitor.ledger.sqlite_reader import SqliteSource
from monitor.ledger.verify import verify

ROUNDS: Final = 3
SECOND: Final = 200_000
"""So many links are to be verified in a second, on one core or two."""


def verifying(ledger: Path) -> Iterator[Figure]:
    """The whole chain of a ledger: each row read, its hash computed."""
    walls, links = [], 0
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        found = verify(SqliteSource(ledger), None)
        walls.append((time.perf_counter() - begun) / found.links)
        assert found.ok, found.findings[:3]
        links = found.links
    yield Figure(f"  verify of its {links:,} links, each", tuple(walls), micros, at_most(1 / SECOND, micros))
