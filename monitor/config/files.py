"""Reading files that people wrote: bounded in size, in whatever encoding their editor used."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path
from typing import Final

from monitor.config.mistakes import CellError, Mistakes
from monitor.model.said import Said, reason

Stamp = tuple[int, int, int] | None
"""What tells two versions of a file apart: mtime in ns, size, inode. None: there is no such file."""

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),  # what Excel calls "Unicode text"
    (codecs.BOM_UTF16_BE, "utf-16"),
)

ABSENT: Final = Said("不存在", "does not exist")
START_FROM: Final = Said("quanshi init 目录 可写一套起始文件", "quanshi init DIR writes a set to start from")
_AS_CSV: Final = Said("另存为 CSV UTF-8", "save it as CSV UTF-8")
_AS_UTF8: Final = Said("将文件另存为 UTF-8", "save the file again as UTF-8")
_NEITHER: Final = Said("既不是 UTF-8 也不是 GB18030", "is neither UTF-8 nor GB18030")
_UNLIKE: Final = Said("不是 UTF-8，而前后各行是", "is not UTF-8 as the lines around it")


def unreadable_workbook(error: Exception) -> Said:
    name = type(error).__name__
    return Said(f"不是可读的工作簿（{name}）", f"is not a workbook that can be read ({name})")


def unpacks_too_large(limit: int) -> Said:
    """``limit``: bytes."""
    most = limit // 1_000_000
    return Said(f"解压后超过上限 {most} MB", f"unpacks to more than {most} MB, which is the limit")


def stamp(path: Path) -> Stamp:
    """The stamp of the file as it is now. Unreadable counts as absent."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # ValueError: a name that no file system can hold
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def read_bytes(path: Path, limit: int) -> bytes:
    """The content of a regular file of at most ``limit`` bytes.

    Raises CellError with what is wrong, and FileNotFoundError so that callers can let a file be absent.
    """
    try:
        # Asked before opening: opening a pipe would wait for somebody to write into it.
        content = _first(path, limit + 1) if stat.S_ISREG(path.stat().st_mode) else None
    except FileNotFoundError:
        raise
    except OSError as error:
        why = reason(error)
        raise CellError("", Said(f"无法读取：{why.zh}", f"cannot be read: {why.en}")) from error
    except ValueError as error:  # a name that no file system can hold
        said = Said("无法读取：不可能有这样的文件名", "cannot be read: no such name is possible")
        raise CellError("", said) from error
    if content is None:
        raise CellError("", Said("不是文件", "is not a file"))
    if len(content) > limit:
        most = limit // 1_000_000
        said = Said(f"超过上限 {most} MB", f"is larger than {most} MB, which is the limit")
        raise CellError("", said)
    return content


def _first(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def decode(content: bytes, mistakes: Mistakes) -> str | None:
    """The text, from UTF-8, GB18030, or UTF-16 with a mark. None when mistakes were noted instead."""
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), "utf-8")
    text = _decode_as(encoding, content)
    if text is None and encoding == "utf-8" and not _mostly_utf8(content):
        encoding, text = "gb18030", _decode_as("gb18030", content)
    if text is None:
        _note_undecodable(encoding, content, mistakes)
        return None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        said = Said("含有 NUL 字节，不是文本文件", "holds a NUL byte: this is not a text file")
        mistakes.add(line, "", "", said, _AS_CSV)
        return None
    return text


def _decode_as(encoding: str, content: bytes) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _mostly_utf8(content: bytes) -> bool:
    """Whether this is UTF-8 with a few broken places.

    GB18030 accepts nearly every byte, so one broken byte in a UTF-8 file would turn all of it into
    nonsense without a word. In a real GB18030 file hardly a line of Chinese happens to be UTF-8.
    """
    lines = [line for line in content.splitlines() if not line.isascii()]
    good = sum(_decode_as("utf-8", line) is not None for line in lines)
    return good * 2 > len(lines)


def _note_undecodable(encoding: str, content: bytes, mistakes: Mistakes) -> None:
    """One mistake for each line that cannot be read, or one for the file where lines cannot be told."""
    if encoding == "utf-16":
        said = Said("开头是 UTF-16，后面已损坏", "begins as UTF-16 and is broken further on")
        mistakes.add(None, "", "", said, _AS_CSV)
        return
    allowed = _NEITHER if encoding == "gb18030" else _UNLIKE
    name = encoding.removesuffix("-sig")
    for number, line in enumerate(content.split(b"\n"), 1):
        if _decode_as(name, line) is None:
            mistakes.add(number, "", "", allowed, _AS_UTF8)
