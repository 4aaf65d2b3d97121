"""Time that was down by another's fault: worked out by hand, from the ledger to the files."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from clockwork import DAY, HOUR, MINUTE, ZONE, at
from ledger_city import Past, point, write_site
from openpyxl import load_workbook
from report_kit import PROOF

from monitor.config import Site
from monitor.ledger import Ledger
from monitor.model.observations import State
from monitor.model.outages import Attribution, Blame
from monitor.model.timeline import Parts
from monitor.reports.build import Question, report
from monitor.reports.document import Report
from monitor.reports.gather import gather
from monitor.reports.jsonform import digest, report_to_json
from monitor.reports.windows import period
from monitor.reports.xlsx import write_xlsx

UP, DOWN = State.UP, State.DOWN
OWN, UPSTREAM, SUSPECTED = Attribution.OWN, Attribution.UPSTREAM, Attribution.SUSPECTED
MONTH = 31 * DAY


@pytest.fixture
def site(tmp_path: Path) -> Site:
    switch = point("sw", kind="switch", **{"class": ""})
    return write_site(tmp_path, [switch, point("cam", parent="sw")])


@pytest.fixture
async def ledger(site: Site, empty_ledger: Path) -> AsyncIterator[Ledger]:
    shutil.copy(empty_ledger, site.data)
    async with await Ledger.open(site.ledger_url) as opened:
        yield opened


@pytest.fixture
async def past(ledger: Ledger, site: Site) -> Past:
    past = Past(ledger)
    await past.uses(site, "09-15")
    return past


async def judged(ledger: Ledger, *blames: tuple[str, str, Attribution | None]) -> None:
    """Each a node, since when, whose fault; of its change where one stands at that moment."""
    waiting = {(row.change.node, row.change.at): row.id for row in await ledger.unjudged()}
    rows = [
        Blame(waiting.get((node, at(moment))), node, "video", at(moment), fault)
        for node, moment, fault in blames
    ]
    await ledger.judge(rows, at("11-01"))


async def made(ledger: Ledger, site: Site, past: Past) -> Report:
    await past.saw("09-15 to 11-02")
    return report(await gather(ledger, site, period("2026-10", ZONE), at("11-02")), Question())


def parts_of(made: Report) -> dict[str, Parts]:
    return {row.node: row.figures.parts for row in made.nodes}


async def test_a_camera_behind_a_switch_that_is_down_for_an_hour(
    site: Site, ledger: Ledger, past: Past
) -> None:
    for node in ("sw", "cam"):
        await past.turned(node, ("09-20", UP), ("10-05 10:00", DOWN), ("10-05 11:00", UP))
    await judged(
        ledger, ("sw", "10-05 10:00", OWN), ("cam", "10-05 10:00", UPSTREAM), ("cam", "10-05 11:00", None)
    )
    assert parts_of(await made(ledger, site, past)) == {
        "cam": Parts(up=MONTH - HOUR, down_upstream=HOUR),
    }


async def test_from_the_switchs_return_on_it_is_the_cameras_own_fault(
    site: Site, ledger: Ledger, past: Past
) -> None:
    await past.turned("sw", ("09-20", UP), ("10-05 10:00", DOWN), ("10-05 10:30", UP))
    await past.turned("cam", ("09-20", UP), ("10-05 10:00", DOWN), ("10-05 10:40", UP))
    await judged(
        ledger,
        ("sw", "10-05 10:00", OWN),
        ("cam", "10-05 10:00", UPSTREAM),
        ("sw", "10-05 10:30", None),
        ("cam", "10-05 10:30", OWN),
        ("cam", "10-05 10:40", None),
    )
    found = await made(ledger, site, past)
    assert parts_of(found) == {
        "cam": Parts(up=MONTH - 40 * MINUTE, down_own=10 * MINUTE, down_upstream=30 * MINUTE),
    }
    own = next(row for row in found.nodes if row.node == "cam").figures.parts.own_fault
    assert own.value == (MONTH - 40 * MINUTE) / (MONTH - 30 * MINUTE)


async def test_what_is_suspected_is_not_the_cameras_own_fault(site: Site, ledger: Ledger, past: Past) -> None:
    await past.turned("cam", ("09-20", UP), ("10-05 10:00", DOWN), ("10-05 12:00", UP))
    await judged(ledger, ("cam", "10-05 10:00", SUSPECTED), ("cam", "10-05 12:00", None))
    assert parts_of(await made(ledger, site, past))["cam"] == Parts(
        up=MONTH - 2 * HOUR, down_upstream=2 * HOUR
    )


async def test_a_camera_that_was_down_before_its_switch_stays_down_by_itself(
    site: Site, ledger: Ledger, past: Past
) -> None:
    await past.turned("sw", ("09-20", UP), ("10-05 10:00", DOWN), ("10-05 11:00", UP))
    await past.turned("cam", ("09-20", UP), ("10-05 09:00", DOWN), ("10-05 12:00", UP))
    await judged(ledger, ("sw", "10-05 10:00", OWN), ("cam", "10-05 09:00", OWN))
    assert parts_of(await made(ledger, site, past))["cam"] == Parts(up=MONTH - 3 * HOUR, down_own=3 * HOUR)


async def test_what_was_own_until_the_cause_was_known_counts_by_the_last_word(
    site: Site, ledger: Ledger, past: Past
) -> None:
    """Down at ten, and only then its switch was found to be dead since ten, too."""
    await past.turned("cam", ("09-20", UP), ("10-05 10:00", DOWN))
    await judged(ledger, ("cam", "10-05 10:00", OWN))
    await judged(ledger, ("cam", "10-05 10:00", UPSTREAM))
    await past.turned("cam", ("10-05 11:00", UP), ("10-06 10:00", DOWN), ("10-06 10:05", UP), old=DOWN)
    await judged(
        ledger, ("cam", "10-05 11:00", None), ("cam", "10-06 10:00", OWN), ("cam", "10-06 10:05", None)
    )
    assert parts_of(await made(ledger, site, past))["cam"] == Parts(
        up=MONTH - HOUR - 5 * MINUTE, down_own=5 * MINUTE, down_upstream=HOUR
    )


async def test_without_judgements_a_report_is_what_it_was_before_there_were_any(
    site: Site, ledger: Ledger, past: Past
) -> None:
    await past.turned("cam", ("09-20", UP), ("10-05 10:00", DOWN), ("10-05 11:00", UP))
    before = digest(await made(ledger, site, past))
    await judged(ledger, ("cam", "10-05 10:00", OWN), ("cam", "10-05 11:00", None))
    facts = await gather(ledger, site, period("2026-10", ZONE), at("11-02"))
    assert facts.upstream == {}
    assert digest(report(facts, Question())) == before


async def test_the_totals_of_the_files_tell_it_apart(
    site: Site, ledger: Ledger, past: Past, tmp_path: Path
) -> None:
    await past.turned("cam", ("09-20", UP), ("10-05 10:00", DOWN), ("10-05 10:40", UP))
    await judged(ledger, ("cam", "10-05 10:00", UPSTREAM), ("cam", "10-05 10:30", OWN))
    found = await made(ledger, site, past)

    total = report_to_json(found)["total"]["parts"]
    write_xlsx(found, PROOF, "zh", tmp_path / "report.xlsx")
    sheet = load_workbook(tmp_path / "report.xlsx")["全市"]

    assert (total["down_own"], total["down_upstream"]) == (10 * MINUTE, 30 * MINUTE)
    heads, row = (next(sheet.iter_rows(min_row=n, max_row=n, values_only=True)) for n in (1, 2))
    cells = dict(zip(heads, row, strict=True))
    assert cells["离线-自身 (小时)"] == pytest.approx(1 / 6, abs=1e-4)
    assert cells["离线-上游 (小时)"] == pytest.approx(1 / 2, abs=1e-4)
