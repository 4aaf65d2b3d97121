"""Host names become addresses here, off the hot path, and are asked again now and then."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

AGAIN = 60.0
"""Seconds after which a name is resolved again: a camera behind DHCP moves, and DNS says so."""

PATIENCE = 2.5
"""Seconds that a name server has before those who wait for it are told that there is no address: what they
hold up is the sight of a whole shard. A dead one is given up by the system only after ten and more."""

_LOOK = 0.5
"""Seconds between two looks at who has waited for too long."""

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


def look_up(name: str) -> tuple[int, str]:
    """(family, address) of a name, as the system finds it. Raises OSError or UnicodeError."""
    family, _, _, _, place = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0]
    return family, str(place[0])


class Resolver:
    """Resolves the names it is given, each once a minute, a few at a time, in threads of its own.

    ``look_up`` may block; it gives (family, numeric address), or raises OSError or UnicodeError.
    """

    def __init__(self, *, at_once: int = 8, look_up: Callable[[str], tuple[int, str]] = look_up) -> None:
        self._wanted: dict[str, list[Resolved]] = {}
        self._due: dict[str, float] = {}
        self._asked: dict[str, float] = {}
        self._looking: set[str] = set()
        self._hoping: dict[tuple[str, Resolved], float] = {}
        self._answered = 0.0
        self._look_up = look_up
        self._at_once = at_once
        self._gate = asyncio.Semaphore(at_once)
        self._new = asyncio.Event()

    def want(self, name: str, tell: Resolved) -> None:
        """Resolve ``name`` soon and again every minute, and tell each time.

        The first word comes within a few seconds; an address that is found later is told then.
        """
        self._wanted.setdefault(name, []).append(tell)
        self._due[name] = self._hoping[name, tell] = time.monotonic()
        self._new.set()

    def forget(self, name: str, tell: Resolved) -> None:
        tellers = self._wanted.get(name, [])
        self._hoping.pop((name, tell), None)
        if tell in tellers:
            tellers.remove(tell)
        if not tellers:
            self._wanted.pop(name, None)
            self._due.pop(name, None)

    async def run(self) -> None:
        """Until cancelled."""
        threads = ThreadPoolExecutor(self._at_once, thread_name_prefix="resolver")
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    await self._look(tasks, threads)
        finally:
            # A thread that waits for a dead name server cannot be stopped; the loop does not wait with it.
            threads.shutdown(wait=False, cancel_futures=True)

    async def _look(self, tasks: asyncio.TaskGroup, threads: ThreadPoolExecutor) -> None:
        """Begin what is due, and let nobody wait for too long."""
        self._new.clear()
        now = time.monotonic()
        for name in [name for name, due in self._due.items() if due <= now and name not in self._looking]:
            self._looking.add(name)
            tasks.create_task(self._resolve(name, threads), name="resolve")
        self._lose_patience(now)
        try:
            async with asyncio.timeout(_LOOK):
                await self._new.wait()
        except TimeoutError:
            return

    async def _resolve(self, name: str, threads: ThreadPoolExecutor) -> None:
        async with self._gate:
            self._asked[name] = begun = time.monotonic()
            found: tuple[int, str | None] = (0, None)
            try:
                found = await asyncio.get_running_loop().run_in_executor(threads, self._look_up, name)
                self._answered = time.monotonic()
            except UnicodeError:  # no possible name
                pass
            except OSError as error:  # unknown, or nobody answers
                if error.errno != socket.EAI_AGAIN:
                    self._answered = time.monotonic()
            del self._asked[name]
        self._looking.discard(name)
        if name in self._wanted:
            self._due[name] = begun + AGAIN
        for tell in list(self._wanted.get(name, ())):
            self._hoping.pop((name, tell), None)
            tell(*found)

    def _lose_patience(self, now: float) -> None:
        """Tell those who hope in vain. Who still waits for a thread does so while anybody is answered."""
        for (name, tell), since in list(self._hoping.items()):
            begun = self._asked.get(name, max(since, self._answered))
            if now - begun >= PATIENCE and self._hoping.pop((name, tell), None) is not None:
                tell(0, None)
