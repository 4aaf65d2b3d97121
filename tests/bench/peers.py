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
from measure import NotMeasuredError

HERE: Final = Path(__file__).resolve().parent
REPOSITORY: Final = HERE.parent.parent
LIMIT: Final = 2000
TIMEOUT: Final = 5.0
ENDS_WITHIN: Final = 180.0

SEQUENCES: Final = 65_535
"""fping gives up when it has sent more echoes than this within ten seconds."""
FPING_LIST: Final = 50_000


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

    def in_c(self, port: int, count: int, spread: float = 0.0, tick: float = 0.0) -> dict[str, float]:
        """One sweep of the C prober; what is spread starts at its own moment, or in ticks as ours does."""
        words = [port, FIRST, count, spread, LIMIT, TIMEOUT, tick]
        return _sweep([self.folder / "prober", *map(str, words)], count)

    def fping(self, count: int, spread: float = 0.0) -> float:
        """CPU seconds of fping for one more echo to each address. Raises NotMeasuredError if one was lost.

        More lists than one, in turn, where there are more addresses than it can ask at once.
        """
        addresses, pause = hosts(FIRST, count), spread * 1000 / count
        lists = (addresses[start : start + FPING_LIST] for start in range(0, count, FPING_LIST))
        return sum(_one_more_echo(self.folder / "addresses", each, pause) for each in lists)


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
        raise NotMeasuredError(f"{Path(command[0]).name}: {said['ok']} of {good} answered: {done.stdout}")
    return said


def _one_more_echo(listing: Path, addresses: list[str], pause: float) -> float:
    """What a run of more echoes used above a run of one: both read, parse and print the same list.

    With ``-q`` fping writes its table at the end and not a byte for an echo, however many there are.
    """
    listing.write_text("\n".join(addresses) + "\n")
    few = 3 * len(addresses) <= SEQUENCES
    extra, period = (2, 1_000) if few else (1, 10_500)
    options = ["-i", str(pause), "-p", str(period), "-f", str(listing)]
    once, more = (_fping(len(addresses), [f"-c{echoes}", *options]) for echoes in (1, 1 + extra))
    if more <= once:
        raise NotMeasuredError(f"fping: {1 + extra} echoes used {more:.3f} s, and one used {once:.3f} s")
    return (more - once) / extra


def _fping(count: int, options: list[str]) -> float:
    command = [tools.find("fping"), "-q", "-r0", "-t2000", *options]
    before = _children_cpu()
    done = subprocess.run(
        command, env=tools.env(), stderr=subprocess.PIPE, text=True, check=False, timeout=ENDS_WITHIN
    )
    answered = done.stderr.count("/0%")
    if answered != count:
        raise NotMeasuredError(f"fping: {answered} of {count} answered: {done.stderr[-300:]}")
    return _children_cpu() - before


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
