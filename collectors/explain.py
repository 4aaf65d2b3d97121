"""Ask one watch once and tell each step: for people who want to know why."""

from __future__ import annotations

import asyncio
import base64
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from collectors.engine.engine import Engine, Slot
from collectors.engine.icmp import Pinger, PingSlot
from collectors.engine.resolver import literal, sockaddr
from collectors.engine.schedule import TICK
from collectors.protocols import PROTOCOLS
from collectors.protocols.base import Asker, Login, Step, Target
from collectors.wards import PING, TOLD, port_of
from monitor.config import Site
from monitor.model.nodes import ProbeSpec, Watch
from monitor.model.observations import Cause, Verdict

SHOWN = 400
"""Bytes of a message that are shown."""


class Moment(NamedTuple):
    """One step: ``after`` seconds since the start; ``size`` and ``text`` are of the bytes, if it is any."""

    after: float
    what: str
    """``connecting``, ``connected``, ``sent``, ``received``, ``closed`` (by the device) or ``echo``."""
    size: int = 0
    text: str = ""


@dataclass(slots=True)
class Explanation:
    """What happened to one probe: its steps and the verdict. No login is part of it."""

    probe: str
    place: str
    steps: list[Moment] = field(default_factory=list)
    cause: Cause = Cause.NOT_ASKED
    detail: str = ""
    seconds: float | None = None
    facts: dict[str, str | int | float] = field(default_factory=dict)


class _Listening:
    """An asker that lets another one do the work and notes every step. Logins are blacked out."""

    def __init__(self, inner: Asker, note: Callable[[str, bytes], None]) -> None:
        self._inner = inner
        self._note = note

    def begin(self, *, fresh: bool) -> Step:
        self._note("connected", b"")
        return self._sent(self._inner.begin(fresh=fresh))

    def receive(self, data: bytes) -> Step:
        self._note("received", data)
        return self._sent(self._inner.receive(data))

    def closed(self) -> Verdict:
        self._note("closed", b"")
        return self._inner.closed()

    def lock(self, instead: Verdict | None) -> None:
        self._inner.lock(instead)

    def _sent(self, step: Step) -> Step:
        if isinstance(step, bytes) and step:
            self._note("sent", step)
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
            await _ping(told, address, spec)
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


async def _ping(told: Explanation, address: tuple[int, str], spec: ProbeSpec) -> None:
    done = asyncio.Event()

    def answered(_: object, verdict: Verdict, started: float, finished: float) -> None:
        _conclude(told, verdict, finished - started, spec)
        done.set()

    pinger = Pinger(answered)
    if not pinger.can(address[0]):
        told.cause, told.detail = Cause.NOT_PERMITTED, pinger.missing
        pinger.close()
        return
    pinger.attach(asyncio.get_running_loop())
    told.place = address[1]
    told.steps.append(Moment(0.0, "echo"))
    pinger.start(PingSlot(*address), spec.timeout)
    await _tick_until(done, pinger.expire)
    pinger.close()


async def _connect(told: Explanation, address: tuple[int, str], target: Target) -> None:
    done = asyncio.Event()
    start = time.monotonic()

    def note(what: str, data: bytes = b"") -> None:
        text = _readable(data, target.login)
        told.steps.append(Moment(time.monotonic() - start, what, len(data), text))

    def answered(_: object, verdict: Verdict, started: float, finished: float) -> None:
        _conclude(told, verdict, finished - started, target.spec)
        done.set()

    told.place = f"{address[1]} port {target.port}"
    engine = Engine(answered, lambda _: None, limit=1)
    engine.attach(asyncio.get_running_loop())
    asker = _Listening(PROTOCOLS[target.spec.protocol].make(target), note)
    note("connecting")
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


def _conclude(told: Explanation, verdict: Verdict, seconds: float, spec: ProbeSpec) -> None:
    late = spec.slow is not None and seconds > spec.slow and verdict.cause is Cause.OK
    told.cause = Cause.SLOW if late else verdict.cause
    told.detail, told.seconds = verdict.detail, seconds
    told.facts = dict(verdict.facts)


def _readable(data: bytes, login: Login | None) -> str:
    """The first line or so, control characters escaped, logins left out: also those that are echoed."""
    lines = _without(login, data)[:SHOWN].decode("latin-1").splitlines()
    kept = [line for line in lines if line and not line.lower().startswith("authorization")]
    return " | ".join(line.encode("unicode_escape").decode("ascii") for line in kept)


def _without(login: Login | None, data: bytes) -> bytes:
    if login is None:
        return data
    pair = f"{login.user}:{login.password}".encode()
    for secret in (base64.b64encode(pair), login.password.encode()):
        data = data.replace(secret, b"***")
    return data
