"""YAML without its traps: every scalar stays the text that was written, and everything has a line.

``no`` is not False and ``12:30`` is not 750: the schema decides what a text means. A duplicate key is a
mistake. The tree is built from parser events, not by ``yaml.compose``: libyaml's composer recurses
without bound and a megabyte of ``- - - -`` ends the whole process; and without aliases nothing can
grow or go round.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from monitor.config.mistakes import Mistakes
from monitor.config.yamlwords import problem_of
from monitor.model.said import NOTHING, Said

Where = tuple[str | int, ...]
"""A place in a document: keys, and indices of list items."""

_DEEPEST: Final = 20
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_TAGS: Final = frozenset((None, "!", "tag:yaml.org,2002:str"))

_QUOTES: Final = Said(
    "值中含有 : # * & ! @ 时要加引号", "a value with : # * & ! @ in it needs quotes around it"
)
_CONTROL: Final = Said("含有 YAML 不允许的控制字符", "holds a control character that YAML does not allow")
_NO_KEYS: Final = Said(
    "这里应为键和值，如  site: maoming", "keys and values are needed here, such as  site: maoming"
)
_SECOND: Final = Said("从这里起是第二个文档", "a second document begins here")
_REMOVE: Final = Said("删去 --- 这一行", "remove the line with ---")
_TOO_DEEP: Final = Said(f"嵌套超过 {_DEEPEST} 层", f"is nested more than {_DEEPEST} deep")
_NO_ALIAS: Final = Said("这里不使用别名（*名字）", "aliases (*name) are not used here")
_WRITE_OUT: Final = Said("直接写出值，或加引号", "write the value out, or quote it")
_NO_TAG: Final = Said("这里不使用标签（!名字）", "tags (!name) are not used here")
_QUOTE: Final = Said("给值加引号", "quote the value")
_NO_WORD: Final = Said("键应为一个普通的词", "a key must be a plain word")


@dataclass(frozen=True, slots=True)
class Document:
    """Plain dicts, lists, texts and None, with the line of each place."""

    data: dict[str, Any] = field(default_factory=dict)
    lines: Mapping[Where, int] = field(default_factory=dict)

    def line(self, where: Where) -> int | None:
        """The line of this place, or of the nearest place around it that was written."""
        for end in range(len(where), 0, -1):
            if where[:end] in self.lines:
                return self.lines[where[:end]]
        return None

    def value(self, where: Where) -> Any:
        """What was written at this place; None when nothing was."""
        value: Any = self.data
        for part in where:
            if isinstance(value, list) and isinstance(part, int):
                value = value[part]
            else:
                value = value.get(part) if isinstance(value, dict) else None
        return value


def dotted(where: Where) -> str:
    """``judge.retry[1]``: a place as people say it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
    return text.removeprefix(".")


class _Stop(Exception):  # noqa: N818 - a signal, not an error: the mistake is already noted
    """The rest of the document cannot be understood."""


def parse(text: str, mistakes: Mistakes, *, secret: bool = False) -> Document:
    """The document in this text; what is wrong with it is noted. An empty text is an empty document.

    ``secret``: mistakes name places and lines, and nothing of what stands there.
    """
    builder = _Builder(mistakes, secret)
    try:
        return builder.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except _Stop:
        return Document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = NOTHING if secret else problem_of(error.problem or error.context or "")
        zh, en = (f"：{problem.zh}", f": {problem.en}") if problem else NOTHING
        said = Said(f"不是 YAML{zh}", f"this is not YAML{en}")
        mistakes.add(mark.line + 1 if mark else None, "", "", said, _QUOTES)
    except yaml.YAMLError:  # the reader's: a character that YAML does not allow
        mistakes.add(None, "", "", _CONTROL)
    return Document()


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Builder:
    def __init__(self, mistakes: Mistakes, secret: bool) -> None:
        self._mistakes = mistakes
        self._secret = secret
        self._lines: dict[Where, int] = {}
        self._events: Iterator[yaml.Event] = iter(())

    def document(self, events: Iterator[yaml.Event]) -> Document:
        self._events = events
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                data = self._value(event, ())
                self._expect_end()
                return self._checked(data)
        return Document()

    def _checked(self, data: Any) -> Document:
        if data is None:
            data = {}
        if not isinstance(data, dict):
            self._mistakes.add(1, "", "", _NO_KEYS)
            raise _Stop
        return Document(data, self._lines)

    def _expect_end(self) -> None:
        for event in self._events:
            if isinstance(event, yaml.NodeEvent):
                self._refuse(event, (), _SECOND, _REMOVE)

    def _refuse(self, event: yaml.Event, where: Where, allowed: Said, hint: Said = NOTHING) -> NoReturn:
        self._mistakes.add(_line(event), self._shown(where), "", allowed, hint)
        raise _Stop

    def _shown(self, where: Where) -> str:
        """A misplaced password may stand where a key should: only the first key is sure to be a name."""
        return dotted(where[:1] if self._secret else where)

    def _value(self, event: yaml.Event, where: Where) -> Any:
        if len(where) > _DEEPEST:
            self._refuse(event, (), _TOO_DEEP)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, where, _NO_ALIAS, _WRITE_OUT)
        if getattr(event, "tag", None) not in _TAGS:
            self._refuse(event, where, _NO_TAG, _QUOTE)
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style is None or event.style == ""
            return None if plain and event.value in _NULLS else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(where)
        return self._mapping(where)

    def _sequence(self, where: Where) -> list[Any]:
        items: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            place = (*where, len(items))
            self._lines[place] = _line(event)
            items.append(self._value(event, place))
        return items

    def _mapping(self, where: Where) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, where)
            place = (*where, key)
            value = self._value(next(self._events), place)
            if key in entries:
                self._note_duplicate(event, place)
            else:
                entries[key] = value
        return entries

    def _key(self, event: yaml.Event, where: Where) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event, where, _NO_WORD)
        key: str = event.value
        self._lines.setdefault((*where, key), _line(event))
        return key

    def _note_duplicate(self, event: yaml.Event, place: Where) -> None:
        first = self._lines[place]
        allowed = Said(f"第 {first} 行已有同一个键", f"the same key already stands in line {first}")
        self._mistakes.add(_line(event), self._shown(place), "", allowed)
