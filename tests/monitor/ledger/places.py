"""Where a ledger of a test is: a file of SQLite in a folder, or a database of PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from servers import Postgres


@dataclass(frozen=True)
class Database:
    """A database of a real server, in the place of a folder with ``ledger.db``."""

    server: Postgres
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.server.run(query, database=self.name)
