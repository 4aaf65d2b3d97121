"""Who is on call now. Pure: wall clock of the site's zone, nothing is added to a moment but whole days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from monitor.config.alerting import Schedule, Shift

_DAY: Final = timedelta(days=1)


def on_duty(schedule: Schedule, now: int, zone: ZoneInfo) -> tuple[str, ...]:
    """The people, each once, in the order written; nobody where no shift holds.

    ``now`` in milliseconds. An override that holds stands for all else. A shift belongs to the day on which
    it begins: the night after a holiday's eve is not the holiday's. Several shifts that hold add up.
    """
    local = datetime.fromtimestamp(now / 1000, zone).replace(tzinfo=None)
    for override in schedule.overrides:
        if override.start <= local < override.end:
            return override.who
    minute = 60 * local.hour + local.minute
    today = local.date()
    found: list[str] = []
    for day, since_midnight in ((today - _DAY, minute + 24 * 60), (today, minute)):
        for shift in schedule.holiday_rota if day in schedule.holidays else schedule.rota:
            if day.weekday() in shift.days and _holds(shift, since_midnight):
                found += _people(schedule, shift, day)
    return tuple(dict.fromkeys(found))


def _holds(shift: Shift, minute: int) -> bool:
    """``minute``: since the midnight with which the shift's day began."""
    end = shift.end if shift.end > shift.start else shift.end + 24 * 60
    return shift.start <= minute < end


def _people(schedule: Schedule, shift: Shift, day: date) -> tuple[str, ...]:
    if not shift.weeks:
        return shift.who
    first = schedule.first - schedule.first.weekday() * _DAY
    return shift.weeks[(day - first).days // 7 % len(shift.weeks)]
