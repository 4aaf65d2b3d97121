"""A program of the site's own: words as its arguments, the message as JSON on its standard input. No shell.

It says what became of it by its status: 0 taken; 64, 65, 77 or 78 (sysexits.h: usage, data, permission,
configuration) never to be tried again; anything else, try again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from typing import Final

from alerts.channels.base import PermanentError, TemporaryError
from alerts.channels.prometheus import webhook
from alerts.channels.templates import fill, words_of
from alerts.model import Message

_NEVER_AGAIN: Final = frozenset((64, 65, 77, 78))
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
"""What it gets of our environment: the rest may be secret."""
_HEARD: Final = 4096
_SHOWN: Final = 200


class Command:
    """``to`` stands in ``{phones}``, separated by commas."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        within: float = 20.0,
        limit: tuple[int, float] | None = None,
    ) -> None:
        """``within``: seconds; then it and all that it started are killed."""
        self.name = name
        self.limit = limit
        self._command = tuple(command)
        self._within = within

    async def send(self, message: Message, to: tuple[str, ...]) -> str | None:
        words = {name: text.replace("\0", "") for name, text in words_of(message).items()}
        words["phones"] = ",".join(to)
        arguments = [fill(part, words) for part in self._command]
        process = await self._start(arguments)
        try:
            async with asyncio.timeout(self._within):
                said = await _talk(process, _standard_input(message, self.name, to))
        except TimeoutError as error:
            raise TemporaryError(f"not done within {self._within:g} s, and killed") from error
        finally:
            await _kill(process)
        status = process.returncode
        if status in _NEVER_AGAIN:
            raise PermanentError(f"status {status}: {said}")
        if status != 0:
            raise TemporaryError(f"status {status}: {said}")
        return said or None

    async def close(self) -> None:
        """None of its processes outlives :meth:`send`."""

    async def _start(self, arguments: list[str]) -> Process:
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            return await asyncio.create_subprocess_exec(
                *arguments, stdin=PIPE, stdout=DEVNULL, stderr=PIPE, env=env, start_new_session=True
            )
        except OSError as error:
            # Not there, not executable, too many processes: somebody will see to it.
            raise TemporaryError(f"does not start: {error.strerror}", sent=False) from error


def _standard_input(message: Message, name: str, to: tuple[str, ...]) -> bytes:
    body = {
        "key": message.key,
        "happening": message.happening.value,
        "title": message.title,
        "text": message.text,
        "to": list(to),
        **webhook(message, name),
    }
    return json.dumps(body, ensure_ascii=False).encode() + b"\n"


async def _talk(process: Process, body: bytes) -> str:
    """Give it its input, wait for its end; what it said on its standard error."""
    hearing = asyncio.create_task(_hear(process.stderr), name="command's words")
    try:
        await _give(process.stdin, body)
        await process.wait()
        # A grandchild may hold the pipe open: what it says is nobody's business.
        await asyncio.wait([hearing], timeout=0.2)
    finally:
        hearing.cancel()
        await asyncio.wait([hearing])
    heard = b"" if hearing.cancelled() else hearing.result()
    return " ".join(heard.decode(errors="replace").split())[:_SHOWN]


async def _give(pipe: asyncio.StreamWriter | None, body: bytes) -> None:
    if pipe is not None:
        with contextlib.suppress(ConnectionError):  # it may not want to read
            pipe.write(body)
            await pipe.drain()
        pipe.close()


async def _hear(pipe: asyncio.StreamReader | None) -> bytes:
    heard = b""
    while pipe is not None and (chunk := await pipe.read(_HEARD)):
        heard = (heard + chunk)[:_HEARD]
    return heard


async def _kill(process: Process) -> None:
    """The process, if it is still there, and whatever it has started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
