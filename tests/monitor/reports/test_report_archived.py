"""A report on a time whose facts have left the database says so, and where they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from clockwork import DAY, ZONE, at
from ledger_city import Past, point, write_site
from report_kit import PROOF
from report_kit import report as invented

from monitor.config import Site
from monitor.ledger import Ledger, Signer
from monitor.model.observations import State
from monitor.model.timeline import Verdict
from monitor.reports.build import Question, report
from monitor.reports.document import Archived, Report, UnseenRow
from monitor.reports.gather import gather
from monitor.reports.jsonform import report_from_json, report_to_json
from monitor.reports.story import story_of
from monitor.reports.windows import period

LEFT = at("05-31")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A point watched from May on; what was recorded until the last of May is in a file."""
    made = write_site(tmp_path_factory.mktemp("site"), [point("a")])
    asyncio.run(_live(made))
    return made


async def _live(site: Site) -> None:
    async with await Ledger.open(site.ledger_url) as opened:
        past = Past(opened)
        await past.uses(site, "05-01")
        await past.turned("a", ("05-01", State.UP))
        for month, following in ((5, 6), (6, 7), (7, 8)):
            await past.saw(f"{month:02}-01 to {following:02}-01")
            await opened.seal_stale(at("11-02"))
            if month == 5:
                signer = Signer.of(site.data)
                await opened.checkpoint(signer, LEFT - 30 * DAY)
                for day in range(110):  # of these words each is about another link
                    await opened.record_report({"day": day}, "ab", LEFT, {})
                    await opened.checkpoint(signer, LEFT + day * DAY)
        assert await opened.export_segment(site.data / "archive", LEFT + DAY)


@pytest.fixture
async def ledger(site: Site) -> AsyncIterator[Ledger]:
    async with await Ledger.open(site.ledger_url) as opened:
        yield opened


async def about(ledger: Ledger, site: Site, text: str) -> Report:
    return report(await gather(ledger, site, period(text, ZONE), at("11-01")), Question())


async def test_what_has_left_is_unknown_and_the_report_names_the_file(ledger: Ledger, site: Site) -> None:
    found = await about(ledger, site, "2026-05")
    (segment,) = await ledger.segments()
    assert found.archived == Archived(LEFT, (segment.file,))
    assert found.total.parts.unknown == 31 * DAY
    assert found.total.verdict is Verdict.NOT_PROVABLE


async def test_what_is_all_there_says_nothing_of_archives(ledger: Ledger, site: Site) -> None:
    found = await about(ledger, site, "2026-06")
    assert found.archived is None
    assert found.total.parts.up == 30 * DAY
    assert "archived" not in report_to_json(found)


async def test_of_a_year_the_later_part_is_known(ledger: Ledger, site: Site) -> None:
    found = await about(ledger, site, "2026")
    assert found.archived is not None
    assert found.total.parts.up == 61 * DAY


ARCHIVED = replace(
    invented(5),
    archived=Archived(at("10-05 12:00"), ("000001-1-17.jsonl.gz", "000002-18-99.jsonl.gz")),
    unseen=(
        UnseenRow("video", "0/1", at("10-01"), at("10-05 12:00"), False, 5),
        UnseenRow("video", "0/1", at("10-09"), at("10-10"), False, 5),
        UnseenRow("video", "0/1", at("10-11"), at("10-12"), True, 5),
    ),
)


def test_it_is_kept_in_the_document() -> None:
    assert report_from_json(report_to_json(ARCHIVED)) == ARCHIVED


@pytest.mark.parametrize(
    ("language", "cover", "proof", "reasons"),
    [
        (
            "zh",
            "2026-10-05 12:00 以前的事实已移出数据库，计为未知",
            "在归档文件 000001-1-17.jsonl.gz, 000002-18-99.jsonl.gz 中",
            ["事实已移出台账，见证明页", "没有采集", "采集失去立足点"],
        ),
        (
            "en",
            "facts before 2026-10-05 12:00 have left the database and count as unknown",
            "they are in segment file(s) 000001-1-17.jsonl.gz, 000002-18-99.jsonl.gz",
            [
                "its facts have left the database, see the proof",
                "no collector was looking",
                "the collector lost its footing",
            ],
        ),
    ],
)
def test_cover_proof_and_unseen_time_say_it_in_words(
    language: str, cover: str, proof: str, reasons: list[str]
) -> None:
    story = story_of(ARCHIVED, PROOF, language)
    assert story.period.endswith(cover)
    assert any(proof in value for _, value in story.proof)
    (unseen,) = (table for table in story.tables if table.key == "unseen")
    assert [row[unseen.place("reason")] for row in unseen.rows] == reasons
