"""A webhook that speaks as Alertmanager's does, version 4, so that existing receivers understand it."""

from __future__ import annotations

import base64
from typing import Final
from urllib.parse import quote

from yarl import URL

from alerts.channels.http import Http, secrets_of
from alerts.channels.prometheus import webhook
from alerts.model import Message

KEY: Final = "X-Quanshi-Key"
"""The header with the key of the message: a receiver that hears it twice knows."""


class Webhook:
    def __init__(
        self,
        name: str,
        url: str,
        *,
        token: str = "",
        user: str = "",
        password: str = "",
        proxy: str | None = None,
        limit: tuple[int, float] | None = None,
    ) -> None:
        """``token`` as bearer, or else ``user`` and ``password`` as a basic login."""
        self.name = name
        self.limit = limit
        self._url = URL(url)
        self._login = login(token, user, password)
        self._http = Http(secrets=(token, password, *secrets_of(self._url)), proxy=proxy)

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        del to
        headers = {KEY: quote(message.key, safe="/"), **self._login}
        await self._http.post(self._url, webhook(message, self.name), headers)

    async def close(self) -> None:
        await self._http.close()


def login(token: str, user: str, password: str) -> dict[str, str]:
    """The header that says who we are; none without a token and a user."""
    if token:
        return {"Authorization": f"Bearer {token}"}
    if user:
        both = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {both}"}
    return {}
