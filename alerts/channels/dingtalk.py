r"""DingTalk's robot in a group (自定义机器人): text, signed, twenty a minute.

With a secret the URL carries ``timestamp`` (milliseconds) and ``sign``: Base64 of the HMAC-SHA256 of
``timestamp + "\n" + secret`` under the secret. DingTalk refuses a timestamp that is off by more than an
hour.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final

from yarl import URL

from alerts.channels.base import TemporaryError
from alerts.channels.http import Http, cut
from alerts.channels.robots import check
from alerts.model import Message
from monitor.model.times import wall_clock

BASE: Final = "https://oapi.dingtalk.com"
LIMIT: Final = (20, 60.0)
_SIZE: Final = 20_000
"""Bytes that a message may have."""
_BUSY: Final[Mapping[int, float]] = {
    -1: 0.0,  # the system is busy
    90018: 60.0,  # of the platform's own limits
    90030: 60.0,
    130101: 60.0,  # more than 20 a minute; then it takes nothing for a while
    410100: 60.0,
    660026: 60.0,
}
_SECURITY: Final = 310000


class DingTalk:
    """``to`` are the mobile numbers of those who are called by name (@)."""

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
        """``secret`` empty: the robot is kept by keywords or addresses instead."""
        self.name = name
        self.limit = limit
        self._url = URL(base) / "robot/send" % {"access_token": token}
        self._secret = secret
        self._http = Http(secrets=(token, secret), proxy=proxy)
        self._clock = clock

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        url = self._url
        if self._secret:
            now = self._clock()
            url = url % {"timestamp": str(now), "sign": sign(now, self._secret)}
        data = (await self._http.post(url, payload(message, to))).json()
        if data.get("errcode") == _SECURITY and "timestamp" in str(data.get("errmsg")):
            # Our clock is wrong; it will be put right.
            raise TemporaryError("DingTalk refuses our time: the clock of this machine is wrong", 60.0)
        check(self._http, data, "errcode", "errmsg", _BUSY)

    async def close(self) -> None:
        await self._http.close()


def sign(timestamp: int, secret: str) -> str:
    """The signature of this moment in milliseconds."""
    digest = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def payload(message: Message, to: tuple[str, ...]) -> dict[str, Any]:
    called = "".join(f" @{number}" for number in to)
    content = cut(message.text, _SIZE - len(called) - 1) + (f"\n{called.strip()}" if called else "")
    return {
        "msgtype": "text",
        "text": {"content": content},
        "at": {"atMobiles": list(to), "isAtAll": False},
    }
