"""The Alertmanager configuration that we ship: who is told what, and what a real Alertmanager inhibits.

Our own alerts come from our own rules and go through our own channel; those of Prometheus have the labels
that the rules in ``deploy/prometheus`` give them.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

import pytest
import tools
import yaml
from alertmanager_server import Alertmanager as Server
from alertmanager_server import alertmanager
from servers import wait_for
from small_site import camera, make_site

from alerts.channels.alertmanager import Alertmanager
from alerts.channels.prometheus import labels
from alerts.model import Alert, Finding, Happening, Message, Severity
from alerts.rules import find
from alerts.rules.world import World
from monitor.config import Site
from monitor.model.events import Change
from monitor.model.measured import WINDOWS, Certificate, GroupNow, Health, Measured, Spent
from monitor.model.observations import Cause, State
from monitor.model.outages import Outage, OutageKind, Phase
from monitor.model.times import format_time, wall_clock

HERE: Final = tools.HERE / "deploy" / "alertmanager"
CONFIG: Final = HERE / "alertmanager.yml"
DAY: Final = 86_400_000
WELL: Final = Health(sight_ages={}, outboxes={}, lags={}, ledger_takes=True)

Labels = Mapping[str, str]


# -- our own alerts, as our own rules find them


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    place = {"region": "440983101", "contractor": "甲公司", "parent": "sw-1"}
    rows = [
        camera("cam-1", **place),
        camera("cam-2", **place),
        camera("far", region="440982001", contractor="乙公司"),
        camera("sw-1", kind="switch", region="440983") | {"class": ""},
    ]
    regions = {"440982": "化州市", "440982001": "河西街道", "440983": "信宜市", "440983101": "镇隆镇"}
    folder = tmp_path_factory.mktemp("site")
    (folder / "alerts.yaml").write_text("rules: {crowd: {groups: [city, network, region]}}\n")
    return make_site(folder, rows, regions=regions)


def outage(root: str, *, kind: OutageKind = OutageKind.NODE, **fields: Any) -> Outage:
    now = wall_clock()
    usual: dict[str, Any] = {"id": f"o-{root}", "phase": Phase.OPENED, "name": root, "region": "440983101"}
    usual |= {"network": "video", "contractor": "甲公司", "cause": Cause.NO_REPLY}
    return Outage(kind=kind, root=root, at=now - 5000, not_before=None, detected_at=now, **usual | fields)


CAM_1 = outage("cam-1")
FAR = outage("far", region="440982001", contractor="乙公司")
SWITCH = outage("sw-1", region="440983", affected=32)
COUNTY = outage("region:440983", kind=OutageKind.SUSPECTED, region="440983", contractor="")
FIRM = outage("contractor:甲公司", kind=OutageKind.SUSPECTED, region="", contractor="甲公司")
NETWORK = outage("network:video", kind=OutageKind.SUSPECTED, region="", contractor="")


def group(network: str | None, region: str | None, point_class: int | None, **fields: Any) -> GroupNow:
    return GroupNow(network, region, point_class, 1000, **{"states": {"up": 1000}, **fields})


def burning(point_class: int, share: float) -> GroupNow:
    """A class of which in every window this share was bad."""
    spent = {
        name: Spent(round(1e6 * seconds * (1 - share)), round(1e6 * seconds * share))
        for name, seconds in WINDOWS.items()
    }
    return group(None, None, point_class, target=0.98, windows=spent)


CROWDED: Final = {"down": 400, "up": 600}


def found(site: Site, *outages: Outage, **measured: Any) -> list[Finding]:
    """What our rules make of these outages, groups, certificates, health and causes of what is degraded."""
    now = wall_clock()
    causes: dict[str, Cause] = measured.pop("degraded", {})
    word = Measured(now, **{"groups": (), "health": WELL, **measured})
    changes = {
        (node, "video"): Change(node, "video", State.UP, State.DEGRADED, now - 60_000, None, now, cause)
        for node, cause in causes.items()
    }
    world = World(now, site, {one.id: one for one in outages}, degraded=changes, measured=word)
    return list(find(site.alerting.rules, world))


def message(findings: Iterable[Finding], happening: Happening = Happening.FIRED) -> Message:
    now = wall_clock()
    over = now if happening.is_end else None
    alerts = tuple(
        Alert(id=f"{number:08x}", finding=one, fired_at=now, told=True, resolved_at=over)
        for number, one in enumerate(findings)
    )
    usual = {"route": "default", "group": "{}", "title": "t", "text": "t", "language": "zh"}
    return Message(key="k", happening=happening, alerts=alerts, detected_at=now, made_at=now, **usual)


# -- those of Prometheus


def rule(name: str, origin: str = "city", severity: str = "critical", **named: str) -> Labels:
    return {"alertname": name, "origin": origin, "severity": severity, **named}


def point(node: str, region: str, network: str = "video") -> Labels:
    place = {"region": region, "county": region[:6], "kind": "camera", "class": "1"}
    subject = f"{network}/{node}"
    return rule(
        "QuanshiPointOffline", severity="warning", node=node, network=network, subject=subject, **place
    )


DEAD = rule("QuanshiDown", "backstop", job="quanshi", subject="monitor")
BURN = rule("QuanshiBurn", burn="fast", subject="*/*/1", **{"class": "1"})
BLIND_VIDEO = rule("QuanshiUnseen", "backstop", network="video", subject="unseen/video")
BLIND_CITY = rule("QuanshiUnseen", "backstop", subject="unseen")
OLD_SIGHT = rule(
    "QuanshiSightOld", "backstop", network="video", collector="video-0of1", subject="sight/video-0of1"
)


# -- who is told


def amtool(*arguments: str | Path) -> str:
    """What amtool prints; it must agree."""
    done = subprocess.run(
        [tools.find("amtool"), *arguments], env=tools.env(), capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def receivers(named: Labels) -> list[str]:
    pairs = [f"{name}={value}" for name, value in named.items()]
    return amtool("config", "routes", "test", f"--config.file={CONFIG}", *pairs).strip().split(",")


def test_amtool_finds_nothing_to_complain_of() -> None:
    assert "SUCCESS" in amtool("check-config", CONFIG)


def test_every_receiver_is_a_placeholder_on_loopback_and_explained() -> None:
    document = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    hooks = {each["name"]: each.get("webhook_configs", []) for each in document["receivers"]}

    assert all(hook["url"].startswith("http://127.0.0.1:") for each in hooks.values() for hook in each)
    for name in ("README.md", "README.zh-CN.md"):
        text = (HERE / name).read_text(encoding="utf-8")
        assert [receiver for receiver in hooks if f"| `{receiver}` |" not in text] == []


def test_our_own_alerts_reach_who_must_act(site: Site) -> None:
    police = replace(SWITCH, network="police", id="o-p")
    blind = outage("video-0of1", kind=OutageKind.OBSERVER, cause=Cause.BLIND, region="", contractor="")
    ill = replace(WELL, ledger_takes=False)
    ended = (Certificate("cam-1", "video", wall_clock() + 9 * DAY), Certificate("far", "video", 1))
    said = message(found(site, CAM_1, SWITCH, police, blind, health=ill, certificates=ended))
    heard = {
        (alert.finding.rule, alert.finding.network, alert.finding.node): receivers(labels(alert))
        for alert in said.alerts
    }

    assert heard == {
        ("offline", "video", "cam-1"): ["desk"],
        ("outage", "video", "sw-1"): ["night", "duty"],
        ("outage", "police", "sw-1"): ["police-duty"],
        ("blind", "video", ""): ["night", "keepers"],
        ("pipeline", "", ""): ["night", "keepers"],
        ("certificate", "video", "cam-1"): ["desk"],
        ("certificate", "video", "far"): ["night", "duty"],
    }


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (DEAD, ["night", "keepers"]),
        (rule("QuanshiReloadRefused", "backstop", "warning", subject="settings"), ["keepers"]),
        (rule("QuanshiWatchdog", "watchdog", "info"), ["watchdog"]),
        (point("cam-1", "440983101"), ["desk"]),
        (point("cam-1", "440983101", "police"), ["police-desk"]),
        (BURN, ["night", "duty"]),
        ({**point("cam-3", "440983101"), "severity": "info"}, ["nobody"]),
        ({**point("cam-3", "440983101", "police"), "severity": "info"}, ["nobody"]),
        (rule("QuanshiNodeOffline", network="police", node="sw-1"), ["police-duty"]),
        ({"alertname": "SomebodyElses"}, ["desk"]),
    ],
    ids=lambda value: value.get("alertname") if isinstance(value, dict) else None,
)
def test_those_of_prometheus_reach_who_must_act(named: Labels, told: list[str]) -> None:
    assert receivers(named) == told


# -- what is inhibited


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager"), config=CONFIG) as running:
        yield running


@contextmanager
def told(server: Server, ours: Sequence[Finding], theirs: Sequence[Labels] = ()) -> Iterator[None]:
    """For as long as the block runs these go on: ours by our channel, theirs as Prometheus posts them."""
    asyncio.run(send(server, message(ours)))
    post(server, theirs, over=False)
    try:
        yield
    finally:
        asyncio.run(send(server, message(ours, Happening.RESOLVED)))
        post(server, theirs, over=True)
    wait_for(lambda: server.ask("alerts") == [])


async def send(server: Server, said: Message) -> None:
    channel = Alertmanager("am", [server.url])
    await channel.send(said, ())
    await channel.close()


def post(server: Server, each: Iterable[Labels], *, over: bool) -> None:
    now = wall_clock()
    times = {"startsAt": format_time(now - 5000), "endsAt": format_time(now if over else now + DAY)}
    body = json.dumps([{"labels": dict(named), **times} for named in each]).encode()
    url, kind = f"{server.url}/api/v2/alerts", {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, body, kind), timeout=10):
        pass


def inhibited(server: Server) -> set[str]:
    """Name and place of what is inhibited now: ``offline cam-1``."""
    return {name_of(each["labels"]) for each in server.ask("alerts") if each["status"]["inhibitedBy"]}


def name_of(named: Labels) -> str:
    place = named.get("node") or named.get("subject", "")
    network = named.get("network", "")
    return f"{named['alertname']} {place}" + (" police" if network == "police" else "")


def expect(server: Server, count: int, quiet: set[str]) -> None:
    """So many go on, and only these of them are inhibited."""
    wait_for(lambda: inhibited(server) == quiet and len(server.ask("alerts")) == count, within=5)


def test_when_quanshi_is_dead_nothing_of_the_city_is_told_by_prometheus(server: Server, site: Site) -> None:
    ours = found(site, SWITCH)
    with told(server, ours, [DEAD, OLD_SIGHT, BURN, point("far", "440982001")]):
        expect(server, 5, {"QuanshiBurn */*/1", "QuanshiPointOffline far"})


def test_what_is_unseen_inhibits_the_city_where_it_is_unseen(server: Server) -> None:
    there, elsewhere = point("far", "440982001"), point("far", "440982001", "police")
    with told(server, (), [BLIND_VIDEO, there, elsewhere, BURN]):
        expect(server, 4, {"QuanshiPointOffline far"})
    with told(server, (), [BLIND_CITY, there, elsewhere, BURN]):
        expect(server, 4, {"QuanshiPointOffline far", "QuanshiPointOffline far police", "QuanshiBurn */*/1"})


def test_trouble_that_quanshi_tells_itself_is_not_told_twice(server: Server, site: Site) -> None:
    other = {**OLD_SIGHT, "collector": "video-1of2", "subject": "sight/video-1of2"}
    ours = found(site, health=replace(WELL, sight_ages={"video-0of1": 99.0}))
    with told(server, ours, [OLD_SIGHT, other]):
        expect(server, 3, {"QuanshiSightOld sight/video-0of1"})


def test_what_became_worse_by_prometheus_stands_for_what_it_was(server: Server) -> None:
    crept = {**BURN, "burn": "creeping", "severity": "warning"}
    other = {**crept, "class": "2", "subject": "*/*/2"}
    with told(server, (), [crept, other, BURN]):
        expect(server, 3, {"QuanshiBurn */*/1"})


def test_who_heard_of_what_became_worse_hears_that_it_is_that_no_more(tmp_path: Path, site: Site) -> None:
    (crept,), (burns,) = (found(site, groups=(burning(1, share),)) for share in (0.03, 0.5))
    assert (crept.severity.value, burns.severity.value) == ("warning", "critical")
    worse = replace(crept, severity=burns.severity, facts=burns.facts)
    with heard(tmp_path) as (server, said):
        asyncio.run(send(server, message([crept])))
        wait_for(lambda: said == {"/desk": {"warning": "firing"}}, within=20)
        asyncio.run(send(server, grown(message([worse], Happening.WORSE))))
        wait_for(
            lambda: (said["/desk"], said.get("/duty")) == ({"warning": "resolved"}, {"critical": "firing"}),
            within=20,
        )
        asyncio.run(send(server, grown(message([worse], Happening.RESOLVED))))
        wait_for(lambda: said.get("/duty") == {"critical": "resolved"}, within=20)


def grown(said: Message) -> Message:
    """The same, of an alert that was told as a warning before."""
    alerts = tuple(replace(alert, former=(Severity.WARNING,)) for alert in said.alerts)
    return replace(said, alerts=alerts)


@contextmanager
def heard(folder: Path) -> Iterator[tuple[Server, dict[str, dict[str, str]]]]:
    """Our configuration in a hurry, and what each receiver heard of each severity last."""
    said: dict[str, dict[str, str]] = {}

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told = {alert["labels"]["severity"]: alert["status"] for alert in body["alerts"]}
            said.setdefault(self.path, {}).update(told)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as hook:
        Thread(target=hook.serve_forever, daemon=True).start()
        text = CONFIG.read_text(encoding="utf-8").replace("127.0.0.1:9911", f"127.0.0.1:{hook.server_port}")
        quick = re.sub(r"group_(wait|interval): \w+", r"group_\1: 200ms", text)
        (folder / "quick.yml").write_text(quick, encoding="utf-8")
        with alertmanager(folder, config=folder / "quick.yml") as server:
            yield server, said
        hook.shutdown()


def test_of_what_is_down_nothing_smaller_is_told(server: Server, site: Site) -> None:
    soon = tuple(Certificate(node, "video", wall_clock() + 9 * DAY) for node in ("sw-1", "far"))
    ours = found(site, SWITCH, degraded={"cam-2": Cause.SLOW}, certificates=soon)
    node = rule("QuanshiNodeOffline", node="sw-1", network="video", kind="switch", subject="video/sw-1")
    with told(server, ours, [node, {**node, "network": "police"}]):
        expect(server, 6, {"certificate sw-1", "QuanshiNodeOffline sw-1"})


@pytest.mark.parametrize("common", [COUNTY, FIRM], ids=["county", "contractor"])
def test_what_many_have_in_common_is_told_without_each_of_them(
    server: Server, site: Site, common: Outage
) -> None:
    police = replace(CAM_1, network="police", id="o-police")
    with told(server, found(site, common, CAM_1, FAR, police)):
        expect(server, 4, {"offline cam-1"})


def test_what_a_network_has_in_common_is_told_without_each_of_it(server: Server, site: Site) -> None:
    police = replace(CAM_1, network="police", id="o-police")
    suspected = rule("QuanshiOutageSuspected", network="video", subject="suspected/video")
    with told(server, found(site, NETWORK, CAM_1, FAR, police), [suspected]):
        quiet = {"offline cam-1", "offline far", "QuanshiOutageSuspected suspected/video"}
        expect(server, 5, quiet)


@pytest.mark.parametrize(
    ("where", "quiet"),
    [
        (("video", "440983101"), {"offline cam-1"}),
        (("video", "440983"), {"offline cam-1", "QuanshiCrowd video/440983/*"}),
        (("video", None), {"offline cam-1", "offline far"}),
        ((None, None), {"offline cam-1", "offline far", "offline cam-1 police"}),
    ],
    ids=["town", "county", "network", "city"],
)
def test_a_crowd_is_told_without_each_of_it(
    server: Server, site: Site, where: tuple[str | None, str | None], quiet: set[str]
) -> None:
    police = replace(CAM_1, network="police", id="o-police")
    groups = (group(*where, None, states=CROWDED),)
    theirs = rule("QuanshiCrowd", network="video", county="440983", region="440983", subject="video/440983/*")
    with told(server, found(site, CAM_1, FAR, police, groups=groups), [theirs]):
        # The crowd of the county that Prometheus tells of inhibits its point as well.
        expect(server, 5, quiet)


def test_an_alert_of_a_point_is_inhibited_by_ours_of_the_same_point_alone(server: Server, site: Site) -> None:
    with told(server, found(site, CAM_1), [point("cam-1", "440983101"), point("cam-2", "440983101")]):
        expect(server, 3, {"QuanshiPointOffline cam-1"})
