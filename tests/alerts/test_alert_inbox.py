"""What the alert role keeps of the judgements it hears."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.inbox import Inbox, InboxError
from monitor.model.events import Change, Event, EventId, Judged, ObserverTurned
from monitor.model.observations import Cause, State
from monitor.model.sequences import Gap

STREAM = "quanshi:maoming:judgements"
JUDGED = Judged.of(Change("cam-1", "video", State.UP, State.DOWN, 2, 1, 3, Cause.TIMEOUT), None)
BLIND = ObserverTurned("video-0of1", "video", 5, blind=True)


def said(
    sequence: int, payload: Judged | ObserverTurned = JUDGED, *, epoch: int = 1, oldest: int = 1
) -> Event:
    return Event(EventId("monitor", epoch, sequence), "maoming", 0, payload, oldest)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox(tmp_path / "alerts.db") as opened:
        yield opened


def test_judgements_are_counted_by_type(inbox: Inbox) -> None:
    inbox.take(STREAM, "1-0", [said(1), said(2, BLIND)])
    inbox.take(STREAM, "2-0", [said(3)])
    assert inbox.counts() == {"quanshi.watch.judged": 2, "quanshi.observer.blind": 1}


def test_a_repeat_counts_once(inbox: Inbox) -> None:
    inbox.take(STREAM, "1-0", [said(1), said(2)])
    inbox.take(STREAM, "2-0", [said(1), said(2), said(3)])
    assert inbox.counts() == {"quanshi.watch.judged": 3}
    assert inbox.committed() == {"monitor": (1, 3)}


def test_behind_a_hole_nothing_counts_until_it_is_filled_or_given_up(inbox: Inbox) -> None:
    assert inbox.take(STREAM, "1-0", [said(3)]).waiting == {"monitor"}
    assert inbox.counts() == {}
    assert inbox.take(STREAM, "2-0", [said(3, oldest=3)]).gaps == (Gap("monitor", 1, 1, 2),)
    assert inbox.counts() == {"quanshi.watch.judged": 1}


def test_a_ledger_begun_anew_is_heard_from_its_start(inbox: Inbox) -> None:
    inbox.take(STREAM, "1-0", [said(1), said(2)])
    inbox.take(STREAM, "2-0", [said(1, epoch=2)])
    assert inbox.committed() == {"monitor": (2, 1)}
    assert inbox.counts() == {"quanshi.watch.judged": 3}


def test_position_and_counts_survive_a_restart(tmp_path: Path) -> None:
    for number in (1, 2):
        with Inbox(tmp_path / "alerts.db") as inbox:
            inbox.take(STREAM, f"{number}-0", [said(number)])
    with Inbox(tmp_path / "alerts.db") as inbox:
        assert inbox.position(STREAM) == "2-0"
        assert inbox.position("another") == "0-0"
        assert inbox.counts() == {"quanshi.watch.judged": 2}


def test_a_batch_that_cannot_be_stored_moves_nothing(inbox: Inbox, tmp_path: Path) -> None:
    inbox._db.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "alerts.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(InboxError, match=r"alerts\.db: database is locked"):
        inbox.take(STREAM, "1-0", [said(1)])
    other.close()
    assert inbox.position(STREAM) == "0-0"
    inbox.take(STREAM, "1-0", [said(1)])
    assert inbox.counts() == {"quanshi.watch.judged": 1}


def test_what_is_no_judgement_is_recorded_once(inbox: Inbox) -> None:
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
        with Inbox(tmp_path / "alerts.db") as inbox:
            assert inbox.position(STREAM) == "7-0"
            assert inbox.committed() == {"monitor": (5, 9)}
            assert inbox.refusals() == []


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "alerts.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InboxError, match="newer version"):
        Inbox(tmp_path / "alerts.db")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "alerts.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(InboxError, match=r"alerts\.db: file is not a database"):
        Inbox(tmp_path / "alerts.db")
