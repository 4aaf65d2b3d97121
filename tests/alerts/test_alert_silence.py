"""What nobody wants to hear of now: silences, maintenance, and what is said when they end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from engine_kit import HOUR, LADDER, MINUTE, T0, Bench, change, closed, outage, site_of
from small_site import camera

from monitor.model.decisions import Scope
from monitor.model.deeds import Did
from monitor.model.observations import Cause, State
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Phase


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(site_of(tmp_path))


def silence(until: int, *, scope: Scope | None = None, rules: tuple[str, ...] = ()) -> Order:
    return Order(
        "S1", OrderKind.SILENCE, "li", T0, scope=scope or Scope(), rules=rules, until=until, note="n"
    )


def test_a_silence_hides_a_start_until_it_is_over(bench: Bench) -> None:
    bench.hear(silence(T0 + HOUR), outage("sw-1", affected=3))
    assert bench.sent == []
    (deed,) = bench.did(Did.FIRED)
    assert deed.facts["silence"] == "S1"
    assert bench.minutes(59) == []
    assert bench.minutes(60) == ["fired hook sw-1@0"]


def test_a_silence_hides_no_end_and_stops_repeats(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    one = outage("sw-1", affected=3)
    bench.hear(one)
    bench.hear(silence(T0 + 10 * HOUR, scope=Scope(parents=(), nodes=("sw-1",))))
    assert bench.minutes(15, 30, 60) == []
    assert bench.hear(closed(one, T0 + 2 * HOUR), at=T0 + 2 * HOUR) == ["resolved hook sw-1@0"]


def test_a_silence_that_is_ended_hides_nothing_any_more(bench: Bench) -> None:
    bench.hear(silence(T0 + HOUR), outage("sw-1", affected=3))
    end = Order("E1", OrderKind.END_SILENCE, "li", T0 + MINUTE, target="S1")
    assert bench.hear(end, at=T0 + MINUTE) == ["fired hook sw-1@0"]


@pytest.mark.parametrize(
    ("scope", "rules", "hidden"),
    [
        (Scope(regions=("440983101",)), (), True),
        (Scope(regions=("440901",)), (), False),
        (Scope(networks=("police",)), (), False),
        (Scope(parents=("sw-1",)), (), True),
        (Scope(nodes=("cam-2",)), (), False),
        (Scope(), ("offline",), True),
        (Scope(), ("degraded",), False),
    ],
)
def test_a_silence_hides_what_it_is_about(
    bench: Bench, scope: Scope, rules: tuple[str, ...], hidden: bool
) -> None:
    bench.hear(silence(T0 + HOUR, scope=scope, rules=rules))
    assert bench.hear(outage("cam-1")) == ([] if hidden else ["fired hook cam-1@0"])


def test_a_silence_of_what_is_above_goes_by_the_network(tmp_path: Path) -> None:
    rows = [
        camera("sw-1", "police", kind="switch") | {"class": ""},
        camera("cam-1", "video;police", parent="sw-1"),
    ]
    bench = Bench(site_of(tmp_path, rows=rows))
    bench.hear(silence(T0 + HOUR, scope=Scope(parents=("sw-1",))))
    assert bench.hear(outage("cam-1")) == ["fired hook cam-1@0"]
    assert bench.hear(replace(outage("cam-1", T0 + 1), network="police")) == []


def test_maintenance_hides_a_start_and_no_end(bench: Bench) -> None:
    hidden, seen = outage("sw-1", affected=3, excluded="M1"), outage("cam-1")
    assert bench.hear(hidden, seen) == ["fired hook cam-1@0"]
    bench.hear(replace(seen, phase=Phase.CHANGED, excluded="M1"))
    assert bench.minutes(300) == []
    assert bench.hear(closed(hidden, T0 + 6 * HOUR), at=T0 + 6 * HOUR) == []
    assert bench.hear(closed(seen, T0 + 6 * HOUR, excluded="M1")) == ["resolved hook cam-1@0"]


def test_what_goes_on_after_maintenance_is_told(bench: Bench) -> None:
    one = outage("sw-1", affected=3, excluded="M1")
    bench.hear(one)
    over = replace(one, phase=Phase.CHANGED, excluded="")
    assert bench.hear(over, at=T0 + HOUR) == ["fired hook sw-1@0"]


def test_after_a_silence_only_the_highest_step_is_said_and_no_repeat(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    bench.hear(outage("sw-1", affected=3))
    bench.hear(silence(T0 + 2 * HOUR))
    assert bench.minutes(15, 30, 60, 119) == []
    assert bench.minutes(120, 121) == ["escalated sms sw-1@0"]
    assert (bench.sent[-1].to, bench.sent[-1].message.key.partition("/")[2]) == (("139",), "escalated/2")
    assert bench.minutes(179, 180) == ["repeated hook sw-1@0"]


def test_a_silence_that_only_a_repeat_outlasted_is_followed_by_it(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    bench.hear(outage("sw-1", affected=3))
    bench.minutes(15, 30)
    bench.hear(silence(T0 + 2 * HOUR))
    assert bench.minutes(60, 120) == ["repeated hook sw-1@0"]


def test_a_step_has_the_fallback_of_its_route(tmp_path: Path) -> None:
    ladder = LADDER.replace("repeat: 1h,", "repeat: 1h, fallback: {to: hook, after: 10m},")
    bench = Bench(site_of(tmp_path, ladder))
    bench.hear(outage("sw-1", affected=3))
    assert bench.minutes(15) == ["escalated sms sw-1@0"]
    fallback = bench.sent[-1].fallback
    assert fallback is not None
    assert (fallback.to, fallback.after) == ({"hook": ()}, 600.0)


# Maintenance of what is degraded.


@pytest.mark.parametrize("cause", [Cause.SLOW, Cause.FLAPPING])
def test_what_is_degraded_under_maintenance_is_told_only_if_it_goes_on_after(
    bench: Bench, cause: Cause
) -> None:
    bench.maintained = ("video/cam-1",)
    assert bench.at(T0) == []
    bench.hear(change("cam-1", State.DEGRADED, T0, cause), change("cam-2", State.DEGRADED, T0, cause))
    assert bench.minutes(11) == ["fired hook video/cam-2"]
    bench.restart()
    assert bench.engine.tick(bench.now + 1)[0] == [], "also before the monitor says anything"
    bench.maintained = ()
    assert bench.minutes(20) == ["fired hook video/cam-1"]


def test_of_what_was_told_before_its_maintenance_only_the_end_is_told(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, LADDER))
    bench.hear(change("cam-1", State.DEGRADED, T0))
    assert bench.minutes(10) == ["fired hook video/cam-1"]
    bench.maintained = ("video/cam-1",)
    assert bench.minutes(11, 30, 60, 90, 200) == []
    assert bench.hear(change("cam-1", State.UP, bench.now, Cause.OK)) == ["resolved hook video/cam-1"]
