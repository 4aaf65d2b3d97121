"""A report's file that somebody hands in: checked by the same code as ``quanshi verify REPORT``.

In a process of its own: how long it takes, and how much memory, is up to whoever made the file.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from monitor.config import Site
from monitor.desk.papers import file_of
from monitor.ledger.ledger import Ledger
from monitor.model.said import Said, SaidError
from monitor.reports.flaws import Flaw
from monitor.reports.formats import BESIDE, FORMATS, beside
from monitor.reports.revisions import against_known

LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a file that is handed in."""

PATIENCE: Final = 300.0
"""Seconds that a check may take."""

_TOO_MUCH: Final = Said(
    "核验所需的时间或内存过多；请用 quanshi verify 核验",
    "it takes too much time or memory to check here: use quanshi verify",
)


class UncheckableError(SaidError):
    """What was handed in cannot be checked: says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of it. Milliseconds.

    ``question``: what the report answers. ``reworded`` and ``newest`` as
    :class:`~monitor.reports.check.Checked` says them.
    """

    flaws: tuple[Flaw, ...]
    question: Mapping[str, Any]
    revision: int
    digest: str
    made_at: int
    reworded: bool
    newest: int | None = None


def is_form(name: str) -> bool:
    """Whether a file of this name may be that of a report."""
    return _form(name) in FORMATS


async def check_upload(site: Site, name: str, file: Path, key: str | None) -> Found:
    """Check a file that was called ``name``, which :func:`is_form`. ``key``: the only one believed, in hex.

    A PDF or CSV is checked by the JSON that lies beside the file of this name in ``data/reports``. ``file``
    is alone in its folder, which takes all that is written meanwhile. Raises UncheckableError, and OSError.
    """
    path = await asyncio.to_thread(_lay_out, site, name, file)
    return _understood(await _asked([str(path), *([] if key is None else [key])], path.parent))


async def held_against(ledger: Ledger, found: Found) -> Found:
    """The same with the newest revision that a ledger knows, and whether it is one. Raises LedgerError."""
    known = {row.revision: row.digest for row in await ledger.reports(found.question)}
    flaws = (*found.flaws, *against_known(known, found.revision, found.digest))
    return replace(found, flaws=flaws, newest=max(known, default=None))


def _lay_out(site: Site, name: str, file: Path) -> Path:
    """The file under the name that its form asks for, with its proof beside it."""
    form = _form(name)
    path = file.rename(file.with_name(f"report.{form}"))
    if form in BESIDE:
        shutil.copyfile(_proof(site, name), beside(path))
    return path


async def _asked(words: list[str], folder: Path) -> bytes:
    """What the other process says. Raises UncheckableError when it comes to no end.

    ``folder`` holds all that it writes meanwhile: once it is killed it takes nothing away.
    """
    command = (sys.executable, "-m", "monitor.desk.checker", *words)
    asked = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(folder)}
    )
    try:
        async with asyncio.timeout(PATIENCE):
            said, _ = await asked.communicate()
    except TimeoutError as error:
        raise UncheckableError(_TOO_MUCH) from error
    finally:
        if asked.returncode is None:
            asked.kill()
            await asked.wait()
    if asked.returncode:
        raise UncheckableError(_TOO_MUCH)
    return said


def _understood(said: bytes) -> Found:
    found: dict[str, Any] = json.loads(said)
    if "refused" in found:
        raise UncheckableError(Said(*found["refused"]))
    flaws = tuple(Flaw(place, Said(zh, en)) for place, zh, en in found["flaws"])
    return Found(
        flaws, found["question"], found["revision"], found["digest"], found["made_at"], found["reworded"]
    )


def _proof(site: Site, name: str) -> Path:
    found = file_of(site, f"{name}.json")
    if found is None:
        zh = f"本系统没有 {name}.json，无法核对；请改为上传该 JSON"
        en = f"there is no {name}.json here by which it could be checked: upload that instead"
        raise UncheckableError(Said(zh, en))
    return found


def _form(name: str) -> str:
    return Path(name).suffix.removeprefix(".").lower()
