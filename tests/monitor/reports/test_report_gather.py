"""From a real ledger to a report: what is read of it, up to when, and that it is the same again."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from clockwork import DAY, HOUR, MINUTE, ZONE, at
from ledger_city import Past, is_proven, point, write_site

from monitor.config import Site, load_site
from monitor.ledger import Ledger, Signer
from monitor.ledger.signing import is_signed
from monitor.model.decisions import Action, Correction, Decision, Exclusion, Reason, Scope, Signed, request_of
from monitor.model.events import Change
from monitor.model.observations import Cause, State
from monitor.model.timeline import Parts
from monitor.reports.build import Question, report
from monitor.reports.document import Report
from monitor.reports.gather import gather
from monitor.reports.jsonform import digest
from monitor.reports.make import NothingError, make
from monitor.reports.windows import WindowError, period

UP, DOWN = State.UP, State.DOWN
NOVEMBER = at("11-02")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return write_site(tmp_path, [point("a"), point("b", region="440904100")])


@pytest.fixture
async def ledger(site: Site, empty_ledger: Path) -> AsyncIterator[Ledger]:
    shutil.copy(empty_ledger, site.data)
    async with await Ledger.open(site.ledger_url) as opened:
        yield opened


async def october(past: Past, site: Site) -> None:
    """Both points seen all month; a dead for a day."""
    await past.uses(site, "09-15")
    await past.turned("a", ("09-15", UP), ("10-05", DOWN), ("10-06", UP))
    await past.turned("b", ("09-15", UP))
    await past.saw("09-15 to 11-02")


async def made(ledger: Ledger, site: Site, text: str = "2026-10", now: int = NOVEMBER) -> Report:
    return report(await gather(ledger, site, period(text, ZONE), now), Question())


async def test_a_month_comes_out_of_the_ledger_as_it_went_in(site: Site, ledger: Ledger) -> None:
    await october(Past(ledger), site)
    found = await made(ledger, site)
    assert found.total.parts == Parts(up=61 * DAY, down_own=DAY)
    assert [(row.node, row.name, row.town) for row in found.nodes] == [
        ("a", "a 号点", "河东街道"),
        ("b", "b 号点", "水东镇"),
    ]
    assert [(use.start, use.digest, use.nodes) for use in found.inventories] == [
        (at("09-15"), site.inventory.digest, 2)
    ]
    assert found.complete
    assert (found.period, found.zone, found.site, found.invented) == (
        "2026-10",
        "Asia/Shanghai",
        "maoming",
        False,
    )


async def test_the_same_facts_give_the_same_report_however_often_and_whenever(
    site: Site, ledger: Ledger
) -> None:
    past = Past(ledger)
    await october(past, site)
    first = digest(await made(ledger, site))
    await past.turned("a", ("11-04", DOWN), old=UP)
    await past.saw("11-02 to 11-05")
    assert digest(await made(ledger, site, now=at("12-24"))) == first


async def test_what_regions_and_networks_are_called_later_changes_no_report(
    site: Site, ledger: Ledger, tmp_path: Path
) -> None:
    past = Past(ledger)
    await october(past, site)
    first = await made(ledger, site)
    renamed = write_site(tmp_path / "later", [point("a")], networks={"video": {"name": "新专网"}})
    (tmp_path / "later" / "regions.csv").write_text(
        "code,name,parent\n440900,新市,\n440904,新区,440900\n440902001,新镇,440904\n"
    )
    renamed = load_site(renamed.path)
    assert digest(await made(ledger, renamed)) == digest(first)
    await past.uses(renamed, "10-31 12:00")
    found = await made(ledger, renamed)
    assert dict(found.networks) == {"video": "新专网"}
    assert {row.node: (row.county, row.town) for row in found.nodes} == {
        "a": ("新区", "新镇"),
        "b": ("新区", "水东镇"),
    }


async def test_a_node_list_of_an_older_version_is_called_what_it_is_called_today(
    site: Site, ledger: Ledger
) -> None:
    past = Past(ledger)
    await past.turned("a", ("09-15", UP))
    await past.saw("09-15 to 11-02")
    await ledger.use_inventory("old", site.inventory.to_json()["nodes"], at("09-01"))
    found = await made(ledger, site)
    assert [(group.key, group.name) for group in found.tables["county"]] == [
        ("440902", "茂南区"),
        ("440904", "电白区"),
    ]
    assert dict(found.networks) == {"video": "视频专网"}


async def test_a_node_list_counts_from_when_it_was_used(site: Site, ledger: Ledger, tmp_path: Path) -> None:
    past = Past(ledger)
    await october(past, site)
    later = write_site(tmp_path / "later", [point("a", name="新名", contractor="乙公司"), point("c")])
    await past.uses(later, "10-21")
    await past.turned("c", ("10-21", UP))
    found = await made(ledger, later)
    assert {row.node: (row.name, row.figures.parts.window) for row in found.nodes} == {
        "a": ("新名", 31 * DAY),
        "b": ("b 号点", 20 * DAY),
        "c": ("c 号点", 11 * DAY),
    }
    firms = {group.key: group.figures.parts.window for group in found.tables["contractor"]}
    assert firms == {"乙公司": 11 * DAY, "甲公司": 51 * DAY}
    assert [use.nodes for use in found.inventories] == [2, 2]


async def test_days_of_service_are_those_of_the_place(ledger: Ledger, tmp_path: Path) -> None:
    nodes = [point("a", commissioned="2026-10-16"), point("b", retired="2026-10-10"), point("c")]
    site = write_site(tmp_path, nodes)
    past = Past(ledger)
    await past.uses(site, "09-15")
    for name in "abc":
        await past.turned(name, ("09-20", UP))
    await past.saw("09-15 to 11-02")
    found = await made(ledger, site)
    assert [row.figures.parts for row in found.nodes] == [
        Parts(up=16 * DAY),
        Parts(up=10 * DAY),
        Parts(up=31 * DAY),
    ]


async def test_late_facts_make_another_report(site: Site, ledger: Ledger) -> None:
    past = Past(ledger)
    await october(past, site)
    before = await made(ledger, site)
    late = Past(ledger, "video-0of2", epoch=7)
    await late.turned("b", ("10-20", DOWN), ("10-21", UP), old=UP)
    after = await made(ledger, site)
    assert after.total.parts == Parts(up=60 * DAY, down_own=2 * DAY)
    assert digest(after) != digest(before)


async def test_a_month_that_is_not_over_is_cut_where_knowledge_ends(site: Site, ledger: Ledger) -> None:
    past = Past(ledger)
    await past.uses(site, "09-15")
    await past.turned("a", ("09-15", UP))
    await past.turned("b", ("09-15", UP))
    await past.saw("09-15 to 10-10 12:00:00")
    found = await made(ledger, site, now=at("10-10 12:00:09"))
    assert (found.end, found.complete) == (at("10-10 12:00:00"), False)
    assert found.total.parts.unknown == 0, "the next sight is on its way: nothing is known yet, nor missing"


async def test_what_nobody_looked_at_until_now_is_missing(site: Site, ledger: Ledger) -> None:
    past = Past(ledger)
    await past.uses(site, "09-15")
    await past.turned("a", ("09-15", UP))
    await past.saw("09-15 to 10-10 12:00:00")
    found = await made(ledger, site, now=at("10-10 12:30"))
    assert found.end == at("10-10 12:30")
    assert found.nodes[0].figures.parts.unknown == 30 * MINUTE


async def test_nothing_is_said_of_a_month_that_has_not_begun(site: Site, ledger: Ledger) -> None:
    await october(Past(ledger), site)
    with pytest.raises(WindowError):
        await made(ledger, site, "2026-12")


async def test_a_change_soon_after_the_window_throws_its_doubt_into_it(site: Site, ledger: Ledger) -> None:
    past = Past(ledger)
    await october(past, site)
    midnight = at("11-01")
    await past.say(Change("b", "video", UP, DOWN, midnight + 2000, midnight - 3000, midnight, Cause.NO_REPLY))
    assert (await made(ledger, site)).total.parts.up_doubted == 3000


async def test_only_what_was_approved_counts_and_a_later_word_outweighs_an_earlier_one(
    site: Site, ledger: Ledger
) -> None:
    await october(Past(ledger), site)
    asked = Signed("李明", at("10-01"))
    out = Exclusion("m-1", Scope(), at("10-10"), at("10-11"), Reason.MAINS_POWER, "", asked)
    wrong = Correction("c-1", "a", "video", at("10-05"), at("10-06"), State.DEGRADED, "", asked)
    right = replace(wrong, id="c-2", state=UP)
    for wanted in (out, replace(out, id="m-2", start=at("10-20"), end=at("10-22")), right, wrong):
        await ledger.decide(request_of(wanted))
    for number, name in enumerate(("m-1", "c-1", "c-2")):
        await ledger.decide(Decision(name, Action.APPROVE, "王芳", at("10-02") + number, {}))
    found = await made(ledger, site)
    assert found.total.parts == Parts(up=60 * DAY, excluded=2 * DAY)
    assert [row.exclusion.id for row in found.exclusions] == ["m-1"]
    assert [one.id for one in found.corrections] == ["c-1", "c-2"]
    assert found.uncorrected is not None
    assert found.uncorrected.parts == Parts(up=59 * DAY, down_own=DAY, excluded=2 * DAY)


async def test_a_clock_set_back_does_not_turn_the_last_state_round(site: Site, ledger: Ledger) -> None:
    """The judge holds 11:00 until it comes again: down, which was sure at 11:00:03, then up, then down."""
    past = Past(ledger)
    await past.uses(site, "09-15")
    await past.turned("b", ("09-15", UP))
    eleven = at("10-05 11:00")
    await past.say(
        Change("a", "video", State.UNKNOWN, UP, at("09-15"), None, at("09-15"), Cause.OK),
        Change("a", "video", UP, DOWN, eleven, eleven, eleven + 3000, Cause.NO_REPLY),
        Change("a", "video", DOWN, UP, eleven, eleven, eleven, Cause.OK),
    )
    await past.saw("09-15 to 11-02")
    assert (await made(ledger, site, "2026-10-05")).total.parts == Parts(up=48 * HOUR)


async def test_a_report_is_kept_signed_and_counted(site: Site, ledger: Ledger) -> None:
    past = Past(ledger)
    await october(past, site)
    signer, window = Signer.of(site.data), period("2026-10", ZONE)
    first, proof = await make(ledger, signer, site, window, Question(), now=NOVEMBER)
    again, same = await make(ledger, signer, site, window, Question(), now=NOVEMBER + DAY)
    assert digest(first) == digest(again) == proof.digest == same.digest
    assert (proof.revision, same.revision) == (1, 1)
    assert is_proven(proof, digest(first))
    assert (proof.links, proof.head) == ((await ledger.head()).links, (await ledger.head()).hash)

    await Past(ledger, "video-0of2", epoch=7).turned("b", ("10-20", DOWN), ("10-21", UP), old=UP)
    _, revised = await make(ledger, signer, site, window, Question(), now=NOVEMBER)
    _, by_class = await make(ledger, signer, site, window, Question("class"), now=NOVEMBER)
    assert (revised.revision, by_class.revision) == (2, 1)
    assert [row.digest for row in await ledger.reports()] == [by_class.digest, revised.digest, proof.digest]


async def test_whenever_a_report_is_made_the_chain_is_signed(site: Site, ledger: Ledger) -> None:
    await october(Past(ledger), site)
    assert await ledger.checkpoints() == []
    signer = Signer.of(site.data)
    _, proof = await make(ledger, signer, site, period("2026-10", ZONE), Question(), now=NOVEMBER)
    [signed] = await ledger.checkpoints()
    assert (signed.link, signed.hash, signed.fingerprint) == (proof.links, proof.head, signer.fingerprint)
    assert is_signed(signed.text(), signed.signature, proof.key)
    assert (await ledger.reports())[0].digest == proof.digest


async def test_a_proof_is_for_its_own_report_alone(site: Site, ledger: Ledger) -> None:
    await october(Past(ledger), site)
    made_of, proof = await make(
        ledger, Signer.of(site.data), site, period("2026-10", ZONE), Question(), now=NOVEMBER
    )
    assert is_proven(proof, digest(made_of))
    assert not is_proven(proof, digest(replace(made_of, invented=True)))
    assert not is_proven(replace(proof, digest="0" * 64), "0" * 64)
    assert not is_proven(replace(proof, head="0" * 64), proof.digest)


async def test_where_there_is_nothing_to_report_on_nothing_is_recorded(site: Site, ledger: Ledger) -> None:
    await october(Past(ledger), site)
    nobody = Question(scope=(("contractor", "丙公司"),))
    with pytest.raises(NothingError):
        await make(ledger, Signer.of(site.data), site, period("2026-10", ZONE), nobody, now=NOVEMBER)
    assert await ledger.reports() == []


async def test_the_rules_have_a_name_that_changes_with_them(
    tmp_path: Path, site: Site, ledger: Ledger
) -> None:
    await october(Past(ledger), site)
    other = write_site(tmp_path / "other", [point("a")], inspections=["09:00"])
    found, changed = await made(ledger, site), await made(ledger, other)
    assert found.rules.digest != changed.rules.digest
    assert (found.rules.inspections, changed.rules.inspections) == ((540, 900, 1260), (540,))
    assert found.rules.targets == {1: 0.98, 2: 0.95, 3: 0.9}
    assert found.rules.repair_limits == {1: 24 * HOUR, 2: 48 * HOUR, 3: 72 * HOUR}
