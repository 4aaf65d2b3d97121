"""Whatever is done to the file of a ledger is found, and the row is named."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from evidencekit import behind_our_back, fill, make_aged, tamper, told, verified
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ledgerkit import append, change, file_of, rows, said, url_of

from monitor.ledger import Ledger, LedgerError, Signer
from monitor.ledger.chain import FORMS, form_of, next_hash
from monitor.ledger.findings import Kind
from monitor.ledger.schema import REVISION
from monitor.ledger.sqlite_reader import SqliteSource
from monitor.ledger.verify import verify


@pytest.fixture
def folder(filled_folder: Path) -> Path:
    return filled_folder


@pytest.fixture(scope="module")
def aged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ledger whose first month has left it. To be copied, not changed."""
    place = tmp_path_factory.mktemp("aged")
    asyncio.run(make_aged(place))
    return place


@pytest.fixture
def copy(aged: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(aged, tmp_path / "copy"))


def link_of(folder: Path, table: str, which: str) -> int:
    return int(rows(folder, f"SELECT link FROM {table} WHERE {which}")[0][0])


def test_a_ledger_that_nobody_touched_is_as_it_was_recorded(folder: Path) -> None:
    found = verified(folder)
    assert told(found.findings) == []
    assert found.ok
    assert found.signed
    assert found.signed.link == found.links
    assert (found.checkpoints, found.open_sights, found.archived, found.unchecked) == (2, 1, 0, 0)
    assert found.keys == (Signer.of(folder).fingerprint,)


async def test_an_empty_ledger_is_as_it_was_recorded(tmp_path: Path) -> None:
    await (await Ledger.open(url_of(tmp_path))).close()
    found = verified(tmp_path)
    assert (found.ok, found.links, found.signed) == (True, 0, None)


def test_nothing_is_written_beside_the_copy_of_a_ledger(folder: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    content = file_of(folder).read_bytes()
    verified(folder)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert file_of(folder).read_bytes() == content


async def test_a_ledger_is_verified_while_a_monitor_appends(tmp_path: Path) -> None:
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        await fill(ledger, Signer.of(tmp_path))
        assert verified(tmp_path).ok
        await append(ledger, said(change("cam-9"), 99, oldest=99))
        assert verified(tmp_path).ok


def test_a_changed_value_is_found(folder: Path) -> None:
    link = link_of(folder, "changes", "id = 2")
    tamper(folder, "UPDATE changes SET at = at + 1 WHERE id = 2")
    assert told(verified(folder).findings) == [("changed", "changes", "2", link)]


@pytest.mark.parametrize(
    ("table", "key"),
    [("changes", "2"), ("sights", "1"), ("snapshots", "1"), ("observers", "1"), ("inventories", "abc")],
)
def test_a_row_that_is_gone_is_named(folder: Path, table: str, key: str) -> None:
    name = "digest" if table == "inventories" else "id"
    link = link_of(folder, table, f"{name} = '{key}'")
    tamper(folder, f"DELETE FROM {table} WHERE {name} = '{key}'")
    named = ("", "") if table == "inventories" else (table, key)
    assert told(verified(folder).findings) == [("missing", *named, link)]


def test_several_rows_that_are_gone_are_one_finding(folder: Path) -> None:
    first = link_of(folder, "changes", "id = 1")
    tamper(folder, "DELETE FROM changes WHERE id IN (1, 2)")
    (found,) = verified(folder).findings
    assert (found.kind, found.table, found.key) == (Kind.MISSING, "changes", "1-2")
    assert (found.first, found.last) == (first, first + 1)


SAID = (
    "collector, epoch, sequence, origin, node, network, old, new, at, not_before, detected_at, cause, probe, "
    "evidence, recorded_at"
)
COPIED = SAID.replace("sequence", "sequence + 1000")


def test_a_row_put_in_between_is_found(folder: Path) -> None:
    link = link_of(folder, "decisions", "action = 'request'")
    tamper(
        folder,
        f"INSERT INTO changes (id, {SAID}, link, hash) "
        f"SELECT 99, {COPIED}, {link}, hash FROM changes WHERE id = 1",
    )
    assert told(verified(folder).findings) == [("extra", "changes", "99", link)]


def test_a_row_put_behind_the_end_is_found(folder: Path) -> None:
    links = verified(folder).links
    tamper(
        folder,
        f"INSERT INTO changes (id, {SAID}, link, hash) "
        f"SELECT 99, {COPIED}, 1000, hash FROM changes WHERE id = 1",
    )
    assert told(verified(folder).findings) == [("extra", "changes", "99", 1000)]
    assert links < 1000


def test_a_row_put_in_between_with_all_behind_it_moved_up_is_found(folder: Path) -> None:
    link, links = link_of(folder, "changes", "id = 3"), verified(folder).links
    moved = [f"UPDATE {table} SET link = -link - 1 WHERE link >= {link}" for table in FORMS]
    back = [f"UPDATE {table} SET link = -link WHERE link < 0" for table in FORMS]
    with behind_our_back(folder) as owner:
        for statement in (*moved, *back):
            owner.execute(statement)
        owner.execute(
            f"INSERT INTO changes (id, {SAID}, link, hash) "
            f"SELECT 99, {COPIED}, {link}, hash FROM changes WHERE id = 1"
        )
        owner.execute("UPDATE head SET links = links + 1")
    found = told(verified(folder).findings)
    assert found == [("extra", "changes", "99", link), ("checkpoint", "checkpoints", found[1][2], links)]


def test_two_rows_whose_content_was_swapped_are_both_named(folder: Path) -> None:
    first, second = link_of(folder, "changes", "id = 1"), link_of(folder, "changes", "id = 2")
    with behind_our_back(folder) as owner:
        owner.execute("UPDATE changes SET link = link + 1000 WHERE id IN (1, 2)")
        owner.execute(f"UPDATE changes SET link = {second} WHERE id = 1")
        owner.execute(f"UPDATE changes SET link = {first} WHERE id = 2")
    found = verified(folder).findings
    assert told(found) == [("moved", "changes", "2", first), ("moved", "changes", "1", second)]
    assert [each.note for each in found] == [str(second), str(first)]


def test_rows_far_apart_that_were_swapped_accuse_nobody_else(folder: Path) -> None:
    first, second = link_of(folder, "changes", "id = 1"), link_of(folder, "changes", "id = 4")
    with behind_our_back(folder) as owner:
        owner.execute("UPDATE changes SET link = link + 1000 WHERE id IN (1, 4)")
        owner.execute(f"UPDATE changes SET link = {second} WHERE id = 1")
        owner.execute(f"UPDATE changes SET link = {first} WHERE id = 4")
    assert told(verified(folder).findings) == [
        ("moved", "changes", "4", first),
        ("moved", "changes", "1", second),
    ]


def test_a_hash_that_was_changed_is_told_from_a_row_that_was(folder: Path) -> None:
    link = link_of(folder, "changes", "id = 2")
    tamper(folder, f"UPDATE changes SET hash = '{'0' * 64}' WHERE id = 2")
    assert told(verified(folder).findings) == [("hash", "changes", "2", link)]


def test_a_row_changed_with_its_own_hash_is_found_at_the_next(folder: Path) -> None:
    """Who changes a row and its hash must change all that follow, and then stands against the signature."""
    with behind_our_back(folder) as owner:
        owner.row_factory = sqlite3.Row
        row = dict(owner.execute("SELECT * FROM changes WHERE id = 2").fetchone()) | {"new": "up"}
        (before,) = owner.execute("SELECT hash FROM changes WHERE link = ?", (row["link"] - 1,)).fetchone()
        forged = next_hash(before, form_of("changes", row))
        owner.execute("UPDATE changes SET new = 'up', hash = ? WHERE id = 2", (forged,))
    (found,) = verified(folder).findings
    assert (found.kind, found.first) == (Kind.CHANGED, row["link"] + 1)


def test_a_blob_that_reads_like_the_text_that_was_there_is_found(folder: Path) -> None:
    link = link_of(folder, "refusals", "error LIKE 'b%'")
    tamper(folder, "UPDATE refusals SET error = CAST('odd' AS BLOB) WHERE error LIKE 'b%'")
    assert told(verified(folder).findings) == [("changed", "refusals", str(link), link)]


def test_a_text_that_reads_like_no_value_is_found(folder: Path) -> None:
    tamper(folder, "UPDATE changes SET not_before = '-' WHERE not_before IS NULL")
    assert {each.kind for each in verified(folder).findings} == {Kind.CHANGED}


def test_a_text_that_is_no_text_is_found(folder: Path) -> None:
    tamper(folder, "UPDATE changes SET node = CAST(X'63ff6d' AS TEXT) WHERE id = 1")
    assert [(each.kind, each.key) for each in verified(folder).findings] == [(Kind.CHANGED, "1")]


def test_a_sealed_sight_that_was_opened_again_is_found(folder: Path) -> None:
    tamper(folder, "DELETE FROM sights WHERE NOT sealed", "UPDATE sights SET sealed = 0 WHERE id = 1")
    assert ("changed", "sights", "1") in [each[:3] for each in told(verified(folder).findings)]


def test_a_sealed_sight_without_a_link_is_found(folder: Path) -> None:
    tamper(folder, "UPDATE sights SET sealed = 1 WHERE NOT sealed")
    assert [each[:3] for each in told(verified(folder).findings)] == [("extra", "sights", "3")]


def test_one_flipped_bit_of_the_file_is_found(folder: Path) -> None:
    """The bit lies in the value itself: no statement, no index and no trigger has seen it change."""
    content = bytearray(file_of(folder).read_bytes())
    place = content.index(b"2026-11-23", content.index(b"cam-2videoup"))
    content[place] ^= 1
    file_of(folder).write_bytes(content)
    (found,) = verified(folder).findings
    assert (found.kind, found.table) == (Kind.CHANGED, "changes")


def edits(value: Any) -> st.SearchStrategy[Any]:
    """Other values for a column, of any type that a database file may hold there."""
    near = (
        [value + 1, value - 1, -value, value ^ 1] if isinstance(value, int) else [f"{value} ", f"{value}"[1:]]
    )
    odd = [None, "", "-", "None", 0, 1, b"", str(value).encode(), f"{value}\0", 1.5]
    return st.sampled_from([*near, *odd]) | st.integers(-(2**63), 2**63 - 1) | st.text() | st.binary()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_edit_of_any_column_of_any_linked_row_is_found(
    aged: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    place = tmp_path_factory.mktemp("edited") / "copy"
    shutil.copytree(aged, place)
    table = data.draw(st.sampled_from(sorted(FORMS)))
    column = data.draw(st.sampled_from([*FORMS[table], "link", "hash"]))
    where = "link IS NOT NULL"
    with behind_our_back(place) as owner:
        found = owner.execute(f'SELECT rowid, link, "{column}" FROM {table} WHERE {where}').fetchall()
        rowid, link, value = data.draw(st.sampled_from(found))
        try:
            owner.execute(
                f'UPDATE {table} SET "{column}" = ? WHERE rowid = ?', (data.draw(edits(value)), rowid)
            )
        except (sqlite3.IntegrityError, UnicodeEncodeError):
            assume(False)
        query = f'SELECT typeof("{column}"), "{column}" FROM {table} WHERE link = ? OR rowid = ?'
        same = [(kind, now) for kind, now in owner.execute(query, (link, rowid)) if now == value]
        assume(not same)
    findings = verified(place).findings
    assert any(each.table == table or each.first <= link <= each.last for each in findings), findings
    shutil.rmtree(place)


def test_a_ledger_of_another_schema_is_not_verified(folder: Path) -> None:
    with behind_our_back(folder) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(LedgerError, match=f"its schema is 0001; this program verifies schema {REVISION}"):
        verified(folder)


def test_a_database_that_is_no_ledger_is_said_to_be_none(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
    with pytest.raises(LedgerError, match="this is no ledger"):
        verify(SqliteSource(tmp_path / "other.db"), None)


def test_a_file_that_is_damaged_is_said_to_be(folder: Path) -> None:
    content = bytearray(file_of(folder).read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file_of(folder).write_bytes(content)
    with pytest.raises(LedgerError, match="damaged"):
        verified(folder)


def test_many_changed_rows_are_counted_and_not_all_listed(aged: Path, copy: Path) -> None:
    tamper(copy, "UPDATE changes SET probe = 'tcp'")
    found = verified(copy)
    assert not found.ok
    assert {each.table for each in found.findings} == {"changes"}
    assert len(found.findings) + found.more == rows(copy, "SELECT count(*) FROM changes")[0][0]
