"""What the outbox keeps: each message once a channel, who took it on, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import posting_kit
import pytest
from delivery_kit import T0, alert, end, message

from alerts import postings
from alerts.database import Database
from alerts.model import Happening, Message
from alerts.outbox import STEPS, Fallback, Fate, Outbox, Outcome
from alerts.packing import PackingError, pack, unpack
from alerts.rows import KEEP

DAY = 86_400_000


class Box(Outbox):
    """The outbox with a clock to set and short ways to what tests ask."""

    def __init__(self, database: Database) -> None:
        self.now = T0
        self.database = database
        super().__init__(database, lambda: self.now)

    def add(self, *messages: Message, channel: str = "duty", fallback: Fallback | None = None) -> list[bool]:
        with self.database.transaction() as db:
            return [self.enqueue(db, channel, each, ("138",), fallback=fallback) for each in messages]

    def keys(self, channel: str = "duty") -> list[str]:
        return [entry.key for entry in self.waiting(channel, 100)]

    def deliver(self, channel: str = "duty") -> None:
        (entry,) = self.waiting(channel)
        self.delivered(entry, self.begin(entry))

    def fail(self, channel: str = "duty", *, sent: bool = True) -> None:
        (entry,) = self.waiting(channel)
        self.failed(entry, self.begin(entry), "no", self.now, sent=sent)

    def fates(self) -> dict[tuple[str, str], Fate]:
        with self.database.reading() as db:
            return {(each.channel, each.key): each.fate for each in posting_kit.recent(db, 100)}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "alerts.db", STEPS) as opened:
        yield opened


@pytest.fixture
def box(database: Database) -> Box:
    return Box(database)


LATER = Fallback({"mail": ("li@example.org",)}, 600.0)


def test_a_message_comes_back_as_it_was() -> None:
    for said in (message([1, 2]), end(3)):
        assert unpack(pack(said)) == said


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"alerts": [{}]}', "null"])
def test_what_is_no_message_is_said_to_be_none(text: str) -> None:
    with pytest.raises(PackingError, match="no message of this version"):
        unpack(text)


def test_messages_wait_in_order_with_whom_they_are_for(box: Box) -> None:
    box.add(message(2), message(1), end(2))
    assert box.keys() == ["00000002/fired", "00000001/fired", "00000002/resolved"]
    first = box.waiting("duty")[0]
    assert (first.to, first.alerts, first.message()) == (("138",), {alert(2).id}, message(2))


def test_the_same_key_in_a_channel_is_one_message_also_once_delivered(box: Box) -> None:
    assert box.add(message(1), message(1)) == [True, False]
    box.deliver()
    assert box.add(message(1)) == [False]
    assert box.add(message(1), channel="mail") == [True]
    assert (box.keys(), box.keys("mail")) == ([], ["00000001/fired"])


def test_what_the_engine_takes_back_was_never_there(box: Box) -> None:
    def fail() -> None:
        with box.database.transaction() as db:
            box.enqueue(db, "duty", message(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert box.keys() == []


def test_every_attempt_is_recorded_also_one_that_was_killed(box: Box, database: Database) -> None:
    box.add(message(1))
    (entry,) = box.waiting("duty")
    box.failed(entry, box.begin(entry), "HTTP 503 \udcff", T0 + 5000, sent=True)
    box.now += 1000
    box.begin(entry)  # and then the power goes
    again = Box(database)
    again.now = T0 + 3000
    again.recover()
    again.deliver()
    with database.reading() as db:
        (posting,) = posting_kit.of_alert(db, alert(1).id)
        tries = posting_kit.attempts(db, posting.id)
    assert [(each.at - T0, each.outcome, each.text) for each in tries] == [
        (0, Outcome.FAILED, "HTTP 503 \\udcff"),
        (1000, Outcome.CUT, ""),
        (3000, Outcome.DELIVERED, ""),
    ]
    assert (posting.fate, posting.attempts, posting.last) == (Fate.DELIVERED, 3, tries[-1])


def test_a_repeat_that_is_not_out_yet_gives_way_to_what_is_newer(box: Box) -> None:
    first = message(1, Happening.REPEATED, key="00000001/repeated/1")
    second = message(1, Happening.REPEATED, key="00000001/repeated/2")
    box.add(message(1), first, message(2, Happening.REPEATED), second)
    assert box.keys() == ["00000001/fired", "00000002/repeated", "00000001/repeated/2"]
    box.add(end(1))
    assert box.keys() == ["00000001/fired", "00000002/repeated", "00000001/resolved"]
    assert box.fates()["duty", "00000001/repeated/1"] is Fate.SUPERSEDED


def test_what_waits_too_long_goes_to_the_fallback_under_the_same_key_and_stops_here(box: Box) -> None:
    box.add(message(1), fallback=LATER)
    assert box.next_fallback() == T0 + 600_000
    box.now += 599_999
    box.hand_over_late()
    assert box.keys("mail") == []
    box.now += 1
    box.hand_over_late()
    assert (box.keys(), box.keys("mail")) == ([], ["00000001/fired"])
    assert box.waiting("mail")[0].to == ("li@example.org",)
    assert box.fates()["duty", "00000001/fired"] is Fate.HANDED_OVER
    assert box.next_fallback() is None


def test_an_end_goes_where_its_start_was_handed_over_to(box: Box) -> None:
    box.add(message(1), fallback=LATER)
    box.now += 600_000
    box.hand_over_late()
    box.deliver("mail")
    box.add(end(1), end(2), fallback=LATER)
    assert box.keys("mail") == ["00000001/resolved"]
    assert box.keys() == ["00000001/resolved", "00000002/resolved"]


def test_an_end_that_waits_follows_its_start(box: Box) -> None:
    box.add(message(1), fallback=LATER)
    box.now += 300_000
    box.add(end(1), fallback=LATER)
    box.now += 300_000
    box.hand_over_late()
    assert box.keys("mail") == ["00000001/fired", "00000001/resolved"]
    box.now += 300_000
    box.hand_over_late()
    assert box.keys() == []  # nothing of it ever went out here


@pytest.mark.parametrize(("sent", "waits"), [(True, ["00000001/resolved"]), (False, [])])
def test_an_end_stays_where_its_start_may_have_arrived(box: Box, sent: bool, waits: list[str]) -> None:
    box.add(message(1), fallback=LATER)
    box.fail(sent=sent)
    box.add(end(1), fallback=LATER)
    box.now += 600_000
    box.hand_over_late()
    assert box.keys() == waits
    assert box.keys("mail") == ["00000001/fired", "00000001/resolved"]


def test_an_end_stays_where_its_start_still_waits(box: Box) -> None:
    box.add(message(1))
    box.add(end(1), fallback=LATER)
    box.now += 600_000
    box.hand_over_late()
    assert box.keys() == ["00000001/fired", "00000001/resolved"]
    assert box.keys("mail") == ["00000001/resolved"]


def test_what_is_refused_goes_to_the_fallback_at_once(box: Box) -> None:
    box.add(message(1), message(2), fallback=LATER)
    box.add(message(3))
    for _ in range(3):
        (entry,) = box.waiting("duty")
        box.refused(entry, box.begin(entry), "token is not exist")
    assert box.keys("mail") == ["00000001/fired", "00000002/fired"]
    assert box.fates()["duty", "00000003/fired"] is Fate.REFUSED


def test_what_was_refused_is_tried_again_once_unless_it_is_over_or_taken_on(box: Box) -> None:
    box.add(message(1), fallback=LATER)
    box.add(message(2), message(3), end(3))
    for _ in range(3):
        (entry,) = box.waiting("duty")
        box.refused(entry, box.begin(entry), "token is not exist")
    box.deliver()
    assert box.revive("duty", T0) == 1
    assert box.keys() == ["00000002/fired"]
    box.deliver()
    assert box.revive("duty", T0) == 0


def test_what_waits_in_a_channel_that_is_gone_goes_to_the_routes_present_ones(box: Box) -> None:
    box.add(message(1))
    box.fail()
    box.add(end(1), message(2), channel="duty")
    box.add(message(3), channel="mail")
    box.inherit(["mail", "sms"], lambda route: {"default": {"sms": ["138"], "mail": []}}[route])
    told = ["00000001/fired", "00000001/resolved", "00000002/fired"]
    assert [entry.to for entry in box.waiting("sms", 9)] == [("138",)] * 3
    assert (box.keys(), box.keys("sms"), box.keys("mail")) == ([], told, ["00000003/fired", *told])
    box.inherit(["mail", "sms"], lambda _: {})
    assert box.keys("sms") == told


def test_without_an_heir_it_waits_for_its_channel(box: Box) -> None:
    box.add(message(1))
    box.inherit(["mail"], lambda _: {})
    assert box.keys() == ["00000001/fired"]


def test_what_goes_on_is_known_until_its_end_is_delivered(box: Box) -> None:
    box.add(message(1), message([2, 3], key="digest"), message(4))
    assert box.standing("duty") == []
    box.deliver()
    box.deliver()
    box.add(end(2))
    assert [each.id for each in box.standing("duty")] == [alert(n).id for n in (1, 2, 3)]
    assert box.standing("mail") == []
    box.deliver()
    box.deliver()
    assert [each.id for each in box.standing("duty")] == [alert(n).id for n in (1, 3, 4)]


def test_history_is_kept_for_90_days_and_of_what_goes_on_for_longer(box: Box, database: Database) -> None:
    box.add(message(1), message(2), end(2))
    for _ in range(3):
        box.deliver()
    box.now += KEEP + DAY
    box.add(message(3))
    box.deliver()
    box.prune()
    with database.reading() as db:
        assert [each.key for each in posting_kit.recent(db, 10)] == ["00000003/fired", "00000001/fired"]
        assert posting_kit.of_alert(db, alert(2).id) == []
    assert [each.id for each in box.standing("duty")] == [alert(1).id, alert(3).id]


def test_a_channel_fails_from_its_first_failure_until_something_arrives(box: Box, database: Database) -> None:
    def failing() -> dict[str, tuple[int, str]]:
        with database.reading() as db:
            return {name: (one.since - T0, one.text) for name, one in postings.failing(db).items()}

    box.add(message(1))
    box.add(message(1), channel="mail")
    box.deliver("mail")
    assert failing() == {}
    box.now += 1000
    box.fail()
    box.now += 1000
    box.fail()
    assert failing() == {"duty": (1000, "no")}
    box.deliver()
    assert failing() == {}


def test_latencies_are_of_starts_and_ends(box: Box, database: Database) -> None:
    box.add(message(1), message(1, Happening.REPEATED))
    box.now += 1500
    box.deliver()
    box.deliver()
    box.add(end(1, at=T0 + 1000))
    box.deliver()
    with database.reading() as db:
        assert posting_kit.latencies(db, T0) == {"duty": [1500, 500]}
        assert postings.pending(db) == {}


def test_the_newest_of_some_fates_are_listed(box: Box, database: Database) -> None:
    box.add(message(1), message(2), message(3))
    box.deliver()
    with database.reading() as db:
        assert [each.key[7] for each in posting_kit.recent(db, 10, (Fate.WAITING,))] == ["3", "2"]
        assert [each.key[7] for each in posting_kit.recent(db, 2)] == ["3", "2"]
