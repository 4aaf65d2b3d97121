"""What pages ask for between reports is what a report would say: the same facts, the same milliseconds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from clockwork import HOUR, MINUTE, ZONE, at
from ledger_city import Past, point, write_site

from monitor.config import Site
from monitor.config.atlas import Atlas
from monitor.ledger import Ledger
from monitor.model.decisions import Action, Correction, Decision, Exclusion, Reason, Scope, Signed, request_of
from monitor.model.nodes import Kind
from monitor.model.observations import State
from monitor.model.outages import Attribution, Blame
from monitor.model.timeline import Parts
from monitor.reports.build import Question, report
from monitor.reports.document import Report
from monitor.reports.gather import gather
from monitor.reports.lately import Lately, Stretch
from monitor.reports.nodelists import KEPT, NodeLists
from monitor.reports.stays import Stay
from monitor.reports.windows import Window

NOW = at("10-20 12:00:05")
WINDOW = Window(at("10-11"), at("10-21"), at("10-21"), ZONE)
NODES = ("a", "b", "c", "sw")


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    """Four watches with a lively past: seen but for some hours, moved, left out, put right, blamed."""
    (tmp_path / "later").mkdir()
    site, later = site_of(tmp_path), site_of(tmp_path / "later", region="440904100")
    async with await Ledger.open(site.ledger_url) as opened:
        past = Past(opened)
        await past.uses(site, "09-15")
        await past.uses(later, "10-15 12:00")
        for name in NODES:
            await past.turned(name, *turns_of(name))
        await past.saw("09-15 to 10-13 03:00")
        await past.saw("10-13 03:00 to 10-13 04:30", blind=True)
        await past.saw("10-13 06:00 to 10-20 10:00")
        await past.saw("10-20 10:30 to 10-20 12:00")
        await judged(opened)
        for number, one in enumerate(decided()):
            await opened.decide(request_of(one))
            await opened.decide(Decision(one.id, Action.APPROVE, "乙", at("10-19") + number, {}))
        yield opened


def site_of(folder: Path, **cells: str) -> Site:
    rows = [point("a", parent="sw", **cells), point("b", parent="sw"), point("c"), point("sw", kind="switch")]
    rows[2] |= {"commissioned": "2026-10-13"}
    rows[3] |= {"class": ""}
    return write_site(folder, rows)


@pytest.fixture
def site(ledger: Ledger, tmp_path: Path) -> Site:
    return site_of(tmp_path / "later", region="440904100")


def turns_of(name: str) -> list[tuple[str, State]]:
    rng, moment, state, turns = Random(name), at("10-01"), State.UP, []
    while moment < at("10-20 11:50"):
        turns.append((text(moment), state))
        moment += rng.randrange(5 * HOUR)
        state = rng.choice([each for each in State if each is not state])
    return turns


def text(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, ZONE).strftime("%m-%d %H:%M:%S.") + f"{moment % 1000:03}"


async def judged(ledger: Ledger) -> None:
    """Every second fall behind the switch is blamed on it."""
    blames = []
    for number, row in enumerate(await ledger.unjudged()):
        change = row.change
        fault = None
        if change.new is State.DOWN:
            theirs = number % 2 and change.node != "sw"
            fault = Attribution.UPSTREAM if theirs else Attribution.OWN
        blames.append(Blame(row.id, change.node, change.network, change.at, fault))
    await ledger.judge(blames, at("11-01"))


def decided() -> list[Exclusion | Correction]:
    signed = Signed("甲", at("10-18"))
    behind, place = Scope(parents=("sw",)), Scope(regions=("440904",))
    return [
        Exclusion("X-1", behind, at("10-12"), at("10-12 08:00"), Reason.PLANNED_WORK, "", signed),
        Exclusion("X-2", place, at("10-15 06:00"), at("10-16"), Reason.ROAD_WORKS, "", signed),
        # Over the hours in which nobody looked: somebody knows better.
        Correction("C-1", "b", "video", at("10-13 04:00"), at("10-13 05:00"), State.UP, "", signed),
        Correction("C-2", "a", "video", at("10-14"), at("10-14 02:00"), State.UNKNOWN, "", signed),
    ]


async def whole_report(ledger: Ledger, site: Site, *scope: tuple[str, str]) -> Report:
    return report(await gather(ledger, site, WINDOW, NOW), Question(scope=scope))


@pytest.mark.parametrize("name", NODES)
async def test_the_days_of_a_watch_are_those_of_a_report_on_it_alone(
    ledger: Ledger, site: Site, name: str
) -> None:
    made = await whole_report(ledger, site, ("node", name))

    facts = await gather(ledger, site, WINDOW, NOW, (name, "video"))

    assert Lately(facts).days((name, "video")) == [(day.date, day.parts) for day in made.days]
    assert sum(day.parts.down_upstream for day in made.days) > 0 or name in ("c", "sw")


async def test_a_watch_that_never_was_has_no_days(ledger: Ledger, site: Site) -> None:
    facts = await gather(ledger, site, WINDOW, NOW, ("nobody", "video"))
    assert Lately(facts).days(("nobody", "video")) == []
    assert Lately(facts).stretches(("nobody", "video")) == []


@pytest.mark.parametrize("name", NODES)
async def test_the_timeline_of_a_watch_adds_up_to_its_figures(ledger: Ledger, site: Site, name: str) -> None:
    made = await whole_report(ledger, site, ("node", name))
    facts = await gather(ledger, site, WINDOW, NOW, (name, "video"))

    stretches = Lately(facts).stretches((name, "video"))

    assert added_up(stretches) == plain(made.total.parts)
    assert all(one.end <= two.start for one, two in pairwise(stretches))
    assert all((each.attribution != "") == (each.state is State.DOWN) for each in stretches)


def added_up(stretches: list[Stretch]) -> dict[str, int]:
    found = dict.fromkeys(plain(Parts()), 0)
    for each in stretches:
        name = each.state.value if each.state is not State.DOWN else f"down_{each.attribution}"
        found["excluded" if each.excluded else name] += each.end - each.start
    return found


def plain(parts: Parts) -> dict[str, int]:
    names = ("up", "degraded", "down_own", "down_upstream", "excluded", "unknown")
    return {name: getattr(parts, name) for name in names}


async def test_pieces_of_the_last_hours_add_up_to_the_report_of_their_time(
    ledger: Ledger, site: Site
) -> None:
    made = await whole_report(ledger, site, ("class", "1"), ("kind", "camera"))
    facts = await gather(ledger, site, WINDOW, NOW, lately=True)
    cuts = list(range(WINDOW.start + 40 * MINUTE, facts.window.end, 40 * MINUTE))

    pieces = Lately(facts).pieces(cuts, is_point)

    assert len(pieces) == len(cuts) + 1
    assert known(Parts.total(pieces)) == known(made.total.parts)
    assert {piece.window for piece in pieces[:-1]} == {2 * 40 * MINUTE, 3 * 40 * MINUTE}


async def test_a_piece_in_which_nobody_looked_knows_nothing(ledger: Ledger, site: Site) -> None:
    hours = Window(at("10-13"), at("10-13 12:00"), at("10-13 12:00"), ZONE)
    facts = await gather(ledger, site, hours, NOW, lately=True)

    pieces = Lately(facts).pieces(list(range(hours.start + HOUR, hours.end, HOUR)), is_c)

    assert [piece.coverage for piece in pieces] == [1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert [piece.intact.value for piece in pieces[3:6]] == [None] * 3
    assert all(piece.window == HOUR for piece in pieces)


def is_point(stay: Stay, _atlas: Atlas) -> bool:
    return stay.node.kind is Kind.CAMERA and stay.node.point_class == 1


def is_c(stay: Stay, _atlas: Atlas) -> bool:
    return stay.node.id == "c"


def known(parts: Parts) -> Mapping[str, int]:
    """Without whose fault it was: of the last hours that is not asked."""
    return {
        name: getattr(parts, name) for name in ("up", "degraded", "down", "excluded", "unknown", "window")
    }


async def test_a_node_list_is_read_once(ledger: Ledger, site: Site) -> None:
    lists = NodeLists()
    first = [await lists.get(ledger, digest) for _, digest in await ledger.inventory_uses()]
    again = [await lists.get(ledger, digest) for _, digest in await ledger.inventory_uses()]

    assert all(one is two for one, two in zip(first, again, strict=True))
    assert first[0].nodes["b"] is first[1].nodes["b"]
    assert first[0].nodes["a"].region != first[1].nodes["a"].region


async def test_of_a_node_list_what_is_above_a_node_is_enough(ledger: Ledger, site: Site) -> None:
    version = await NodeLists().get(ledger, site.inventory.digest)

    assert set(version.around("a").nodes) == {"a", "sw"}
    assert version.around("a").called == version.called
    assert not version.around("nobody").nodes


async def test_a_list_that_was_never_recorded_is_asked_for_again(ledger: Ledger, site: Site) -> None:
    lists = NodeLists()
    assert not (await lists.get(ledger, "sha256:none")).nodes

    await ledger.use_inventory("sha256:none", site.inventory.to_json(), at("10-20"))

    assert set((await lists.get(ledger, "sha256:none")).nodes) == set(NODES)


async def test_no_more_lists_than_that_are_kept(ledger: Ledger, site: Site) -> None:
    lists, whole = NodeLists(), site.inventory.to_json()
    for number in range(KEPT + 1):
        await ledger.use_inventory(f"list {number}", whole, at("10-20"))
        await lists.get(ledger, f"list {number}")

    kept = await lists.get(ledger, f"list {KEPT}")

    assert kept is await lists.get(ledger, f"list {KEPT}")
    assert len(lists._lists) == KEPT
