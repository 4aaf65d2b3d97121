"""Alertmanager's own API, version 2: it groups, silences and tells then, not we.

It forgets an alert that nobody names any more. So what goes on is named every ``EVERY`` seconds with an end
``AHEAD`` seconds off; should this role die, the alert ends by itself there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from yarl import URL

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.channels.http import Http
from alerts.channels.prometheus import ended_at, labels, notes, outgrown
from alerts.channels.webhook import login
from alerts.model import Alert, Message
from monitor.model.times import format_time, wall_clock

EVERY: Final = 60.0
AHEAD: Final = 300.0
_BATCH: Final = 500


class Alertmanager:
    """``urls``: the members of one cluster; each gets everything, one that takes it is enough."""

    def __init__(
        self,
        name: str,
        urls: Sequence[str],
        *,
        token: str = "",
        user: str = "",
        password: str = "",
        proxy: str | None = None,
        every: float = EVERY,
        limit: tuple[int, float] | None = None,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self.name = name
        self.limit = limit
        self.every = every
        self._urls = [URL(url) / "api/v2/alerts" for url in urls]
        self._login = login(token, user, password)
        self._http = Http(secrets=(token, password), proxy=proxy)
        self._clock = clock
        self._ahead = round(1000 * AHEAD * every / EVERY)

    async def send(self, message: Message, to: tuple[str, ...]) -> str | None:
        del to
        alone = message if len(message.alerts) == 1 else None
        posted = []
        for alert in message.alerts:
            over = ended_at(alert, message)
            posted.append(self._posted(labels(alert), alert, over, message.link, alone))
            gone = message.made_at if over is None else over
            posted += [self._posted(named, alert, gone, message.link) for named in outgrown(alert)]
        return await self._post(posted)

    async def remind(self, alerts: Sequence[Alert]) -> None:
        """A member that was away hears it here."""
        for start in range(0, len(alerts), _BATCH):
            batch = alerts[start : start + _BATCH]
            await self._post([self._posted(labels(alert), alert, None) for alert in batch])

    async def close(self) -> None:
        await self._http.close()

    def _posted(
        self,
        named: Mapping[str, str],
        alert: Alert,
        over: int | None,
        link: str = "",
        message: Message | None = None,
    ) -> dict[str, Any]:
        # What is over ended by now at the latest, or the alert would go on there until then.
        now = self._clock()
        ends = now + self._ahead if over is None else min(over, now)
        starts = min(alert.finding.since, ends)
        return {
            "labels": named,
            "annotations": notes(alert, message),
            "startsAt": format_time(starts),
            "endsAt": format_time(ends),
            "generatorURL": link,
        }

    async def _post(self, alerts: list[dict[str, Any]]) -> str | None:
        asked = [self._http.post(url, alerts, self._login) for url in self._urls]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        failed = [error for error in answers if isinstance(error, BaseException)]
        for error in failed:
            if not isinstance(error, DeliveryError):
                raise error
        if not failed:
            return None
        text = "; ".join(dict.fromkeys(str(error) for error in failed))
        if len(failed) < len(answers):
            return f"{len(answers) - len(failed)} of {len(answers)} took it: {text}"
        if all(isinstance(error, PermanentError) for error in failed):
            raise PermanentError(text)
        again = [error for error in failed if isinstance(error, TemporaryError)]
        after = [error.after for error in again if error.after is not None]
        raise TemporaryError(text, min(after, default=None), sent=any(error.sent for error in again))
