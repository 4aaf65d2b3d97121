"""The outages that are open now, as status, page, terminal and metrics show them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.keys import Keys
from monitor.live.health import Health
from monitor.live.metrics import Metrics
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.live.status import alone, not_listed, status_of
from monitor.live.table import render_status
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Ending, Outage, OutageKind, Phase, outage_id

T0 = 1_700_000_000_000
DOWN, UNKNOWN = State.DOWN, State.UNKNOWN


def opened(root: str, affected: int, kind: OutageKind = OutageKind.NODE, **fields: Any) -> Outage:
    usual: dict[str, Any] = {"name": f"{root}号", "region": "", "contractor": "", "at": T0 - 200_000}
    usual |= {"not_before": None, "detected_at": T0, "cause": Cause.REFUSED, "affected": affected}
    found = usual | fields
    identity = outage_id("video", root, found["at"])
    return Outage(id=identity, phase=Phase.OPENED, kind=kind, network="video", root=root, **found)


def blamed(node: str, fault: Attribution, outage: Outage) -> Blame:
    return Blame(None, node, "video", outage.at, fault, outage.id)


SWITCH = opened("sw", 5)
SINGLE = opened("lone", 1)


@pytest.fixture
def live(tmp_path: Path) -> Live:
    """A switch is down with four cameras behind it, and one camera by itself."""
    nodes = [camera(f"cam-{number}", name=f"点位{number}") for number in range(4)]
    nodes += [camera("lone", name="独自"), camera("sw", kind="switch", name="交换机", **{"class": ""})]
    live, voice = Live(make_site(tmp_path, nodes), lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0 - 1500))
    for node in ("sw", "lone", *(f"cam-{number}" for number in range(4))):
        live.apply(voice.turns(node, UNKNOWN, DOWN, T0 - 200_000))
    children = [blamed(f"cam-{number}", Attribution.UPSTREAM, SWITCH) for number in range(4)]
    own = [blamed("sw", Attribution.OWN, SWITCH), blamed("lone", Attribution.OWN, SINGLE)]
    live.outages.take([SWITCH, SINGLE, *own, *children])
    return live


def test_children_stand_in_their_outage_and_not_one_by_one(live: Live) -> None:
    status = status_of(live, Health(), T0)

    assert [(each["root"], each["affected"], each["kind"]) for each in status["outages"]] == [
        ("sw", 5, "node"),
        ("lone", 1, "node"),
    ]
    assert sorted(each["node"] for each in status["down"]) == ["lone", "sw"]
    assert (status["down_total"], status["down_covered"]) == (6, 4)
    assert [each["node"] for each in alone(status)] == ["lone"]
    assert not_listed(status, 1) == 0


def test_a_child_whose_root_is_back_is_listed_again(live: Live) -> None:
    closed = replace(SWITCH, phase=Phase.CLOSED, ended_at=T0, ending=Ending.RECOVERED)
    own = opened("cam-2", 1, at=T0)
    live.outages.take([closed, own, blamed("cam-2", Attribution.OWN, own)])

    status = status_of(live, Health(), T0)

    assert "cam-2" in [each["node"] for each in status["down"]]
    assert {each["root"] for each in status["outages"]} == {"lone", "cam-2"}


def test_the_terminal_shows_the_root_above_single_cameras(live: Live) -> None:
    text = render_status(status_of(live, Health(), T0))

    assert re.search(r"✕ sw号 +视频专网 +06:10:00 +3 分钟 +5 +拒绝连接", text)
    assert text.index("故障 1") < text.index("sw号") < text.index("独自")
    assert not re.search(r"点位\d", text.split("最近变化", maxsplit=1)[0])


def test_the_terminal_tells_what_is_suspected_and_who_does_not_see(live: Live) -> None:
    suspected = opened("region:440902", 40, OutageKind.SUSPECTED, name="茂南区")
    blind = opened("video-0of1", 6, OutageKind.OBSERVER, cause=Cause.BLIND, name="video-0of1")
    live.outages.take([suspected, blind])

    text = render_status(status_of(live, Health(), T0))

    assert "✕ 疑似 茂南区" in text
    assert "◇ video-0of1" in text


def test_outages_are_counted_by_network_and_kind(live: Live) -> None:
    times = ProbeTimes(Redis(), Keys("maoming"))

    text = Metrics(live, Health(), times).render(T0, openmetrics=False).decode()

    assert 'quanshi_outages{kind="node",network="video"} 2.0' in text
    assert 'quanshi_outages{kind="suspected",network="video"} 0.0' in text


def test_it_begins_anew_with_what_the_ledger_knows(live: Live) -> None:
    live.outages.begin([SINGLE], [blamed("cam-1", Attribution.SUSPECTED, SINGLE)])
    assert live.outages.all() == [SINGLE]
    assert live.outages.covers("cam-1", "video")
    assert not live.outages.covers("cam-0", "video")


def test_a_watch_belongs_to_the_outage_that_it_was_blamed_on_last(live: Live) -> None:
    assert {live.outages.outage_of(node, "video") for node in ("sw", "cam-1")} == {SWITCH.id}

    alone = opened("cam-1", 1, at=T0)
    live.outages.take([alone, blamed("cam-1", Attribution.OWN, alone)])
    assert live.outages.outage_of("cam-1", "video") == alone.id

    live.outages.take([Blame(None, "cam-1", "video", T0, None)])
    assert live.outages.outage_of("cam-1", "video") == ""
