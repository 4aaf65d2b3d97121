"""Alertmanager for the length of a test, a process of its own (see ``servers``)."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import tools
from servers import free_port, running, wait_for, wait_for_port

_FILES = b"/usr/share/prometheus/alertmanager"
"""Where Debian's Alertmanager looks for its template, and will not start without."""


def program() -> list[str | Path]:
    """The command that starts it: as it is where it is installed, else a copy that looks where it stands."""
    found = tools.find("prometheus-alertmanager")
    files = tools.ROOT / _FILES.decode().lstrip("/")
    if Path(_FILES.decode()).exists() or not files.exists():
        return [found]
    copy = found.with_name("alertmanager-unpacked")
    if not copy.exists():
        with NamedTemporaryFile(dir=copy.parent, delete=False) as made:
            made.write(found.read_bytes().replace(_FILES, b".".ljust(len(_FILES), b"/")))
        Path(made.name).chmod(0o755)
        Path(made.name).rename(copy)  # several tests may do this at once
    return ["env", "-C", files, copy]


@dataclass(frozen=True)
class Alertmanager:
    """A server that tells its receiver, if the test gave it one. ``process`` may be killed by the test."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=10):
                return True
        except urllib.error.URLError:
            return False

    def ask(self, path: str, body: Any = None) -> Any:
        """What its API answers; with a body, to a POST of it."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def _config(path: Path, route: Mapping[str, Any], webhook: str) -> Path:
    hooks = [{"url": webhook, "send_resolved": True}] if webhook else []
    receiver = {"name": "test", "webhook_configs": hooks}
    path.write_text(json.dumps({"route": {"receiver": "test", **route}, "receivers": [receiver]}))  # is YAML
    return path


@contextmanager
def alertmanager(
    folder: Path,
    *,
    port: int | None = None,
    route: Mapping[str, Any] | None = None,
    webhook: str = "",
    config: Path | None = None,
) -> Iterator[Alertmanager]:
    """A fresh one without a cluster; ``route`` beside the receiver, ``webhook`` whom it tells.

    With a ``config`` of its own it takes that as it is.
    """
    port = port or free_port()
    log = folder / "alertmanager.log"
    config = config or _config(folder / "alertmanager.yml", route or {}, webhook)
    command = [
        *program(),
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(command, log) as process:
        wait_for_port(port, process, log)
        server = Alertmanager(port, process)
        wait_for(server.ready)
        yield server
