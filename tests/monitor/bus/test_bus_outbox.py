from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bus_ledger import NOW, a_change, changes
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.bus.outbox import Outbox, peek, unconfirmed
from monitor.bus.source import OutboxError
from monitor.model.events import Sight


def sequences(box: Outbox, after: int = 0) -> list[int]:
    return [said.sequence for said in box.pending(after, 10_000)]


def test_what_was_said_is_pending_in_order_with_its_moment(outbox: Outbox) -> None:
    outbox.append(changes(1, 3))
    assert [(s.sequence, s.time, s.payload) for s in outbox.pending(0, 10)] == [
        (1, NOW + 1, a_change(1)),
        (2, NOW + 2, a_change(2)),
        (3, NOW + 3, a_change(3)),
    ]


def test_a_sight_comes_back_as_it_was_said(outbox: Outbox) -> None:
    sight = Sight("video-0of1", "video", 0, 1, NOW, NOW + 10_000, 5, 40, results={"rtsp": {"ok": 4}})
    outbox.append([(sight, NOW)])
    assert outbox.pending(0, 1)[0].payload == sight


def test_pending_begins_after_the_given_sequence_and_ends_at_the_limit(outbox: Outbox) -> None:
    outbox.append(changes(1, 9))
    assert [s.sequence for s in outbox.pending(3, 4)] == [4, 5, 6, 7]


def test_the_epoch_is_when_the_file_was_made_and_stays(tmp_path: Path) -> None:
    before = time.time_ns() // 1_000_000
    with Outbox(tmp_path / "box.db", "c") as box:
        epoch = box.epoch
    assert before <= epoch <= time.time_ns() // 1_000_000
    with Outbox(tmp_path / "box.db", "c") as box:
        assert box.epoch == epoch


def test_a_sequence_is_never_used_twice_even_after_a_restart_with_an_empty_box(tmp_path: Path) -> None:
    with Outbox(tmp_path / "box.db", "c") as box:
        box.append(changes(1, 5))
        box.pending(0, 5)
        box.confirm(box.epoch, 5)
    with Outbox(tmp_path / "box.db", "c") as box:
        assert (box.count(), box.oldest(), box.last()) == (0, 6, 5)
        box.append(changes(6, 6))
        assert sequences(box) == [6]


def test_oldest_is_the_first_one_kept_and_every_event_says_so(outbox: Outbox) -> None:
    outbox.append(changes(1, 5))
    assert sequences(outbox) == [1, 2, 3, 4, 5]
    outbox.confirm(outbox.epoch, 2)
    assert outbox.oldest() == 3
    assert {said.oldest for said in outbox.pending(3, 10)} == {3}
    assert outbox.count() == 3


def test_the_confirmation_of_an_earlier_epoch_is_ignored(outbox: Outbox) -> None:
    outbox.append(changes(1, 3))
    outbox.confirm(outbox.epoch - 1, 3)
    assert sequences(outbox) == [1, 2, 3]


def nodes(box: Outbox) -> list[str]:
    return [said.payload.node for said in box.pending(0, 10_000)]


def test_an_old_copy_of_a_box_begins_a_new_epoch_with_what_the_ledger_cannot_have(tmp_path: Path) -> None:
    with Outbox(tmp_path / "box.db", "c") as box:
        box.append(changes(1, 3))
    with Outbox(tmp_path / "box.db", "c") as box:
        old = box.epoch
        box.append(changes(4, 9))  # its numbers 4 and 5 are taken, by events that this copy never saw
        box.confirm(old, 5)
        assert box.epoch > old
        assert nodes(box) == ["cam-4", "cam-5", "cam-6", "cam-7", "cam-8", "cam-9"]
        assert (sequences(box), box.oldest(), box.last()) == ([1, 2, 3, 4, 5, 6], 1, 6)
        epoch = box.epoch
    with Outbox(tmp_path / "box.db", "c") as box:
        assert (box.epoch, box.last(), box.count()) == (epoch, 6, 6)


def test_a_box_older_than_the_ledgers_epoch_begins_a_later_one_and_keeps_all(outbox: Outbox) -> None:
    outbox.append(changes(1, 2))
    outbox.pending(0, 2)
    outbox.confirm(outbox.epoch, 1)
    known = outbox.epoch + 10**9
    outbox.confirm(known, 7)
    assert (outbox.epoch, nodes(outbox)) == (known + 1, ["cam-2"])


def test_what_is_unconfirmed_is_counted_from_outside_while_the_box_is_in_use(outbox: Outbox) -> None:
    outbox.append(changes(1, 5))
    before = unconfirmed(outbox.path)
    outbox.pending(0, 10)
    outbox.confirm(outbox.epoch, 3)
    assert (before, unconfirmed(outbox.path)) == (5, 2)
    outbox.close()
    assert unconfirmed(outbox.path) == 2


@pytest.mark.parametrize("content", [b"", b"no database" * 100])
def test_what_is_no_box_is_an_error_to_whoever_looks_into_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "box.db").write_bytes(content)
    for look in (peek, unconfirmed):
        with pytest.raises(OutboxError, match=r"box\.db"):
            look(tmp_path / "box.db")
        with pytest.raises(OutboxError, match=r"none\.db"):
            look(tmp_path / "none.db")
    assert (tmp_path / "box.db").read_bytes() == content


def test_memory_is_kept_with_the_events_and_found_by_prefix(tmp_path: Path) -> None:
    with Outbox(tmp_path / "box.db", "c") as box:
        box.append(changes(1, 1), {"state/a": "up", "state/b": "down", "sight": "17", "state_": "x"})
        box.append([], {"state/b": "up", "state/a": None})
    with Outbox(tmp_path / "box.db", "c") as box:
        assert box.memory("state/") == {"state/b": "up"}
        assert box.memory("") == {"state/b": "up", "sight": "17", "state_": "x"}


def test_two_boxes_on_one_file_are_refused_with_the_holder_named(outbox: Outbox) -> None:
    with pytest.raises(OutboxError, match=f"in use by process {os.getpid()}"):
        Outbox(outbox.path, outbox.collector)


def test_the_file_of_another_collector_is_refused_and_left_alone(tmp_path: Path) -> None:
    with Outbox(tmp_path / "box.db", "video-0of1") as box:
        box.append(changes(1, 1))
    with pytest.raises(OutboxError, match="belongs to collector 'video-0of1', not to 'police-0of1'"):
        Outbox(tmp_path / "box.db", "police-0of1")
    with Outbox(tmp_path / "box.db", "video-0of1") as box:
        assert sequences(box) == [1]


def test_a_full_disk_writes_nothing_of_the_batch_and_the_box_goes_on_later(outbox: Outbox) -> None:
    outbox.append(changes(1, 1), {"state": "up"})
    (pages,) = outbox._db.execute("PRAGMA page_count").fetchone()
    outbox._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutboxError, match="full"):
        outbox.append(changes(2, 500), {"state": "down"})
    assert (sequences(outbox), outbox.memory(""), outbox.last()) == ([1], {"state": "up"}, 1)
    outbox._db.execute("PRAGMA max_page_count = 100000")
    outbox.append(changes(2, 2), {"state": "down"})
    assert (sequences(outbox), outbox.memory("")) == ([1, 2], {"state": "down"})


def test_a_file_that_somebody_else_writes_is_an_error_and_nothing_is_half_done(outbox: Outbox) -> None:
    outbox._db.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(outbox.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutboxError, match="locked"):
        outbox.append(changes(1, 1))
    other.execute("ROLLBACK")
    other.close()
    outbox.append(changes(1, 1))
    assert sequences(outbox) == [1]


@pytest.mark.parametrize("damage", [b"this is no database", b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_damaged_file_is_moved_aside_and_a_new_epoch_begins(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "box.db"
    path.write_bytes(damage)
    with Outbox(path, "c") as box:
        box.append(changes(1, 1))
        assert sequences(box) == [1]
    (aside,) = tmp_path.glob("box.db.broken-*")
    assert aside.read_bytes() == damage


def test_a_box_damaged_in_the_middle_gets_a_later_epoch(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    with Outbox(path, "c") as box:
        old = box.epoch
        box.append(changes(1, 400))
    content = bytearray(path.read_bytes())
    content[8192:16384] = b"\xee" * 8192
    path.write_bytes(content)
    with Outbox(path, "c") as box:
        assert box.epoch > old
        assert box.count() == 0


def test_a_format_of_another_version_is_refused_and_kept(tmp_path: Path) -> None:
    Outbox(tmp_path / "box.db", "c").close()
    with sqlite3.connect(tmp_path / "box.db") as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    with pytest.raises(OutboxError, match="another version of Quanshi \\(format 7\\)"):
        Outbox(tmp_path / "box.db", "c")


def test_a_closed_box_says_so(tmp_path: Path) -> None:
    box = Outbox(tmp_path / "box.db", "c")
    box.close()
    box.close()
    with pytest.raises(OutboxError, match="closed"):
        box.append(changes(1, 1))


KILLED = """
import os, signal, sys
sys.path.insert(0, {here!r})
from pathlib import Path
from bus_ledger import changes
from monitor.bus.outbox import Outbox, peek, unconfirmed
box = Outbox(Path({path!r}), "c")
box.append(changes(1, 7), {{"state": "down"}})
print("said", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_said_survives_kill_9_and_the_lock_does_not(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    script = KILLED.format(here=str(Path(__file__).parent), path=str(path))
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=Path.cwd())
    assert ended.stdout == "said\n", ended.stderr
    with Outbox(path, "c") as box:
        assert sequences(box) == [1, 2, 3, 4, 5, 6, 7]
        assert box.memory("") == {"state": "down"}


step = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 4)),
    st.tuples(st.just("confirm"), st.integers(0, 30)),
    st.tuples(st.just("confirm earlier epoch"), st.integers(0, 30)),
    st.tuples(st.just("open again"), st.just(0)),
)


@settings(max_examples=40, deadline=None)
@given(steps=st.lists(step, max_size=20))
def test_any_order_of_saying_confirming_and_opening_keeps_order_and_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("box") / "box.db"
    box, said, confirmed = Outbox(path, "c"), 0, 0
    for what, number in steps:
        match what:
            case "append":
                box.append(changes(said + 1, said + number))
                said += number
            case "confirm":
                box.confirm(box.epoch, min(number, said))  # all was shown at the end of the last step
                confirmed = max(confirmed, min(number, said))
            case "confirm earlier epoch":
                box.confirm(box.epoch - 1, number)
            case _:
                box.close()
                box = Outbox(path, "c")
        kept = box.pending(0, 1000)
        assert [one.sequence for one in kept] == list(range(confirmed + 1, said + 1))
        assert [one.payload for one in kept] == [change for change, _ in changes(confirmed + 1, said)]
        assert (box.oldest(), box.last(), box.count()) == (confirmed + 1, said, said - confirmed)
    box.close()
