"""Which database a ledger to be verified is in."""

from __future__ import annotations

from errno import ENOENT
from os import strerror
from pathlib import Path
from typing import Final

from monitor.ledger.chain_check import Source
from monitor.ledger.engine import file_of, parse
from monitor.ledger.errors import LedgerError
from monitor.ledger.postgres import check_driver, is_postgres
from monitor.ledger.postgres_reader import PostgresSource
from monitor.ledger.sqlite_reader import SqliteSource
from monitor.model.said import Said

_NEITHER: Final = Said(
    "台账：这里只能核验 SQLite 和 PostgreSQL", "ledger: only SQLite and PostgreSQL can be verified here"
)


def source_of(place: str) -> Source:
    """The ledger in a file, or at a URL. Raises FileNotFoundError, and LedgerError for other databases."""
    if "://" in place and is_postgres(parse(place)):
        check_driver()
        return PostgresSource(parse(place))
    path = file_of(place) if "://" in place else Path(place)
    if path is None:
        raise LedgerError(_NEITHER, lasting=True)
    if not path.is_file():
        raise FileNotFoundError(ENOENT, strerror(ENOENT), str(path))
    return SqliteSource(path)
