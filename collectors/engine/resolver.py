"""Host names become addresses here, off the hot path, and are asked again now and then."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

AGAIN = 60.0
"""Seconds after which a name is resolved again: a camera behind DHCP moves, and DNS says so."""

Resolved = Callable[[int, str | None], object]
"""Called with (address family, numeric address), or (0, None) when the name has none now."""


def literal(host: str) -> tuple[int, str] | None:
    """(family, address) of a literal IPv4 or IPv6 address; None for a name."""
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:  # not a literal: a name
        return None
    return (socket.AF_INET if parsed.version == 4 else socket.AF_INET6), host


def sockaddr(family: int, address: str, port: int) -> tuple[Any, ...]:
    """What ``connect`` wants for this family."""
    return (address, port) if family == socket.AF_INET else (address, port, 0, 0)


class Resolver:
    """Resolves the names it is given, all of them once a minute, a few at a time."""

    def __init__(self, *, at_once: int = 8) -> None:
        self._wanted: dict[str, list[Resolved]] = {}
        self._gate = asyncio.Semaphore(at_once)
        self._new = asyncio.Event()

    def want(self, name: str, tell: Resolved) -> None:
        """Resolve ``name`` soon and again every minute, and tell each time."""
        self._wanted.setdefault(name, []).append(tell)
        self._new.set()

    def forget(self, name: str, tell: Resolved) -> None:
        tellers = self._wanted.get(name, [])
        if tell in tellers:
            tellers.remove(tell)
        if not tellers:
            self._wanted.pop(name, None)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._new.clear()
            await asyncio.gather(*(self._resolve(name) for name in list(self._wanted)))
            try:
                async with asyncio.timeout(AGAIN):
                    await self._new.wait()
            except TimeoutError:
                continue

    async def _resolve(self, name: str) -> None:
        async with self._gate:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):  # unknown, no server, or no possible name
                found = []
        for tell in list(self._wanted.get(name, ())):
            if found:
                tell(found[0][0], str(found[0][4][0]))
            else:
                tell(0, None)
