"""Cells of the inventory: one small reader for each kind of value, each raising CellError."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Final, TypeVar

from monitor.config.mistakes import CellError, did_you_mean
from monitor.config.tables import plain
from monitor.model import gbcode
from monitor.model.nodes import Kind, Level
from monitor.model.said import Said, SaidError

T = TypeVar("T")

KINDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CAMERA: ("摄像机", "摄像头", "网络摄像机", "IPC"),
    Kind.RECORDER: ("录像机", "硬盘录像机", "NVR", "DVR"),
    Kind.SWITCH: ("交换机",),
    Kind.PLATFORM: ("平台", "视频平台", "共享平台", "联网平台"),
    Kind.GATEWAY: ("网关", "边界网关"),
    Kind.CENTRE: ("中心", "监控中心", "center"),
}
CLASSES: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("一类", "class1", "一类点", "1类", "Ⅰ类"),
    2: ("二类", "class2", "二类点", "2类", "Ⅱ类"),
    3: ("三类", "class3", "三类点", "3类", "Ⅲ类"),
    9: ("其他", "class9", "其它", "other"),
}
LEVELS: Final[Mapping[Level, tuple[str, ...]]] = {
    Level.CITY: ("市", "市级", "地市"),
    Level.COUNTY: ("区县", "县区", "区", "县", "县级", "区县级"),
    Level.TOWN: ("镇街", "街镇", "乡镇", "镇", "街道", "镇级", "镇街级"),
    Level.VILLAGE: ("村居", "村", "社区", "居委", "村级"),
}

KIND: Final = Said("节点类型", "kind")
CLASS: Final = Said("点位类别", "class")
LEVEL: Final = Said("层级", "level")
"""What :func:`choice` calls these."""

EMPTY: Final = Said("为空，必填", "is empty, and it is needed")
TWICE: Final = Said("同一内容写了两次", "the same stands here twice")
_ROUNDED_ID: Final = Said(
    "电子表格把编码改成了近似值，末几位已丢失", "a spreadsheet has rounded this id, its last digits are lost"
)
_AS_TEXT: Final = Said(
    "在电子表格中把该列设为文本，重新填写编码",
    "set the column to text in the spreadsheet and enter the ids again",
)
_ID: Final = re.compile(r"[\w.:@-]{1,64}")
_ROUNDED: Final = re.compile(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]{2}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,4}(\.[0-9]{1,20})?", re.ASCII)
_DATE: Final = re.compile(
    r"([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))(?: [0-9:]{4,8})?", re.ASCII
)


def choice(what: Said, words: Mapping[T, Iterable[str]]) -> Callable[[str], T]:
    """A reader for one of a few words; each value has its own name and other ways to say it."""
    values = {plain(word): value for value, others in words.items() for word in (str(value), *others)}
    some = Said.listed(words)
    allowed = Said(f"不是{what.zh}（{some.zh}）", f"not a {what.en} ({some.en})")

    @lru_cache(maxsize=4096)
    def read(text: str) -> T:
        value = values.get(plain(text))
        if value is None:
            raise CellError(text, allowed, did_you_mean(plain(text), values))
        return value

    return read


def several(read: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A reader for values separated by ``;`` (or its full-width form). An empty part is a mistake."""

    def read_all(text: str) -> tuple[T, ...]:
        if ";" not in text and "；" not in text:  # nearly always
            return (read(text),)
        parts = [part.strip() for part in text.replace("；", ";").removesuffix(";").split(";")]
        if not all(parts):
            raise CellError(text, Said("两个 ; 之间没有内容", "there is nothing between two ;"))
        return tuple(read(part) for part in parts)

    return read_all


def no_repeats(
    read: Callable[[str], tuple[T, ...]], key: Callable[[T], object]
) -> Callable[[str], tuple[T, ...]]:
    """The same reader, for values of which none may stand twice."""

    def read_different(text: str) -> tuple[T, ...]:
        values = read(text)
        if len(values) > 1 and len({key(value) for value in values}) < len(values):
            raise CellError(text, TWICE)
        return values

    return read_different


def node_id(text: str) -> str:
    """An id that can stand in event subjects, URLs and topics; if it looks like a GB code, a right one."""
    if _ROUNDED.fullmatch(text):
        raise CellError(text, _ROUNDED_ID, _AS_TEXT)
    if not _ID.fullmatch(text):
        raise CellError(
            text,
            Said(
                "编码最多 64 个字符：字母、数字和 . _ - : @",
                "an id has up to 64 letters, digits and . _ - : @",
            ),
        )
    if gbcode.looks_like(text):
        try:
            gbcode.parse(text)
        except SaidError as error:
            raise CellError(text, error.said) from None
    return text


def label(text: str) -> str:
    """A name for people: one line, up to 200 characters."""
    if len(text) > 200 or not text.isprintable():
        raise CellError(
            text,
            Said("应为一行，最多 200 个可见字符", "up to 200 printable characters in one line are allowed"),
        )
    return text


def number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise CellError(
            text, Said("应为十进制度数，如 110.9255", "decimal degrees are needed, such as 110.9255")
        )
    return float(text)


def count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise CellError(text, Said("应为整数", "a whole number is needed"))
    return int(text)


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """``2026-11-23``, ``2026/11/23``, ``2026年11月23日``, ``20261123``; a time behind it is left out."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise CellError(text, Said("应为日期，如 2026-11-23", "a date is needed, such as 2026-11-23"))
    try:
        return date(int(match[1]), int(match[2] or match[4]), int(match[3] or match[5]))
    except ValueError:
        raise CellError(text, Said("日历中没有这一天", "no such day is in the calendar")) from None
