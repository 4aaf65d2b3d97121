"""The engine at its database: all or nothing, over every restart, and nobody hears an end alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from engine_kit import HOOK, HOUR, MINUTE, SECOND, T0, change, closed, nodes, outage, site_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.database import Database, DatabaseError
from alerts.deeds import DeedBox
from alerts.desk import STEPS, Desk
from alerts.model import Happening
from alerts.packing import unpack
from monitor.config import Site
from monitor.desk.orders import Known
from monitor.model.decisions import Scope
from monitor.model.deeds import Deed, Did
from monitor.model.events import MONITOR, Event, EventId
from monitor.model.measured import Health, Measured
from monitor.model.observations import Cause, State
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Ending, Outage, Phase

STREAM = "quanshi:maoming:judgements"


@dataclass
class Office:
    """A desk that may be left and taken up again, with a clock of the test's own."""

    path: Path
    site: Site
    now: int = T0
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.database = Database(self.path, STEPS)
        self.desk = Desk(self.database, self.site, lambda: self.now)
        self.speak()

    def restart(self) -> None:
        self.database.close()
        self.open()

    def speak(self) -> None:
        healthy = Measured(self.now, (), Health({}, {}, {}, ledger_takes=True))
        self.desk.engine.measure(healthy, self.now)

    def hear(self, *payloads: Any) -> None:
        events = [Event(EventId(MONITOR, 1, next(self.numbers)), "maoming", self.now, p) for p in payloads]
        self.desk.hear(STREAM, f"{self.now}-{events[-1].id.sequence}", events, [])

    def pass_(self, millis: int) -> None:
        self.now += millis
        self.speak()
        self.desk.tick()

    def messages(self) -> list[tuple[str, str, str, str]]:
        with self.database.reading() as db:
            query = "SELECT channel, key, happening, body FROM messages ORDER BY id"
            return db.execute(query).fetchall()

    def deeds(self) -> list[Did]:
        return [deed.what for deed in self.record()]

    def record(self) -> list[Deed]:
        with self.database.reading() as db:
            rows = db.execute("SELECT body FROM deeds ORDER BY sequence").fetchall()
        return [Deed.from_json(json.loads(body)) for (body,) in rows]

    def known(self) -> Known:
        """The one alert, as people see it in the list."""
        first, *others = self.record()
        known = Known(first.alert, first.key, first.at, first.facts)
        for deed in others:
            known.take(deed)
        return known


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "alerts.db", site_of(tmp_path))
    yield opened
    opened.database.close()


def test_a_message_lies_in_the_outbox_with_the_position(office: Office) -> None:
    office.hear(outage("sw-1", affected=3))
    assert [happening for _, _, happening, _ in office.messages()] == ["fired"]
    assert office.desk.inbox.position(STREAM) == f"{T0}-1"
    assert office.deeds() == [Did.FIRED]


def test_a_restart_knows_what_was_told(office: Office) -> None:
    one = outage("sw-1", affected=3)
    office.hear(one, change("cam-1", State.DEGRADED, T0))
    office.pass_(11 * MINUTE)
    before = dict(office.desk.engine.book.shelves())
    office.restart()
    assert dict(office.desk.engine.book.shelves()) == before
    office.pass_(MINUTE)
    assert len(office.messages()) == 2
    office.hear(closed(one, office.now))
    assert [key.partition("/")[2] for _, key, _, _ in office.messages()] == ["fired", "fired", "resolved"]


def test_what_could_not_be_stored_did_not_happen_and_happens_the_next_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    one = outage("sw-1", affected=3)
    batch = [Event(EventId(MONITOR, 1, 1), "maoming", T0, one)]
    with monkeypatch.context() as patched:
        patched.setattr("alerts.deeds.write", full)
        with pytest.raises(DatabaseError, match="full"):
            office.desk.hear(STREAM, "1-0", batch, [])
    assert office.messages() == []
    assert office.desk.inbox.position(STREAM) == "0-0"
    office.desk.tick()
    assert office.desk.engine.book.outages == {}
    office.desk.hear(STREAM, "1-0", batch, [])
    office.desk.hear(STREAM, "1-0", batch, [])
    assert len(office.messages()) == 1


def test_what_became_of_messages_is_recorded_once(office: Office) -> None:
    office.hear(outage("sw-1", affected=3))
    (entry,) = office.desk.outbox.waiting("hook")
    office.desk.outbox.delivered(entry, office.desk.outbox.begin(entry))
    office.pass_(SECOND)
    office.restart()
    office.pass_(SECOND)
    assert office.deeds() == [Did.FIRED, Did.DELIVERED]


def test_what_became_of_messages_is_recorded_after_a_full_disk(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    office.hear(outage("sw-1", affected=3), outage("sw-2", affected=3))
    for entry in office.desk.outbox.waiting("hook", 2):
        office.desk.outbox.delivered(entry, office.desk.outbox.begin(entry))
        office.now += 5 * MINUTE
    with monkeypatch.context() as patched:
        patched.setattr("alerts.deeds.write", full)
        with pytest.raises(DatabaseError, match="full"):
            office.pass_(SECOND)
    office.pass_(SECOND)
    assert office.deeds().count(Did.DELIVERED) == 2


def test_deeds_are_numbered_and_kept_until_the_ledger_has_them(office: Office) -> None:
    one = outage("sw-1", affected=3)
    office.hear(one)
    office.hear(closed(one, T0 + 1))
    box = DeedBox(office.path)
    said = box.pending(0, 10)
    assert [(each.sequence, each.payload.what) for each in said] == [(1, Did.FIRED), (2, Did.RESOLVED)]  # type: ignore[union-attr]
    box.confirm(box.epoch, 1)
    assert (box.oldest(), box.last()) == (2, 2)
    assert [each.sequence for each in box.pending(0, 10)] == [2]
    box.close()


def test_a_box_that_is_an_old_copy_of_itself_begins_another_life(office: Office) -> None:
    office.hear(outage("sw-1", affected=3))
    box = DeedBox(office.path)
    epoch = box.epoch
    box.pending(0, 10)
    box.confirm(epoch, 7)
    assert box.epoch > epoch
    office.hear(outage("sw-2", affected=3))
    assert [each.sequence for each in box.pending(0, 10)] == [1]
    box.close()


# Whatever happens, in whatever order.

ROOTS = ("sw-1", "cam-1", "cam-2", "cam-3", "cam-4")
ALERTS = {
    "plain": HOOK,
    "two": (
        "channels: {hook: {type: webhook, url: 'http://127.0.0.1:1/'}, run: {type: command, command: [x]}}\n"
        "routes:\n"
        "  - {match: {rules: [degraded]}, to: run, group_interval: 10m}\n"
        "  - {to: hook, repeat: 20m, escalate: [{after: 5m, to: run}]}\n"
        "rules: {degraded: {for: 1m}}\n"
    ),
    "less": HOOK + "rules: {offline: off, degraded: off}\n",
    "none": "",
}
STEP = st.one_of(
    st.tuples(st.just("outage"), st.sampled_from(ROOTS), st.integers(1, 4)),
    st.tuples(st.just("grow"), st.sampled_from(ROOTS), st.integers(1, 9)),
    st.tuples(st.just("maintain"), st.sampled_from(ROOTS), st.booleans()),
    st.tuples(st.just("close"), st.sampled_from(ROOTS), st.sampled_from(Ending)),
    st.tuples(st.just("state"), st.sampled_from(ROOTS), st.sampled_from(State)),
    st.tuples(st.just("flap"), st.sampled_from(ROOTS), st.none()),
    st.tuples(st.just("silence"), st.sampled_from(ROOTS), st.integers(1, 60)),
    st.tuples(st.just("ack"), st.integers(0, 3), st.none()),
    st.tuples(st.just("pass"), st.integers(1, 30 * MINUTE), st.none()),
    st.tuples(st.just("restart"), st.none(), st.none()),
    st.tuples(st.just("settings"), st.sampled_from(sorted(ALERTS)), st.integers(2, 4)),
)


class Fate:
    """A run of random happenings, which knows what is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sites: dict[tuple[str, int], Site] = {}
        self.office = Office(folder / "alerts.db", self.site("plain", 4))
        self.open: dict[str, Outage] = {}
        self.degraded: set[str] = set()
        self.silences = count()

    def site(self, name: str, cameras: int) -> Site:
        key = (name, cameras)
        if key not in self.sites:
            folder = self.folder / f"{name}{cameras}"
            self.sites[key] = site_of(folder, ALERTS[name], nodes(cameras))
        return self.sites[key]

    def step(self, what: str, which: Any, how: Any) -> None:
        steps: dict[str, Callable[[Any, Any], None]] = {
            name: getattr(self, f"_{name}")
            for name in ("outage", "grow", "maintain", "close", "state", "flap", "silence", "ack")
        }
        if what == "pass":
            self.office.pass_(which)
        elif what == "restart":
            self.office.restart()
        elif what == "settings":
            self.office.site = self.site(which, how)
            self.office.desk.reload(self.office.site)
        else:
            steps[what](which, how)

    def _outage(self, root: str, affected: int) -> None:
        if root not in self.open:
            self._say(outage(root, self.office.now, affected=affected))

    def _grow(self, root: str, affected: int) -> None:
        if root in self.open:
            self._say(replace(self.open[root], phase=Phase.CHANGED, affected=affected))

    def _maintain(self, root: str, begins: bool) -> None:
        if root in self.open:
            self._say(replace(self.open[root], phase=Phase.CHANGED, excluded="M1" if begins else ""))

    def _close(self, root: str, ending: Ending) -> None:
        if root in self.open:
            self.office.hear(closed(self.open.pop(root), self.office.now, ending))

    def _say(self, one: Outage) -> None:
        self.open[one.root] = one
        self.office.hear(one)

    def _state(self, node: str, state: State) -> None:
        self.office.hear(change(node, state, self.office.now))

    def _flap(self, node: str, _: None) -> None:
        self.office.hear(change(node, State.DEGRADED, self.office.now, Cause.FLAPPING))

    def _silence(self, node: str, minutes: int) -> None:
        now = self.office.now
        until = now + minutes * MINUTE
        name = f"S{next(self.silences)}"
        self.office.hear(
            Order(name, OrderKind.SILENCE, "li", now, scope=Scope(nodes=(node,)), until=until, note="n")
        )

    def _ack(self, place: int, _: None) -> None:
        lives = sorted(life.alert.id for life in self.office.desk.engine.book.lives.values())
        if place < len(lives):
            self.office.hear(Order("A", OrderKind.ACK, "li", self.office.now, target=lives[place]))

    def all_is_well(self) -> None:
        """Everything comes back, and time passes until all is said."""
        self.office.site = self.site("plain", 4)
        self.office.desk.reload(self.office.site)
        for root in list(self.open):
            self._close(root, Ending.RECOVERED)
        for node in ROOTS:
            self._state(node, State.UP)
        for _ in range(20):
            self.office.pass_(6 * MINUTE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=40))
def test_every_told_start_has_its_end_and_no_key_two_contents(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, Any, Any]]
) -> None:
    fate = Fate(tmp_path_factory.mktemp("fate"))
    for step in steps:
        fate.step(*step)
    fate.all_is_well()
    messages = fate.office.messages()
    book = fate.office.desk.engine.book
    fate.office.database.close()

    assert (book.lives, book.ending, book.pending) == ({}, {}, {})
    begun: dict[tuple[str, str], int] = {}
    ended: dict[tuple[str, str], int] = {}
    texts: dict[str, str] = {}
    for place, (channel, key, happening, body) in enumerate(messages):
        message = unpack(body)
        assert texts.setdefault(key, body) == body
        for alert in message.alerts:
            about = (channel, alert.id)
            if happening == Happening.RESOLVED:
                assert about not in ended, "one end"
                ended[about] = place
            else:
                assert about not in ended, "nothing after the end"
                begun.setdefault(about, place)
    assert begun.keys() <= ended.keys()
    # An end without its start goes only where a channel was taken away in between.
    if not any(what == "settings" for what, _, _ in steps):
        assert begun.keys() == ended.keys()


@pytest.mark.parametrize("hours", [0, 1, 100])
def test_however_long_a_role_was_away_the_end_is_told(office: Office, hours: int) -> None:
    one = outage("sw-1", affected=3)
    office.hear(one)
    office.database.close()
    office.now += hours * HOUR
    office.open()
    office.hear(closed(one, office.now))
    assert [happening for _, _, happening, _ in office.messages()][-1] == "resolved"


def test_a_clock_that_is_set_back_keeps_no_fallback_waiting_and_no_delivery_from_the_record(
    tmp_path: Path,
) -> None:
    hooks = [f"{name}: {{type: webhook, url: 'http://127.0.0.1:1/{name}'}}" for name in ("hook", "spare")]
    route = "{to: hook, fallback: {to: spare, after: 10m}}"
    alerts = f"channels: {{{', '.join(hooks)}}}\nroutes: [{route}]\n"
    office = Office(tmp_path / "alerts.db", site_of(tmp_path, alerts))
    office.hear(outage("sw-1", affected=3))
    office.pass_(4 * MINUTE)
    office.now -= 24 * 60 * MINUTE
    office.pass_(0)
    assert office.desk.outbox.next_fallback() == office.now + 6 * MINUTE
    (entry,) = office.desk.outbox.waiting("hook")
    office.desk.outbox.delivered(entry, office.desk.outbox.begin(entry))
    office.pass_(1000)
    assert office.deeds() == [Did.FIRED, Did.DELIVERED]
    office.database.close()


def test_what_does_not_arrive_is_seen_while_it_is_tried_and_until_it_arrives(office: Office) -> None:
    """The record says so once of each message, and the list of alerts shows it."""
    outbox = office.desk.outbox
    office.hear(outage("sw-1", affected=3))
    for number in range(1, 9):
        (entry,) = outbox.waiting("hook")
        outbox.failed(entry, outbox.begin(entry), f"HTTP 503, {number}", office.now + 1000, sent=True)
        office.pass_(6 * MINUTE)
    assert office.deeds() == [Did.FIRED, Did.FAILED]
    known = office.known()
    assert (known.delivered, known.failed) == (set(), {"hook": "HTTP 503, 5"})

    (entry,) = outbox.waiting("hook")
    outbox.expired(entry, outbox.begin(entry), "HTTP 503, 9", sent=True)
    office.pass_(1000)
    assert office.known().failed == {"hook": "HTTP 503, 9"}, "given up, and not silently"


def test_what_arrived_late_is_shown_as_arrived(office: Office) -> None:
    outbox = office.desk.outbox
    office.hear(outage("sw-1", affected=3))
    for _ in range(5):
        (entry,) = outbox.waiting("hook")
        outbox.failed(entry, outbox.begin(entry), "HTTP 503", office.now, sent=True)
    office.pass_(1000)
    assert office.known().failed == {"hook": "HTTP 503"}
    (entry,) = outbox.waiting("hook")
    outbox.delivered(entry, outbox.begin(entry))
    office.pass_(1000)
    assert (office.known().delivered, office.known().failed) == ({"hook"}, {})
