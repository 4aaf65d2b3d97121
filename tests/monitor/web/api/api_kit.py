"""The API over a real ledger and real accounts, of which each shows a token."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from redis.asyncio import Redis

from monitor.access.access import Access
from monitor.access.passwords import Hasher
from monitor.access.roles import Permission, Role
from monitor.bus.keys import Keys
from monitor.config import Reloader, Site
from monitor.ledger import Ledger
from monitor.ledger.signing import Signer
from monitor.live.health import Health
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.model.actions import Action
from monitor.model.deeds import Deed, Did
from monitor.model.events import ALERT, Event, EventId
from monitor.web.app import make_app
from monitor.web.context import Context

ROLES = {
    "looker": Role.VIEWER,
    "op": Role.OPERATOR,
    "op2": Role.OPERATOR,
    "boss": Role.APPROVER,
    "boss2": Role.APPROVER,
    "aud": Role.AUDITOR,
    "adm": Role.ADMIN,
    "adm2": Role.ADMIN,
    "sec": Role.SECURITY,
}
NOBODY = ""
NASTY = "<script>alert(1)</script>\"'&路口"


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def detail(self) -> str:
        """Why it was refused, in English."""
        return str(self.json["detail"])


@dataclass
class Desk:
    """A site with its API. ``now`` is the clock of requests, in milliseconds."""

    site: Site
    context: Context
    ledger: Ledger
    client: Any
    tokens: Mapping[str, str]
    _said: int = 0

    async def ask(
        self,
        method: str,
        path: str,
        who: str = "op",
        body: Any = None,
        *,
        raw: bytes | None = None,
        **more: str,
    ) -> Answer:
        """``more``: headers, with ``_`` for ``-``."""
        headers = {name.replace("_", "-"): value for name, value in more.items()}
        headers.setdefault("Accept-Language", "en")
        if who != NOBODY:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        given = {"data": raw} if raw is not None else {"json": body} if body is not None else {}
        async with self.client.request(method, f"/api/v1{path}", headers=headers, **given) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, who: str = "op") -> Any:
        answer = await self.ask("GET", path, who)
        assert answer.status == 200, answer.body
        return answer.json

    async def post(self, path: str, body: Any, who: str = "op") -> Any:
        answer = await self.ask("POST", path, who, body)
        assert answer.status in (200, 202), answer.body
        return answer.json

    async def did(self, what: Did, alert: str, **facts: str) -> None:
        """As the alert role says it, a minute ago."""
        self._said += 1
        deed = Deed(what, alert, f"outage/{alert}", self.context.live.clock() - 60_000, facts)
        event = Event(EventId(ALERT, 1, self._said), self.site.name, deed.at, deed)
        await self.ledger.record_alerts("alerts", "stream", f"{self._said}-1", [event], [])
        self.context.alerts.forget()

    async def trail(self) -> list[Action]:
        """What the audit trail holds, the oldest first."""
        return [row.action for row in await self.ledger.actions()][::-1]


@dataclass(frozen=True)
class Begun:
    """A ledger and accounts as they are before anybody has done anything, to be copied; and their tokens."""

    folder: Path
    tokens: Mapping[str, str]


async def begin(folder: Path) -> Begun:
    """Make them, once for all tests: migrations and passwords take their time."""
    now, tokens = time.time_ns() // 1_000_000, {}
    async with (
        await Ledger.open(f"sqlite+aiosqlite:///{folder}/ledger.db"),
        await _accounts(folder) as access,
    ):
        for who, role in ROLES.items():
            _, link, _ = await access.make_account(who, who.title(), [role], now)
            made = await access.redeem(link, "Three kinds, 12", now, "127.0.0.1", account=None, name=None)
            mine = made.principal.permissions - {Permission.OWN}
            _, tokens[who] = await access.make_token(made.principal, "test", mine, now, 1)
    return Begun(folder, tokens)


async def _accounts(folder: Path) -> Access:
    cheap = Hasher(time_cost=1, memory_cost=8, parallelism=1)
    return await Access.open(f"sqlite+aiosqlite:///{folder}/accounts.db", hasher=cheap)


@asynccontextmanager
async def desk_of(site: Site, begun: Begun) -> AsyncIterator[Desk]:
    shutil.copytree(begun.folder, site.data)
    live, keys = Live(site), Keys(site.name)
    redis = Redis(port=1)  # nothing that is tested here asks it
    context = Context(
        live, Health(reloaded_at=1), ProbeTimes(redis, keys), redis, keys, Reloader(site), live.clock()
    )
    async with await Ledger.open(site.ledger_url) as ledger, await _accounts(site.data) as access:
        context.ledger, context.access, context.signer = ledger, access, Signer.of(site.data)
        async with TestClient(TestServer(make_app(context))) as client:
            yield Desk(site, context, ledger, client, begun.tokens)
