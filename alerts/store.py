"""The book of the engine as rows: whatever has changed in it is written in the engine's transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from alerts.life import Book, Closed, Gathering, Life, Pending
from alerts.packing import alert_of, finding_of
from monitor.model.events import Change, Judged
from monitor.model.orders import Order
from monitor.model.outages import Outage

STEPS: Final = (
    (
        (
            "CREATE TABLE book (part TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,"
            " PRIMARY KEY (part, key)) WITHOUT ROWID"
        ),
    ),
)
"""What each version of the file has more than the one before it."""


class Shelf:
    """Writes what has changed since the last time that was stored, and nothing else.

    After a transaction that came to nothing :meth:`load` must be called: the book in memory is ahead then.
    """

    def __init__(self) -> None:
        self._stored: dict[str, dict[str, Any]] = {name: {} for name, _ in Book().shelves()}

    def load(self, db: sqlite3.Connection) -> Book:
        """The book as it is stored."""
        book = Book()
        shelves = dict(book.shelves())
        for part, key, body in db.execute("SELECT part, key, body FROM book"):
            shelves[part][key] = _READ[part](json.loads(body))
        self._stored = {name: dict(values) for name, values in shelves.items()}
        return book

    def save(self, db: sqlite3.Connection, book: Book) -> Callable[[], None]:
        """Write what has changed; what is returned must be called once that is committed."""
        stored: dict[str, dict[str, Any]] = {}
        for part, values in book.shelves():
            known = self._stored[part]
            changed = [(key, value) for key, value in values.items() if known.get(key) is not value]
            gone = known.keys() - values.keys()
            db.executemany(
                "INSERT OR REPLACE INTO book VALUES (?, ?, ?)",
                [(part, key, _written(value)) for key, value in changed],
            )
            db.executemany("DELETE FROM book WHERE part = ? AND key = ?", [(part, key) for key in gone])
            if changed or gone:
                stored[part] = dict(values)

        def committed() -> None:
            self._stored |= stored

        return committed


def _written(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    match value:
        case int():
            return value
        case Outage() | Change() | Order():
            return value.to_json()
        case Closed():
            return {"outage": value.outage.to_json(), "said_at": value.said_at}
        case _:
            return asdict(value)


def _life(data: Mapping[str, Any]) -> Life:
    channels = {name: tuple(to) for name, to in data["channels"].items()}
    return Life(**{**data, "alert": alert_of(data["alert"]), "channels": channels})


_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "outages": Outage.from_json,
    "closed": lambda data: Closed(Outage.from_json(data["outage"]), data["said_at"]),
    "degraded": Judged.from_json,
    "turned": Judged.from_json,
    "maintained": int,
    "doubts": int,
    "pending": lambda data: Pending(finding_of(data["finding"]), data["since"]),
    "lives": _life,
    "ending": _life,
    "silences": Order.from_json,
    "gatherings": lambda data: Gathering(**data),
    "counts": int,
}
