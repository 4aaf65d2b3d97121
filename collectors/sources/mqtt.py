"""MQTT: heartbeats and last wills, from a broker that may itself go away."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol
from urllib.parse import urlsplit

import structlog
from aiomqtt import MqttError
from aiomqtt.message import Message
from paho.mqtt.reasoncodes import ReasonCode

from collectors.protocols.base import Login
from collectors.sources.lifesigns import Deadlines, GarbageError, Silences, Words
from monitor.bus.broker import BrokerClient
from monitor.model.observations import Cause, Observation

log = structlog.get_logger(__name__)

KEEPALIVE: Final = 15
"""Seconds without a message after which the broker is asked whether it lives, and has as long to answer."""

HUNG: Final = 2 * KEEPALIVE + 2
"""Seconds by which a broker that hangs is lost; the client looks at that every second."""

CONNECT: Final = 10.0
"""Seconds a broker has to take the connection and the subscription."""

LONGEST_PAUSE: Final = 30.0
"""Seconds between two attempts to connect, at most."""

QUEUE: Final = 20_000
"""Messages that may wait; a storm of wills from a whole city fits in."""

_FAILED: Final = 0x80
"""MQTT 3.1.1 §3.9.3: from here on a code says that a subscription failed."""


class Settings(Protocol):
    """The site's ``mqtt`` settings."""

    @property
    def url(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def will_topic(self) -> str | None: ...
    @property
    def id_from(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a device's messages are about: a node, and the name of the probe that listens for them.

    ``timeout``: after how many seconds of silence a heartbeat is missed; ``every``: how often one is due.
    """

    node: str
    probe: str
    timeout: float
    every: float


@dataclass(slots=True)
class Heard:
    """What came in, counted."""

    signs: int = 0
    off: int = 0
    missed: int = 0
    retained: int = 0
    unknown: int = 0
    garbage: int = 0
    connected: int = 0


class MqttSource:
    """Listens to one broker for one collector.

    ``tell`` gets a node's id and what was observed: OK, REPORTED_OFF or HEARTBEAT_MISSED. ``still`` gets,
    before an OK, that it was so until then, as it had been told: no news, but a proof. ``lost`` gets
    (true, moment) when nothing can be heard any more, also when it never could, and (false, moment) when
    it can again: silence is missed only from then on. ``clock`` gives milliseconds. Retained messages
    are counted and ignored: they say nothing about now. Raises ValueError for settings that cannot work.
    """

    def __init__(
        self,
        settings: Settings,
        login: Login | None,
        watched: Mapping[str, Told],
        *,
        tell: Callable[[str, Observation], None],
        still: Callable[[str, Observation], None],
        lost: Callable[[bool, int], None],
        clock: Callable[[], int],
    ) -> None:
        self.heard = Heard()
        self.connected = False
        self._login = login
        self._words = Words(settings.topic, settings.will_topic, settings.id_from)
        self._place = urlsplit(settings.url)
        if self._place.scheme not in ("mqtt", "mqtts") or not self._place.hostname:
            raise ValueError("an MQTT broker's URL begins with mqtt:// or mqtts:// and names a host")
        self._tell = tell
        self._still = still
        self._lost = lost
        self._clock = clock
        self._said_lost = False
        self._watched: Mapping[str, Told] = {}
        self._deadlines = Deadlines(clock())
        self._silences = Silences(1000 * HUNG, clock())
        self.watch(watched)

    def watch(self, watched: Mapping[str, Told]) -> None:
        """Listen for these devices from now on, by their ids in the messages."""
        self._watched = dict(watched)
        spans = {device: round(1000 * told.timeout) for device, told in watched.items()}
        self._deadlines.watch(spans, self._clock())
        self._silences.keep(spans)
        if not self.connected:
            self._deadlines.suspend(self._clock())

    def hear_anew(self) -> None:
        """Silence is missed only from now on, also of those that were said to be off."""
        if self.connected:
            self._deadlines.restart(self._clock())
        self._silences.forget(self._clock())

    async def run(self) -> NoReturn:
        """Listen, and connect again whenever that ends, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._mind_deadlines(), name="mqtt deadlines")
            attempt = 0
            while True:
                before = self.heard.connected
                try:
                    await self._listen()
                except (MqttError, OSError, UnicodeError) as error:
                    # MqttError: refused or lost; OSError: TLS and names, which aiomqtt lets pass;
                    # UnicodeError: a name that can be none, as getaddrinfo says it.
                    self._note_lost(error)
                attempt = 0 if self.heard.connected > before else attempt + 1
                await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 1.5 ** min(attempt, 10))))

    async def _listen(self) -> None:
        """Connect, subscribe and take messages until the connection ends. Raises what :meth:`run` expects."""
        connection = self._client()
        try:
            async with connection as client:
                granted = await client.subscribe([(pattern, 1) for pattern in self._words.patterns])
                codes = [code.value if isinstance(code, ReasonCode) else code for code in granted]
                if max(codes, default=_FAILED) >= _FAILED:
                    raise MqttError("the broker does not let us subscribe")
                self._note_connected()
                async for message in client.messages:
                    self._take(message)
        finally:
            connection.leave()

    def _client(self) -> BrokerClient:
        """A client with a session of its own: what was queued while we were away is no sign of life."""
        secure = self._place.scheme == "mqtts"
        return BrokerClient(
            self._place.hostname or "",
            self._place.port or (8883 if secure else 1883),
            username=self._login.user if self._login else None,
            password=self._login.password if self._login else None,
            clean_session=True,
            keepalive=KEEPALIVE,
            timeout=CONNECT,
            max_queued_incoming_messages=QUEUE,
            tls_context=ssl.create_default_context() if secure else None,
            garbage=self._note_garbage,
        )

    def _take(self, message: Message) -> None:
        if message.retain:
            self.heard.retained += 1
            return
        payload = message.payload if isinstance(message.payload, bytes) else b""
        try:
            device, cause = self._words.read(str(message.topic), payload)
        except GarbageError:
            self._note_garbage()
            return
        told = self._watched.get(device)
        if told is None:
            self.heard.unknown += 1
            return
        now = self._clock()
        if cause is Cause.OK:
            self.heard.signs += 1
            self._prove_silence(device, told)
            self._deadlines.sign(device, now)
        else:
            self.heard.off += 1
            self._silences.begin(device, now, cause)
            self._deadlines.rest(device)
        self._tell(told.node, Observation(told.probe, now, now, cause))

    def _prove_silence(self, device: str, told: Told) -> None:
        ended = self._silences.end(device, round(1000 * told.every))
        if ended is not None:
            until, cause = ended
            self._still(told.node, Observation(told.probe, until, until, cause))

    async def _mind_deadlines(self) -> NoReturn:
        while True:
            await asyncio.sleep(1)
            self.check(self._clock())

    def check(self, now: int) -> None:
        """Note that it listened, and say which heartbeats were missed. :meth:`run` calls it every second."""
        self._silences.look(now, self.heard.signs)
        for device, due in self._deadlines.missed(now):
            told = self._watched[device]
            self.heard.missed += 1
            self._silences.begin(device, due, Cause.HEARTBEAT_MISSED)
            self._tell(told.node, Observation(told.probe, due, due, Cause.HEARTBEAT_MISSED))

    def _note_garbage(self) -> None:
        self.heard.garbage += 1

    def _note_connected(self) -> None:
        now = self._clock()
        self.connected = True
        self.heard.connected += 1
        self._deadlines.restart(now)
        self._silences.forget(now)
        log.info("broker heard", host=self._place.hostname, port=self._place.port)
        if self._said_lost:
            self._said_lost = False
            self._lost(False, now)

    def _note_lost(self, error: Exception) -> None:
        now = self._clock()
        self.connected = False
        self._deadlines.suspend(now)
        self._silences.forget(now)
        if not self._said_lost:
            self._said_lost = True
            log.warning("broker lost", host=self._place.hostname, port=self._place.port, error=str(error))
            self._lost(True, now)
