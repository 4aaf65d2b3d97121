"""Doubles of HTTP receivers: they check what the real ones check, and answer as they do."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

TOKEN = "566cc69da782ec33e42541b09b08551f09fbe864eb8008112e994b43887"
SECRET = "SEC99a8f5d3"


@dataclass
class Receiver:
    """``answers``: what it says instead of a judgement, one a request: a body, a status, "hang" or "cut"."""

    now: Callable[[], int]
    answers: list[Any] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.headers.append(dict(request.headers))
        planned = self.answers.pop(0) if self.answers else None
        if planned == "hang":
            await asyncio.sleep(3600)
        if planned == "cut":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(planned, web.Response):
            return planned
        if planned is not None:
            return web.json_response(planned)
        said = json.loads(body)
        answer = self.judge(request, said)
        if not answer.get("errcode", answer.get("code")):
            self.got.append(said)
        date = format_datetime(datetime.fromtimestamp(self.now() // 1000, UTC), usegmt=True)
        return web.json_response(answer, headers={"Date": date})

    def judge(self, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class DingTalkDouble(Receiver):
    def judge(self, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        if request.path != "/robot/send" or request.query.get("access_token") != TOKEN:
            return {"errcode": 300001, "errmsg": "token is not exist"}
        timestamp, given = request.query["timestamp"], request.query["sign"]
        if abs(int(timestamp) - self.now()) > 3_600_000:
            return {"errcode": 310000, "errmsg": "invalid timestamp, 无效的时间戳"}
        text = f"{timestamp}\n{SECRET}"
        digest = hmac.new(SECRET.encode(), text.encode(), digestmod=hashlib.sha256).digest()
        if given != base64.b64encode(digest).decode():
            return {"errcode": 310000, "errmsg": f"sign not match, more: [https://ding.example] {TOKEN}"}
        return {"errcode": 0, "errmsg": "ok"}


class WeComDouble(Receiver):
    def judge(self, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        if request.path != "/cgi-bin/webhook/send" or request.query.get("key") != TOKEN:
            hint = "invalid webhook url, hint: [1626161025], more info at https://open.work.example/devtool"
            return {"errcode": 93000, "errmsg": hint}
        if len(said["text"]["content"].encode()) > 2048:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        return {"errcode": 0, "errmsg": "ok"}


class FeishuDouble(Receiver):
    def judge(self, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        if request.path != f"/open-apis/bot/v2/hook/{TOKEN}":
            return {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
        text = f"{said['timestamp']}\n{SECRET}"
        right = base64.b64encode(hmac.new(text.encode(), digestmod=hashlib.sha256).digest()).decode()
        if said["sign"] != right or abs(int(said["timestamp"]) - self.now() // 1000) > 3600:
            msg = "sign match fail or timestamp is not within one hour from current time"
            return {"code": 19021, "msg": msg}
        return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


class Anything(Receiver):
    def judge(self, request: web.Request, said: dict[str, Any]) -> dict[str, Any]:
        return {}


@asynccontextmanager
async def listening(take: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The URL below which every request is taken by this."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
