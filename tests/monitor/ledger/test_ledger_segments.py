"""Old rows leave in whole segments for files; what stays goes on as if they were still there."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from evidencekit import DAY, DAYS, fill, live_through, make_aged, tamper, told, verified
from ledgerkit import STREAM, T0, append, change, file_of, rows, said, url_of

from monitor.ledger import Judgements, Ledger, LedgerError, SegmentRow, Signer
from monitor.ledger.chain import FORMS, LEAVING, form_of, next_hash
from monitor.ledger.findings import Kind
from monitor.model.observations import Cause, State
from monitor.model.timeline import Step

KEEP_FROM = T0 + 35 * DAY


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a ledger that has lived through many days. To be copied, not changed."""
    place = tmp_path_factory.mktemp("lived")

    async def live() -> None:
        async with await Ledger.open(url_of(place)) as ledger:
            await fill(ledger, Signer.of(place))
            await live_through(ledger, Signer.of(place))

    asyncio.run(live())
    return place


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, its first month gone."""
    place = tmp_path_factory.mktemp("exported")
    asyncio.run(make_aged(place))
    return place


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "copy"))


@pytest.fixture
async def ledger(folder: Path) -> AsyncIterator[Ledger]:
    async with await Ledger.open(url_of(folder)) as opened:
        yield opened


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "copy"))


def archive(folder: Path) -> Path:
    return folder / "archive"


def the_file(folder: Path) -> Path:
    (path,) = archive(folder).iterdir()
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def rewrite(path: Path, lines: list[dict[str, Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


async def export(ledger: Ledger, folder: Path, keep_from: int = KEEP_FROM) -> SegmentRow:
    segment = await ledger.export_segment(archive(folder), keep_from)
    assert segment
    return segment


async def test_a_segment_goes_from_one_checkpoint_to_another_and_is_a_month_at_least(
    ledger: Ledger, folder: Path
) -> None:
    segment = await export(ledger, folder)
    ends = {each.link: each for each in await ledger.checkpoints()}
    assert (segment.number, segment.first) == (1, 1)
    assert ends[segment.last].hash == segment.hash_last
    assert segment.until == ends[segment.last].at >= T0 + 30 * DAY
    assert the_file(folder).name == f"000001-1-{segment.last}.jsonl.gz"


async def test_the_file_holds_every_link_and_can_be_checked_by_itself(ledger: Ledger, folder: Path) -> None:
    segment = await export(ledger, folder)
    first, *links = lines_of(the_file(folder))
    assert first == {"format": "quanshi ledger segment 1", "segment": 1, "hash_before": "0" * 64}
    assert [line["link"] for line in links] == list(range(1, segment.last + 1))
    last = first["hash_before"]
    for line in links:
        last = next_hash(last, form_of(line["table"], line["row"]))
        assert line["hash"] == last
    assert last == segment.hash_last


async def test_facts_leave_and_what_people_decided_stays(ledger: Ledger, folder: Path) -> None:
    before = {table: rows(folder, f"SELECT count(*) FROM {table}")[0][0] for table in FORMS}
    segment = await export(ledger, folder)
    for table in FORMS:
        below = rows(folder, f"SELECT count(*) FROM {table} WHERE link <= {segment.last}")[0][0]
        if table in LEAVING:
            assert below == 0 < before[table], table
        elif table != "segments":
            assert below == before[table] > 0, table


async def test_nothing_leaves_before_it_is_old_enough(ledger: Ledger, folder: Path) -> None:
    assert await ledger.export_segment(archive(folder), T0 + 29 * DAY) is None
    assert not archive(folder).exists()


async def test_nothing_leaves_after_the_clock_jumped_ahead(ledger: Ledger, folder: Path) -> None:
    """Only a hundred later checkpoints prove that so much time has passed."""
    assert await ledger.export_segment(archive(folder), T0 + 45 * DAY)
    assert await ledger.export_segment(archive(folder), T0 + 10_000 * DAY) is None


async def test_segment_follows_segment(ledger: Ledger, folder: Path) -> None:
    signer = Signer.of(folder)
    first = await export(ledger, folder)
    for day in range(DAYS, DAYS + 40):
        news = change("cam-1", State.UP, T0 + day * DAY)
        event = said(news, 3 * day + 1, collector="video-1of2", oldest=10**6)
        await ledger.append("ledger", STREAM, f"{day}-1", [event], recorded_at=T0 + day * DAY)
        await ledger.checkpoint(signer, T0 + day * DAY)
    second = await export(ledger, folder, T0 + 70 * DAY)
    assert (second.number, second.first, second.hash_before) == (2, first.last + 1, first.hash_last)
    assert await ledger.segments() == [first, second]
    assert verified(folder).ok


async def test_what_left_is_verified_with_what_stayed(ledger: Ledger, folder: Path) -> None:
    before = verified(folder)
    segment = await export(ledger, folder)
    after = verified(folder)
    assert told(after.findings) == []
    assert (after.links, after.archived, after.unchecked) == (before.links + 1, segment.last, 0)
    assert after.checkpoints == before.checkpoints


async def test_timelines_after_the_segment_are_the_same(ledger: Ledger, folder: Path) -> None:
    before = await ledger.steps(2 * T0)
    segment = await export(ledger, folder)
    after = await ledger.steps(2 * T0)
    assert before.keys() == after.keys()
    for watch, steps in before.items():
        kept = [step for step in steps if step.at >= segment.until]
        assert after[watch][-len(kept) :] == kept or not kept
        stood = [step for step in steps if step.at < segment.until][-1]
        assert after[watch][0] == stood


async def test_where_a_watch_stood_is_taken_on_from_segment_to_segment(tmp_path: Path) -> None:
    signer = Signer.of(tmp_path)
    async with await Ledger.open(url_of(tmp_path)) as ledger:
        await append(ledger, said(change("quiet", at=T0 + 7), 1, collector="x"), recorded_at=T0)
        await live_through(ledger, signer, 190)
        await export(ledger, tmp_path)
        await export(ledger, tmp_path, T0 + 80 * DAY)
        assert (await ledger.steps(2 * T0))["quiet", "video"] == [
            Step(T0 + 7, T0 + 7 - 1000, State.DOWN, Cause.TIMEOUT)
        ]
        assert verified(tmp_path).ok


async def test_a_late_fact_from_before_the_segment_takes_its_place_in_time(
    ledger: Ledger, folder: Path
) -> None:
    await export(ledger, folder)
    late = said(change("cam-1", State.DEGRADED, T0 + 5 * DAY, cause=Cause.SLOW), 1, collector="late")
    await append(ledger, late)
    steps = (await ledger.steps(2 * T0))["cam-1", "video"]
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[0].state is State.DEGRADED


async def test_standings_and_the_latest_changes_are_as_before(ledger: Ledger, folder: Path) -> None:
    before, changes = await ledger.standings(), (await ledger.counts())["changes"]
    await export(ledger, folder)
    assert [(row.node, row.state, row.cause, row.at, row.change_id) for row in await ledger.standings()] == [
        (row.node, row.state, row.cause, row.at, row.change_id) for row in before
    ]
    assert (await ledger.counts())["changes"] == changes
    assert (await ledger.changes(after_id=changes - 1))[0].id == changes


async def test_what_was_never_heard_of_what_left_is_told_no_more(ledger: Ledger, folder: Path) -> None:
    box = await Judgements.of(ledger)
    last = box.last()
    await export(ledger, folder)
    left = await ledger.judgements(0, 10_000)
    assert box.oldest() == left[0].sequence > 1
    assert left[-1].sequence == box.last() == last
    lost = "kind = 'change' AND ref NOT IN (SELECT id FROM changes)"
    assert rows(folder, f"SELECT count(*) FROM judgements WHERE {lost}") == [(0,)]


async def test_a_broken_chain_does_not_leave(folder: Path) -> None:
    tamper(folder, "UPDATE changes SET probe = 'tcp' WHERE id = 5")
    async with await Ledger.open(url_of(folder)) as ledger:
        with pytest.raises(LedgerError, match=r"the chain is broken at link .*nothing leaves"):
            await ledger.export_segment(archive(folder), KEEP_FROM)
        assert await ledger.segments() == []
    assert list(archive(folder).iterdir()) == []


async def test_a_folder_that_cannot_be_written_stops_nothing_but_the_export(
    ledger: Ledger, folder: Path
) -> None:
    archive(folder).write_text("a file where a folder should be")
    with pytest.raises(LedgerError, match=r"segment .*archive"):
        await ledger.export_segment(archive(folder), KEEP_FROM)
    assert await ledger.segments() == []
    await append(ledger, said(change("cam-7"), 1, collector="y"))


async def test_an_export_that_was_interrupted_is_done_again(ledger: Ledger, folder: Path) -> None:
    archive(folder).mkdir()
    half = archive(folder) / ".000001-1-99.jsonl.gz.77"
    half.write_bytes(b"half")
    os.utime(half, (0, 0))
    segment = await export(ledger, folder)
    assert the_file(folder).name == segment.file


async def test_of_two_monitors_one_lets_go(ledger: Ledger, folder: Path) -> None:
    async with await Ledger.open(url_of(folder)) as other:
        both = (each.export_segment(archive(folder), KEEP_FROM) for each in (ledger, other))
        done = await asyncio.gather(*both)
    assert sorted(each is None for each in done) == [False, True]
    assert len(await ledger.segments()) == 1
    assert verified(folder).ok


# -- somebody at the archive


def test_a_file_that_is_not_there_is_said_to_be_missing_and_the_rest_is_checked(copy: Path) -> None:
    path = the_file(copy)
    path.unlink()
    found = verified(copy)
    assert told(found.findings) == [("file_missing", "segments", path.name, 1)]
    assert found.unchecked == found.archived > 0
    tamper(copy, "UPDATE changes SET probe = 'tcp' WHERE id = (SELECT max(id) FROM changes)")
    assert [each.kind for each in verified(copy).findings] == [Kind.FILE_MISSING, Kind.CHANGED]


def test_a_row_changed_in_the_file_is_named(copy: Path) -> None:
    path = the_file(copy)
    lines = lines_of(path)
    line = next(line for line in lines if line.get("table") == "changes")
    line["row"]["at"] += 1
    rewrite(path, lines)
    assert told(verified(copy).findings) == [
        ("file_changed", "segments", path.name, 1),
        ("changed", "changes", "1", line["link"]),
    ]


def test_a_row_taken_out_of_the_file_is_named(copy: Path) -> None:
    path = the_file(copy)
    lines = lines_of(path)
    gone = next(place for place, line in enumerate(lines) if line.get("table") == "changes")
    link = lines.pop(gone)["link"]
    rewrite(path, lines)
    kinds = told(verified(copy).findings)
    assert ("missing", "", "", link) in kinds
    assert ("file_changed", "segments", path.name, 1) in kinds


def test_two_rows_swapped_in_the_file_are_found(copy: Path) -> None:
    path = the_file(copy)
    lines = lines_of(path)
    one, other = [line for line in lines if line.get("table") == "changes"][2:5:2]
    one["row"], other["row"] = other["row"], one["row"]
    rewrite(path, lines)
    found = {(each.kind, each.first) for each in verified(copy).findings}
    assert found == {(Kind.MOVED, one["link"]), (Kind.MOVED, other["link"]), (Kind.FILE_CHANGED, 1)}


def test_a_file_forged_with_all_its_hashes_is_another_file(copy: Path) -> None:
    path = the_file(copy)
    lines = lines_of(path)
    last = lines[0]["hash_before"]
    for line in lines[1:]:
        if line["table"] == "changes":
            line["row"]["new"] = "up"
        last = line["hash"] = next_hash(last, form_of(line["table"], line["row"]))
    rewrite(path, lines)
    assert Kind.FILE_CHANGED in {each.kind for each in verified(copy).findings}


def test_one_flipped_bit_of_the_file_is_found(copy: Path) -> None:
    path = the_file(copy)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    (found,) = verified(copy).findings
    assert found.kind in (Kind.FILE_DAMAGED, Kind.FILE_CHANGED)
    assert found.key == path.name


@pytest.mark.parametrize(
    "content",
    [b"", b"not gzip", gzip.compress(b"{}"), gzip.compress(b"[1]\n"), gzip.compress(b"\xff\n")],
    ids=["empty", "no gzip", "no list", "no row", "no text"],
)
def test_a_file_that_is_none_is_said_to_be_damaged(copy: Path, content: bytes) -> None:
    the_file(copy).write_bytes(content)
    assert [each.kind for each in verified(copy).findings] == [Kind.FILE_DAMAGED]


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"link": "1", "table": "changes", "hash": "", "row": {}},
        {"link": 1, "table": "changes", "hash": "", "row": {}},
        {"link": 1, "table": "odd", "hash": "", "row": {}},
        {"link": 1, "table": "inventory_uses", "hash": "", "row": {"at": 1, "digest": "\ud800"}},
        {"link": 1, "table": "inventory_uses", "hash": "", "row": {"at": [], "digest": ""}},
    ],
)
def test_a_line_that_nobody_wrote_makes_the_file_damaged(copy: Path, line: dict[str, Any]) -> None:
    path = the_file(copy)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(lines_of_first()) + "\n" + json.dumps(line) + "\n")
    assert [each.kind for each in verified(copy).findings] == [Kind.FILE_DAMAGED]


def lines_of_first() -> dict[str, Any]:
    return {"format": "quanshi ledger segment 1", "segment": 1, "hash_before": "0" * 64}


def test_a_row_that_stayed_must_be_the_one_in_the_file(copy: Path) -> None:
    tamper(copy, "UPDATE decisions SET person = '王五' WHERE action = 'approve'")
    (found,) = verified(copy).findings
    assert (found.kind, found.table) == (Kind.CHANGED, "decisions")
    tamper(copy, "DELETE FROM decisions WHERE action = 'approve'")
    (found,) = verified(copy).findings
    assert (found.kind, found.table) == (Kind.MISSING, "decisions")


def test_where_watches_stood_is_checked(copy: Path) -> None:
    tamper(copy, "UPDATE base_states SET state = 'up' WHERE node = 'cam-3'")
    assert [each.kind for each in verified(copy).findings] == [Kind.BASE]
    tamper(copy, "UPDATE base_states SET at = 'never'")
    assert [each.kind for each in verified(copy).findings] == [Kind.BASE]


def test_a_segment_that_never_was_hides_nothing(copy: Path) -> None:
    """Somebody deletes rows and says that they are in a file."""
    last = rows(copy, "SELECT max(last) FROM segments")[0][0]
    tamper(
        copy,
        "INSERT INTO segments SELECT 10000, hash, 2, last + 1, last + 50, hash_last, hash_last, until, "
        "'x.gz', sha256, base_sha256, exported_at FROM segments",
        f"DELETE FROM changes WHERE link BETWEEN {last + 1} AND {last + 50}",
        f"DELETE FROM sights WHERE link BETWEEN {last + 1} AND {last + 50}",
    )
    found = verified(copy).findings
    assert ("file_missing", "segments", "x.gz", last + 1) in told(found)
    assert any(each.kind is Kind.EXTRA and each.table == "segments" for each in found)


def test_a_copy_without_its_archive_is_verified_as_far_as_it_goes(copy: Path) -> None:
    shutil.rmtree(archive(copy))
    assert [each.kind for each in verified(copy).findings] == [Kind.FILE_MISSING]
    assert file_of(copy).exists()


async def test_steps_since_a_moment_begin_where_watches_stood_when_the_segment_ended(
    ledger: Ledger, folder: Path
) -> None:
    await export(ledger, folder)
    since = T0 + 45 * DAY
    everything = await ledger.steps(T0 + 400 * DAY)
    assert any(len(steps) > 1 for steps in everything.values())
    for watch, steps in (await ledger.steps(T0 + 400 * DAY, since)).items():
        past = sum(step.at < since for step in everything[watch])
        assert steps == everything[watch][max(0, past - 1) :]
