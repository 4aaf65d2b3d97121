r"""Feishu's robot in a group (飞书自定义机器人): text, signed, a hundred a minute and five a second.

With a secret the body carries ``timestamp`` (seconds) and ``sign``: Base64 of the HMAC-SHA256 of nothing
under the key ``timestamp + "\n" + secret``. Feishu refuses a timestamp that is off by more than an hour.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, Final

from yarl import URL

from alerts.channels.base import TemporaryError
from alerts.channels.http import Http, cut
from alerts.channels.robots import check
from alerts.model import Message
from monitor.model.times import wall_clock

BASE: Final = "https://open.feishu.cn"
LIMIT: Final = (5, 3.0)
"""Five in three seconds are a hundred a minute, and never more than five in one."""
_SIZE: Final = 18_000
"""Bytes of text: the whole body may have 20 KB."""
_BUSY: Final[Mapping[int, float]] = {
    2200: 0.0,  # an error inside Feishu
    11232: 10.0,  # more than 100 a minute or 5 a second
    11233: 10.0,
    230020: 10.0,
    99991400: 10.0,
}
_MANY_MEANINGS: Final = 9499
"""``Bad Request`` and ``too many request``."""
_SIGN: Final = 19021
_OFF: Final = 3000.0
"""Seconds; what is off by more than an hour is refused."""


class Feishu:
    """``to`` are the open_ids or user_ids of those who are called by name (@)."""

    def __init__(
        self,
        name: str,
        token: str,
        secret: str = "",
        *,
        base: str = BASE,
        proxy: str | None = None,
        limit: tuple[int, float] | None = LIMIT,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        """``token``: the last part of the robot's URL. ``secret`` empty: it is kept by other means."""
        self.name = name
        self.limit = limit
        self._url = URL(base) / "open-apis/bot/v2/hook" / token
        self._secret = secret
        self._http = Http(secrets=(token, secret), proxy=proxy)
        self._clock = clock

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        body = payload(message, to)
        if self._secret:
            now = self._clock() // 1000
            body |= {"timestamp": str(now), "sign": sign(now, self._secret)}
        answer = await self._http.post(self._url, body, also=(400,))
        data = answer.json()
        # Of a robot of the first kind, StatusCode.
        code = "code" if "code" in data else "StatusCode"
        if data.get(code) == _MANY_MEANINGS and "too many" in str(data.get("msg")).casefold():
            raise TemporaryError(self._http.clean(f"code {_MANY_MEANINGS}: {data.get('msg')}"), 10.0)
        if data.get(code) == _SIGN and answer.date and abs(answer.date - self._clock() / 1000) > _OFF:
            # It says the same of a wrong secret; but a clock will be put right.
            raise TemporaryError("Feishu refuses our time: the clock of this machine is wrong", 60.0)
        check(self._http, data, code, "msg", _BUSY)

    async def close(self) -> None:
        await self._http.close()


def sign(timestamp: int, secret: str) -> str:
    """The signature of this moment in seconds."""
    digest = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(digest).decode()


def payload(message: Message, to: tuple[str, ...]) -> dict[str, Any]:
    called = "".join(f'<at user_id="{escape(person)}"></at>' for person in to)
    text = cut(message.text, _SIZE - len(called.encode()))
    return {"msg_type": "text", "content": {"text": f"{text}\n{called}" if called else text}}
