"""Who is called when."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.schedule import on_duty
from monitor.config.alerting import Override, Schedule, Shift

CHINA = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
WORKDAYS, WEEKEND, EVERY_DAY = frozenset(range(5)), frozenset({5, 6}), frozenset(range(7))

DAY = Shift(WORKDAYS, 8 * 60, 18 * 60, ("zhang",))
NIGHT = Shift(WORKDAYS, 18 * 60, 8 * 60, ("li",))
REST = Shift(WEEKEND, 0, 24 * 60, ("wang",))
DUTY = Schedule("duty", (DAY, NIGHT, REST))


def at(text: str, zone: ZoneInfo = CHINA) -> int:
    return round(1000 * datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-11-25 08:00", ("zhang",)),  # a Wednesday
        ("2026-11-25 17:59", ("zhang",)),
        ("2026-11-25 18:00", ("li",)),
        ("2026-11-26 07:59", ("li",)),  # of the night before
        ("2026-11-28 12:00", ("wang",)),
        ("2026-11-28 07:00", ("li", "wang")),  # Friday's night runs into Saturday
        ("2026-11-30 07:00", ()),  # a gap: Sunday's shift ends at midnight
    ],
)
def test_a_weekly_rota(moment: str, who: tuple[str, ...]) -> None:
    assert on_duty(DUTY, at(moment), CHINA) == who


def test_weeks_take_turns_from_monday_to_monday() -> None:
    shift = Shift(EVERY_DAY, 0, 24 * 60, weeks=(("zhang",), ("li", "wang")))
    schedule = Schedule("duty", (shift,), first=date(2026, 11, 25))  # a Wednesday: its week is the first

    turns = ("2026-11-23", "2026-11-29 23:59", "2026-11-30", "2026-12-07", "2026-11-22")
    assert [on_duty(schedule, at(day), CHINA) for day in turns] == [
        ("zhang",),
        ("zhang",),
        ("li", "wang"),
        ("zhang",),
        ("li", "wang"),
    ]


def test_a_holiday_has_a_rota_of_its_own_and_the_night_before_runs_out() -> None:
    holiday = Shift(EVERY_DAY, 8 * 60, 20 * 60, ("chen",))
    schedule = Schedule(
        "duty", (DAY, NIGHT), holidays=frozenset({date(2026, 10, 1)}), holiday_rota=(holiday,)
    )

    assert on_duty(schedule, at("2026-10-01 07:00"), CHINA) == ("li",)
    assert on_duty(schedule, at("2026-10-01 12:00"), CHINA) == ("chen",)
    assert on_duty(schedule, at("2026-10-01 21:00"), CHINA) == ()


def test_an_override_stands_before_all_else_and_only_for_its_time() -> None:
    instead = Override(
        datetime.fromisoformat("2026-11-25 09:00"), datetime.fromisoformat("2026-11-25 12:00"), ("chen",)
    )
    schedule = Schedule("duty", (DAY,), overrides=(instead,))

    assert on_duty(schedule, at("2026-11-25 08:59"), CHINA) == ("zhang",)
    assert on_duty(schedule, at("2026-11-25 09:00"), CHINA) == ("chen",)
    assert on_duty(schedule, at("2026-11-25 12:00"), CHINA) == ("zhang",)


def test_a_shift_is_by_the_wall_clock_on_the_day_on_which_it_is_set() -> None:
    shift = Shift(EVERY_DAY, 60, 4 * 60, ("li",))
    schedule = Schedule("duty", (shift,))

    assert on_duty(schedule, at("2026-10-25 00:59", BERLIN), BERLIN) == ()
    assert on_duty(schedule, at("2026-10-25 01:00", BERLIN), BERLIN) == ("li",)
    assert on_duty(schedule, at("2026-10-25 03:59", BERLIN), BERLIN) == ("li",)
    assert on_duty(schedule, at("2026-10-25 04:00", BERLIN), BERLIN) == ()
