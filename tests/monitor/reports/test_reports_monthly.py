"""The report of each month is made by itself, once, and kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from small_site import Voice, camera, make_site

from monitor.config import Site
from monitor.ledger.ledger import Ledger
from monitor.model.observations import State
from monitor.reports.monthly import FOLDER, FORMS, Monthly, last_month, missing


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path, [camera("a"), camera("b")])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_month_is_over_an_hour_after_midnight_on_the_clock_of_the_place(site: Site) -> None:
    assert last_month(at("2026-10-31T16:59:59"), site) == "2026-09"  # 00:59:59 on the first, there
    assert last_month(at("2026-10-31T17:00:01"), site) == "2026-10"
    assert last_month(at("2027-01-05T00:00:00"), site) == "2026-12"


@pytest.mark.timeout(180)
async def test_the_files_of_the_last_month_are_made_once_and_kept(site: Site) -> None:
    now = datetime.now(UTC)
    month, folder = last_month(now, site), site.data / FOLDER
    site.data.mkdir(exist_ok=True)
    async with await Ledger.open(site.ledger_url) as ledger:
        begun = round((now - timedelta(days=62)).timestamp() * 1000)
        await ledger.use_inventory(site.inventory.digest, site.inventory.to_json(), begun)
        await Monthly(ledger, lambda: site).look(now)

        assert missing(folder, month) == []
        document = json.loads((folder / f"{month}.json").read_text())
        assert document["report"]["period"] == month
        assert (folder / f"{month}.pdf").read_bytes().startswith(b"%PDF")
        made = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
        await Monthly(ledger, lambda: site).look(now)
        assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == made
        assert len(await ledger.reports()) == 1  # one question, one digest, however many files


async def test_of_a_month_in_which_nothing_was_watched_nothing_is_made(site: Site) -> None:
    site.data.mkdir(exist_ok=True)
    async with await Ledger.open(site.ledger_url) as ledger:
        now = datetime.now(UTC)
        await Monthly(ledger, lambda: site).look(now)
        await ledger.use_inventory(
            site.inventory.digest, site.inventory.to_json(), round(now.timestamp() * 1000)
        )
        await Monthly(ledger, lambda: site).look(now)

    assert not (site.data / FOLDER).exists()
    assert len(FORMS) == 3


async def test_it_waits_until_all_of_its_month_is_judged(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits would be taken for a fault of its own, and a report that is made stays as it is."""
    made: list[Path] = []

    async def make(_self: Monthly, _month: str, path: Path) -> None:
        made.append(path)

    monkeypatch.setattr(Monthly, "_make", make)
    site.data.mkdir(exist_ok=True)
    now, voice = at("2026-11-25T00:00:00"), Voice()
    october, november = (round(at(day).timestamp() * 1000) for day in ("2026-10-20", "2026-11-20"))
    async with await Ledger.open(site.ledger_url) as ledger:
        await ledger.use_inventory(site.inventory.digest, site.inventory.to_json(), october)
        of_october = voice.turns("a", State.UP, State.DOWN, october)
        await ledger.append("ledger", "facts", "1-1", [of_october])
        monthly = Monthly(ledger, lambda: site)

        await monthly.look(now)
        assert made == []

        await ledger.pass_over()
        await ledger.append("ledger", "facts", "1-2", [voice.turns("b", State.UP, State.DOWN, november)])
        await monthly.look(now)  # what waits now is of another month
        assert [path.name for path in made] == [f"2026-10.{form}" for form in FORMS]
