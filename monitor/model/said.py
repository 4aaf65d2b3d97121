"""What people are told, in both languages; and the error that carries it. Pure."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, Self


class Said(NamedTuple):
    """One sentence in both languages. It is true when it says something."""

    zh: str
    en: str

    @classmethod
    def same(cls, text: str) -> Self:
        """What reads the same in both, such as a command."""
        return cls(text, text)

    @classmethod
    def listed(cls, words: Iterable[object]) -> Self:
        """Words that are no prose, such as keys: ``a、b`` / ``a, b``."""
        texts = list(map(str, words))
        return cls("、".join(texts), ", ".join(texts))

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def told(self, language: str | None) -> str:
        """In this language; in both as long as nobody knows which one is wanted."""
        if language is None and self.zh != self.en:
            return f"{self.zh} / {self.en}"
        return self.zh if language == "zh" else self.en

    def then(self, more: Said) -> Said:
        """The same with ``more`` behind it where that says something."""
        return Said(f"{self.zh}；{more.zh}", f"{self.en}; {more.en}") if more else self

    def each(self, change: Callable[[str], str]) -> Self:
        """The same after ``change`` of either."""
        return type(self)(change(self.zh), change(self.en))


NOTHING: Final = Said.same("")


class SaidError(ValueError):
    """What people wrote or want cannot be: ``said`` tells them why. ``str()`` is English, for logs."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.en)
        self.said = said


def words_of(error: BaseException) -> Said:
    """What an error says: in both languages where it carries them, else as it stands."""
    said = getattr(error, "said", None)
    return said if isinstance(said, Said) else Said.same(str(error))


_REASONS: Final[Mapping[int, str]] = {
    errno.EACCES: "权限不足",
    errno.EPERM: "不允许此操作",
    errno.ENOENT: "不存在",
    errno.EEXIST: "已存在",
    errno.EISDIR: "是目录",
    errno.ENOTDIR: "不是目录",
    errno.ENOTEMPTY: "目录不为空",
    errno.ELOOP: "符号链接绕回自身",
    errno.ENAMETOOLONG: "名称过长",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EROFS: "文件系统只读",
    errno.EIO: "读写出错",
    errno.EMFILE: "打开的文件过多",
    errno.ENFILE: "系统打开的文件过多",
    errno.ETXTBSY: "文件正在使用",
    errno.EADDRINUSE: "地址已被占用",
    errno.EADDRNOTAVAIL: "本机没有该地址",
    errno.ECONNREFUSED: "拒绝连接",
    errno.ECONNRESET: "连接被重置",
    errno.EHOSTUNREACH: "主机不可达",
    errno.ENETUNREACH: "网络不可达",
    errno.ETIMEDOUT: "超时",
}


def reason(error: OSError) -> Said:
    """Why the system refused; what it has no Chinese for here, in its own words."""
    number = error.errno or 0
    if number in _REASONS:  # whoever raised it may say more, at length and in English alone
        return Said(_REASONS[number], os.strerror(number))
    return Said.same(error.strerror or str(error))
