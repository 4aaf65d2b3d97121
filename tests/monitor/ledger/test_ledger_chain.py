"""Every row is a link of one chain, in the order recorded; what is linked stays as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from evidencekit import verified
from hypothesis import given
from hypothesis import strategies as st
from ledgerkit import HOUR, T0, append, change, file_of, rows, said, sight, url_of

from monitor.ledger import ChainHead, Ledger, LedgerError
from monitor.ledger.chain import BASE, FORMS, GENESIS, LEAVING, form_of, next_hash
from monitor.ledger.schema import metadata


@pytest.fixture
async def filled(filled_folder: Path) -> AsyncIterator[Ledger]:
    async with await Ledger.open(url_of(filled_folder), wait=0.2) as opened:
        yield opened


def links(tmp_path: Path) -> list[int]:
    query = " UNION ALL ".join(f"SELECT link FROM {table} WHERE link IS NOT NULL" for table in FORMS)
    return sorted(link for (link,) in rows(tmp_path, query))


def test_all_of_a_row_is_hashed_but_its_place_in_the_chain() -> None:
    for table, columns in FORMS.items():
        names = {column.name for column in metadata.tables[table].columns}
        assert names == {*columns, "link", "hash"}, table
    assert {column.name for column in metadata.tables["base_states"].columns} == set(BASE)


def test_only_whole_numbers_may_be_missing() -> None:
    """So that the sign for a value that is not there can be no value."""
    for table, columns in FORMS.items():
        for name in columns:
            column = metadata.tables[table].c[name]
            assert not column.nullable or column.type.python_type is int, (table, name)


async def test_the_first_link_is_hashed_byte_by_byte_as_the_document_says(
    ledger: Ledger, tmp_path: Path
) -> None:
    """The example of docs/ledger.md. If this fails, every verifier that somebody wrote is wrong, too."""
    await append(ledger, said(change("44090200001310000001"), 7, oldest=7, epoch=3), recorded_at=T0 + 2500)
    (stored,) = rows(tmp_path, "SELECT hash FROM changes")[0]
    expected = (
        b"0000000000000000000000000000000000000000000000000000000000000000\0"
        b"changes\0001\0video-0of1\0003\0007\0event\00044090200001310000001\0video\0up\0down\0"
        b"1795392000000\0001795391999000\0001795392002000\0timeout\0rtsp\0"
        b'[{"probe":"rtsp","at":"2026-11-23T00:00:00.000Z","ok":false,"cause":"timeout","duration":0.25}]\0'
        b"1795392002500"
    )
    assert stored == sha256(expected).hexdigest()
    assert stored == "f175f87d7617f9cf11b26afaa77950b45c5189a79a183a8b7c7a55bc5d6ac7fa"


def test_a_value_that_is_not_there_and_yes_and_no_have_signs_of_their_own() -> None:
    row = dict.fromkeys(FORMS["observers"], "x") | {"at": None, "blind": True, "recorded_at": False}
    assert form_of("observers", row) == "observers\0x\0x\0x\0x\0x\0-\0001\0000"


@given(st.lists(st.text(st.characters(exclude_characters="\0")), min_size=5, max_size=5))
def test_a_form_can_be_taken_apart_again_so_no_two_rows_share_one(texts: list[str]) -> None:
    row = dict(zip(FORMS["decisions"], texts, strict=True))
    assert form_of("decisions", row).split("\0") == ["decisions", *texts]


async def test_links_are_dense_over_all_tables_in_the_order_recorded(filled: Ledger, tmp_path: Path) -> None:
    head = await filled.head()
    assert links(tmp_path) == list(range(1, head.links + 1))
    for table in FORMS:
        assert rows(tmp_path, f"SELECT count(*) FROM {table}") != [(0,)] or table == "segments"


async def test_the_head_holds_the_hash_of_the_last_link(filled: Ledger, tmp_path: Path) -> None:
    head = await filled.head()
    query = " UNION ".join(f"SELECT hash FROM {table} WHERE link = {head.links}" for table in FORMS)
    assert rows(tmp_path, query) == [(head.hash,)]


async def test_an_empty_chain_begins_at_its_genesis(ledger: Ledger) -> None:
    assert await ledger.head() == ChainHead(0, GENESIS)


async def test_what_is_said_twice_is_one_link(ledger: Ledger) -> None:
    for _ in range(2):
        await append(ledger, said(change()), refused=[("1-1", "odd")])
        await ledger.use_inventory("abc", [], T0)
    assert (await ledger.head()).links == 4


async def test_an_open_sight_is_no_link_until_it_is_sealed(ledger: Ledger, tmp_path: Path) -> None:
    await append(ledger, said(sight(T0, T0 + 10), 1))  # the first of a shard is linked at once
    await append(ledger, said(sight(T0 + 10, T0 + 20), 2))
    assert (await ledger.head()).links == 1
    await append(ledger, said(sight(T0 + 30, T0 + 40), 3), said(sight(T0 + 50, T0 + 60), 4))
    assert rows(tmp_path, 'SELECT id, link, "end" FROM sights ORDER BY id') == [
        (1, 1, T0 + 10),
        (2, 2, T0 + 20),
        (3, 3, T0 + 40),
        (4, None, T0 + 60),
    ]


async def test_a_sight_that_nobody_goes_on_with_is_sealed_when_its_hour_is_over(
    ledger: Ledger, tmp_path: Path
) -> None:
    await append(ledger, said(sight(T0, T0 + 10), 1))
    await append(ledger, said(sight(T0 + 10, T0 + 20), 2), recorded_at=T0 + HOUR - 60_000)
    assert await ledger.seal_stale(T0 + HOUR - 1) == 0  # its hour is not over
    assert await ledger.seal_stale(T0 + HOUR + 1) == 0  # it grew two minutes ago
    assert await ledger.seal_stale(T0 + HOUR + 600_000) == 1
    assert await ledger.seal_stale(T0 + HOUR + 600_000) == 0
    assert (await ledger.head()).links == 2
    assert verified(tmp_path).open_sights == 0


async def test_what_comes_after_a_sealed_sight_is_a_row_of_its_own(ledger: Ledger) -> None:
    await append(ledger, said(sight(T0 - 10, T0, blind=True), 1), recorded_at=T0)
    await append(ledger, said(sight(T0, T0 + 10, blind=True), 2), recorded_at=T0)
    await ledger.seal_stale(T0 + HOUR)
    assert [row.end for row in (await ledger.last_sights()).values()] == [T0 + 10]
    await append(ledger, said(sight(T0 + 10, T0 + 20, blind=True), 3), said(sight(T0 + 20, T0 + 30), 4))
    assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True, True, True, False]
    # It was blind before it was sealed, and is told to see again only once.
    assert [turn.blind for turn in await ledger.observers()] == [True, False]


@pytest.mark.parametrize("table", [*FORMS, "checkpoints"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET hash = hash", "DELETE FROM {}"])
async def test_no_row_is_changed_or_removed(
    filled: Ledger, tmp_path: Path, table: str, statement: str
) -> None:
    if table == "segments":
        insert = "INSERT INTO segments VALUES (999, '', 1, 0, 0, '', '', 0, '', '', '', 0)"
        rows(tmp_path, insert)
    with pytest.raises(sqlite3.IntegrityError, match=f"a row of {table} stays"):
        rows(tmp_path, statement.format(table))


@pytest.mark.parametrize("table", [name for name in FORMS if name != "segments"])
async def test_no_row_is_replaced(filled: Ledger, tmp_path: Path, table: str) -> None:
    """INSERT OR REPLACE asks no DELETE trigger."""
    with pytest.raises(sqlite3.IntegrityError, match=f"a row of {table} may not take the place of another"):
        rows(tmp_path, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE link IS NOT NULL")


async def test_no_link_that_was_given_is_given_again(filled: Ledger, tmp_path: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="may not take the place of another"):
        rows(tmp_path, "INSERT INTO decisions VALUES (2, '', 'e9', 'approve', '', 0, '{}')")


async def test_an_open_sight_may_grow_but_not_go(filled: Ledger, tmp_path: Path) -> None:
    assert rows(tmp_path, "UPDATE sights SET probes = probes + 1 WHERE NOT sealed RETURNING id") != []
    with pytest.raises(sqlite3.IntegrityError, match="a row of sights stays"):
        rows(tmp_path, "DELETE FROM sights WHERE NOT sealed")


async def test_rows_of_an_exported_segment_may_go_and_no_others(filled: Ledger, tmp_path: Path) -> None:
    rows(tmp_path, "INSERT INTO segments VALUES (999, '', 1, 1, 5, '', '', 0, '', '', '', 0)")
    for table in LEAVING:
        rows(tmp_path, f"DELETE FROM {table} WHERE link <= 5")
        with pytest.raises(sqlite3.IntegrityError, match=f"a row of {table} stays"):
            rows(tmp_path, f"DELETE FROM {table}")
    with pytest.raises(sqlite3.IntegrityError, match="a row of inventories stays"):
        rows(tmp_path, "DELETE FROM inventories WHERE link <= 5")


async def test_what_could_not_be_stored_takes_no_link(filled: Ledger, tmp_path: Path) -> None:
    head = await filled.head()
    with closing(sqlite3.connect(file_of(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError):
            await append(filled, said(change("cam-8"), 50, oldest=50))
    assert await filled.head() == head
    await append(filled, said(change("cam-8"), 50, oldest=50))
    assert (await filled.head()).links == head.links + 2
    assert verified(tmp_path).ok


async def test_two_ledgers_on_one_file_make_one_chain(tmp_path: Path) -> None:
    async with await Ledger.open(url_of(tmp_path)) as one, await Ledger.open(url_of(tmp_path)) as other:
        for n in range(1, 6):
            await append(one, said(change(f"a-{n}"), n, collector="a"))
            await append(other, said(change(f"b-{n}"), n, collector="b"))
        assert await one.head() == await other.head()
    assert file_of(tmp_path).exists()
    assert verified(tmp_path).ok


def test_the_hash_of_a_link_depends_on_the_one_before() -> None:
    assert next_hash(GENESIS, "a") != next_hash("1" * 64, "a")
