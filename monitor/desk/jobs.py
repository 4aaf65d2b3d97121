"""Reports that somebody asked a page for: made one after the other, each in a process of its own.

What the process writes lies in ``data/reports``, under names that we give; nobody else names a file.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from monitor.config import Site
from monitor.reports.formats import beside

FOLDER: Final = "reports"
MOST_WAITING: Final = 10
PATIENCE: Final = 600.0
"""Seconds that one file may take."""

REMEMBERED: Final = 100
NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,120}\.(?:xlsx|pdf|csv|json)", re.ASCII)
"""What a file of a report may be called."""

_SAID: Final = 2_000

State = Literal["waiting", "making", "made", "failed"]
Form = Literal["xlsx", "pdf", "csv", "json"]
_FORMS: Final[Mapping[str, Form]] = {".xlsx": "xlsx", ".pdf": "pdf", ".csv": "csv", ".json": "json"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The words of ``quanshi report`` that say what is asked for, and in which forms."""

    words: tuple[str, ...]
    forms: tuple[str, ...]
    language: str


@dataclass(slots=True)
class Job:
    """``share``: how much of the work is done, 0 to 1. ``error``: why it failed, as the command said it."""

    id: str
    wanted: Wanted
    state: State = "waiting"
    share: float = 0.0
    error: str = ""
    files: list[str] = field(default_factory=list)


class Jobs:
    """Makes them in turn, while somebody runs :meth:`run`."""

    def __init__(self, site: Callable[[], Site]) -> None:
        self._site = site
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

    async def run(self) -> None:
        """Until cancelled; then what is being made is given up."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._waiting:
                await self._make(self._waiting.popleft())

    async def _make(self, job: Job) -> None:
        job.state = "making"
        folder = folder_of(self._site())
        await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        stem = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{job.id}"
        for number, form in enumerate(job.wanted.forms):
            path = folder / f"{stem}.{form}"
            error = await self._write(job, path, number)
            if error:
                job.state, job.error = "failed", error
                return
            job.files.append(path.name)
        job.state, job.share = "made", 1.0

    async def _write(self, job: Job, path: Path, number: int) -> str:
        """Make one file; what the command said if it could not."""
        words = (*job.wanted.words, "--language", job.wanted.language, "--progress", "-o", str(path))
        command = (sys.executable, "-m", "monitor.cli", "report", "--site", str(self._site().path), *words)
        made = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        said: deque[str] = deque(maxlen=20)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._listen(made, job, number, said)
                await made.wait()
        except (TimeoutError, asyncio.CancelledError) as error:
            made.kill()
            await made.wait()
            if isinstance(error, asyncio.CancelledError):
                raise
            return f"it took more than {PATIENCE:.0f} s"
        return "\n".join(said)[-_SAID:] if made.returncode else ""

    async def _listen(
        self, made: asyncio.subprocess.Process, job: Job, number: int, said: deque[str]
    ) -> None:
        """The command says on stderr how far it is, and what went wrong."""
        assert made.stderr is not None  # noqa: S101 - it is a pipe: we asked for one
        async for line in made.stderr:
            text = line.decode(errors="replace").strip()
            try:
                done = float(text)
            except ValueError:
                said.append(text)
                continue
            job.share = (number + min(1.0, max(0.0, done))) / len(job.wanted.forms)


def folder_of(site: Site) -> Path:
    return site.data / FOLDER


def file_of(site: Site, name: str) -> Path | None:
    """The file of a report by its name; None for whatever is none of ours."""
    if not NAME.fullmatch(name):
        return None
    path = folder_of(site) / name
    return path if path.is_file() and not path.is_symlink() else None


def files_here(site: Site, names: Sequence[str]) -> list[Path]:
    """Of these files those that are here, and the proofs that lie beside them."""
    found = []
    for name in names:
        path = file_of(site, name)
        if path is not None:
            found.append(path)
            proof = file_of(site, beside(path).name)
            if proof is not None:
                found.append(proof)
    return found


def form_of(path: Path) -> Form:
    """By the end of its name, which :data:`NAME` allows."""
    return _FORMS[path.suffix]
