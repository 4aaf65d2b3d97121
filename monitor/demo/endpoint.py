"""One address of a simulated device: its listening socket, its connections, and how it fails."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import socket
import struct
from collections.abc import Callable
from typing import Final

from monitor.demo.faults import FaultKind
from monitor.demo.loop import ENDED, READ, Loop
from monitor.demo.netns import Curtain
from monitor.demo.wire import GARBAGE, DemoLogin, Reply, answer

BACKLOG: Final = 256

_READ_SIZE: Final = 4096
# As plain numbers: the enum's own operators would cost as much as the answer itself.
_RECEIVE: Final = int(socket.MSG_DONTWAIT)
_SEND: Final = int(socket.MSG_DONTWAIT) | int(socket.MSG_NOSIGNAL)
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)
# A classic BPF program of one instruction, "return 0": accept no byte of any packet.
_DROP_ALL: Final = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
_FILTER: Final = struct.pack("HxxxxxxP", 1, ctypes.addressof(_DROP_ALL))

_REFUSING: Final = frozenset({FaultKind.REFUSE, FaultKind.REBOOT})
_MUTE: Final = frozenset({FaultKind.HANG, FaultKind.VANISH})
_VANISHING: Final = frozenset({FaultKind.VANISH, FaultKind.WILL})


class Traffic:
    """What a fleet has done, for whoever measures it."""

    __slots__ = ("_spare", "accepted", "answered", "open", "shed")

    def __init__(self) -> None:
        self.accepted = self.answered = self.open = self.shed = 0
        self._spare = os.open(os.devnull, os.O_RDONLY)

    def accept(self, listener: socket.socket) -> socket.socket | None:
        """The next connection; None when there is none, or no descriptor left for it."""
        try:
            return listener.accept()[0]
        except (BlockingIOError, ConnectionAbortedError):
            # Who knocked has gone again before we opened.
            return None
        except OSError as error:
            if error.errno not in {errno.EMFILE, errno.ENFILE}:
                raise
            self._turn_away(listener)
            return None

    def _turn_away(self, listener: socket.socket) -> None:
        """Out of descriptors: without this the listener would stay readable and the loop would spin."""
        os.close(self._spare)
        with contextlib.suppress(OSError):
            listener.accept()[0].close()
            self.shed += 1
        self._spare = os.open(os.devnull, os.O_RDONLY)


class Endpoint:
    """Answers for one address. Without a listener of its own it has only faults behind the door."""

    def __init__(
        self,
        loop: Loop,
        traffic: Traffic,
        host: str,
        port: int,
        *,
        login: DemoLogin | None = None,
        curtain: Curtain | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.login = login
        self.loop = loop
        self.traffic = traffic
        self.mode: FaultKind | None = None
        self.delay = 0.0
        self.connections: set[Connection] = set()
        self._listener: socket.socket | None = None
        self._curtain = curtain
        self._filtered: list[socket.socket] = []

    @property
    def has_door(self) -> bool:
        return self._listener is not None

    def listen(self) -> None:
        """Raises OSError where the address is not ours or the port is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        self.loop.watch(listener.fileno(), self._knocked, select.EPOLLIN)

    def close(self) -> None:
        for connection in list(self.connections):
            connection.close()
        if self._listener is not None:
            self.loop.forget(self._listener.fileno())
            self._listener.close()
            self._listener = None

    def fail(self, kind: FaultKind, delay: float) -> None:
        """Begin to fail in this way."""
        self.delay = delay
        if kind in _REFUSING:
            self.refuse()
        elif kind in _VANISHING:
            self.vanish()
        else:
            self.mode = kind

    def recover(self) -> None:
        """Be as on the first day."""
        if self.mode is FaultKind.VANISH:
            self.appear()
        self.admit()

    def refuse(self) -> None:
        """No one listens any more: the kernel refuses who comes and resets who was there."""
        if self._listener is None or self.mode is FaultKind.REFUSE:
            return
        self.mode = FaultKind.REFUSE
        self.loop.forget(self._listener.fileno())
        # A listener that is shut down keeps its port, so that it can surely be opened again.
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in list(self.connections):
            connection.reset()

    def admit(self) -> None:
        """Listen again after :meth:`refuse`; nothing to do otherwise."""
        self.mode = None
        if self._listener is not None and not self._listener.getsockopt(
            socket.SOL_SOCKET, socket.SO_ACCEPTCONN
        ):
            self._listener.listen(BACKLOG)
            self.loop.watch(self._listener.fileno(), self._knocked, select.EPOLLIN)

    def vanish(self) -> None:
        """Drop every packet that comes, to the listener first: then no connection can be added."""
        self.mode = FaultKind.VANISH
        if self._curtain is not None:
            self._curtain.hide(self.host)
        elif self._listener is not None:
            for sock in (self._listener, *(connection.sock for connection in self.connections)):
                self._drop_all(sock)

    def _drop_all(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, _FILTER)
        self._filtered.append(sock)

    def appear(self) -> None:
        """Take packets again. Old connections may be dead on the other side: the kernel finds out."""
        if self._curtain is not None:
            self._curtain.show(self.host)
        for sock in self._filtered:
            if sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
        self._filtered = []
        for connection in self.connections:
            _keep_alive(connection.sock)

    def _knocked(self, _: int) -> None:
        if self._listener is None:
            return
        sock = self.traffic.accept(self._listener)
        if sock is not None:
            self.greet(sock)

    def greet(self, sock: socket.socket) -> None:
        """A connection came."""
        self.traffic.accepted += 1
        connection = Connection(self, sock)
        if self.mode is None:
            return
        if self.mode is FaultKind.RESET:
            connection.reset()
        elif self.mode is FaultKind.VANISH and self._curtain is None:
            # It had reached our queue just before the link was cut.
            self._drop_all(sock)


class Connection:
    """One conversation. It is kept until the peer ends it: held connections are a way to be asked."""

    __slots__ = ("answered", "buffer", "endpoint", "sock")

    def __init__(self, endpoint: Endpoint, sock: socket.socket) -> None:
        self.endpoint = endpoint
        self.sock = sock
        self.buffer = b""
        self.answered = False
        endpoint.connections.add(self)
        endpoint.traffic.open += 1
        endpoint.loop.watch(sock.fileno(), self.ready, READ)

    def ready(self, events: int) -> None:
        if self.answered and events & ENDED:
            self.close()
            return
        try:
            data = self.sock.recv(_READ_SIZE, _RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            # Reset by the peer: an end like any other.
            data = b""
        if data:
            self._received(data)
        else:
            self.close()

    def _received(self, data: bytes) -> None:
        """Answer every whole request that has come."""
        mode = self.endpoint.mode
        if mode in _MUTE:
            return
        if mode is FaultKind.RESET:
            self.reset()
            return
        login, busy = self.endpoint.login, mode is FaultKind.BUSY
        buffer = self.buffer + data if self.buffer else data
        while buffer and (reply := answer(buffer, login, busy=busy)) is not None:
            buffer = buffer[reply.consumed :]
            if not self._reply(reply, mode):
                return
        self.buffer = buffer

    def _reply(self, reply: Reply, mode: FaultKind | None) -> bool:
        """Whether the connection is still there after this reply."""
        if mode is None or mode is FaultKind.BUSY:
            return self._send(reply.data, reply.close)
        if mode is FaultKind.SLOW:
            self.endpoint.loop.after(self.endpoint.delay, self._later(reply))
            return True
        return self._send(GARBAGE, reply.close)

    def _later(self, reply: Reply) -> Callable[[], None]:
        def send() -> None:
            if self.sock.fileno() >= 0:
                self._send(reply.data, reply.close)

        return send

    def _send(self, data: bytes, close: bool) -> bool:
        """Whether the connection is still there. A peer that does not read its answer loses it."""
        try:
            self.sock.send(data, _SEND)
        except OSError:
            # Full or gone: a device with a small memory hangs up as well.
            close = True
        else:
            self.answered = True
            self.endpoint.traffic.answered += 1
        if close:
            self.close()
        return not close

    def reset(self) -> None:
        """End it the hard way: the peer gets an RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self.close()

    def close(self) -> None:
        descriptor = self.sock.fileno()
        if descriptor < 0:
            return
        endpoint = self.endpoint
        endpoint.connections.discard(self)
        endpoint.traffic.open -= 1
        endpoint.loop.closed(descriptor)
        self.sock.close()


def _keep_alive(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3)):
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
