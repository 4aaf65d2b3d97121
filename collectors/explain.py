"""Ask one watch once and tell each step: for people who want to know why."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from collectors.engine.engine import Engine, Slot
from collectors.engine.icmp import Pinger, PingSlot
from collectors.engine.resolver import literal, sockaddr
from collectors.engine.schedule import TICK
from collectors.protocols import PROTOCOLS
from collectors.protocols.base import Asker, Login, Step, Target
from collectors.wards import PING, TOLD, port_of
from monitor.config import Site
from monitor.model.nodes import Watch
from monitor.model.observations import Cause, Verdict

SHOWN = 400
"""Bytes of a message that are shown."""


@dataclass(slots=True)
class Explanation:
    """What happened to one probe: its steps as (seconds since the start, text), and the verdict."""

    probe: str
    place: str
    steps: list[tuple[float, str]] = field(default_factory=list)
    cause: Cause = Cause.NOT_ASKED
    detail: str = ""
    seconds: float | None = None
    facts: dict[str, str | int | float] = field(default_factory=dict)


class _Listening:
    """An asker that lets another one do the work and notes every step. Logins are blacked out."""

    def __init__(self, inner: Asker, note: Callable[[str], None]) -> None:
        self._inner = inner
        self._note = note

    def begin(self, *, fresh: bool) -> Step:
        self._note("connected")
        return self._sent(self._inner.begin(fresh=fresh))

    def receive(self, data: bytes) -> Step:
        self._note(f"received {len(data)} bytes: {_readable(data)}")
        return self._sent(self._inner.receive(data))

    def closed(self) -> Verdict:
        self._note("the device closed the connection")
        return self._inner.closed()

    def lock(self) -> None:
        self._inner.lock()

    def _sent(self, step: Step) -> Step:
        if isinstance(step, bytes) and step:
            self._note(f"sent {len(step)} bytes: {_readable(step)}")
        return step


async def explain(site: Site, watch: Watch, *, login: bool = False) -> list[Explanation]:
    """Ask each probe of ``watch`` once, one after the other.

    Credentials are used only with ``login``: a wrong one counts on the device as an attempt.
    """
    address = await _resolve(watch.address.host)
    explanations = []
    for spec in watch.probes:
        told = Explanation(spec.name, str(watch.address))
        explanations.append(told)
        if spec.protocol in TOLD:
            told.detail = "told by its source, cannot be asked"
        elif address is None:
            told.cause = Cause.NAME_UNRESOLVED
        elif spec.protocol == PING:
            await _ping(told, address, spec.timeout)
        else:
            port = port_of(watch, spec)
            credential = site.credentials[spec.credential] if login and spec.credential else None
            secret = None if credential is None else Login(credential.user, credential.password)
            target = Target(watch.address.host, port, spec, secret)
            await _connect(told, address, target)
    return explanations


async def _resolve(host: str) -> tuple[int, str] | None:
    found = literal(host)
    if found is not None:
        return found
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # unknown, no server, or no possible name
        return None
    return answers[0][0], str(answers[0][4][0])


async def _ping(told: Explanation, address: tuple[int, str], seconds: float) -> None:
    done = asyncio.Event()

    def answered(_: object, verdict: Verdict, started: float, finished: float) -> None:
        _conclude(told, verdict, finished - started)
        done.set()

    pinger = Pinger(answered)
    if not pinger.can(address[0]):
        told.cause, told.detail = Cause.NOT_PERMITTED, pinger.missing
        pinger.close()
        return
    pinger.attach(asyncio.get_running_loop())
    told.steps.append((0.0, f"echo request to {address[1]}"))
    pinger.start(PingSlot(*address), seconds)
    await _tick_until(done, pinger.expire)
    pinger.close()


async def _connect(told: Explanation, address: tuple[int, str], target: Target) -> None:
    done = asyncio.Event()
    start = time.monotonic()

    def note(text: str) -> None:
        told.steps.append((time.monotonic() - start, text))

    def answered(_: object, verdict: Verdict, started: float, finished: float) -> None:
        _conclude(told, verdict, finished - started)
        done.set()

    told.place = f"{address[1]} port {target.port}"
    engine = Engine(answered, lambda _: None, limit=1)
    engine.attach(asyncio.get_running_loop())
    asker = _Listening(PROTOCOLS[target.spec.protocol].make(target), note)
    note(f"connecting to {told.place}")
    engine.start(Slot(asker, address[0], sockaddr(*address, target.port)), target.spec.timeout)
    await _tick_until(done, engine.expire)
    engine.close()


async def _tick_until(done: asyncio.Event, expire: Callable[[float], None]) -> None:
    while not done.is_set():
        expire(time.monotonic())
        try:
            async with asyncio.timeout(TICK):
                await done.wait()
        except TimeoutError:
            continue


def _conclude(told: Explanation, verdict: Verdict, seconds: float) -> None:
    told.cause, told.detail, told.seconds = verdict.cause, verdict.detail, seconds
    told.facts = dict(verdict.facts)


def _readable(data: bytes) -> str:
    """The first line or so, with control characters escaped and logins left out."""
    lines = data[:SHOWN].decode("latin-1").splitlines()
    kept = [line for line in lines if line and not line.lower().startswith("authorization")]
    return " | ".join(line.encode("unicode_escape").decode("ascii") for line in kept)
