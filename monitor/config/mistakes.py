"""Mistakes in what people write: where, what stands there, what is allowed, and a guess at what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from monitor.model.said import NOTHING, Said, SaidError

if TYPE_CHECKING:
    from monitor.config.files import Stamp

_SHOWN: Final = 60  # a longer value tells nobody more, and a 10 MB cell must not become a 10 MB error
_GUESSED: Final = 500  # difflib takes 10 µs a candidate, and there may be a mistake in every row
_LOGIN: Final = re.compile(r"//.*@", re.DOTALL)
_BARE_LOGIN: Final = re.compile(r".*@", re.DOTALL)


def without_login(text: str) -> str:
    """The text with anything that may be ``user:password@`` masked."""
    return _LOGIN.sub("//***@", text) if "//" in text else _BARE_LOGIN.sub("***@", text)


def shown(value: str) -> str:
    """The value as one short printable line. Logins inside URLs are masked before it is cut."""
    masked = _LOGIN.sub("//***@", value[:4096])
    return printable(masked if len(masked) <= _SHOWN else masked[: _SHOWN - 1] + "…")


def printable(text: str) -> str:
    """The text in one line, with whatever a terminal might act on written out as an escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. ``line`` is the row as an editor counts it, None when the whole file is meant.

    ``column`` is a column's name or a setting's path (``judge.retry[1]``); ``value`` is empty when
    nothing stands there or when it may be secret. ``str()`` is the form for logs, in English.
    """

    file: str
    line: int | None
    column: str
    value: str
    allowed: Said
    hint: Said = NOTHING

    def __str__(self) -> str:
        return self.told("en")

    def told(self, language: str) -> str:
        """The form for a terminal: what and where, what is allowed, what to do; each a line."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        what = f'{self.column} = "{self.value}"' if self.value else self.column
        advice = filter(None, (self.allowed.told(language), self.hint.told(language)))
        return "\n  ".join([f"{where}  {what}".rstrip(), *advice])


class ConfigError(Exception):
    """What people wrote cannot be used; nothing of it is.

    ``mistakes`` are all that were found, at least one. ``stamps`` are the files that were read or
    looked for, as they were before that: when one of them changes it is worth trying again.
    """

    def __init__(self, mistakes: Iterable[Mistake], stamps: Mapping[Path, Stamp] | None = None) -> None:
        self.mistakes = tuple(mistakes)
        self.stamps = dict(stamps or {})
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))

    @property
    def files(self) -> tuple[Path, ...]:
        return tuple(self.stamps)


class Mistakes:
    """The mistakes of one file, in the order in which they were found."""

    def __init__(self, file: str) -> None:
        self.file = printable(file)
        self._found: list[Mistake] = []

    def add(self, line: int | None, column: str, value: str, allowed: Said, hint: Said = NOTHING) -> None:
        """Note a mistake. The value is masked and cut here, so callers pass it as it stands."""
        allowed, hint = allowed.each(printable), hint.each(printable)
        self._found.append(Mistake(self.file, line, shown(column), shown(value), allowed, hint))

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Mistake]:
        """By line; those of the whole file first."""
        return iter(sorted(self._found, key=lambda mistake: mistake.line or 0))


class CellError(SaidError):
    """A value that cannot be read, without the place: whoever knows the place makes a Mistake of it."""

    def __init__(self, value: str, allowed: Said, hint: Said = NOTHING) -> None:
        super().__init__(allowed)
        self.value = value
        self.allowed = allowed
        self.hint = hint


def did_you_mean(word: str, options: Iterable[str]) -> Said:
    """``did you mean "video"?`` when an option is near enough, else nothing."""
    choices = {option.casefold(): option for option in options}
    if len(word) > _SHOWN or len(choices) > _GUESSED:
        return NOTHING
    near = get_close_matches(word.casefold(), choices, n=1)
    return perhaps(choices[near[0]]) if near else NOTHING


def perhaps(meant: str) -> Said:
    """What was perhaps meant, as a question."""
    return Said(f"是否应为“{meant}”？", f'did you mean "{meant}"?')
