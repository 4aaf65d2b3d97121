"""A chain that was forged as a whole, or cut: its signatures, and what is held outside, speak against it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evidencekit import behind_our_back, tamper, told, verified
from ledgerkit import T0

from monitor.ledger import ChainHead, Checkpoint, Signer
from monitor.ledger.chain import FORMS, GENESIS, form_of, next_hash
from monitor.ledger.findings import Kind


@pytest.fixture
def folder(filled_folder: Path) -> Path:
    return filled_folder


def rewrite(folder: Path, change_it: Callable[[str, dict[str, Any]], None]) -> None:
    """Forge the whole chain: every hash anew after ``change_it`` has had its way with each row."""
    with behind_our_back(folder) as owner:
        owner.row_factory = sqlite3.Row
        found = [
            (row["link"], table, dict(row))
            for table in FORMS
            for row in owner.execute(f"SELECT * FROM {table} WHERE link IS NOT NULL")
        ]
        last = GENESIS
        for link, table, row in sorted(found, key=lambda each: each[0]):
            change_it(table, row)
            last = next_hash(last, form_of(table, row))
            values = ", ".join(f'"{name}" = ?' for name in FORMS[table])
            owner.execute(
                f"UPDATE {table} SET {values}, hash = ? WHERE link = ?",
                (*(row[name] for name in FORMS[table]), last, link),
            )
        owner.execute("UPDATE head SET hash = ?", (last,))


def test_a_chain_that_was_forged_as_a_whole_is_not_what_was_signed(folder: Path) -> None:
    def improve(table: str, row: dict[str, Any]) -> None:
        if table == "changes":
            row["new"] = "up"

    rewrite(folder, improve)
    found = verified(folder)
    assert [each.kind for each in found.findings] == [Kind.CHECKPOINT]
    assert found.signed
    assert found.signed.link == 1  # what came before what was forged


def test_a_chain_that_was_forged_and_signed_by_another_is_not_by_the_key_that_is_believed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mine, other = Signer.of(folder), Signer.of(tmp_path_factory.mktemp("other"))

    def take_over(table: str, row: dict[str, Any]) -> None:
        if table == "signers":
            row |= {"fingerprint": other.fingerprint, "public": other.public}

    rewrite(folder, take_over)
    with behind_our_back(folder) as owner:
        links, last = owner.execute("SELECT links, hash FROM head").fetchone()
        forged = Checkpoint(links, last, T0 + 9, other.fingerprint)
        owner.execute("DELETE FROM checkpoints WHERE link = 1")
        owner.execute(
            "UPDATE checkpoints SET hash = ?, fingerprint = ?, signature = ?",
            (last, other.fingerprint, other.sign(forged.text()).hex()),
        )
    assert verified(folder).ok  # nothing inside speaks against it
    assert [each.kind for each in verified(folder, public=mine.public).findings] == [Kind.UNSIGNED]


def test_the_right_key_is_believed(folder: Path) -> None:
    found = verified(folder, public=Signer.of(folder).public)
    assert found.ok
    assert found.signed


def test_a_tail_that_was_cut_off_is_found_by_a_checkpoint(folder: Path) -> None:
    links = verified(folder).links
    last = f"link > {links - 3}"
    with behind_our_back(folder) as owner:
        for table in FORMS:
            owner.execute(f"DELETE FROM {table} WHERE {last}")
        hashes = {
            link: stored
            for table in FORMS
            for link, stored in owner.execute(f"SELECT link, hash FROM {table} WHERE link IS NOT NULL")
        }
        owner.execute("UPDATE head SET links = ?, hash = ?", (links - 3, hashes[links - 3]))
    found = verified(folder).findings
    assert ("cut", links - 2, links) in [(each.kind, each.first, each.last) for each in found]


def test_a_tail_that_was_cut_off_with_its_checkpoint_is_found_by_whoever_holds_a_later_head(
    folder: Path,
) -> None:
    held = ChainHead(verified(folder).links, verified(folder).hash)
    with behind_our_back(folder) as owner:
        owner.execute("DELETE FROM checkpoints WHERE link > 1")
        for table in ("reports", "actions", "attributions", "outages", "orders", "alert_records"):
            owner.execute(f"DELETE FROM {table}")
        query = "SELECT link, hash FROM decisions WHERE action = 'approve'"
        (links, stored) = owner.execute(query).fetchone()
        owner.execute("UPDATE head SET links = ?, hash = ?", (links, stored))
    assert verified(folder).ok
    (found,) = verified(folder, expected=(held,)).findings
    assert (found.kind, found.first, found.last) == (Kind.CUT, links + 1, held.links)


def test_another_hash_than_somebody_outside_holds_is_found(folder: Path) -> None:
    held = ChainHead(3, "f" * 64)
    assert told(verified(folder, expected=(held,)).findings) == [("expected", "", "", 3)]
    assert verified(folder, expected=(ChainHead(verified(folder).links, verified(folder).hash),)).ok


def test_a_head_that_says_another_hash_is_found(folder: Path) -> None:
    tamper(folder, f"UPDATE head SET hash = '{'a' * 64}'")
    found = verified(folder)
    assert told(found.findings) == [("head", "head", "", found.links)]


def test_a_head_that_counts_too_few_or_too_many_links_is_found(folder: Path) -> None:
    links = verified(folder).links
    tamper(folder, "UPDATE head SET links = links - 1")
    assert ("extra", "reports", str(links), links) in told(verified(folder).findings)
    tamper(folder, "UPDATE head SET links = links + 3")
    assert ("missing", "", "", links + 1) in told(verified(folder).findings)


@pytest.mark.parametrize("column", ["link", "fingerprint", "hash", "at", "signature"])
def test_a_checkpoint_that_was_changed_is_found(folder: Path, column: str) -> None:
    tamper(folder, f"UPDATE checkpoints SET {column} = replace({column}, '1', '7') || 'a' WHERE link > 1")
    assert [each.kind for each in verified(folder).findings] == [Kind.SIGNATURE]
