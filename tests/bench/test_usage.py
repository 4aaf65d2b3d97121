"""The cost of a probe is that of the probes that were made, and of a city that was whole."""

from __future__ import annotations

import itertools

import pytest
import usage
from cities import City, Plan
from measure import NotMeasuredError
from usage import Proof, proofs, rate, used_by

PAGE = """\
# TYPE quanshi_node_up gauge
quanshi_node_up{{node="node-0",network="video"}} 1
# TYPE quanshi_probes_total counter
quanshi_probes_total{{network="video",probe="ping",result="ok"}} {video}
quanshi_probes_total{{network="video",probe="rtsp",result="ok"}} 500.0
quanshi_probes_total{{network="video",probe="ping",result="no_reply"}} 7.0
quanshi_probes_total{{network="police",probe="ping",result="ok"}} 40.0
# TYPE quanshi_sight_age_seconds gauge
quanshi_sight_age_seconds{{collector="video-0of1"}} 2.5
quanshi_sight_age_seconds{{collector="police-0of1"}} 4.0
"""
PLAN = Plan(99, {"ping": 10.0}, platforms=1)


def test_a_plan_says_how_many_probes_a_second_it_asks_for() -> None:
    assert Plan(98, {"ping": 5.0, "rtsp:554": 20.0}, platforms=2).rate == 25.0


def test_a_plan_with_the_usual_intervals_leaves_them_to_the_defaults(tmp_path) -> None:
    Plan(1, {"ping": 5.0, "rtsp:554": 30.0}, usual=True).write(tmp_path, 1)
    assert (tmp_path / "nodes.csv").read_text().splitlines()[1].endswith("127.16.0.0,ping;rtsp:554")


def test_answers_that_were_ok_are_counted_until_the_last_sight_ended() -> None:
    assert proofs(PAGE.format(video=1000.0), 100.0) == {
        "video": Proof(97.5, 1500.0),
        "police": Proof(96.0, 40.0),
    }


def test_the_rate_is_that_between_the_ends_of_the_sights() -> None:
    before = {"video": Proof(10.0, 100.0), "police": Proof(5.0, 0.0)}
    after = {"video": Proof(30.0, 300.0), "police": Proof(25.0, 10.0)}
    assert rate(before, after) == 10.5


@pytest.mark.parametrize("after", [{}, {"video": Proof(10.0, 100.0)}])
def test_a_network_that_nobody_looked_at_has_no_rate(after) -> None:
    with pytest.raises(NotMeasuredError, match="nobody proved to look at the network video"):
        rate({"video": Proof(10.0, 100.0)}, after)


class Whole(City):
    """A city of one process, all nodes up; none of it is real."""

    def cpu(self, *roles: str) -> float:
        return 5.0

    def metrics(self) -> str:
        return ""

    def up(self) -> int:
        return self.plan.nodes

    def _found(self) -> dict[str, list[int]]:
        return {"collect": [self.pid]}


def counts(monkeypatch, answered: float) -> None:
    """Ten seconds of sights, in which so many were answered."""
    seen = iter([{"video": Proof(0.0, 0.0)}, {"video": Proof(10.0, answered)}])
    monkeypatch.setattr(usage, "proofs", lambda page, now: next(seen))


def test_a_probe_costs_what_was_used_by_those_that_were_answered(monkeypatch) -> None:
    counts(monkeypatch, 99.0)
    used_seconds = itertools.count(0.0, 0.5)
    monkeypatch.setattr(Whole, "cpu", lambda self, *roles: next(used_seconds))
    clock = [100.0]
    monkeypatch.setattr(usage.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(usage.time, "sleep", lambda seconds: clock.append(clock.pop() + seconds))
    used = used_by(Whole(1, 1, PLAN), 0.1, 2)
    assert used.rate == 9.9
    assert used.shares["all"] == used.shares["collect"]
    assert used.shares["collect"] == pytest.approx((5.0, 5.0))
    assert used.per_probe("collect")[0] == used.shares["collect"][0] / 9.9


@pytest.mark.parametrize("answered", [97.0, 103.0])
def test_a_city_that_makes_other_probes_than_planned_is_not_measured(monkeypatch, answered) -> None:
    counts(monkeypatch, answered)
    with pytest.raises(NotMeasuredError, match=r"probes a second were answered, 10\.0 are planned"):
        used_by(Whole(1, 1, PLAN), 0.0, 1)


def test_a_city_with_a_node_down_is_not_measured(monkeypatch) -> None:
    counts(monkeypatch, 100.0)
    monkeypatch.setattr(Whole, "up", lambda self: 99)
    with pytest.raises(NotMeasuredError, match="99 of 100 nodes are up"):
        used_by(Whole(1, 1, PLAN), 0.0, 1)


def test_a_city_whose_processes_were_restarted_is_not_measured(monkeypatch) -> None:
    counts(monkeypatch, 100.0)
    pids = itertools.count(7)
    monkeypatch.setattr(Whole, "_found", lambda self: {"collect": [next(pids)]})
    with pytest.raises(NotMeasuredError, match=r"the processes were .*7.* and are .*8"):
        used_by(Whole(1, 1, PLAN), 0.0, 1)
