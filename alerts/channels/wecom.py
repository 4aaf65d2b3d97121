"""WeCom's robot in a group (企业微信群机器人): text, twenty a minute. Its key is all that it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from yarl import URL

from alerts.channels.http import Http, cut
from alerts.channels.robots import check
from alerts.model import Message

BASE: Final = "https://qyapi.weixin.qq.com"
LIMIT: Final = (20, 60.0)
_SIZE: Final = 2048
"""Bytes of UTF-8 that a text may have."""
_BUSY: Final[Mapping[int, float]] = {
    -1: 0.0,  # the system is busy
    6000: 0.0,  # two at once
    45009: 60.0,  # more than 20 a minute
    45033: 5.0,  # too many at once
}


class WeCom:
    """``to`` are the mobile numbers of those who are called by name (@)."""

    def __init__(
        self,
        name: str,
        key: str,
        *,
        base: str = BASE,
        proxy: str | None = None,
        limit: tuple[int, float] | None = LIMIT,
    ) -> None:
        self.name = name
        self.limit = limit
        self._url = URL(base) / "cgi-bin/webhook/send" % {"key": key}
        self._http = Http(secrets=(key,), proxy=proxy)

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        data = (await self._http.post(self._url, payload(message, to))).json()
        check(self._http, data, "errcode", "errmsg", _BUSY)

    async def close(self) -> None:
        await self._http.close()


def payload(message: Message, to: tuple[str, ...]) -> dict[str, Any]:
    called = {"mentioned_mobile_list": list(to)} if to else {}
    return {"msgtype": "text", "text": {"content": cut(message.text, _SIZE), **called}}
