"""What a report rests on is linked: an open sight, which anybody could put there, proves nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from clockwork import ZONE, at
from ledger_city import Past, point, write_site

from monitor.ledger import Ledger, Signer
from monitor.ledger.sqlite_reader import SqliteSource
from monitor.ledger.verify import verify
from monitor.model.observations import State
from monitor.model.timeline import Verdict
from monitor.reports.build import Question, report
from monitor.reports.document import Report
from monitor.reports.gather import gather
from monitor.reports.make import make
from monitor.reports.windows import period

GHOST = """INSERT INTO sights (id, collector, epoch, sequence, network, shard, shards, start, "end",
    watches, probes, blind, inventory, sealed, recorded_at)
    VALUES (777, 'video-0of9', 1, 1, 'video', 0, 1, ?, ?, 1, 1, 0, '', 0, ?)"""


async def test_one_insert_does_not_make_a_month_proven(tmp_path: Path) -> None:
    site = write_site(tmp_path, [point("cam")])
    async with await Ledger.open(site.ledger_url) as ledger:
        past = Past(ledger)
        await past.uses(site, "09-15")
        await past.turned("cam", ("09-20", State.UP))
        await past.saw("09-20 to 10-05")
        await past.saw("10-25 to 11-02")
        await ledger.checkpoint(Signer.of(site.data), at("11-02"))
    with closing(sqlite3.connect(site.data / "ledger.db")) as owner:
        row = (at("10-01"), at("11-01"), at("10-31"))
        with pytest.raises(sqlite3.IntegrityError, match="more than an open one may"):
            owner.execute(GHOST, row)
        owner.execute("DROP TRIGGER sights_open_insert")
        owner.execute(GHOST, row)
        owner.commit()
    async with await Ledger.open(site.ledger_url) as ledger:
        facts = await gather(ledger, site, period("2026-10", ZONE), at("11-02"))
        parts = report(facts, Question()).total.parts
    assert parts.intact.verdict(0.98) is Verdict.NOT_PROVABLE
    assert parts.unknown == at("10-25") - at("10-05")
    found = verify(SqliteSource(site.data / "ledger.db"), None, public=Signer.of(site.data).public)
    assert [(finding.kind.value, finding.key) for finding in found.findings] == [("open", "777")]


async def test_what_is_open_is_linked_before_a_report_is_made_of_it(tmp_path: Path) -> None:
    site = write_site(tmp_path, [point("cam")])
    signer, now = Signer.of(site.data), at("10-05 12:00:30")

    async def made() -> Report:
        return (await make(ledger, signer, site, period("2026-10-05", ZONE), Question(), now=now))[0]

    async with await Ledger.open(site.ledger_url) as ledger:
        past = Past(ledger, recorded="10-05 12:00:30")
        await past.uses(site, "10-01")
        await past.turned("cam", ("10-05", State.UP))
        await past.saw("10-05 to 10-05 12:00")
        await past.saw("10-05 12:00 to 10-05 12:00:20")
        assert [row.sealed for row in await ledger.sights(0, now)] == [True, False]
        first = await made()
        assert [row.sealed for row in await ledger.sights(0, now)] == [True, True]
        assert first.end == at("10-05 12:00:20")
        assert first.total.parts.unknown == 0
        assert await made() == first
