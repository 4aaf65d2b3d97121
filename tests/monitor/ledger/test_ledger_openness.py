"""An open sight, for which no link vouches, says very little: nobody lengthens what was seen by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from evidencekit import tamper, told, verified
from ledgerkit import HOUR, T0, Place, append, rows, said, sight, url_of

from monitor.ledger import Ledger
from monitor.ledger.findings import Finding, Kind
from monitor.ledger.openness import BY_INDEX
from monitor.ledger.sources import source_of
from monitor.ledger.verify import verify

DAY = 86_400_000
SECOND = 1000


async def look(ledger: Ledger, *, since: int = T0, pieces: int = 3, collector: str = "video-0of1") -> None:
    """Unbroken sights of ten seconds, each recorded as it is said."""
    for n in range(pieces):
        start = since + n * 10 * SECOND
        event = said(sight(start, start + 10 * SECOND, collector=collector), n + 1, collector=collector)
        await append(ledger, event)


def insert(**fields: Any) -> str:
    """A row without a link as somebody may put it there."""
    row = {
        "id": 777,
        "collector": "'video-0of1'",
        "epoch": 1,
        "sequence": 9,
        "network": "'video'",
        "shard": 0,
        "shards": 1,
        "start": T0 + 60 * SECOND,
        "end": T0 + 70 * SECOND,
        "watches": 10,
        "probes": 5,
        "blind": "false",
        "inventory": "'abc'",
        "sealed": "false",
        "recorded_at": T0 + 70 * SECOND,
    } | fields
    names = ", ".join(f'"{name}"' for name in row)
    return f"INSERT INTO sights ({names}) VALUES ({', '.join(map(str, row.values()))})"


def found_in(place: Place) -> list[Finding]:
    """What is wrong with a ledger that nobody signs."""
    findings = verify(source_of(url_of(place)), None).findings
    return [finding for finding in findings if finding.kind is not Kind.WAITING]


TOO_MUCH = {
    "another collector": {"collector": "'video-0of9'"},
    "another layout": {"shards": 2},
    "more than an hour": {"end": T0 + 2 * HOUR},
    "before what is linked": {"start": T0 + 5 * SECOND},
    "days before": {"start": T0 - 9 * DAY, "end": T0 - 9 * DAY + SECOND},
    "days ahead": {"start": T0 + 9 * DAY, "end": T0 + 9 * DAY + SECOND},
    "ends before it begins": {"end": T0 + 59 * SECOND},
}


@pytest.mark.parametrize("fields", TOO_MUCH.values(), ids=TOO_MUCH)
async def test_no_open_row_is_put_there_that_says_too_much(
    ledger: Ledger, place: Place, fields: dict[str, Any]
) -> None:
    await look(ledger, pieces=1)  # the first is linked at once, and no other is open
    with pytest.raises(Exception, match="more than an open one may"):
        rows(place, insert(**fields))


GROWTH = {
    "begins earlier": f"start = start - {30 * DAY}",
    "ends earlier": '"end" = "end" - 1',
    "leaves its hour": f'"end" = "end" + {HOUR}',
    "was not blind": "blind = true",
    "of another": "collector = 'other'",
}


@pytest.mark.parametrize("change", GROWTH.values(), ids=GROWTH)
async def test_an_open_row_only_grows_at_its_end(ledger: Ledger, place: Place, change: str) -> None:
    await look(ledger)
    with pytest.raises(Exception, match="more than an open one may"):
        rows(place, f"UPDATE sights SET {change} WHERE NOT sealed")


@pytest.fixture
async def watched(tmp_path: Path) -> Path:
    """Ten seconds of one shard are linked, twenty more are open."""
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        await look(ledger)
    assert verified(tmp_path).ok
    return tmp_path


FORGED = {
    "another collector": insert(collector="'video-0of9'", start=T0 - 9 * DAY, end=T0 + 9 * DAY),
    "another layout": insert(shards=2),
    "longer": f"UPDATE sights SET start = start - {30 * DAY} WHERE NOT sealed",
    "later": f'UPDATE sights SET "end" = "end" + {30 * DAY} WHERE NOT sealed',
    "no number": "UPDATE sights SET start = 'x' WHERE NOT sealed",
}


@pytest.mark.parametrize("statement", FORGED.values(), ids=FORGED)
async def test_what_stands_open_all_the_same_is_found_and_counts_nowhere(
    watched: Path, statement: str
) -> None:
    tamper(watched, statement)
    (finding,) = verified(watched).findings
    assert (finding.kind.value, finding.table) == ("open", "sights")
    async with await Ledger.open(url_of(watched)) as ledger:
        seen = await ledger.sights(T0 - 40 * DAY, T0 + 40 * DAY)
        assert all(row.start >= T0 and row.end <= T0 + 30 * SECOND for row in seen)
        assert all(row.event.collector == "video-0of1" for row in seen)
        assert all(row.end <= T0 + 30 * SECOND for row in (await ledger.last_sights()).values())


async def test_what_only_says_that_it_is_sealed_is_found_and_counts_nowhere(watched: Path) -> None:
    """It has no link, so nothing vouches for it either."""
    tamper(watched, insert(collector="'video-0of9'", start=T0 - 9 * DAY, end=T0 + 9 * DAY, sealed=1))
    assert told(verified(watched).findings) == [("extra", "sights", "777", 0)]
    async with await Ledger.open(url_of(watched)) as ledger:
        seen = [*await ledger.sights(T0 - 40 * DAY, T0 + 40 * DAY), *(await ledger.last_sights()).values()]
        assert {row.event.collector for row in seen} == {"video-0of1"}


async def test_open_sights_are_found_by_their_index(watched: Path) -> None:
    """They are asked for with each batch: never are all sights looked through."""
    query = BY_INDEX["sqlite"]
    plan = " ".join(str(row) for row in rows(watched, f"EXPLAIN QUERY PLAN {query}"))
    assert "USING INDEX sights_open" in plan
    assert "SCAN one'" not in plan


async def test_a_second_open_row_of_a_shard_is_found(watched: Path) -> None:
    rows(watched, "DROP INDEX sights_open")
    tamper(watched, insert(start=T0 + 30 * SECOND, end=T0 + 40 * SECOND))
    assert told(verified(watched).findings) == [("open", "sights", "777", 0)]


async def test_it_is_never_made_evidence(watched: Path) -> None:
    """Sealed with the others, what somebody put there would be a link for ever."""
    tamper(watched, insert(collector="'ghost'"), insert(id=778, collector="'ghost 2'", start=T0 - 30 * DAY))
    async with await Ledger.open(url_of(watched)) as ledger:
        assert await ledger.seal_stale(T0 + 3 * HOUR) == 1
        assert await ledger.seal_until(T0 + 9 * DAY, T0 + 3 * HOUR) == 0
        await look(ledger, since=T0 + 4 * HOUR)
    assert sorted(finding.key for finding in found_in(watched)) == ["777", "778"]


async def test_who_goes_on_where_a_row_was_forged_is_recorded_all_the_same(watched: Path) -> None:
    tamper(watched, FORGED["longer"])
    async with await Ledger.open(url_of(watched)) as ledger:
        await append(ledger, said(sight(T0 + 30 * SECOND, T0 + 40 * SECOND), 4))
        assert [row.end for row in await ledger.sights(T0, T0 + DAY)] == [T0 + 10 * SECOND, T0 + 40 * SECOND]
    assert [finding.kind for finding in verified(watched).findings] == ["open"]


async def test_the_first_of_a_shard_is_linked_at_once(ledger: Ledger) -> None:
    await look(ledger)
    assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True, False]


async def test_what_leaves_its_hour_is_linked_at_once(ledger: Ledger, place: Place) -> None:
    await look(ledger, pieces=1)
    start = T0 + HOUR - 5 * SECOND
    await append(ledger, said(sight(start, start + 10 * SECOND), 2))
    assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True, True]
    assert found_in(place) == []


async def test_a_clock_that_was_set_back_leaves_nothing_open_that_was_seen_before(
    ledger: Ledger, place: Place
) -> None:
    await look(ledger)
    await append(ledger, said(sight(T0 - 60 * SECOND, T0 - 50 * SECOND), 4), recorded_at=T0)
    assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True, True, True]
    assert found_in(place) == []


async def test_what_comes_days_late_stands_open_for_nobody(ledger: Ledger, place: Place) -> None:
    """A collector's outbox was cut off; while it is read others look as ever."""
    late = "video-1of2"
    for turn in range(3):
        now = T0 + 3 * DAY + turn * 20 * SECOND
        await look(ledger, since=now, pieces=2)
        start = T0 + turn * 20 * SECOND
        pieces = [
            said(sight(at, at + 10 * SECOND, collector=late), 2 * turn + n + 1, collector=late)
            for n, at in enumerate((start, start + 10 * SECOND))
        ]
        await append(ledger, *pieces, recorded_at=now + 20 * SECOND)
        assert found_in(place) == []
    kept = [row for row in await ledger.sights(0, 2 * T0) if row.event.collector == late]
    assert [(row.start - T0, row.sealed) for row in kept] == [(0, True), (20_000, True), (40_000, True)]


async def test_what_was_left_open_before_a_long_pause_is_linked_when_another_is(
    ledger: Ledger, place: Place
) -> None:
    for name in ("video-0of1", "police-0of1"):
        await look(ledger, collector=name)
    await append(ledger, said(sight(T0 + DAY, T0 + DAY + 10 * SECOND), 4))
    assert found_in(place) == []
    assert [row.event.collector for row in await ledger.sights(0, 2 * T0) if not row.sealed] == ["video-0of1"]


async def test_what_is_open_at_the_upgrade_is_linked(watched: Path) -> None:
    """Before, nothing held it: only what stands there can be recorded."""
    tamper(watched, f"UPDATE sights SET start = start - {DAY} WHERE NOT sealed")
    rows(watched, "UPDATE alembic_version SET version_num = '0005'")
    async with await Ledger.open(url_of(watched)) as ledger:
        assert [row.sealed for row in await ledger.sights(0, 2 * T0)] == [True, True]
    assert verified(watched).ok
