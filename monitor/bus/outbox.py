"""A collector's outbox: nothing counts as said before it is on disk here."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import structlog

from monitor.bus.locks import FileLock, LockHeldError
from monitor.bus.source import OutboxError, OutboxHeldError, Said
from monitor.model.events import PAYLOADS, Payload, type_of
from monitor.model.times import wall_clock

log = structlog.get_logger(__name__)

_VERSION: Final = 1
_SCHEMA: Final = (
    "CREATE TABLE box (collector TEXT NOT NULL, epoch INTEGER NOT NULL, last INTEGER NOT NULL)",
    """CREATE TABLE events
       (sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL)""",
    "CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    f"PRAGMA user_version = {_VERSION}",
)
_BROKEN_CODES: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class _BrokenFileError(Exception):
    """The file is no outbox, or a damaged one."""


class Outbox:
    """The events that one collector has said and the ledger has not yet confirmed, and a small memory.

    ``epoch`` is when the file was made, in milliseconds; the sequence within it is never used twice.
    One process may hold a box at a time; within it, any thread. A damaged file is moved aside
    (``….broken-<milliseconds>``) and a new epoch begins. Every method may raise OutboxError.
    """

    def __init__(self, path: Path, collector: str) -> None:
        """Opens or makes the box. OutboxError: another process has it, or another collector wrote it."""
        self.path = path
        self.collector = collector
        self._turn = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path.with_name(path.name + ".lock"))
        except LockHeldError as error:
            raise OutboxHeldError(
                f"outbox {path} is in use by process {error.pid}: a collector runs once"
            ) from error
        except OSError as error:
            raise OutboxError(f"outbox {path}: {error.strerror}") from error
        try:
            self._db = _open_sound(path, collector)
            self.epoch, self._last, self._oldest = _standing(self._db)
            # Earlier processes may have shown all that they wrote; this one knows what it shows itself.
            self._inherited = self._shown = self._last
        except sqlite3.Error as error:
            self._lock.release()
            raise OutboxError(f"outbox {path}: {error}") from error
        except OutboxError:
            self._lock.release()
            raise

    def append(self, said: Sequence[tuple[Payload, int]], remember: Mapping[str, str | None] = {}) -> None:
        """Writes events, each with the moment it was said, and memory (None forgets a key): all or nothing.

        When it returns, both are on disk.
        """
        texts = [(moment, type_of(payload), _encode(payload)) for payload, moment in said]
        with self._turn:
            rows = [(sequence, *text) for sequence, text in enumerate(texts, self._last + 1)]
            last = self._last + len(rows)
            with self._transaction() as db:
                db.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", rows)
                db.execute("UPDATE box SET last = ?", (last,))
                _remember(db, remember)
            self._last = last

    def pending(self, after: int, limit: int) -> list[Said]:
        """Up to ``limit`` unconfirmed events above ``after``, in order."""
        query = "SELECT sequence, time, type, data FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?"
        with self._turn:
            rows, oldest = self._rows(query, after, limit), self._oldest
            self._shown = max([self._shown, *(row[0] for row in rows[-1:])])
        return [Said(sequence, moment, self._decode(*row), oldest) for sequence, moment, *row in rows]

    def confirm(self, epoch: int, sequence: int) -> None:
        """Forgets events up to ``sequence``; does nothing for an earlier epoch or when they are gone already.

        Where the ledger has more than this box ever showed, the box is an old copy (put back, or its disk
        lost what it had promised to keep). Its next numbers would pass for repeats: a new epoch begins.
        """
        with self._turn:
            if (epoch, sequence) > (self.epoch, self._shown):
                self._begin_epoch(epoch, sequence)
            elif epoch == self.epoch and sequence >= self._oldest:
                with self._transaction() as db:
                    db.execute("DELETE FROM events WHERE sequence <= ?", (sequence,))
                self._oldest = sequence + 1

    def oldest(self) -> int:
        """The lowest sequence kept; of an empty box, the next one to be given."""
        return self._oldest

    def last(self) -> int:
        """The highest sequence ever given; 0 before the first."""
        return self._last

    def count(self) -> int:
        """How many events are not confirmed yet."""
        return self._last - self._oldest + 1

    def memory(self, prefix: str) -> dict[str, str]:
        """What is remembered under the keys that begin with ``prefix``."""
        query = "SELECT key, value FROM memory WHERE substr(key, 1, length(?1)) = ?1"
        with self._turn:
            return dict(self._rows(query, prefix))

    def close(self) -> None:
        """Closes the file and lets others have it; a second call does nothing."""
        with self._turn:
            self._db.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _begin_epoch(self, epoch: int, sequence: int) -> None:
        """Starts counting anew, later than ``epoch``; what earlier processes said and the ledger has goes."""
        had = min(sequence, self._inherited) if epoch == self.epoch else 0
        later = max(wall_clock(), epoch + 1)
        log.error(
            "the ledger has more of this collector than its outbox ever gave; a new epoch begins",
            collector=self.collector,
            ledger=f"{epoch}/{sequence}",
            outbox=f"{self.epoch}/{self._shown}",
            epoch=later,
        )
        with self._transaction() as db:
            db.execute("DELETE FROM events WHERE sequence <= ?", (had,))
            kept = db.execute("SELECT sequence FROM events ORDER BY sequence").fetchall()
            moves = [(new, old) for new, (old,) in enumerate(kept, 1)]
            db.executemany("UPDATE events SET sequence = ? WHERE sequence = ?", moves)
            db.execute("UPDATE box SET epoch = ?, last = ?", (later, len(kept)))
        self.epoch, self._last, self._oldest = later, len(kept), 1
        self._inherited = self._shown = 0

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise OutboxError(f"outbox {self.path}: {error}") from error
        finally:
            if _in_transaction(self._db):
                self._db.execute("ROLLBACK")

    def _rows(self, query: str, *values: str | int) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise OutboxError(f"outbox {self.path}: {error}") from error

    def _decode(self, event_type: str, data: str) -> Payload:
        try:
            payload: Payload = PAYLOADS[event_type].from_json(json.loads(data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # Only another version of this program can have written it: it stays until that one is back.
            raise OutboxError(f"outbox {self.path}: {event_type} of another version: {error!r}") from error
        return payload


@dataclass(frozen=True, slots=True)
class Glimpse:
    """How a box stands that may be another process's: ``oldest`` kept and ``last`` given, as in Outbox."""

    oldest: int
    last: int
    memory: Mapping[str, str]


def peek(path: Path) -> Glimpse:
    """Look into a box without taking it. Raises OutboxError for what is none, or of another version."""
    with _opened_to_look(path) as db:
        _, last, oldest = _standing(db)
        return Glimpse(oldest, last, dict(db.execute("SELECT key, value FROM memory").fetchall()))


def unconfirmed(path: Path) -> int:
    """How many events of a box are not confirmed yet, without taking it. Raises OutboxError like peek."""
    with _opened_to_look(path) as db:
        _, last, oldest = _standing(db)
        return last - oldest + 1


@contextmanager
def _opened_to_look(path: Path) -> Iterator[sqlite3.Connection]:
    """A box that may be another process's, in one moment of its life."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as db:
            db.execute("BEGIN")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version != _VERSION:
                raise OutboxError(
                    f"outbox {path} was written by another version of Quanshi (format {version})"
                )
            yield db
    except sqlite3.Error as error:
        raise OutboxError(f"outbox {path}: {error}") from error


def _encode(payload: Payload) -> str:
    return json.dumps(payload.to_json(), ensure_ascii=False, separators=(",", ":"))


def _remember(db: sqlite3.Connection, remember: Mapping[str, str | None]) -> None:
    kept = [(key, value) for key, value in remember.items() if value is not None]
    forgotten = [(key,) for key, value in remember.items() if value is None]
    db.executemany("INSERT INTO memory VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", kept)
    db.executemany("DELETE FROM memory WHERE key = ?", forgotten)


def _in_transaction(db: sqlite3.Connection) -> bool:
    try:
        return db.in_transaction
    except sqlite3.ProgrammingError:  # closed
        return False


def _open_sound(path: Path, collector: str) -> sqlite3.Connection:
    try:
        return _open(path, collector)
    except _BrokenFileError as error:
        damage = str(error)
    aside = _set_aside(path)
    log.error("outbox is damaged; a new epoch begins", path=str(path), aside=str(aside), damage=damage)
    return _open(path, collector)


def _open(path: Path, collector: str) -> sqlite3.Connection:
    # Any thread may call, one at a time: Outbox sees to that itself.
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA journal_size_limit = {4 << 20}")
        _check(db, path, collector)
    except sqlite3.DatabaseError as error:
        db.close()
        if error.sqlite_errorcode & 0xFF in _BROKEN_CODES:
            raise _BrokenFileError(str(error)) from error
        raise
    except (OutboxError, _BrokenFileError):
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection, path: Path, collector: str) -> None:
    """Makes the tables of a new file; of an old one, proves that it is whole and ours."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        _create(db, collector)
    elif version != _VERSION:
        raise OutboxError(f"outbox {path} was written by another version of Quanshi (format {version})")
    (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
    owners = db.execute("SELECT collector FROM box").fetchall()
    if verdict != "ok" or len(owners) != 1:
        raise _BrokenFileError(f"quick_check: {verdict}, {len(owners)} owners")
    if owners != [(collector,)]:
        raise OutboxError(f"outbox {path} belongs to collector {owners[0][0]!r}, not to {collector!r}")


def _create(db: sqlite3.Connection, collector: str) -> None:
    if db.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
        raise _BrokenFileError("a database, but no outbox")
    db.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        db.execute(statement)
    db.execute("INSERT INTO box VALUES (?, ?, 0)", (collector, wall_clock()))
    db.execute("COMMIT")


def _standing(db: sqlite3.Connection) -> tuple[int, int, int]:
    """Epoch, highest sequence ever given, and lowest sequence kept."""
    epoch, last = db.execute("SELECT epoch, last FROM box").fetchone()
    (oldest,) = db.execute("SELECT min(sequence) FROM events").fetchone()
    return epoch, last, last + 1 if oldest is None else oldest


def _set_aside(path: Path) -> Path:
    """Moves a damaged file and what SQLite left beside it out of the way."""
    aside = path.with_name(f"{path.name}.broken-{wall_clock()}")
    for suffix in ("", "-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    return aside
