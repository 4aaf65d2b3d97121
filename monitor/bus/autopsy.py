"""Why an embedded server ended, from its exit status and its last words."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Final, NamedTuple

_MOST: Final = 64_000
"""Bytes of a life's log that are looked at: its end, where it says why."""

_UNREADABLE: Final = re.compile(
    "Bad file format reading the append only file"
    "|Unexpected end of file reading the append only file"
    "|Unknown command .* reading the append only file"
    "|Error reading the append only file"
    "|Error reading the RDB (?:base|preamble)"
    "|Internal error in RDB reading"
    "|Short read or OOM loading DB"
    "|Wrong RDB checksum"
    "|FATAL AOF MANIFEST FILE ERROR"
    "|Unable to obtain the AOF file .* No such file or directory"
)
"""What Redis 6.2 to 7 and Valkey to 9 say of a store that they can read, and not understand.

A store that the disk or its rights keep them from reading ("Unrecoverable error reading …") may be sound.
"""


class Cause(NamedTuple):
    """``text`` is for people; ``unreadable``: what a server before it stored cannot be understood."""

    text: str
    unreadable: bool


def why_it_ended(status: int, log: Path, begun_at: int) -> Cause:
    """The cause of this exit status. The life began when the log had ``begun_at`` bytes.

    Whoever ended by a signal did not get to judge what is stored, whatever stands in the log.
    """
    said = _last_words(log, begun_at)
    words = next((line for line in reversed(said.splitlines()) if line.strip()), "(it said nothing)")
    if status < 0:
        return Cause(f"the embedded server was ended by {_name(-status)}: {words}", unreadable=False)
    found = _UNREADABLE.search(said)
    return Cause(f"the embedded server ended with status {status}: {words}", unreadable=found is not None)


def _last_words(log: Path, begun_at: int) -> str:
    with log.open("rb") as file:
        end = file.seek(0, 2)
        file.seek(max(begun_at, end - _MOST))
        return file.read().decode(errors="replace")


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has a number alone
        return f"signal {number}"
