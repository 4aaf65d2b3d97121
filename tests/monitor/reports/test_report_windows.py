"""Periods as people write them, on the clock of the place."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from monitor.model.times import format_time, parse_time
from monitor.reports.windows import Window, WindowError, between, period

SHANGHAI, BERLIN, UTC = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
HOUR = 3_600_000


def told(window: Window) -> tuple[str, str]:
    return format_time(window.start)[:16], format_time(window.period_end)[:16]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2025-12-31T16:00", "2026-12-31T16:00"),
        ("2026-10", "2026-09-30T16:00", "2026-10-31T16:00"),
        ("2026-12", "2026-11-30T16:00", "2026-12-31T16:00"),
        ("2028-02", "2028-01-31T16:00", "2028-02-29T16:00"),
        ("2026-W44", "2026-10-25T16:00", "2026-11-01T16:00"),
        ("2026-W01", "2025-12-28T16:00", "2026-01-04T16:00"),
        ("2026-10-05", "2026-10-04T16:00", "2026-10-05T16:00"),
    ],
)
def test_a_period_begins_and_ends_at_midnight_of_the_place(text: str, start: str, end: str) -> None:
    assert told(period(text, SHANGHAI)) == (start, end)
    assert period(text, SHANGHAI).period == text


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-13", "2026-00", "2026-02-30", "2026-W54", "2026-W00", "2026/10", "october", "2026-1"],
)
def test_what_is_no_period_is_told(text: str) -> None:
    with pytest.raises(WindowError, match="not a period"):
        period(text, SHANGHAI)


def test_from_a_day_to_a_day_includes_both() -> None:
    window = between("2026-10-05", "2026-10-06", SHANGHAI)
    assert told(window) == ("2026-10-04T16:00", "2026-10-06T16:00")
    assert window.period == ""


def test_from_a_moment_to_a_moment_ends_at_it() -> None:
    window = between("2026-10-05 09:00", "2026-10-05 10:30:00", SHANGHAI)
    assert told(window) == ("2026-10-05T01:00", "2026-10-05T02:30")
    assert told(between("2026-10-05T01:00:00Z", "2026-10-05T10:30:00+08:00", BERLIN)) == told(window)


@pytest.mark.parametrize(
    ("first", "last"), [("2026-10-05", "2026-10-04"), ("2026-10-05 09:00", "2026-10-05 09:00")]
)
def test_a_window_must_hold_some_time(first: str, last: str) -> None:
    with pytest.raises(WindowError, match="ends before it begins"):
        between(first, last, SHANGHAI)


@pytest.mark.parametrize("text", ["yesterday", "2026-10-32", "2026-10-05 25:00", "2026-10-05T09:00:00.1"])
def test_what_is_no_moment_is_told(text: str) -> None:
    with pytest.raises(WindowError, match="neither a day nor a moment"):
        between(text, "2027-01-01", SHANGHAI)


def test_a_window_is_cut_where_knowledge_ends() -> None:
    october = period("2026-10", SHANGHAI)
    ninth = parse_time("2026-10-09T12:00:00+08:00")
    cut = october.cut(ninth)
    assert (cut.start, cut.end, cut.period_end) == (october.start, ninth, october.period_end)
    assert october.cut(october.period_end + 1) == october


def test_nothing_is_said_of_the_future() -> None:
    october = period("2026-10", SHANGHAI)
    with pytest.raises(WindowError, match="has not begun"):
        october.cut(october.start)


def test_days_are_those_of_the_place() -> None:
    window = between("2026-10-05 09:00", "2026-10-07 01:00", SHANGHAI)
    assert [(day, format_time(start)[:16]) for day, start in window.days()] == [
        ("2026-10-05", "2026-10-05T01:00"),
        ("2026-10-06", "2026-10-05T16:00"),
        ("2026-10-07", "2026-10-06T16:00"),
    ]
    assert len(period("2028", SHANGHAI).days()) == 366
    assert len(period("2026-10", SHANGHAI).days()) == 31


def test_a_day_on_which_clocks_are_set_is_as_long_as_it_is() -> None:
    autumn, spring = period("2026-10-25", BERLIN), period("2026-03-29", BERLIN)
    assert (autumn.end - autumn.start, spring.end - spring.start) == (25 * HOUR, 23 * HOUR)
    assert [len(window.days()) for window in (autumn, spring)] == [1, 1]


def test_inspections_are_at_the_times_of_the_place_within_the_window() -> None:
    window = between("2026-10-05 09:00", "2026-10-06 15:00", SHANGHAI)
    moments = window.at_times((9 * 60, 15 * 60))
    assert [format_time(moment)[:16] for moment in moments] == [
        "2026-10-05T01:00",
        "2026-10-05T07:00",
        "2026-10-06T01:00",
    ], "the last one is the window's end, which is not within it"
    assert window.at_times(()) == ()


def test_inspections_follow_the_clock_when_it_is_set() -> None:
    moments = between("2026-10-24", "2026-10-26", BERLIN).at_times((9 * 60,))
    assert [format_time(moment)[11:16] for moment in moments] == ["07:00", "08:00", "08:00"]
