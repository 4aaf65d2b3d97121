"""Who is asked, and who else asks: the responder and prober in C, fping, and our own looker."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import tools
from addresses import FIRST, hosts

HERE: Final = Path(__file__).resolve().parent
REPOSITORY: Final = HERE.parent.parent
LIMIT: Final = 2000
TIMEOUT: Final = 5.0
ENDS_WITHIN: Final = 180.0


class Peers:
    """The C programs, built into ``folder`` with the compiler of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        compiler = os.environ.get("CC") or shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise SystemExit("the benchmark needs a C compiler (gcc) for the peer it compares with")
        for name in ("prober", "responder"):
            command = [compiler, "-O2", "-o", folder / name, HERE / f"{name}.c"]
            subprocess.run(command, check=True)

    @contextmanager
    def devices(self, *, hang: bool = False) -> Iterator[int]:
        """A city that answers on every loopback address, or never does; the port it listens on."""
        command = [self.folder / "responder", *(["hang"] if hang else [])]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield int(process.stdout.readline())
            finally:
                process.kill()

    def in_c(self, port: int, count: int, spread: float = 0.0) -> dict[str, float]:
        """One sweep of the C prober."""
        words = [port, FIRST, count, spread, LIMIT, TIMEOUT]
        return _sweep([self.folder / "prober", *map(str, words)], count)

    def fping(self, count: int, spread: float = 0.0) -> float:
        """CPU seconds of fping for one echo to each address; start-up taken off. Raises if one was lost."""
        pause = str(spread * 1000 / count)
        cost = [_fping(self.folder / "addresses", hosts(FIRST, number), pause) for number in (count, 1)]
        return cost[0] - cost[1]


def ours(how: str, count: int, **options: float | str) -> dict[str, float]:
    """One sweep of our engine (``rtsp``, ``hold``) or pinger (``ping``)."""
    options = {"first": FIRST, "count": count, "limit": LIMIT, "timeout": TIMEOUT, **options}
    words = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    return _sweep([sys.executable, HERE / "looker.py", how, *words], count - int(options.get("hung", 0)))


def _sweep(command: Sequence[str | Path], good: int) -> dict[str, float]:
    """What a prober printed. A sweep that lost an answer measures something else: it fails."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=environment, timeout=ENDS_WITHIN
    )
    said: dict[str, float] = json.loads(done.stdout)
    if said["ok"] != good:
        raise SystemExit(f"{Path(command[0]).name}: {said['ok']} of {good} answered: {done.stdout}")
    return said


def _fping(listing: Path, addresses: list[str], pause: str) -> float:
    listing.write_text("\n".join(addresses) + "\n")
    command = [tools.find("fping"), "-q", "-c1", "-r0", "-t2000", "-i", pause, "-f", listing]
    before = _children_cpu()
    done = subprocess.run(
        command, env=tools.env(), stderr=subprocess.PIPE, text=True, check=False, timeout=ENDS_WITHIN
    )
    answered = done.stderr.count("/0%")
    if answered != len(addresses):
        raise SystemExit(f"fping: {answered} of {len(addresses)} answered: {done.stderr[-300:]}")
    return _children_cpu() - before


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
