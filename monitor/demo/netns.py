"""A network of our own: namespaces in which the fleet's addresses are real hosts behind a real link.

On plain loopback the kernel answers every ping itself. Here the collectors' side and the fleet each
stand in a fresh network namespace, joined by a veth pair, or by a slow link of our own where packets
shall be delayed and lost; nothing of the machine's own network is touched. No namespace has a name:
the kernel removes them with the last process, however it died.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from monitor.demo.slow_link import TUN, SlowLink

_CLONE_NEWNET: Final = 0x40000000
_WIRE: Final = ("quanshi-out", "quanshi-in")
_SLOW_WIRE: Final = ("quanshi-tun-out", "quanshi-tun-in")
# The kernel's 500 are few for a city's answers in one moment; a device drops what finds no room.
_QUEUE: Final = "10000"
OUR_ADDRESS: Final = "172.31.255.1"
FLEET_ADDRESS: Final = "172.31.255.2"
FLEET_NETWORK: Final = "10.0.0.0/8"


class NetworkError(Exception):
    """No network of our own can be made; the message says what is missing."""


def _need(*tools: str) -> None:
    if sys.platform != "linux" or os.geteuid() != 0:
        raise NetworkError("a network namespace needs Linux and root: run it with sudo, or without --netns")
    for tool in tools:
        if shutil.which(tool) is None:
            package = "util-linux" if tool == "nsenter" else "iproute2"
            raise NetworkError(f"a network namespace needs the command {tool!r}: install {package}")


def _checked(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise NetworkError(f"{what}: {os.strerror(code)} (a container needs CAP_SYS_ADMIN for it)")


def _unshare() -> None:
    _checked(ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET), "unshare(CLONE_NEWNET)")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NetworkError(f"{' '.join(command)}: {done.stderr.strip()}")


def enter_private_network() -> None:
    """Move this process, and all children it will have, into a fresh network with only loopback.

    To be called by the main thread before there is any other. Raises NetworkError.
    """
    _need("ip")
    if threading.active_count() > 1:
        raise NetworkError("a network can only be entered before the first thread is started")
    _unshare()
    _run("ip", "link", "set", "lo", "up")


@contextmanager
def own_network(delay: float = 0.0, loss: float = 0.0) -> Iterator[str]:
    """Stand in a private network that is linked to a second one, for the fleet; the path of that one.

    ``delay`` (seconds) and ``loss`` (per cent) are those of the link. To be called as
    :func:`enter_private_network` is, which nobody leaves again. Raises NetworkError.
    """
    enter_private_network()
    with Namespace() as namespace:
        if delay or loss:
            namespace.impair(delay_ms=1000 * delay, loss_percent=loss)
        yield namespace.path


def enter_command(pid: int) -> str:
    """What somebody else writes before a command to run it in the private network of this process."""
    return f"nsenter --net=/proc/{pid}/ns/net"


def join_network(path: str) -> None:
    """Move this thread into the network namespace at ``path``. Raises NetworkError."""
    _need()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise NetworkError(f"no network namespace at {path}: {error.strerror}") from error
    try:
        _checked(ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET), f"setns({path})")
    finally:
        os.close(descriptor)


def _in_private_network() -> bool:
    """Whether there is nothing here yet that could be spoilt: a fresh network has no route at all."""
    return len(Path("/proc/thread-self/net/route").read_text(encoding="ascii").splitlines()) <= 1


class Namespace:
    """A second network, for the fleet, with all of 10.0.0.0/8 in it; linked to the private one we are in.

    ``path`` is what :func:`join_network` takes. Use it as a context manager, after
    :func:`enter_private_network`: the routes of the machine itself are never changed.
    """

    def __init__(self) -> None:
        self._descriptor = -1
        self._slow: SlowLink | None = None

    @property
    def path(self) -> str:
        return f"/proc/{os.getpid()}/fd/{self._descriptor}"

    @property
    def relay(self) -> int:
        """The process that carries the packets of the slow link. Raises NetworkError if there is none."""
        if self._slow is None:
            raise NetworkError("the link is not a slow one")
        return self._slow.pid

    def __enter__(self) -> Self:
        _need("ip", "nsenter")
        if not _in_private_network():
            raise NetworkError("enter a private network first: the machine's own routes are not ours")
        self._descriptor = _new_namespace()
        try:
            _run("ip", "link", "add", "name", _WIRE[0], "type", "veth", "peer", "name", _WIRE[1])
            self._inside("ip", "link", "set", "lo", "up")
            # Every address of the block is a local one: no need to add six thousand of them.
            self._inside("ip", "route", "add", "local", FLEET_NETWORK, "dev", "lo")
            self._join(*_WIRE)
        except NetworkError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let it go; the kernel removes it, and the link, when the last process has left it."""
        if self._slow is not None:
            self._slow.close()
            self._slow = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def impair(self, *, delay_ms: float = 0.0, loss_percent: float = 0.0) -> None:
        """Delay and lose what the fleet answers, from the return on; what we ask it arrives at once.

        The first call replaces the wire: packets that are under way are lost, connections survive.
        Raises NetworkError where the kernel has no TUN devices.
        """
        if self._descriptor < 0:
            raise NetworkError("the second network is not entered: there is no wire yet")
        try:
            if self._slow is None:
                self._slow = SlowLink(*_SLOW_WIRE)
                _run("ip", "link", "delete", _WIRE[0])
                self._join(*_SLOW_WIRE)
            self._slow.impair(delay_ms / 1000, loss_percent / 100)
        except ConnectionError as error:
            raise NetworkError("the process of the slow link has ended") from error
        except OSError as error:
            raise NetworkError(
                f"delay and loss need {TUN} ({error.strerror}): load the kernel module tun, "
                f"or start the container with --device {TUN} and CAP_NET_ADMIN"
            ) from error

    def _join(self, ours: str, theirs: str) -> None:
        """Make these two devices, both still in our network, the wire between the two."""
        _run("ip", "link", "set", theirs, "netns", self.path)
        _run("ip", "address", "add", f"{OUR_ADDRESS}/30", "dev", ours)
        _run("ip", "link", "set", ours, "up", "txqueuelen", _QUEUE)
        _run("ip", "route", "add", FLEET_NETWORK, "via", FLEET_ADDRESS)
        self._inside("ip", "address", "add", f"{FLEET_ADDRESS}/30", "dev", theirs)
        self._inside("ip", "link", "set", theirs, "up", "txqueuelen", _QUEUE)

    def _inside(self, *command: str) -> None:
        _run("nsenter", f"--net={self.path}", *command)


def _new_namespace() -> int:
    """A descriptor that keeps a fresh network namespace alive."""
    found: list[int | NetworkError] = []

    def make() -> None:
        try:
            # Only this short-lived thread moves; the descriptor outlives it.
            _unshare()
            found.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC))
        except NetworkError as error:
            found.append(error)

    thread = threading.Thread(target=make, name="new-namespace")
    thread.start()
    thread.join()
    if isinstance(found[0], NetworkError):
        raise found[0]
    return found[0]


class Curtain:
    """Hides addresses of this network namespace: packets to them are dropped, pings as well.

    A blackhole route for the one address stands before the route that makes its whole block local.
    """

    _NEW, _DELETE = 24, 25  # RTM_NEWROUTE, RTM_DELROUTE
    _REQUEST_ACK, _CREATE = 0x05, 0x400
    _TABLE_LOCAL, _STATIC, _BLACKHOLE, _DESTINATION = 255, 4, 6, 1

    def __init__(self) -> None:
        self._sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._sock.bind((0, 0))
        self._numbers = count(1)

    def hide(self, host: str) -> None:
        self._route(self._NEW, self._REQUEST_ACK | self._CREATE, host)

    def show(self, host: str) -> None:
        self._route(self._DELETE, self._REQUEST_ACK, host)

    def _route(self, kind: int, flags: int, host: str) -> None:
        route = struct.pack(
            "=BBBBBBBBI", socket.AF_INET, 32, 0, 0, self._TABLE_LOCAL, self._STATIC, 0, self._BLACKHOLE, 0
        )
        body = route + struct.pack("=HH4s", 8, self._DESTINATION, socket.inet_aton(host))
        head = struct.pack("=IHHII", 16 + len(body), kind, flags, next(self._numbers), 0)
        self._sock.send(head + body)
        code = -struct.unpack_from("=i", self._sock.recv(4096), 16)[0]
        if code not in {0, errno.EEXIST, errno.ESRCH}:
            raise NetworkError(f"blackhole route for {host}: {os.strerror(code)}")
