"""What becomes more severe while it goes on is told again, whoever acknowledged what it was before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from engine_kit import HOUR, MINUTE, T0, Bench, site_of

from alerts.channels.prometheus import webhook
from monitor.model.deeds import Did
from monitor.model.measured import Budget, Certificate, GroupNow, Health, Measured, Spent

DAY = 24 * HOUR
ROUTES = (
    "channels:\n"
    "  hook: {type: webhook, url: 'http://127.0.0.1:1/'}\n"
    "  sms: {type: sms, url: 'http://127.0.0.1:1/'}\n"
    "people: {zhang: {phone: '138'}}\n"
    "rules: {budget: {for: 0s}}\n"
    "routes: [{to: hook, repeat: off, escalate: [{after: 15m, to: sms, people: zhang}]}]\n"
)
WELL = Health({}, {}, {}, ledger_takes=True)
SPANS = {"5m": 5 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "3d": 72 * HOUR}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(site_of(tmp_path, ROUTES))


def burning(at: int, **bad: int) -> Measured:
    """Of 200 watches so many were not intact over ``5m``, ``1h``, ``6h`` and ``3d``."""
    windows = {
        name: Spent((200 - bad[f"w{name}"]) * span, bad[f"w{name}"] * span) for name, span in SPANS.items()
    }
    return Measured(at, (GroupNow(None, None, 1, 200, {"up": 200}, target=0.98, windows=windows),), WELL)


def creeping(at: int) -> Measured:
    return burning(at, w5m=6, w1h=6, w6h=6, w3d=6)


def fast(at: int) -> Measured:
    return burning(at, w5m=200, w1h=100, w6h=20, w3d=7)


def spent(at: int, used: int) -> Measured:
    budget = Budget(1000, used, at + (HOUR if used < 1000 else -HOUR))
    return Measured(at, (GroupNow(None, None, 1, 3352, {"up": 3352}, target=0.98, budget=budget),), WELL)


def ending(at: int, expires: int) -> Measured:
    return Measured(at, (), WELL, (Certificate("cam-1", "video", expires),))


def keys(bench: Bench) -> list[str]:
    return [each.message.key.partition("/")[2] for each in bench.sent]


def test_a_budget_that_crept_and_burns_fast_now_is_told_again(bench: Bench) -> None:
    assert bench.measure(creeping(T0)) == ["fired hook */*/1"]
    assert bench.measure(creeping(T0 + 15 * MINUTE), T0 + 15 * MINUTE) == ["escalated sms */*/1"]
    bench.ack("*/*/1")
    now = T0 + DAY
    assert bench.measure(fast(now), now) == ["worse hook */*/1"]
    assert bench.sent[-1].message.title.startswith("【故障加重】")
    (alert,) = bench.sent[-1].message.alerts
    assert (alert.finding.severity, alert.finding.facts["over"]) == ("critical", "1h")
    assert (alert.acked_by, alert.acked_at, alert.escalated) == ("", None, 0)
    assert bench.measure(fast(now + 14 * MINUTE), now + 14 * MINUTE) == []
    assert bench.measure(fast(now + 15 * MINUTE), now + 15 * MINUTE) == ["escalated sms */*/1"]
    assert keys(bench) == ["fired", "escalated/1", "worse/1", "escalated/1/1"]


def test_what_is_less_severe_for_a_while_is_not_told_each_time(bench: Bench) -> None:
    bench.measure(creeping(T0))
    for minute, measured in ((1, fast), (2, creeping), (3, fast), (4, creeping)):
        now = T0 + minute * MINUTE
        assert bench.measure(measured(now), now) == (["worse hook */*/1"] if minute == 1 else [])
    (life,) = bench.book.lives.values()
    assert life.finding.severity == "critical"


def test_a_budget_of_which_a_forecast_was_told_is_gone(bench: Bench) -> None:
    assert bench.measure(spent(T0, 900)) == ["fired hook */*/1"]
    bench.ack("*/*/1")
    assert bench.measure(spent(T0 + HOUR, 1000), T0 + HOUR) == ["worse hook */*/1"]
    assert bench.sent[-1].message.alerts[0].finding.facts["gone"] is True


def test_a_certificate_that_was_to_end_has_ended(bench: Bench) -> None:
    # A rule with a severity of its own knows no other: here it is the certificate that says it.
    alerting = bench.site.alerting
    rules = tuple(
        replace(rule, severity="") if rule.kind == "certificate" else rule for rule in alerting.rules
    )
    bench = Bench(replace(bench.site, alerting=replace(alerting, rules=rules)))
    expires = T0 + 10 * DAY
    assert bench.measure(ending(T0, expires)) == ["fired hook video/cam-1"]
    bench.ack("video/cam-1")
    assert bench.measure(ending(expires, expires), expires) == ["worse hook video/cam-1"]
    facts = [deed.facts for deed in bench.did(Did.ESCALATED)]
    assert [(each["severity"], each["worse"]) for each in facts] == [("critical", 1)]


def test_what_became_worse_before_it_was_told_is_told_once(tmp_path: Path) -> None:
    bench = Bench(site_of(tmp_path, ""))
    bench.measure(creeping(T0))
    bench.measure(fast(T0 + MINUTE), T0 + MINUTE)
    site = site_of(tmp_path / "b", ROUTES)
    assert bench.reload(site) == ["fired hook */*/1"]
    assert bench.at(T0 + 2 * MINUTE) == []
    assert bench.sent[0].message.alerts[0].finding.severity == "critical"


def test_it_goes_where_the_worse_go_and_both_hear_the_end(tmp_path: Path) -> None:
    routes = ROUTES.replace("routes: [", "routes: [{match: {severity: [critical]}, to: sms, people: zhang}, ")
    bench = Bench(site_of(tmp_path, routes))
    bench.measure(creeping(T0))
    assert bench.measure(fast(T0 + MINUTE), T0 + MINUTE) == ["worse sms */*/1"]
    calm = burning(T0 + HOUR, w5m=0, w1h=0, w6h=0, w3d=0)
    bench.measure(calm, T0 + HOUR)
    calm = replace(calm, at=T0 + 2 * HOUR)
    assert bench.measure(calm, T0 + 2 * HOUR) == ["resolved hook */*/1", "resolved sms */*/1"]


def still_firing(bench: Bench) -> dict[str, set[str]]:
    """What a receiver of each channel that knows alerts by their fingerprints believes to go on."""
    found: dict[str, dict[str, str]] = {}
    for each in bench.sent:
        known = found.setdefault(each.channel, {})
        for alert in webhook(each.message, each.channel)["alerts"]:
            known[alert["fingerprint"]] = alert["labels"]["severity"] if alert["status"] == "firing" else ""
    return {channel: set(filter(None, known.values())) for channel, known in found.items()}


def test_who_knows_alerts_by_their_labels_hears_the_end_of_what_it_was(bench: Bench) -> None:
    bench.measure(creeping(T0))
    assert still_firing(bench) == {"hook": {"warning"}}
    bench.measure(fast(T0 + MINUTE), T0 + MINUTE)
    assert still_firing(bench) == {"hook": {"critical"}}
    bench.measure(replace(fast(T0), at=T0 + HOUR), T0 + HOUR)
    assert still_firing(bench) == {"hook": {"critical"}, "sms": {"critical"}}
    over(bench)
    assert still_firing(bench) == {"hook": set(), "sms": set()}


def test_also_where_the_worse_was_told_to_others(tmp_path: Path) -> None:
    routes = ROUTES.replace("routes: [", "routes: [{match: {severity: [critical]}, to: sms, people: zhang}, ")
    bench = Bench(site_of(tmp_path, routes))
    bench.measure(creeping(T0))
    bench.measure(fast(T0 + MINUTE), T0 + MINUTE)
    assert still_firing(bench) == {"hook": {"warning"}, "sms": {"critical"}}
    bench.restart()
    over(bench)
    assert still_firing(bench) == {"hook": set(), "sms": set()}


def over(bench: Bench) -> None:
    for at in (T0 + 2 * HOUR, T0 + 3 * HOUR):
        bench.measure(burning(at, w5m=0, w1h=0, w6h=0, w3d=0), at)
    assert not bench.book.lives
