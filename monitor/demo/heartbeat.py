"""The MQTT client of a simulated device: it beats, falls silent, or dies without a word."""

from __future__ import annotations

import errno
import json
import select
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from monitor.demo import mqtt
from monitor.demo.loop import READ, Loop, Timer
from monitor.model.times import format_time, wall_clock

KEEP_ALIVE: Final = 60
_RETRY: Final = 1.0
_CONNECT_LIMIT: Final = 5.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Broker:
    """Where heartbeats go. The topics have ``+`` in the place of the node's id."""

    host: str
    port: int
    topic: str
    will_topic: str

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"


class Heartbeat:
    """Connects, says it lives every ``every`` seconds, and connects again after a loss."""

    def __init__(self, loop: Loop, broker: Broker, node: str, every: float) -> None:
        self._loop = loop
        self._broker = broker
        self._node = node
        self._every = every
        self._topic = broker.topic.replace("+", node)
        self._random = Random(node)
        self._sock: socket.socket | None = None
        self._buffer = b""
        self._timer: Timer | None = None
        self._connected = False
        self._silent = False
        self._cut = False
        self._dead = True
        self._when_heard: Callable[[int], None] | None = None

    def start(self) -> None:
        """Begin after a part of the interval, so that the devices of a city do not beat as one."""
        self._dead = False
        self._set_timer(self._random.random() * min(self._every, _RETRY), self._connect)

    def stop(self) -> None:
        """Leave in good order: no will is published."""
        if self._connected:
            self._send(mqtt.GOODBYE)
        self.die()

    def die(self) -> None:
        """Be gone without a word; the broker publishes the will."""
        self._dead = True
        self._hang_up()

    def fall_silent(self) -> None:
        """Stop beating and keep the connection."""
        self._silent = True

    def be_cut_off(self) -> None:
        """Nothing gets through any more, in either direction; the broker finds out by its keep-alive."""
        self._cut = True

    def revive(self, when_heard: Callable[[int], None]) -> None:
        """Be well again; ``when_heard`` is told the moment of the first beat that went out."""
        self._when_heard = when_heard
        self._silent = self._cut = False
        if self._dead or self._sock is None:
            self._dead = False
            self._connect()
        elif self._connected:
            self._beat()

    def _connect(self) -> None:
        if self._dead:
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        code = sock.connect_ex((self._broker.host, self._broker.port))
        if code not in {0, errno.EINPROGRESS}:
            sock.close()
            self._set_timer(_RETRY, self._connect)
            return
        self._sock, self._buffer = sock, b""
        self._loop.watch(sock.fileno(), self._opened, select.EPOLLOUT)
        self._set_timer(_CONNECT_LIMIT, self._lost)

    def _opened(self, _: int) -> None:
        sock = self._sock
        if sock is None:
            return
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._lost()
            return
        self._loop.forget(sock.fileno())
        self._loop.watch(sock.fileno(), self._ready, READ)
        will = mqtt.Will(self._broker.will_topic.replace("+", self._node), self._payload("offline"))
        self._send(mqtt.connect(f"quanshi-demo-{self._node}", KEEP_ALIVE, will))

    def _ready(self, _: int) -> None:
        if self._sock is None:
            return
        try:
            data = self._sock.recv(4096, socket.MSG_DONTWAIT)
            found, self._buffer = mqtt.packets(self._buffer + data)
        except BlockingIOError:
            return
        except (OSError, ValueError):
            # Reset, or a peer that is no broker: come back later in both cases.
            data, found = b"", []
        if not data:
            self._lost()
        for kind, body in found:
            if kind == mqtt.CONNACK and body[1:] == b"\x00":
                self._connected = True
                self._beat()

    def _beat(self) -> None:
        """One heartbeat, or only a ping while silent: the broker must not think that we died."""
        self._set_timer(self._every, self._beat)
        if self._cut:
            return
        if self._silent:
            self._send(mqtt.PING)
            return
        moment = wall_clock()
        self._send(mqtt.publish(self._topic, self._payload("online")))
        if self._connected and self._when_heard is not None:
            self._when_heard(moment)
            self._when_heard = None

    def _payload(self, status: str) -> bytes:
        """The status tells a will from a heartbeat where a site has one topic for both."""
        said = {"id": self._node, "status": status, "time": format_time(wall_clock()), "invented": True}
        return json.dumps(said).encode()

    def _send(self, data: bytes) -> None:
        if self._sock is None:
            return
        try:
            self._sock.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError:
            # The broker went away or does not read: connect again.
            self._lost()

    def _lost(self) -> None:
        self._hang_up()
        if not self._dead and not self._cut:
            self._set_timer(_RETRY * (0.5 + self._random.random()), self._connect)

    def _hang_up(self) -> None:
        self._connected = False
        if self._timer is not None:
            self._timer.cancel()
        if self._sock is not None:
            self._loop.forget(self._sock.fileno())
            # As a device without power would leave it: no orderly end.
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self._sock.close()
            self._sock = None

    def _set_timer(self, seconds: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.after(seconds, action)
