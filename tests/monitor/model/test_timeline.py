"""Timelines worked out by hand: what happened, what was said of it, and every millisecond of the figure.

Each case is a watch with a target of 98 %. Moments are on the clock of Maoming, in 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pytest
from clockwork import DAY, HOUR, MINUTE, SECOND, degraded, down, first, span, spans, unknown, up

from monitor.model.observations import Cause, State
from monitor.model.tally import divide
from monitor.model.timeline import Frame, Parts, Rate, Step, Verdict, corrected

MET, MISSED, NOT_PROVABLE, NO_STATEMENT = (
    Verdict.MET,
    Verdict.MISSED,
    Verdict.NOT_PROVABLE,
    Verdict.NO_STATEMENT,
)


@dataclass(frozen=True)
class Case:
    """``intact``: value, low and high bound, as the fractions that a person would write down."""

    story: str
    window: str
    seen: Sequence[str]
    steps: Sequence[Step]
    intact: tuple[str | None, str | None, str | None]
    verdict: Verdict
    life: Sequence[str] | None = None
    excluded: Sequence[str] = ()
    upstream: Sequence[str] = ()
    corrections: Sequence[tuple[str, State]] = ()
    up: int = 0
    degraded: int = 0
    own: int = 0
    blamed: int = 0
    out: int = 0
    unknown: int = 0

    def parts(self) -> Parts:
        told = [(*span(text), state) for text, state in self.corrections]
        seen = [*spans(*self.seen), *((start, end) for start, end, _ in told)]
        life = None if self.life is None else spans(*self.life)
        frame = Frame.of(span(self.window), seen, life=life, excluded=spans(*self.excluded))
        return divide(corrected(self.steps, told), frame, spans(*self.upstream))


NINE = "10-05 09:00 to 10-05 10:00"
FIFTH = "10-05 to 10-06"
WEEK = "10-05 to 10-12"
OCTOBER = "10-01 to 11-01"

CASES = [
    Case(
        "an hour in which it answered",
        NINE, [NINE], [up("10-01")],
        ("1", "1", "1"), MET,
        up=HOUR,
    ),
    Case(
        "a 60 s outage under a poll every 5 s: it was down for 60 s, give or take one interval at each edge",
        NINE, [NINE],
        [up("10-01"), down("10-05 09:30:05", "10-05 09:30:00"), up("10-05 09:31:05", "10-05 09:31:00")],
        ("3540/3600", "3535/3600", "3545/3600"), MET,
        up=3540 * SECOND, own=60 * SECOND,
    ),
    Case(
        "a 60 s outage under a poll every 5 min, from 09:29:30 on: three quick looks confirm it, the next "
        "finds it back. Votes would say 11 of 12, which is 91.67 %; nobody can know more than this",
        NINE, [NINE],
        [up("10-01"), down("10-05 09:30:00", "10-05 09:25:00"), up("10-05 09:35:00", "10-05 09:30:07")],
        ("55/60", "50/60", "3593/3600"), NOT_PROVABLE,
        up=55 * MINUTE, own=5 * MINUTE,
    ),
    Case(
        "monitor and target both dead for 12 h: nothing is known of them",
        FIFTH, ["10-05 to 10-05 06:00", "10-05 18:00 to 10-06"], [up("10-01")],
        ("1", "12/24", "1"), NOT_PROVABLE,
        up=12 * HOUR, unknown=12 * HOUR,
    ),
    Case(
        "the same, and the target is found dead afterwards: proven up 2 s before the end, dead 5 s after",
        FIFTH, ["10-05 to 10-05 06:00", "10-05 18:00 to 10-06"],
        [up("10-01"), down("10-05 18:00:05", "10-05 05:59:58")],
        ("21605/43200", "21598/86400", "64805/86400"), MISSED,
        up=6 * HOUR + 5 * SECOND, own=6 * HOUR - 5 * SECOND, unknown=12 * HOUR,
    ),
    Case(
        "24 h of maintenance: no statement, neither 0 % nor 100 %",
        FIFTH, [FIFTH], [up("10-01"), down("10-05 00:10"), up("10-05 23:50")],
        (None, None, None), NO_STATEMENT,
        excluded=[FIFTH], out=24 * HOUR,
    ),
    Case(
        "maintenance for a day of two, dead throughout it",
        "10-05 to 10-07", ["10-05 to 10-07"], [up("10-01"), down("10-05"), up("10-06")],
        ("1", "1", "1"), MET,
        excluded=[FIFTH], up=24 * HOUR, out=24 * HOUR,
    ),
    Case(
        "maintenance over, and still dead for an hour",
        FIFTH, [FIFTH], [up("10-01"), down("10-05 08:00"), up("10-05 13:00")],
        ("19/20", "19/20", "19/20"), MISSED,
        excluded=["10-05 08:00 to 10-05 12:00"], up=19 * HOUR, own=HOUR, out=4 * HOUR,
    ),
    Case(
        "exclusions that overlap leave out their time once: 6 h, not 8",
        FIFTH, [FIFTH], [up("10-01"), down("10-05 11:00"), up("10-05 17:00")],
        ("17/18", "17/18", "17/18"), MISSED,
        excluded=["10-05 10:00 to 10-05 14:00", "10-05 12:00 to 10-05 16:00"],
        up=17 * HOUR, own=HOUR, out=6 * HOUR,
    ),
    Case(
        "an exclusion is an exclusion, whether anybody looked or not; what is left of the gap is unknown",
        FIFTH, ["10-05 to 10-05 08:00", "10-05 12:00 to 10-06"], [up("10-01")],
        ("1", "20/22", "1"), NOT_PROVABLE,
        excluded=["10-05 09:00 to 10-05 11:00"], up=20 * HOUR, out=2 * HOUR, unknown=2 * HOUR,
    ),
    Case(
        "paused for two days of a week: somebody looked at the others, nobody at this one",
        WEEK, [WEEK], [up("10-01"), unknown("10-07"), first(up("10-09"))],
        ("1", "5/7", "1"), NOT_PROVABLE,
        up=5 * DAY, unknown=2 * DAY,
    ),
    Case(
        "made in the middle of the month: its month has 16 days, and 10 s until its first answer",
        OCTOBER, [OCTOBER], [first(up("10-16 00:00:10"))],
        ("1", "1382390/1382400", "1"), MET,
        life=["10-16 to 11-01"], up=16 * DAY - 10 * SECOND, unknown=10 * SECOND,
    ),
    Case(
        "retired on the 10th, after two dead days; what it did later counts for nobody",
        OCTOBER, [OCTOBER], [up("10-01"), down("10-09"), unknown("10-11 00:00:30")],
        ("8/10", "8/10", "8/10"), MISSED,
        life=["10-01 to 10-11"], up=8 * DAY, own=2 * DAY,
    ),
    Case(
        "the month is not over: ten days are ten days",
        "10-01 to 10-11", ["09-01 to 10-11"], [up("09-01"), down("10-03"), up("10-03 12:00")],
        ("19/20", "19/20", "19/20"), MISSED,
        up=228 * HOUR, own=12 * HOUR,
    ),
    Case(
        "an outage that is still open counts until the end of the window",
        FIFTH, [FIFTH], [up("10-01"), down("10-05 18:00")],
        ("18/24", "18/24", "18/24"), MISSED,
        up=18 * HOUR, own=6 * HOUR,
    ),
    Case(
        "an outage that began before the window counts from the window's beginning",
        FIFTH, ["10-01 to 10-06"], [up("10-01"), down("10-04 12:00"), up("10-05 06:00")],
        ("18/24", "18/24", "18/24"), MISSED,
        up=18 * HOUR, own=6 * HOUR,
    ),
    Case(
        "the collector is started again in the middle: two minutes unknown, and no change was needed",
        NINE, ["10-05 09:00 to 10-05 09:30", "10-05 09:32 to 10-05 10:00"], [up("10-01")],
        ("1", "58/60", "1"), NOT_PROVABLE,
        up=58 * MINUTE, unknown=2 * MINUTE,
    ),
    Case(
        "it is started again without its memory: the same state said twice doubts nothing",
        NINE, ["10-05 09:00 to 10-05 09:30", "10-05 09:30:30 to 10-05 10:00"],
        [up("10-01"), first(up("10-05 09:30:40"))],
        ("1", "3570/3600", "1"), MET,
        up=3570 * SECOND, unknown=30 * SECOND,
    ),
    Case(
        "it is started again without its memory and finds another state: since when, nobody can say",
        NINE, [NINE], [up("10-05 09:20"), first(down("10-05 09:50"))],
        ("30/40", "0", "50/60"), MISSED,
        up=30 * MINUTE, own=10 * MINUTE, unknown=20 * MINUTE,
    ),
    Case(
        "two collectors look at once: seen twice is seen once",
        NINE, ["10-05 09:00 to 10-05 09:40", "10-05 09:20 to 10-05 09:50"], [up("10-01")],
        ("1", "50/60", "1"), NOT_PROVABLE,
        up=50 * MINUTE, unknown=10 * MINUTE,
    ),
    Case(
        "nobody ever looked",
        NINE, [], [up("10-01")],
        (None, "0", "1"), NOT_PROVABLE,
        unknown=HOUR,
    ),
    Case(
        "somebody looked, and had never a word from it",
        NINE, [NINE], [],
        (None, "0", "1"), NOT_PROVABLE,
        unknown=HOUR,
    ),
    Case(
        "February of a leap year has 29 days, of which one was dead",
        "2028-02-01 to 2028-03-01", ["2028-02-01 to 2028-03-01"],
        [up("2028-01-01"), down("2028-02-28 12:00"), up("2028-02-29 12:00")],
        ("28/29", "28/29", "28/29"), MISSED,
        up=28 * DAY, own=DAY,
    ),
    Case(
        "an outage over the border of the month, its September",
        "09-01 to 10-01", ["09-01 to 11-01"], [up("09-01"), down("09-30 23:30"), up("10-01 00:30")],
        ("1439/1440", "1439/1440", "1439/1440"), MET,
        up=30 * DAY - 30 * MINUTE, own=30 * MINUTE,
    ),
    Case(
        "and its October, which begins at 16:00 UTC of the day before",
        OCTOBER, ["09-01 to 11-01"], [up("09-01"), down("09-30 23:30"), up("10-01 00:30")],
        ("1487/1488", "1487/1488", "1487/1488"), MET,
        up=31 * DAY - 30 * MINUTE, own=30 * MINUTE,
    ),
    Case(
        "the border of a day: doubt about the end of an outage belongs to the day in which it lies",
        "10-06 to 10-07", ["10-05 to 10-07"],
        [up("10-01"), down("10-05 23:00"), up("10-06 00:00:04", "10-05 23:59:54")],
        ("86396/86400", "86396/86400", "1"), MET,
        up=DAY - 4 * SECOND, own=4 * SECOND,
    ),
    Case(
        "a change just behind the window throws its doubt into it",
        FIFTH, ["10-05 to 10-07"], [up("10-01"), down("10-06 00:00:01", "10-05 23:30")],
        ("1", "47/48", "1"), NOT_PROVABLE,
        up=DAY,
    ),
    Case(
        "flapping for an hour: it is degraded, and all of it is doubt",
        FIFTH, [FIFTH],
        [up("10-01"), degraded("10-05 10:00", cause=Cause.FLAPPING), up("10-05 11:00", "10-05 10:58")],
        ("23/24", "23/24", "1"), NOT_PROVABLE,
        up=23 * HOUR, degraded=HOUR,
    ),
    Case(
        "flapping when the window ends is all doubt too",
        FIFTH, [FIFTH], [up("10-01"), degraded("10-05 18:00", cause=Cause.FLAPPING)],
        ("18/24", "18/24", "1"), NOT_PROVABLE,
        up=18 * HOUR, degraded=6 * HOUR,
    ),
    Case(
        "slow for two hours: online, and not intact",
        FIFTH, [FIFTH], [up("10-01"), degraded("10-05 10:00"), up("10-05 12:00")],
        ("22/24", "22/24", "22/24"), MISSED,
        up=22 * HOUR, degraded=2 * HOUR,
    ),
    Case(
        "a link above it was cut for two of its three dead hours",
        FIFTH, [FIFTH], [up("10-01"), down("10-05 10:00"), up("10-05 13:00")],
        ("21/24", "21/24", "21/24"), MISSED,
        upstream=["10-05 09:00 to 10-05 11:00", "10-05 12:00 to 10-05 14:00"],
        up=21 * HOUR, own=HOUR, blamed=2 * HOUR,
    ),
    Case(
        "a device is replaced at the same point: four hours dead, and the history stays with the point",
        FIFTH, [FIFTH],
        [up("10-01"), down("10-05 10:00"), unknown("10-05 13:59"), first(up("10-05 14:00"))],
        ("1200/1439", "1200/1440", "1201/1440"), MISSED,
        up=20 * HOUR, own=4 * HOUR - MINUTE, unknown=MINUTE,
    ),
    Case(
        "a gap, and after it another state, which was proven wrong until the gap",
        NINE, ["10-05 09:00 to 10-05 09:10", "10-05 09:40 to 10-05 10:00"],
        [up("10-01"), down("10-05 09:40:10", "10-05 09:09:50")],
        ("610/1800", "590/3600", "2410/3600"), MISSED,
        up=10 * MINUTE + 10 * SECOND, own=20 * MINUTE - 10 * SECOND, unknown=30 * MINUTE,
    ),
    Case(
        "a wrong down is corrected to up: the corrected number",
        FIFTH, [FIFTH],
        [up("10-01"), down("10-05 10:00:05", "10-05 10:00"), up("10-05 16:00:05", "10-05 16:00")],
        ("1", "1", "1"), MET,
        corrections=[("10-05 10:00 to 10-05 16:00:05", State.UP)], up=DAY,
    ),
    Case(
        "and the number as it was: five seconds may be up or down at either end",
        FIFTH, [FIFTH],
        [up("10-01"), down("10-05 10:00:05", "10-05 10:00"), up("10-05 16:00:05", "10-05 16:00")],
        ("18/24", "64795/86400", "64805/86400"), MISSED,
        up=18 * HOUR, own=6 * HOUR,
    ),
    Case(
        "a correction speaks for a time that nobody saw",
        FIFTH, ["10-05 to 10-05 06:00", "10-05 18:00 to 10-06"], [up("10-01")],
        ("20/24", "20/24", "20/24"), MISSED,
        corrections=[("10-05 06:00 to 10-05 18:00", State.UP), ("10-05 08:00 to 10-05 12:00", State.DOWN)],
        up=20 * HOUR, own=4 * HOUR,
    ),
    Case(
        "asked by heartbeat, whose broker is away for three hours: nothing is known of the device",
        FIFTH, [FIFTH],
        [up("10-01"), unknown("10-05 12:00", "10-05 11:59:30", Cause.SOURCE_LOST), first(up("10-05 15:00"))],
        ("1", "75570/86400", "1"), NOT_PROVABLE,
        up=21 * HOUR, unknown=3 * HOUR,
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.story[:60])
def test_the_timeline_comes_to_what_was_worked_out_by_hand(case: Case) -> None:
    parts = case.parts()
    found = (parts.up, parts.degraded, parts.down_own, parts.down_upstream, parts.excluded, parts.unknown)
    assert found == (case.up, case.degraded, case.own, case.blamed, case.out, case.unknown)
    assert parts.intact == Rate(*map(_number, case.intact))
    assert parts.intact.verdict(0.98) is case.verdict


def _number(fraction: str | None) -> float | None:
    return None if fraction is None else float(Fraction(fraction))


def test_while_it_flaps_it_was_neither_up_nor_down_for_sure() -> None:
    """By hand: a day of 1440 minutes, 60 of them flapping, and 2 more in which it may have begun to.

    Intact for sure is what was up before 09:58 and from 11:00 on, 598 + 780 minutes, and at most all of the
    day. It answered now and then while it flapped, which is no proof of a single minute online.
    """
    flaps = degraded("10-05 10:00", "10-05 09:58", Cause.FLAPPING)
    parts = divide(
        [up("10-01"), flaps, up("10-05 11:00", "10-05 10:58")], Frame.of(span(FIFTH), [span(FIFTH)])
    )
    assert (parts.up, parts.degraded, parts.down) == (23 * HOUR, HOUR, 0)
    assert parts.intact == Rate(1380 / 1440, 1378 / 1440, 1.0)
    assert parts.online == Rate(1.0, 1378 / 1440, 1.0)


def test_when_it_began_to_flap_it_may_have_been_up_already() -> None:
    """By hand: of ten minutes down two are in doubt, and all of the fifty for which it flapped."""
    flaps = degraded("10-05 09:10", "10-05 09:08", Cause.FLAPPING)
    parts = divide([down("10-05 08:00"), flaps], Frame.of(span(NINE), [span(NINE)]))
    assert parts.intact == Rate(0.0, 0.0, 52 / 60)
    assert parts.online == Rate(50 / 60, 0.0, 52 / 60)
