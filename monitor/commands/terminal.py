"""Lines that fit into a terminal: Chinese letters are two columns wide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from unicodedata import east_asian_width

WIDTH: Final = 80
_CLOSING: Final = frozenset("，。：；？、）”")
_OPENING: Final = frozenset("（“")


def width_of(text: str) -> int:
    return sum(map(_columns, text))


def cut(text: str) -> str:
    """What fits into one line."""
    width = 0
    for place, letter in enumerate(text):
        width += _columns(letter)
        if width > WIDTH - 1:
            return text[:place] + "…"
    return text


def wrapped(text: str, indent: str = "") -> list[str]:
    """The text in lines, broken at spaces and between Chinese letters; ``indent`` before all but the first.

    What has neither, such as a long value, stays whole.
    """
    lines = [""]
    for piece in _pieces(text):
        if width_of(lines[-1] + piece.rstrip()) > WIDTH and lines[-1].strip():
            lines.append(indent + piece.lstrip())
        else:
            lines[-1] += piece
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> Iterator[str]:
    """What stays together: words, with the blank before them; Chinese letters, with their punctuation."""
    piece = ""
    for letter in text:
        if piece and _may_break(piece[-1], letter):
            yield piece
            piece = ""
        piece += letter
    yield piece


def _may_break(before: str, after: str) -> bool:
    if before in _OPENING or after in _CLOSING or before == " ":
        return False
    return after == " " or _columns(before) == 2 or _columns(after) == 2


def _columns(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1
