"""What is measured all the time begins with the ledger, and agrees with the reports on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from clockwork import DAY, HOUR, MINUTE, SECOND, ZONE, at
from ledger_city import Past
from small_site import camera, make_site

from monitor import past as past_of
from monitor.config import Site
from monitor.ledger import Ledger
from monitor.live.burn import MONTH, Burn, spent_of
from monitor.live.horizon import ON_ITS_WAY, Looked
from monitor.model.decisions import Action, Correction, Decision, Exclusion, Reason, Scope, Signed, request_of
from monitor.model.measured import WINDOWS, Spent
from monitor.model.observations import State
from monitor.past import begin_of, burn_of
from monitor.reports import gather as reports
from monitor.reports.build import Question, report
from monitor.reports.gather import gather
from monitor.reports.windows import period

UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN
NOW = at("10-20 12:00:05")
NODES = "abcdef"
TOWNS = {f"44090200{place}": f"镇 {place}" for place in range(10)}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    # Each in a town of its own: what is measured of a town is then what is measured of the watch.
    rows = [camera(name, region=town) for name, town in zip(NODES, TOWNS, strict=False)]
    rows[4] |= {"commissioned": "2026-10-16"}
    rows[5] |= {"retired": "2026-10-10"}
    (tmp_path / "data").mkdir()
    return make_site(tmp_path, rows, regions=TOWNS)


@pytest.fixture
async def ledger(site: Site) -> AsyncIterator[Ledger]:
    async with await Ledger.open(site.ledger_url) as opened:
        yield opened


def by_region(burn: Burn) -> dict[str, dict[str, Spent]]:
    found: dict[str, list[int]] = {}
    for belongs, row in burn.spent():
        found[belongs.region] = [
            a + b for a, b in zip(found.get(belongs.region, [0] * 99), row, strict=False)
        ]
    return {
        region: dict(zip((*WINDOWS, "month"), (spent_of(row, one) for one in range(MONTH + 1)), strict=True))
        for region, row in found.items()
    }


async def some_past(past: Past, site: Site) -> None:
    """Changes of all kinds, hours unseen, one shard; until 12:00:00 on 10-20."""
    rng = Random("some past")
    await past.uses(site, "09-15")
    for name in NODES:
        moment, turns = at("09-16"), []
        state = UP
        while moment < at("10-20 11:50"):
            turns.append((text(moment), state))
            moment += rng.randrange(5 * HOUR)
            state = rng.choice([each for each in State if each is not state])
        await past.turned(name, *turns)
    await past.saw("09-15 to 10-05 03:00")
    await past.saw("10-05 03:00 to 10-05 04:30", blind=True)
    await past.saw("10-05 06:00 to 10-20 10:00")
    await past.saw("10-20 10:30 to 10-20 12:00")


def text(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, ZONE).strftime("%m-%d %H:%M:%S.") + f"{moment % 1000:03}"


async def reported(ledger: Ledger, site: Site, now: int) -> dict[str, Spent]:
    made = report(await gather(ledger, site, period("2026-10", ZONE), now), Question(by="node"))
    return {
        row.region: Spent(
            good=row.figures.parts.up,
            bad=row.figures.parts.degraded + row.figures.parts.down,
            unknown=row.figures.parts.unknown,
        )
        for row in made.nodes
    }


async def months(ledger: Ledger, site: Site, now: int = NOW) -> dict[str, Spent]:
    burn, _ = await burn_of(ledger, site, now)
    burn.settle(now)
    return {region: windows["month"] for region, windows in by_region(burn).items()}


async def test_the_month_is_that_of_the_report_for_every_watch(site: Site, ledger: Ledger) -> None:
    await some_past(Past(ledger), site)

    found = await months(ledger, site)

    assert found == await reported(ledger, site, NOW)
    assert found["440902005"].unknown + found["440902005"].good + found["440902005"].bad == 10 * DAY
    assert all(spent.bad for spent in found.values())


async def test_what_is_decided_changes_both_alike(site: Site, ledger: Ledger) -> None:
    await some_past(Past(ledger), site)
    before = await months(ledger, site)
    for number, one in enumerate(decided()):
        await ledger.decide(request_of(one))
        await ledger.decide(Decision(one.id, Action.APPROVE, "乙", at("10-19") + number, {}))

    found = await months(ledger, site)

    assert found == await reported(ledger, site, NOW)
    assert {region for region in found if found[region] != before[region]} == {
        "440902000",
        "440902001",
        "440902002",
    }


def decided() -> list[Exclusion | Correction]:
    signed = Signed("甲", at("10-18"))
    scope = Scope(nodes=("a", "b"))
    work = Exclusion("X-1", scope, at("10-04"), at("10-06"), Reason.PLANNED_WORK, "", signed)
    again = Exclusion(
        "X-2", Scope(nodes=("a",)), at("10-20 08:00"), at("10-22"), Reason.ROAD_WORKS, "", signed
    )
    right = Correction("C-1", "c", "video", at("10-05"), at("10-05 12:00"), UP, "", signed)
    return [work, again, right]


async def test_a_node_list_that_changed_counts_as_in_the_report(
    site: Site, ledger: Ledger, tmp_path: Path
) -> None:
    past = Past(ledger)
    await some_past(past, site)
    (tmp_path / "later").mkdir()
    rows = [camera("a", region="440902009"), camera("b", region="440902001")]
    later = make_site(tmp_path / "later", rows, regions=TOWNS)
    await past.uses(later, "10-19")

    burn, digest = await burn_of(ledger, later, NOW)
    burn.settle(NOW)
    made = report(await gather(ledger, later, period("2026-10", ZONE), NOW), Question())

    found = {region: windows["month"] for region, windows in by_region(burn).items()}
    assert digest == later.inventory.digest
    assert {
        group.key: (group.figures.parts.up, group.figures.parts.unknown) for group in made.tables["town"]
    } == {region: (spent.good, spent.unknown) for region, spent in found.items()}
    assert found["440902009"] != Spent() != found["440902000"]
    assert sum(row[-1] for _, row in burn.spent()) == 2, "those that serve still"


@pytest.mark.parametrize("break_at", ["10-20 10:15", "10-20 10:45", "10-20 11:59:58"])
async def test_a_restart_finds_what_going_on_would_have(site: Site, ledger: Ledger, break_at: str) -> None:
    """Told until 12:00 from where the ledger ended, or begun at 12:00 from the ledger alone."""
    past = Past(ledger)
    await some_past(past, site)
    restarted, _ = await burn_of(ledger, site, NOW)
    going = await cut_off(ledger, site, at(break_at))
    for key, steps in (await ledger.steps(NOW)).items():
        for step in steps:
            if step.at >= at(break_at):
                going.change(key, step.at, step.state)
    for row in await ledger.sights(at(break_at), NOW):
        going.see(Looked(row.network, row.shard, row.shards, row.start, row.end, row.blind))
    going.settle(NOW)
    restarted.settle(NOW)

    assert by_region(going) == by_region(restarted)
    assert going.moment == restarted.moment == at("10-20 12:00")
    assert not going.stale


async def cut_off(ledger: Ledger, site: Site, end: int) -> Burn:
    """What was known then: neither a later change nor a later sight."""
    steps = {key: [one for one in mine if one.at < end] for key, mine in (await ledger.steps(end)).items()}
    since = begin_of(site, end)
    rows = [reports.looked(row) for row in await ledger.sights(since, end)]
    sights = [row._replace(end=min(row.end, end)) for row in rows if row.start < end]
    eras, _ = await reports.eras_of(ledger, (since, end), reports.setting_of(site))
    burn = past_of._made(site, past_of._Known(sights, eras, [], [], steps), since, end)
    burn.settle(end)
    return burn


async def test_at_a_border_of_the_month_the_last_moments_of_the_old_one_are_read(site: Site) -> None:
    border = at("11-01")

    assert begin_of(site, border + ON_ITS_WAY) == at("10-01")
    assert begin_of(site, border + DAY) == border + DAY - 3 * DAY - ON_ITS_WAY - HOUR
    assert begin_of(site, at("11-20")) == at("11-01")


async def test_an_empty_ledger_has_no_groups_and_no_list(site: Site, ledger: Ledger) -> None:
    burn, digest = await burn_of(ledger, site, NOW)
    burn.settle(NOW)

    assert (list(burn.spent()), digest, burn.stale) == ([], "", False)


async def test_steps_since_a_moment_begin_with_the_last_before_it(site: Site, ledger: Ledger) -> None:
    await some_past(Past(ledger), site)
    since = at("10-11 00:00") + 3 * SECOND + MINUTE

    everything, found = await ledger.steps(NOW), await ledger.steps(NOW, since)

    assert found.keys() == everything.keys()
    for key, steps in everything.items():
        place = sum(step.at < since for step in steps)
        assert found[key] == steps[place - 1 :]
