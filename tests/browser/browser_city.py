"""A small invented city with all roles, watched through a real browser by accounts of every kind."""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from monitor.bus.embedded import socket_path
from monitor.bus.keys import Keys
from monitor.commands.demo_run import Demo, Wish
from monitor.demo.city import Intervals
from monitor.model.nodes import Kind, Level, Node

PASSWORD = "Three kinds, 12"
ROLES = {
    "sec": "security",
    "adm": "admin",
    "aud": "auditor",
    "op": "operator",
    "boss": "approver",
    "boss2": "approver",
    "look": "viewer",
}
"""Accounts of the city. The first is made by the first one-time link, and makes the others."""

NASTY = "<img src=x onerror=alert(1)>\"'&"
NASTY_REGION = "<svg onload=alert(2)>镇"

QUICK = Intervals(rtsp=2.0, tcp=2.0, http=2.0, timeout=1.0, slow=0.8)
JUDGE = {
    "judge: {confirm: 3, recover: 2, retry: [1s, 2s, 4s]}": "judge: {confirm: 3, recover: 1, retry: [200ms]}",
    "web: {anonymous: viewer}": "web: {anonymous: none}",
}
"""What is written otherwise than in a demo: nobody looks without a login, and faults are known sooner."""


class BrowserCity(Demo):
    """A demo with three days of past, in which nothing goes wrong but what the tests break."""

    def __init__(self, folder: Path, points: int = 120) -> None:
        wish = Wish(
            points=points, seed=7, heartbeats=False, intervals=QUICK, history=3 * 86_400.0, page_port=0
        )
        super().__init__(wish, folder, tell=lambda _: None)

    @contextmanager
    def _roles(self) -> Iterator[None]:
        text = self.site.path.read_text(encoding="utf-8")
        for usual, ours in JUDGE.items():
            assert usual in text
            text = text.replace(usual, ours)
        self.site.path.write_text(text, encoding="utf-8")
        self._rename_a_town()
        with super()._roles():
            yield

    def _rename_a_town(self) -> None:
        """The last one of the list, as somebody would who means harm."""
        path = self.directory / "regions.csv"
        *lines, last = path.read_text(encoding="utf-8").splitlines()
        code, _, *rest = last.split(",")
        lines.append(",".join([code, NASTY_REGION, *rest]))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def towns(self) -> list[Node]:
        """The switch of each town; what hangs behind one dies with it."""
        return [node for node in self.city.nodes if node.kind is Kind.SWITCH and node.level is Level.TOWN]

    def cameras(self, switch: Node) -> list[Node]:
        return [self.city.by_id[each] for each in self.city.behind(switch.id) if self._is_camera(each)]

    def _is_camera(self, node: str) -> bool:
        return self.city.by_id[node].kind is Kind.CAMERA

    @contextmanager
    def dead(self, switch: Node) -> Iterator[None]:
        """While the town's switch and all that hangs behind it answer nobody."""
        self.fleet.fail([switch.id], fault="refuse", behind=True)
        try:
            yield
        finally:
            self.fleet.clear(self.city.behind(switch.id))

    @contextmanager
    def stopped(self, network: str) -> Iterator[None]:
        """While the collector of this network stands still."""
        pid = self._collector(network)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _collector(self, network: str) -> int:
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            if "collect" in words and network in words:
                return int(child)
        raise AssertionError(f"no collector of {network} runs")

    def told(self, node: str, since: int) -> int:
        """When its collector first told of a change of this node, by the bus's own clock, in milliseconds."""
        with redis.Redis(unix_socket_path=str(socket_path(self.site.data)), decode_responses=True) as server:
            entries: Any = server.xrange(Keys(self.site.name).facts, min=since)
        for entry, fields in entries:
            if fields["type"] == "quanshi.watch.changed" and node in fields["data"]:
                return int(entry.partition("-")[0])
        raise AssertionError(f"nobody told of {node}")


@dataclass(frozen=True)
class Account:
    """An account that has logged in: the cookie of its session, and what lets it change something."""

    cookie: str
    csrf: str


class Office:
    """Makes the accounts, by one-time links as people get them."""

    def __init__(self, url: str) -> None:
        self._url = url

    def open(self, first_link: str) -> Mapping[str, Account]:
        """Accounts of all roles by name."""
        first, *others = ROLES
        known = {first: self._redeem(first_link, account=first, name=first.title())}
        for account in others:
            wish = {"account": account, "name": account.title(), "roles": [ROLES[account]]}
            made, _ = self.ask("POST", "/accounts", wish, known[first])
            known[account] = self._redeem(made["link"])
        return known

    def _redeem(self, link: str, **more: str) -> Account:
        secret = link.strip().partition("secret=")[2]
        said, cookie = self.ask("POST", "/session/redeem", {"secret": secret, "password": PASSWORD, **more})
        return Account(cookie, said["csrf"])

    def ask(self, method: str, path: str, body: Any = None, who: Account | None = None) -> tuple[Any, str]:
        """What the API answers, and the cookie that it sets."""
        headers = {"Content-Type": "application/json"}
        if who is not None:
            headers |= {"Cookie": f"quanshi={who.cookie}", "X-CSRF-Token": who.csrf}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self._url}/api/v1{path}", data=data, headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            cookie = answer.headers.get("Set-Cookie", "").partition(";")[0].partition("=")[2]
            return json.load(answer), cookie


def now_ms() -> int:
    return time.time_ns() // 1_000_000
