"""Two desks that hear the same, of which one tells and the other reads its record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from engine_kit import HOOK, HOUR, LADDER, MINUTE, SECOND, closed, outage, site_of
from test_alert_desk import STREAM, Office

from alerts.deeds import DeedBox, standing, write
from alerts.outbox import Entry, Outbox
from alerts.rows import entries
from alerts.rules.world import Trouble
from monitor.model.deeds import Deed, Did
from monitor.model.events import ALERT, MONITOR, Event, EventId

BOTH = (
    "channels: {hook: {type: webhook, url: 'http://127.0.0.1:1/'}, mail: {type: webhook, url: 'http://127.0.0.1:2/'}}\n"
    "routes: [{to: [hook, mail], fallback: {to: [mail], after: 30m}}]\n"
)
REPEATS = BOTH.replace("to: [hook, mail],", "to: [hook, mail], repeat: 1h,")
FALLBACK = BOTH.replace("[hook, mail], f", "hook, f")

Ending = Callable[[Outbox, Entry], None]
"""What becomes of a message that is tried once."""


def arrives(outbox: Outbox, entry: Entry) -> None:
    outbox.delivered(entry, outbox.begin(entry))


def is_refused(outbox: Outbox, entry: Entry) -> None:
    outbox.refused(entry, outbox.begin(entry), "no")


def is_given_up(outbox: Outbox, entry: Entry) -> None:
    outbox.expired(entry, outbox.begin(entry), "no answer", sent=False)


def fails(outbox: Outbox, entry: Entry) -> None:
    outbox.failed(entry, outbox.begin(entry), "503", 0, sent=False)


def does_with(office: Office, channel: str, ending: Ending) -> None:
    """Whatever waits in this channel now ends like this."""
    for entry in office.desk.outbox.waiting(channel, 50):
        ending(office.desk.outbox, entry)


def waiting(office: Office) -> list[str]:
    """``hook fired``, in the order in which it is to go out."""
    with office.database.reading() as db:
        return [f"{one.channel} {one.happening}" for one in entries(db, "fate = 'waiting' ORDER BY id", ())]


def said(office: Office) -> list[Event]:
    """Its record so far, as it stands in the stream."""
    with office.database.reading() as db:
        epoch = standing(db).epoch
    deeds = enumerate(office.record(), 1)
    return [Event(EventId(ALERT, epoch, number), "maoming", office.now, deed) for number, deed in deeds]


@dataclass
class Pair:
    """``second`` follows; both hear the same, and their clocks agree."""

    first: Office
    second: Office
    number: int = 0

    def hear(self, *payloads: Any) -> None:
        for payload in payloads:
            self.number += 1
            for office in (self.first, self.second):
                event = Event(EventId(MONITOR, 1, self.number), "maoming", office.now, payload)
                office.desk.hear(STREAM, f"{office.now}-{self.number}", [event], [])
        self.pass_(SECOND)

    def pass_(self, millis: int) -> None:
        """Time passes, and the record of the first is heard."""
        for office in (self.first, self.second):
            office.pass_(millis)
        self.second.desk.overhear(said(self.first))


def pair(folder: Path, alerts: str = HOOK) -> Pair:
    offices = []
    for number, name in enumerate(("first", "second")):
        (folder / name).mkdir()
        offices.append(Office(folder / name / "alerts.db", site_of(folder / name, alerts)))
        with offices[-1].database.transaction() as db:  # made in the same millisecond they would be one
            db.execute("UPDATE deed_box SET epoch = epoch + ?", (number,))
    made = Pair(*offices)
    made.second.desk.follow()
    return made


def test_a_restart_alone_takes_nothing_from_what_waits(tmp_path: Path) -> None:
    office = Office(tmp_path / "alerts.db", site_of(tmp_path, BOTH))
    office.hear(outage("sw-1", affected=3))
    does_with(office, "mail", arrives)
    does_with(office, "hook", fails)
    office.pass_(SECOND)
    office.restart()
    office.desk.follow()
    office.desk.overhear(said(office))
    office.desk.lead()
    assert waiting(office) == ["hook fired"]


def test_that_a_fallback_was_told_by_itself_is_no_takeover(tmp_path: Path) -> None:
    two = pair(tmp_path, BOTH)
    two.hear(outage("sw-1", affected=3))
    does_with(two.first, "mail", arrives)
    does_with(two.first, "hook", fails)
    two.pass_(SECOND)
    two.second.desk.lead()
    assert waiting(two.second) == ["hook fired"]


def test_what_the_other_handed_over_and_told_there_is_not_told_again(tmp_path: Path) -> None:
    two = pair(tmp_path, FALLBACK)
    two.hear(outage("sw-1", affected=3))
    does_with(two.first, "hook", fails)
    two.pass_(HOUR)
    two.first.desk.outbox.hand_over_late()
    two.pass_(SECOND)
    assert waiting(two.second) == ["mail fired"]
    does_with(two.first, "mail", arrives)
    two.pass_(SECOND)
    two.second.desk.lead()
    assert waiting(two.second) == []


@pytest.mark.parametrize("ending", [is_refused, is_given_up])
def test_what_the_other_gave_up_for_good_does_not_wait_here(tmp_path: Path, ending: Ending) -> None:
    two = pair(tmp_path)
    one = outage("sw-1", affected=3)
    two.hear(one)
    does_with(two.first, "hook", ending)
    two.pass_(SECOND)
    assert waiting(two.second) == []
    two.hear(closed(one, two.first.now))
    does_with(two.first, "hook", arrives)
    two.pass_(SECOND)
    two.second.desk.lead()
    two.second.pass_(SECOND)
    assert waiting(two.second) == []
    assert Did.FAILED not in two.second.deeds(), "the other has recorded that"


def test_what_the_other_gave_up_goes_to_the_fallback_here_as_there(tmp_path: Path) -> None:
    two = pair(tmp_path, FALLBACK)
    two.hear(outage("sw-1", affected=3))
    does_with(two.first, "hook", is_refused)
    two.pass_(SECOND)
    two.second.desk.lead()
    assert waiting(two.second) == waiting(two.first) == ["mail fired"]


def test_no_start_waits_whose_end_the_channel_has(tmp_path: Path) -> None:
    two = pair(tmp_path)
    one = outage("sw-1", affected=3)
    two.hear(one)
    two.hear(closed(one, two.first.now))
    assert waiting(two.second) == ["hook fired", "hook resolved"]
    does_with(two.first, "hook", arrives)
    two.first.pass_(SECOND)
    ends = [each for each in said(two.first) if _is_told_end(each.payload)]
    two.second.desk.overhear(ends)  # of the start the record lost its word
    assert waiting(two.second) == []
    assert two.second.desk.outbox.standing("hook") == []


def test_what_nobody_says_anything_of_any_more_does_not_wait_for_ever(tmp_path: Path) -> None:
    two = pair(tmp_path)
    one = outage("sw-1", affected=3)
    two.hear(one)
    two.second.pass_(24 * HOUR)
    assert "hook fired" in waiting(two.second), "the other may still bring it there"
    two.second.pass_(2 * HOUR)
    assert "hook fired" not in waiting(two.second)


def test_one_that_follows_forgets_what_is_old_too(tmp_path: Path) -> None:
    two = pair(tmp_path)
    one = outage("sw-1", affected=3)
    two.hear(one)
    two.hear(closed(one, two.first.now))
    does_with(two.first, "hook", arrives)
    two.pass_(SECOND)
    assert len(two.second.messages()) == 2
    two.second.pass_(91 * 24 * HOUR)
    assert two.second.messages() == []


def test_what_the_other_recorded_is_not_recorded_again_by_one_that_comes_back(tmp_path: Path) -> None:
    two = pair(tmp_path)
    two.hear(outage("sw-1", affected=3))
    two.hear(outage("cam-1"))
    first, second = said(two.first), two.second
    second.desk.lead()
    assert second.deeds() == []
    with second.database.transaction() as db:
        write(db, two.first.record(), second.now)
    second.desk.follow()
    box = DeedBox(second.path)
    assert [each.sequence for each in box.pending(0, 10)] == [1, 2]
    second.desk.overhear(first[:1])
    (only,) = box.pending(0, 10)
    assert (only.sequence, only.payload) == (1, two.first.record()[1])
    box.confirm(first[0].id.epoch, 9)  # the word on a life of the numbers that is over
    assert len(box.pending(0, 10)) == 1
    box.close()


def test_another_step_of_an_alert_is_another_deed(tmp_path: Path) -> None:
    two = pair(tmp_path, LADDER)
    two.hear(outage("sw-1", affected=3))
    two.pass_(16 * MINUTE)
    two.second.pass_(15 * MINUTE)  # the other dies before the second step
    two.second.desk.lead()
    assert [deed.facts["step"] for deed in two.second.record() if deed.what is Did.ESCALATED] == [2]


def fails_to_deliver(office: Office) -> None:
    office.desk.engine.fail({"mail": Trouble(office.now - HOUR, "401")})


def ends(office: Office) -> list[tuple[str, object]]:
    """The ends that it recorded: of what, and whether anybody hears of them."""
    return [(deed.key, deed.facts["told"]) for deed in office.record() if deed.what is Did.RESOLVED]


def test_what_the_other_told_of_itself_is_ended_by_whoever_takes_over(tmp_path: Path) -> None:
    two = pair(tmp_path)
    fails_to_deliver(two.first)
    two.pass_(MINUTE)
    does_with(two.first, "hook", arrives)
    two.pass_(SECOND)
    two.second.desk.lead()
    assert ends(two.second) == [("pipeline/delivery/mail", True)]
    assert waiting(two.second) == ["hook resolved"]
    assert two.second.messages()[-1][1] == f"{two.first.record()[0].alert}/resolved"
    two.second.restart()
    two.second.desk.follow()
    two.second.desk.overhear([*said(two.first), *said(two.second)])
    two.second.desk.lead()
    assert len(ends(two.second)) == 1


def test_what_is_the_matter_here_too_is_no_end_to_anybody_but_the_record(tmp_path: Path) -> None:
    two = pair(tmp_path)
    fails_to_deliver(two.first)
    two.pass_(MINUTE)
    does_with(two.first, "hook", arrives)
    two.pass_(SECOND)
    fails_to_deliver(two.second)
    two.second.pass_(MINUTE)
    assert waiting(two.second) == ["hook fired"]
    two.second.desk.lead()
    assert ends(two.second) == [("pipeline/delivery/mail", True)]
    assert waiting(two.second) == ["hook fired"]


def test_who_does_not_deliver_any_more_knows_of_no_channel_that_fails(tmp_path: Path) -> None:
    two = pair(tmp_path)
    fails_to_deliver(two.first)
    two.pass_(MINUTE)
    two.first.desk.follow()
    two.first.pass_(HOUR)
    two.first.pass_(HOUR)
    assert [life.finding.subject for life in two.first.desk.engine.book.lives.values()] == []


def test_an_outage_that_the_other_told_goes_on(tmp_path: Path) -> None:
    two = pair(tmp_path)
    two.hear(outage("sw-1", affected=3))
    does_with(two.first, "hook", arrives)
    two.pass_(SECOND)
    two.second.desk.lead()
    assert ends(two.second) == []


def hears_after_a_gap(office: Office, sequence: int, payload: object) -> None:
    """What came before it was cut from the stream while this one was away."""
    event = Event(EventId(MONITOR, 1, sequence), "maoming", office.now, payload, sequence)  # type: ignore[arg-type]
    office.desk.hear(STREAM, f"{office.now}-{sequence}", [event], [])


def test_of_what_may_be_over_since_judgements_were_missed_only_the_end_is_told(tmp_path: Path) -> None:
    office = Office(tmp_path / "alerts.db", site_of(tmp_path, REPEATS))
    one = outage("sw-1", affected=3)
    office.hear(one)
    for channel in ("hook", "mail"):
        does_with(office, channel, arrives)
    office.now += 96 * HOUR
    office.speak()
    hears_after_a_gap(office, 9, outage("cam-2", office.now))
    office.restart()
    office.pass_(30 * MINUTE)
    assert waiting(office) == ["hook fired", "mail fired"]
    for channel in ("hook", "mail"):
        does_with(office, channel, arrives)
    hears_after_a_gap(office, 10, closed(one, office.now))
    office.pass_(SECOND)
    assert waiting(office) == ["hook resolved", "mail resolved"]


def test_what_is_heard_of_again_since_judgements_were_missed_is_in_no_doubt(tmp_path: Path) -> None:
    office = Office(tmp_path / "alerts.db", site_of(tmp_path, REPEATS))
    one = outage("sw-1", affected=3)
    office.hear(one)
    for channel in ("hook", "mail"):
        does_with(office, channel, arrives)
    office.now += 96 * HOUR
    office.speak()
    hears_after_a_gap(office, 9, one)
    office.pass_(SECOND)
    assert waiting(office) == ["hook repeated", "mail repeated"]


def _is_told_end(payload: object) -> bool:
    return isinstance(payload, Deed) and str(payload.facts.get("message")).endswith("/resolved")
