"""Requests and approvals, whoever takes them down."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from monitor.desk import decisions
from monitor.ledger import Ledger
from monitor.model.decisions import DecisionError, Reason, Scope
from monitor.model.times import wall_clock

HOUR = 3_600_000
SOON = 200


async def test_what_has_begun_unapproved_and_without_a_note_is_not_approved_any_more(
    empty_ledger: Path, tmp_path: Path
) -> None:
    file = shutil.copy(empty_ledger, tmp_path)
    async with await Ledger.open(f"sqlite+aiosqlite:///{file}") as ledger:
        start = wall_clock() + SOON
        for note in ("", "换杆"):
            wish = decisions.Wish((start, start + HOUR), "张三", note)
            await decisions.request_exclusion(ledger, Scope(nodes=("cam-1",)), Reason.PLANNED_WORK, wish)
        await asyncio.sleep((start + 1 - wall_clock()) / 1000)

        with pytest.raises(DecisionError, match="needs a note"):
            await decisions.approve(ledger, "M1", "李四")
        explained = await decisions.approve(ledger, "M2", "李四")
        assert decisions.as_document(explained)["retroactive"]
