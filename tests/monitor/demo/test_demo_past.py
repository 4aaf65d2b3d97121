"""The invented past of a demo is judged when it is written: nothing of it waits for the monitor."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.commands.demo_past import Past
from monitor.config import Site, load_site
from monitor.demo.chronicle import write_history
from monitor.demo.city import City, make_city
from monitor.demo.history import invent
from monitor.demo.site_files import SiteOptions, write_site
from monitor.ledger.ledger import Ledger
from monitor.model.nodes import Kind, Level
from monitor.model.observations import State
from monitor.model.outages import Phase

DAY = 86_400_000
END = 1_795_392_000_000
START = END - 60 * DAY


@pytest.fixture
def city() -> City:
    return make_city(200, seed=1, port=20_000)


@pytest.fixture
def site(tmp_path: Path, city: City) -> Site:
    site = load_site(write_site(city, tmp_path, SiteOptions("127.0.0.1:0", "zh")))
    site.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    return site


async def test_nothing_of_an_invented_past_waits_or_is_told_and_its_outages_stand(
    city: City, site: Site
) -> None:
    async with await Ledger.open(site.ledger_url) as ledger:
        await write_history(ledger, site, invent(city, 1, START, END), Past(ledger, site), lambda _: None)

        assert await ledger.unjudged() == []
        assert ledger.judgement_marks.last == ledger.judgement_marks.confirmed
        assert await ledger.judgements(0, 10) == []
        upstream = await ledger.attributed(END)
        words = [outage for _, outage in await ledger.outages_told(0, 2 * END)]
        left = await ledger.open_outages()
        steps, later = await ledger.steps(END), await ledger.steps(2 * END)

    # Behind a switch of a town that failed, all cameras were down by its fault.
    switches = {each.id for each in city.nodes if each.kind is Kind.SWITCH and each.level is Level.TOWN}
    assert switches & {each.root for each in words if each.affected > 1}
    assert len(upstream) > 50
    assert sum(end - start for spans in upstream.values() for start, end in spans) > DAY
    # What took nothing along left no words; whatever began is over, and nothing lies in the future.
    opened = {each.id for each in words if each.phase is Phase.OPENED}
    closed = {each.id for each in words if each.phase is Phase.CLOSED}
    assert opened == closed
    assert left == []
    assert steps == later
    assert {each[-1].state for each in steps.values()} == {State.UP}
    most = {each.id: max(other.affected for other in words if other.id == each.id) for each in words}
    assert all(most[each] > 1 for each in closed - {one.id for one in words if one.merged_into})


async def test_the_same_past_has_the_same_judgements(city: City, site: Site, tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        async with await Ledger.open(f"sqlite+aiosqlite:///{tmp_path / name}.db") as ledger:
            await write_history(ledger, site, invent(city, 1, START, END), Past(ledger, site), lambda _: None)
            found.append(await ledger.attributed(END))
    assert found[0] == found[1]
