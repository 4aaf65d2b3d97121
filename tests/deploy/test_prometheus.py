"""The Prometheus rules that we ship: promtool takes them, each is tested, and they ask for what there is.

What each rule does is tested in ``deploy/prometheus/tests``; here they are run, and held for complete.
"""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import promql_parser
import pytest
import tools
import yaml
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.keys import Keys
from monitor.live.health import Health
from monitor.live.metrics import Metrics
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.model.measured import WINDOWS, Budget, GroupNow, Measured, Spent
from monitor.model.measured import Health as MeasuredHealth
from monitor.model.observations import State
from monitor.model.outages import Attribution, Blame
from monitor.model.telling import Telling

HERE: Final = tools.HERE / "deploy" / "prometheus"
RULES: Final = sorted((HERE / "rules").glob("*.yml"))
TESTS: Final = sorted((HERE / "tests").glob("*.yml"))
README: Final = [HERE / "README.md", HERE / "README.zh-CN.md"]
T0: Final = 1_700_000_000_000

NOT_OURS: Final = {
    "up": {"job", "instance"},
    "process_start_time_seconds": {"job", "instance"},
    "ALERTS": {"alertname", "alertstate", "class"},
}
"""What Prometheus and its clients add to what we export."""


def rules(*files: Path) -> list[dict[str, Any]]:
    """All rules in the order of the files."""
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    return [rule for document in documents for group in document["groups"] for rule in group["rules"]]


ALERTS: Final = [rule for rule in rules(*RULES) if "alert" in rule]
RECORDS: Final = [rule for rule in rules(*RULES) if "record" in rule]


def promtool(*arguments: str | Path) -> str:
    """What promtool prints; it must agree."""
    done = subprocess.run(
        [tools.find("promtool"), *arguments], env=tools.env(), capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_takes_the_configuration_and_all_rules() -> None:
    said = promtool("check", "config", HERE / "prometheus.yml")
    assert f"{len(RULES)} rule files found" in said
    assert said.count("rules found") == len(RULES)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(path: Path) -> None:
    assert "SUCCESS" in promtool("test", "rules", path)


def test_each_alert_is_tested_to_fire_and_to_be_silent() -> None:
    fires: defaultdict[str, list[str]] = defaultdict(list)
    silent = set()
    for path in TESTS:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for each in test.get("alert_rule_test", ()):
                expected = each.get("exp_alerts", [])
                fires[each["alertname"]] += [one["exp_annotations"]["summary_en"] for one in expected]
                silent |= set() if expected else {each["alertname"]}

    assert {rule["alert"] for rule in ALERTS} - silent == {"QuanshiWatchdog"}, "which is never silent"
    for rule in ALERTS:
        words = re.escape(re.sub(r"{{.*?}}", "\0", rule["annotations"]["summary_en"])).replace("\0", ".+")
        assert any(re.fullmatch(words, summary) for summary in fires[rule["alert"]]), rule["alert"]


def test_each_record_is_tested() -> None:
    asked = {
        name
        for path in TESTS
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for each in test.get("promql_expr_test", ())
        for name, _ in selectors(each["expr"])
    }
    assert {rule["record"] for rule in RECORDS} - asked == set()


def test_each_alert_speaks_both_languages_and_says_whom_it_is_for() -> None:
    for rule in ALERTS:
        notes = rule["annotations"]
        assert sorted(notes) == ["description", "description_en", "summary", "summary_en"], rule["alert"]
        for name, text in notes.items():
            assert bool(re.search("[一-鿿]", text)) is not name.endswith("_en"), text
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["labels"]["origin"] in ("backstop", "city", "watchdog")
        assert rule["labels"]["origin"] == "watchdog" or rule["labels"]["subject"]
        assert rule["labels"]["origin"] != "city" or rule["keep_firing_for"] == "2m", rule["alert"]


# -- what the rules ask for is there


def selectors(expression: str) -> Iterator[tuple[str, set[str]]]:
    """The name of each series that an expression asks for, and the labels that it compares."""
    waiting: list[Any] = [promql_parser.parse(expression)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, promql_parser.VectorSelector):
            yield found.name or "", {matcher.name for matcher in found.matchers.matchers}
        for name in ("expr", "lhs", "rhs", "vector_selector"):
            waiting += [part] if (part := getattr(found, name, None)) is not None else []
        waiting += getattr(found, "args", None) or []


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """The labels of each series on a page of ours that has something of everything."""
    live, voice = Live(make_site(tmp_path, [camera("cam-1", region="440983101")]), lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0, results={"rtsp": {"ok": 1}}))
    live.apply(voice.turns("cam-1", State.UNKNOWN, State.DOWN, T0 - 9000))
    live.outages.take([Blame(None, "cam-1", "video", T0, Attribution.UPSTREAM, "7f3a")])
    spent = dict.fromkeys(WINDOWS, Spent(good=99, bad=1))
    group = GroupNow("video", None, 1, 3, {}, target=0.98, windows=spent, budget=Budget(1000, 250))
    live.measured = Measured(T0, (group,), MeasuredHealth({}, {}, {}, ledger_takes=True))
    times = ProbeTimes(Redis(), Keys("maoming"))  # never asked
    times.telling = Telling(T0, (("outage", "critical", 1),), {"duty": 0}, ((None, 1),), 0.5)
    monkeypatch.setattr(times, "certificates", lambda _: {0: 1_800_000_000.0})
    page = Metrics(live, Health(lag={"ledger": 0}), times).render(T0, openmetrics=False)
    return {
        sample.name: {*sample.labels, "job", "instance"}
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_the_rules_ask_for_nothing_that_is_not_exported(exported: dict[str, set[str]]) -> None:
    recorded = {rule["record"]: recorded_labels(rule["record"]) for rule in RECORDS}
    known = {**exported, **NOT_OURS, **recorded}
    for rule in ALERTS + RECORDS:
        for name, compared in selectors(rule["expr"]):
            assert name in known, f"{name} in {rule.get('alert', rule.get('record'))}"
            assert compared <= known[name], f"{name}{compared - known[name]}"


def recorded_labels(name: str) -> set[str]:
    """The level of a recorded series is its labels; towns lie in a county."""
    level = set(name.partition(":")[0].split("_"))
    return level | ({"county"} if "region" in level else set())


# -- what is written about them is true


@pytest.mark.parametrize("path", README, ids=lambda path: path.stem)
def test_the_tables_hold_each_rule_as_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    alerts = re.findall(r"^\| `(Quanshi\w+)` \| (\w+) \| (\S+) \| \S", text, re.MULTILINE)
    records = re.findall(r"^\| `([a-z_]+:[a-z_]+:[a-z_]+)` \| \S", text, re.MULTILINE)

    assert alerts == [(rule["alert"], rule["labels"]["severity"], rule.get("for", "–")) for rule in ALERTS]
    assert records == [rule["record"] for rule in RECORDS]
