"""An engine on a small site with a clock of the test's own, and everything it sends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from small_site import camera, make_site

from alerts.engine import Engine
from alerts.life import Book
from alerts.model import Happening
from alerts.telling import Sending
from monitor.config import Site
from monitor.model.changes import Judged
from monitor.model.deeds import Deed, Did
from monitor.model.events import Change
from monitor.model.measured import Health, Measured
from monitor.model.observations import Cause, State
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Ending, Outage, OutageKind, Phase

T0 = 1_795_392_000_000
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

REGIONS = {"440900": "茂名市", "440983": "信宜市", "440983101": "镇隆镇"}
HOOK = "channels: {hook: {type: webhook, url: 'http://127.0.0.1:1/'}}\n"
LADDER = (
    "channels:\n"
    "  hook: {type: webhook, url: 'http://127.0.0.1:1/'}\n"
    "  sms: {type: sms, url: 'http://127.0.0.1:1/'}\n"
    "people: {zhang: {phone: '138'}, li: {phone: '139'}}\n"
    "routes: [{to: hook, repeat: 1h, escalate: [{after: 15m, to: sms, people: zhang},"
    " {after: 30m, to: sms, people: li}]}]\n"
)


def nodes(count: int = 4) -> list[dict[str, str]]:
    switch = camera("sw-1", kind="switch", region="440983101", contractor="甲公司") | {"class": ""}
    return [switch, *(camera(f"cam-{n}", region="440983101", parent="sw-1") for n in range(1, count + 1))]


def site_of(folder: Path, alerts: str = HOOK, rows: Iterable[dict[str, str]] | None = None) -> Site:
    folder.mkdir(exist_ok=True)
    (folder / "alerts.yaml").write_text(alerts)
    networks = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}
    return make_site(folder, nodes() if rows is None else rows, regions=REGIONS, networks=networks)


def outage(
    root: str = "cam-1", at: int = T0, *, affected: int = 1, kind: OutageKind = OutageKind.NODE, **more: Any
) -> Outage:
    made = Outage(
        id=f"{root}@{at - T0}",
        phase=Phase.OPENED,
        kind=kind,
        network="video",
        root=root,
        name=root,
        region="440983101",
        contractor="",
        at=at,
        not_before=at - 2000,
        detected_at=at + 500,
        cause=Cause.TIMEOUT,
        affected=affected,
    )
    return replace(made, **more)


def closed(one: Outage, at: int, ending: Ending = Ending.RECOVERED, **more: Any) -> Outage:
    return replace(one, phase=Phase.CLOSED, ended_at=at, ending=ending, **more)


def change(node: str, new: State, at: int, cause: Cause = Cause.SLOW, old: State = State.UP) -> Judged:
    return Judged.of(Change(node, "video", old, new, at, at - 1000, at + 100, cause), None)


@dataclass
class Bench:
    """Time passes only in :meth:`at`."""

    site: Site
    book: Book = field(default_factory=Book)
    now: int = T0
    sent: list[Sending] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    maintained: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.engine = Engine(self.site, self.book, self.now, self._is_told)
        self._speaks = True

    def _is_told(self, alert: str) -> bool:
        return any(alert == each.id for sending in self.sent for each in sending.message.alerts)

    def hear(self, *payloads: Any, at: int | None = None) -> list[str]:
        if at is not None:
            self.now = at
        for payload in payloads:
            self.engine.hear(payload, self.now)
        return self.at(self.now)

    def measure(self, measured: Measured | None, at: int | None = None) -> list[str]:
        self.now = self.now if at is None else at
        self._speaks = False
        self.engine.measure(measured, self.now)
        return self.at(self.now)

    def at(self, now: int) -> list[str]:
        """What is said by then: ``fired hook cam-1@0``, several of one digest with commas."""
        self.now = now
        if self._speaks:  # until a test says what the monitor measures, it measures nothing worth telling
            word = Measured(now, (), Health({}, {}, {}, ledger_takes=True), maintained=self.maintained)
            self.engine.measure(word, now)
        sent, deeds = self.engine.tick(now)
        self.sent += sent
        self.deeds += deeds
        return [told(each) for each in sent]

    def minutes(self, *moments: float) -> list[str]:
        """What is said at these minutes after T0, all together."""
        return [text for moment in moments for text in self.at(T0 + round(moment * MINUTE))]

    def reload(self, site: Site) -> list[str]:
        self.site = site
        self.engine.reload(site)
        return self.at(self.now)

    def restart(self) -> None:
        before = self.engine
        self.engine = Engine(self.site, self.book, self.now, self._is_told)
        del before

    def ack(self, subject: str, person: str = "张三") -> list[str]:
        (life,) = [one for one in self.book.lives.values() if one.finding.subject == subject]
        return self.hear(Order("A1", OrderKind.ACK, person, self.now, target=life.alert.id))

    def did(self, what: Did) -> list[Deed]:
        return [deed for deed in self.deeds if deed.what is what]


def told(each: Sending) -> str:
    about = ",".join(alert.finding.subject for alert in each.message.alerts)
    ending = each.message.alerts[0].ending if each.message.happening is Happening.RESOLVED else ""
    return " ".join(filter(None, (each.message.happening.value, each.channel, about, ending)))
