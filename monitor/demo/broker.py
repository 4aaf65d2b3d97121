"""The MQTT broker of the demo, a process of its own: ``python -m monitor.demo.broker --port P``.

Prints ``ready`` when it takes connections. It lets everybody in, so it only ever listens where nobody
else can reach it: on loopback, or inside a network namespace of our own.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Final, Self

from monitor.demo.process import FleetError, die_with, end

_STOP_LIMIT: Final = 5.0


class BrokerProcess:
    """Starts the broker and stops it. Also a context manager; it ends with us, however we end."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.port = port
        self.host = host
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise FleetError("the broker is not running")
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when it takes connections. Raises FleetError with its last words."""
        command = [sys.executable, "-m", "monitor.demo.broker", "--parent", str(os.getpid())]
        command += ["--host", self.host, "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        line = self._process.stdout.readline().decode().strip() if self._process.stdout else ""
        if line != "ready":
            self.stop()
            raise FleetError(line or "the MQTT broker died at its start")

    def poll(self) -> int | None:
        """The exit status if the broker has ended by itself."""
        return None if self._process is None else self._process.poll()

    def stop(self) -> None:
        if self._process is None:
            return
        end(self._process, _STOP_LIMIT)
        self._process = None


async def _serve(host: str, port: int) -> None:
    from amqtt.broker import Broker
    from amqtt.errors import BrokerError

    settings = {
        "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    try:
        await Broker(settings).start()
    except BrokerError as error:
        raise FleetError(f"the MQTT broker cannot start: {error.__cause__ or error}") from error
    print("ready", flush=True)
    # It has nothing to save: SIGTERM simply ends the process.
    await asyncio.Event().wait()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="monitor.demo.broker", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--parent", type=int, default=0, help="end with this process")
    options = parser.parse_args(arguments)
    die_with(options.parent)
    if not ipaddress.ip_address(options.host).is_private:
        print(f"{options.host}: a broker without passwords listens on private addresses only", flush=True)
        return 1
    if options.parent:
        # Ctrl-C goes to everybody at once; the parent ends us when it needs us no more.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Its own log would tell every packet of every device.
    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(_serve(options.host, options.port))
    except ImportError:
        print("the demo's MQTT broker needs the extra 'demo': pip install 'quanshi[demo]'", flush=True)
        return 1
    except FleetError as error:
        print(error, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
