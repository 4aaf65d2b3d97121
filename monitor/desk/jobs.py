"""Reports that somebody asked a page for: made one after the other, each in a process of its own."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from monitor.config import Site
from monitor.desk.papers import Form, folder_of, prune
from monitor.model.said import Said, reason

MOST_WAITING: Final = 10
PATIENCE: Final = 600.0
"""Seconds that one report may take, in all its forms."""

REMEMBERED: Final = 100
_LINES: Final = 20
_LINE: Final = 2_000
_PIECE: Final = 4_096

State = Literal["waiting", "making", "made", "failed"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words of ``quanshi report`` that say what is asked for, and in which forms."""

    words: tuple[str, ...]
    forms: tuple[Form, ...]
    language: str


@dataclass(slots=True)
class Job:
    """``share``: how much of the work is done, 0 to 1. ``error``: why it failed, as the command said it.

    ``files``, ``digest`` and ``revision``: of a report that is made.
    """

    id: str
    wanted: Wanted
    state: State = "waiting"
    share: float = 0.0
    error: str = ""
    files: tuple[str, ...] = ()
    digest: str | None = None
    revision: int | None = None


@dataclass(slots=True)
class Heard:
    """What the command said: its last lines on stderr that are no share, and all of stdout."""

    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES))
    result: bytes = b""


class Jobs:
    """Makes them in turn, while somebody runs :meth:`run`."""

    def __init__(self, site: Callable[[], Site], *, patience: float = PATIENCE) -> None:
        self._site = site
        self._patience = patience
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[Job] = deque()
        self._woken = asyncio.Event()

    def ask(self, wanted: Wanted) -> Job | None:
        """Ask for a report. None: too many wait already."""
        if len(self._waiting) >= MOST_WAITING:
            return None
        job = Job(secrets.token_hex(6), wanted)
        self._jobs[job.id] = job
        while len(self._jobs) > REMEMBERED:
            del self._jobs[next(iter(self._jobs))]
        self._waiting.append(job)
        self._woken.set()
        return job

    def get(self, name: str) -> Job | None:
        return self._jobs.get(name)

    def files_of(self, digest: str) -> list[str]:
        """The names of the files that jobs made of this report, as long as they are remembered."""
        return [name for job in self._jobs.values() if job.digest == digest for name in job.files]

    async def run(self) -> None:
        """Until cancelled; then what is being made is given up, and what waits goes on waiting."""
        while True:
            while self._waiting:
                await self._make(self._waiting.popleft())
            self._woken.clear()
            await self._woken.wait()

    async def _make(self, job: Job) -> None:
        job.state = "making"
        folder = folder_of(self._site())
        stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{job.id}"
        paths = [folder / f"{stem}.{form}" for form in job.wanted.forms]
        try:
            await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
            await asyncio.to_thread(prune, folder)
            job.error = await self._write(job, paths)
        except OSError as error:  # no folder, no process, or words too long for a command
            job.error = reason(error).told(job.wanted.language)
        except ValueError as error:  # a word with a NUL in it, or an answer that is none
            job.error = Said(f"没有结果：{error}", f"nothing came of it: {error}").told(job.wanted.language)
        except asyncio.CancelledError:
            job.state, job.error = "failed", Said("已中断", "interrupted").told(job.wanted.language)
            raise
        if job.error:
            job.state = "failed"
        else:
            job.files = tuple(path.name for path in paths)
            job.state, job.share = "made", 1.0

    async def _write(self, job: Job, paths: list[Path]) -> str:
        """Make the files; what the command said if it could not. Raises OSError."""
        outputs = (word for path in paths for word in ("-o", str(path)))
        words = (*job.wanted.words, "--language", job.wanted.language, "--for-programs", *outputs)
        command = (sys.executable, "-m", "monitor.cli", "report", "--site", str(self._site().path), *words)
        made = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        heard = Heard()
        try:
            async with asyncio.timeout(self._patience):
                await _listen(made, job, heard)
                await made.wait()
        except (TimeoutError, asyncio.CancelledError) as error:
            made.kill()
            await made.wait()
            if isinstance(error, asyncio.CancelledError):
                raise
            late = Said(f"超过 {self._patience:.0f} 秒未完成", f"it took more than {self._patience:.0f} s")
            return late.told(job.wanted.language)
        if made.returncode:
            # Where things lie on this machine is nobody's business who asks for a report.
            said = "\n".join(heard.lines).replace(f"{self._site().path.parent}/", "")
            return said or f"exit {made.returncode}"
        result = json.loads(heard.result)
        job.digest, job.revision = result["digest"], result["revision"]
        return ""


async def _listen(made: asyncio.subprocess.Process, job: Job, heard: Heard) -> None:
    """The command says on stderr how far it is, and what went wrong; in the end on stdout what came of it."""
    assert made.stderr is not None  # noqa: S101 - it is a pipe: we asked for one
    assert made.stdout is not None  # noqa: S101
    rest = b""
    while piece := await made.stderr.read(_PIECE):
        *lines, rest = (rest + piece).split(b"\n")
        rest = rest[-_LINE:]
        for line in lines:
            _hear(line.decode(errors="replace").strip(), job, heard)
    _hear(rest.decode(errors="replace").strip(), job, heard)
    heard.result = await made.stdout.read()


def _hear(line: str, job: Job, heard: Heard) -> None:
    try:
        job.share = min(1.0, max(0.0, float(line)))
    except ValueError:
        if line:
            heard.lines.append(line[:_LINE])
