"""Who is on duty: overrides first, then on holidays their rota, then the weekly one. Pure.

All by the wall clock of the site: a shift from 18:00 to 08:00 is that on the two days in a year as well
on which a clock is set.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.config.alerting import Schedule, Shift

_WEEK = 7


def on_duty(schedule: Schedule, moment: int, zone: ZoneInfo) -> tuple[str, ...]:
    """The people on duty at a moment (milliseconds), each once; nobody where the rota has a gap."""
    there = datetime.fromtimestamp(moment / 1000, zone).replace(tzinfo=None)
    for override in schedule.overrides:
        if override.start <= there < override.end:
            return override.who
    found = [
        person
        for day in (there.date() - timedelta(days=1), there.date())
        for shift in _rota(schedule, day)
        if _covers(shift, day, there)
        for person in _who(shift, schedule.first, day)
    ]
    return tuple(dict.fromkeys(found))


def _rota(schedule: Schedule, day: date) -> Iterable[Shift]:
    """What holds for the shifts that begin on this day."""
    return schedule.holiday_rota if day in schedule.holidays and schedule.holiday_rota else schedule.rota


def _covers(shift: Shift, day: date, there: datetime) -> bool:
    """Whether the shift that begins on ``day`` is on; one that ends no later than it begins ends tomorrow."""
    if day.weekday() not in shift.days:
        return False
    midnight = datetime.combine(day, datetime.min.time())
    end = shift.end if shift.end > shift.start else shift.end + 24 * 60
    return midnight + timedelta(minutes=shift.start) <= there < midnight + timedelta(minutes=end)


def _who(shift: Shift, first: date, day: date) -> tuple[str, ...]:
    """By turns of weeks where there are some: those change on Mondays."""
    if not shift.weeks:
        return shift.who
    begin = first - timedelta(days=first.weekday())
    weeks = (day - begin).days // _WEEK
    return shift.weeks[weeks % len(shift.weeks)]
