"""Two TUN devices with a relay between them: a link that delays and loses packets on any kernel.

The kernel's own means for it, netem, is a module that many machines and most containers lack.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from contextlib import ExitStack
from typing import Final

from monitor.demo.process import end

TUN: Final = "/dev/net/tun"
_TUNSETIFF: Final = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_STOP_LIMIT: Final = 5.0


class SlowLink:
    """The devices ``ours`` and ``theirs``, made in this network, and the process that carries packets.

    Both devices are gone when it is closed, and when we end, however we end. Until the first
    :meth:`impair` it carries all at once. Raises OSError where a device cannot be made.
    """

    def __init__(self, ours: str, theirs: str) -> None:
        with ExitStack() as stack:
            # Ours are closed again: were they kept, the devices would outlive a relay that has died.
            devices = [_tun(stack, name) for name in (ours, theirs)]
            self._control, control = socket.socketpair()
            stack.callback(control.close)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "monitor.demo.relay", *map(str, devices)],
                stdin=control.fileno(),
                stdout=subprocess.DEVNULL,
                pass_fds=devices,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def impair(self, delay: float, loss: float) -> None:
        """From its return on, delay (seconds) and lose (a share of 1) what comes from ``theirs``.

        Raises ConnectionError where the relay has ended.
        """
        self._control.sendall(json.dumps({"delay": delay, "loss": loss}).encode() + b"\n")
        if not self._control.recv(4096):
            raise ConnectionError

    def close(self) -> None:
        self._control.close()
        end(self._process, _STOP_LIMIT)


def _tun(stack: ExitStack, name: str) -> int:
    """A fresh TUN device of this name; it lives as long as the descriptor is open anywhere."""
    device = os.open(TUN, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    stack.callback(os.close, device)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device
