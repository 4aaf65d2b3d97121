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
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
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
_LINGER: Final = 0.2


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
        async with _ear() as (heard, pipe):
            process = await self._start(arguments, pipe)
            try:
                async with asyncio.timeout(self._within):
                    await _give(process.stdin, _standard_input(message, self.name, to))
                    await process.wait()
            except TimeoutError as error:
                raise TemporaryError(f"not done within {self._within:g} s, and killed") from error
            finally:
                await _kill(process)
            said = await heard()
        status = process.returncode
        if status in _NEVER_AGAIN:
            raise PermanentError(f"status {status}: {said}")
        if status != 0:
            raise TemporaryError(f"status {status}: {said}")
        return said or None

    async def close(self) -> None:
        """None of its processes outlives :meth:`send`."""

    async def _start(self, arguments: list[str], stderr: int) -> Process:
        env = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            return await asyncio.create_subprocess_exec(
                *arguments, stdin=PIPE, stdout=DEVNULL, stderr=stderr, env=env, start_new_session=True
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


async def _give(pipe: asyncio.StreamWriter | None, body: bytes) -> None:
    if pipe is not None:
        with contextlib.suppress(ConnectionError):  # it may not want to read
            pipe.write(body)
            await pipe.drain()
        pipe.close()


@asynccontextmanager
async def _ear() -> AsyncIterator[tuple[Callable[[], Awaitable[str]], int]]:
    """What is said into a pipe, and the pipe.

    Not one of asyncio's own: it would think that the process goes on while a child of it holds the pipe.
    """
    ours, theirs = os.pipe()
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb", 0)
    )
    hearing = asyncio.create_task(_hear(reader), name="command's words")

    async def heard() -> str:
        os.close(theirs)
        opened.clear()
        # A child that it left behind may hold the pipe: what it says is nobody's business.
        await asyncio.wait([hearing], timeout=_LINGER)
        said = hearing.result() if hearing.done() else b""
        return " ".join(said.decode(errors="replace").split())[:_SHOWN]

    opened = {theirs}
    try:
        yield heard, theirs
    finally:
        for pipe in opened:
            os.close(pipe)
        transport.close()
        hearing.cancel()


async def _hear(pipe: asyncio.StreamReader) -> bytes:
    heard = b""
    while chunk := await pipe.read(_HEARD):
        heard = (heard + chunk)[:_HEARD]
    return heard


async def _kill(process: Process) -> None:
    """The process, if it is still there, and whatever it has started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
