"""What the alert role keeps of the judgements it hears."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import pytest

from alerts.database import Database, DatabaseError
from alerts.inbox import STEPS, Inbox
from monitor.model.events import Change, Event, EventId, Judged, ObserverTurned
from monitor.model.observations import Cause, State
from monitor.model.sequences import Gap, Intake

STREAM = "quanshi:maoming:judgements"
JUDGED = Judged.of(Change("cam-1", "video", State.UP, State.DOWN, 2, 1, 3, Cause.TIMEOUT), None)
BLIND = ObserverTurned("video-0of1", "video", 5, blind=True)


def said(
    sequence: int, payload: Judged | ObserverTurned = JUDGED, *, epoch: int = 1, oldest: int = 1
) -> Event:
    return Event(EventId("monitor", epoch, sequence), "maoming", 0, payload, oldest)


class Heard:
    """An inbox and its database, each batch in a transaction of its own."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path / "alerts.db", STEPS)
        self.inbox = Inbox(self.database)
        self.counts, self.committed = self.inbox.counts, self.inbox.committed
        self.position, self.refusals = self.inbox.position, self.inbox.refusals

    def take(
        self, stream: str, position: str, events: Sequence[Event], refused: Sequence[tuple[str, str]] = ()
    ) -> Intake:
        with self.database.transaction() as db:
            return self.inbox.take(db, stream, position, events, refused)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.database.close()


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Heard]:
    with Heard(tmp_path) as opened:
        yield opened


def test_judgements_are_counted_by_type(inbox: Heard) -> None:
    inbox.take(STREAM, "1-0", [said(1), said(2, BLIND)])
    inbox.take(STREAM, "2-0", [said(3)])
    assert inbox.counts() == {"quanshi.watch.judged": 2, "quanshi.observer.blind": 1}


def test_a_repeat_counts_once(inbox: Heard) -> None:
    inbox.take(STREAM, "1-0", [said(1), said(2)])
    inbox.take(STREAM, "2-0", [said(1), said(2), said(3)])
    assert inbox.counts() == {"quanshi.watch.judged": 3}
    assert inbox.committed() == {"monitor": (1, 3)}


def test_behind_a_hole_nothing_counts_until_it_is_filled_or_given_up(inbox: Heard) -> None:
    assert inbox.take(STREAM, "1-0", [said(3)]).waiting == {"monitor"}
    assert inbox.counts() == {}
    assert inbox.take(STREAM, "2-0", [said(3, oldest=3)]).gaps == (Gap("monitor", 1, 1, 2),)
    assert inbox.counts() == {"quanshi.watch.judged": 1}


def test_a_ledger_begun_anew_is_heard_from_its_start(inbox: Heard) -> None:
    inbox.take(STREAM, "1-0", [said(1), said(2)])
    inbox.take(STREAM, "2-0", [said(1, epoch=2)])
    assert inbox.committed() == {"monitor": (2, 1)}
    assert inbox.counts() == {"quanshi.watch.judged": 3}


def test_position_and_counts_survive_a_restart(tmp_path: Path) -> None:
    for number in (1, 2):
        with Heard(tmp_path) as inbox:
            inbox.take(STREAM, f"{number}-0", [said(number)])
    with Heard(tmp_path) as inbox:
        assert inbox.position(STREAM) == "2-0"
        assert inbox.position("another") == "0-0"
        assert inbox.counts() == {"quanshi.watch.judged": 2}


def test_a_batch_that_cannot_be_stored_moves_nothing(inbox: Heard, tmp_path: Path) -> None:
    inbox.database._db.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match=r"alerts\.db: database is locked"):
        inbox.take(STREAM, "1-0", [said(1)])
    other.close()
    assert inbox.position(STREAM) == "0-0"
    inbox.take(STREAM, "1-0", [said(1)])
    assert inbox.counts() == {"quanshi.watch.judged": 1}


def test_what_is_no_judgement_is_recorded_once(inbox: Heard) -> None:
    inbox.take(STREAM, "1-0", [], [("1-0", "no id")])
    inbox.take(STREAM, "2-0", [said(1)], [("1-0", "no id"), ("2-0", "odd: '\udcff\0'")])
    assert inbox.refusals() == [("1-0", "no id"), ("2-0", "odd: '\\udcff\0'")]
    assert inbox.position(STREAM) == "2-0"


def test_a_file_of_the_first_version_is_brought_up_to_date_and_forgets_whom_it_should_not_have_heard(
    tmp_path: Path,
) -> None:
    with sqlite3.connect(tmp_path / "alerts.db") as connection:
        for statement in (
            "CREATE TABLE positions (stream TEXT PRIMARY KEY, position TEXT NOT NULL)",
            (
                "CREATE TABLE writers"
                " (collector TEXT, epoch INTEGER, sequence INTEGER, PRIMARY KEY (collector, epoch))"
            ),
            "CREATE TABLE heard (type TEXT PRIMARY KEY, count INTEGER NOT NULL)",
            "INSERT INTO positions VALUES ('quanshi:maoming:judgements', '7-0')",
            "INSERT INTO writers VALUES ('monitor', 5, 9), ('video-0of1', 6, 1)",
            "PRAGMA user_version = 1",
        ):
            connection.execute(statement)
    connection.close()
    for _ in range(2):
        with Heard(tmp_path) as inbox:
            assert inbox.position(STREAM) == "7-0"
            assert inbox.committed() == {"monitor": (5, 9)}
            assert inbox.refusals() == []


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "alerts.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DatabaseError, match="newer version"):
        Heard(tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "alerts.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(DatabaseError, match=r"alerts\.db: file is not a database"):
        Heard(tmp_path)
