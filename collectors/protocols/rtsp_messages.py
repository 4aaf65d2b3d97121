"""RTSP framing (RFC 2326): replies cut out of a byte stream, tolerant of form and strict about size.

The result depends on the bytes alone, not on how they were cut into chunks. Everything here is bounded:
a device that never stops talking is told apart from one that answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MAX_HEAD: Final = 16 * 1024
MAX_ROUND: Final = 64 * 1024
"""All bytes that one round may take before there is a verdict, whatever they are."""

_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_MAYBE_START: Final = re.compile(rb"[A-Za-z][A-Za-z_]{0,15}(?:[/ \t]|\Z)")
_STATUS_LINE: Final = re.compile(rb"RTSP/\d{1,2}\.\d{1,2}[ \t]+([1-9]\d\d)(?:[ \t].*)?", re.IGNORECASE)
_REQUEST_LINE: Final = re.compile(rb"[A-Za-z_]+[ \t]+\S+[ \t]+RTSP/\d{1,2}\.\d{1,2}[ \t]*", re.IGNORECASE)
_FOLD: Final = re.compile(rb"\r?\n[ \t]+")
_NUMBER: Final = re.compile(r"\d{1,9}")
_INTERLEAVED: Final = 0x24  # "$": RFC 2326 §10.12
_INTERLEAVED_HEADER: Final = 4
_REQUEST: Final = 0


class MalformedError(ValueError):
    """These bytes are no RTSP. The message is a phrase of ours and holds nothing of the peer's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply. Header names are in lower case; a header that came twice has two values."""

    status: int
    headers: dict[str, list[str]]
    body: bytes

    def first(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return self.headers.get(name, [""])[0]

    @property
    def cseq(self) -> int:
        """The number of the request that this answers; -1 if it does not say."""
        return _number(self.first("cseq"))


class ReplyReader:
    """The replies of one connection. Interleaved media and requests of the server are skipped."""

    __slots__ = ("_buffer", "_head", "_length", "_scanned", "_taken")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._taken = 0
        self._scanned = 0
        self._head: tuple[int, dict[str, list[str]]] | None = None
        self._length = 0

    @property
    def full(self) -> bool:
        """The round's allowance is used up: what is not decided by now never will be."""
        return self._taken >= MAX_ROUND

    @property
    def inside(self) -> bool:
        """A message has begun and is not complete."""
        return self._head is not None or bool(self._buffer)

    def next_round(self) -> None:
        """The same connection is asked again; what is left of the last round counts in this one."""
        self._taken = len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take as much of this as the round may still have."""
        room = MAX_ROUND - self._taken
        self._buffer += data[:room]
        self._taken += min(room, len(data))

    def next(self) -> Reply | None:
        """The next complete reply; None when more bytes are needed. Raises MalformedError."""
        while True:
            if self._head is None and not self._read_head():
                return None
            if self._head is None:
                continue  # interleaved media was skipped
            if len(self._buffer) < self._length:
                return None
            status, headers = self._head
            body = bytes(self._buffer[: self._length])
            self._skip(self._length)
            self._head = None
            if status != _REQUEST:
                return Reply(status, headers, body)

    def _read_head(self) -> bool:
        """One step on: a head was parsed or media skipped. False when more bytes are needed."""
        buffer = self._buffer
        if buffer.startswith((b"\r", b"\n")):
            self._skip(len(buffer) - len(buffer.lstrip(b"\r\n")))
        if not buffer:
            return False
        if buffer[0] == _INTERLEAVED:
            return self._skip_interleaved()
        _check_start(buffer)
        found = _END_OF_HEAD.search(buffer, max(0, self._scanned - 3))
        end = found.end() if found else len(buffer)
        if end > MAX_HEAD:
            raise MalformedError("header longer than 16 KiB")
        self._scanned = len(buffer)
        if found is None:
            return False
        self._head = _parse_head(bytes(buffer[: found.start()]))
        self._length = _content_length(self._head[1])
        self._skip(end)
        return True

    def _skip_interleaved(self) -> bool:
        if len(self._buffer) < _INTERLEAVED_HEADER:
            return False
        size = _INTERLEAVED_HEADER + int.from_bytes(self._buffer[2:4], "big")
        if len(self._buffer) < size:
            return False
        self._skip(size)
        return True

    def _skip(self, count: int) -> None:
        del self._buffer[:count]
        self._scanned = 0


def _check_start(buffer: bytearray) -> None:
    """Refuse what cannot become RTSP as soon as that is certain, not only at the end of a head."""
    if buffer.startswith(b"HTTP/"):
        raise MalformedError("answers HTTP, not RTSP")
    if not _MAYBE_START.match(buffer):
        raise MalformedError("not RTSP")
    end = buffer.find(b"\n", 0, MAX_HEAD)
    if end >= 0:
        line = bytes(buffer[:end]).rstrip(b"\r")
        if not _STATUS_LINE.fullmatch(line) and not _REQUEST_LINE.fullmatch(line):
            raise MalformedError("not RTSP")


def _parse_head(head: bytes) -> tuple[int, dict[str, list[str]]]:
    """(status, headers) of a reply, with status 0 for a request of the server's."""
    first, *lines = _FOLD.sub(b" ", head).split(b"\n")
    match = _STATUS_LINE.fullmatch(first.rstrip(b"\r"))
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(b":")
        if colon:  # a line without one is of no use, and some devices send such lines
            headers.setdefault(name.strip().lower().decode("latin-1"), []).append(
                value.strip().decode("latin-1")
            )
    return (int(match[1]) if match else _REQUEST), headers


def _content_length(headers: dict[str, list[str]]) -> int:
    """Raises MalformedError for a length that is no number or that no round could take."""
    values = headers.get("content-length")
    if values is None:
        return 0
    length = _number(values[0])
    if length < 0:
        raise MalformedError("Content-Length is no number")
    if length > MAX_ROUND:
        raise MalformedError("body longer than 64 KiB")
    return length


def _number(text: str) -> int:
    """A plain number, perhaps with something behind it; -1 for anything else."""
    match = _NUMBER.match(text)
    ends = match is not None and (match.end() == len(text) or not text[match.end()].isdigit())
    return int(match[0]) if match is not None and ends else -1
