"""Dataclasses as JSON and back, and the JSON schema of them, each from their type annotations alone.

No number is written that programs could read differently: moments are RFC 3339 in UTC, everything else that
is no text is a whole number. Shares are in millionths.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final, NamedTuple, Union, get_args, get_origin, get_type_hints

from monitor.model.times import format_time, parse_time

MILLION: Final = 1_000_000

MOMENTS: Final = frozenset(
    ("start", "end", "period_end", "not_before", "at", "gone_at", "requested_at", "approved_at", "made_at")
)
"""Fields of these names hold milliseconds since 1970, UTC."""

SPARSE: Final = {"sparse": True}
"""Metadata of a field that is written only where it is not its default: so a field that came later changes
nothing in what was written before it.
"""

Schema = dict[str, Any]


class Codec(NamedTuple):
    """How values of one type are written, read, and described."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    schema: Schema


class Derived(NamedTuple):
    """What is written of a value beside its fields, since readers should not have to work it out."""

    name: str
    read: Callable[[Any], Any]
    schema: Schema


class Coder:
    """Makes the codecs of types, each once. ``derived``: what is written beside the fields of some."""

    def __init__(self, derived: Mapping[Any, Sequence[Derived]]) -> None:
        self._derived = derived
        self._known: dict[tuple[Any, bool], Codec] = {}

    def codec(self, kind: Any, *, moment: bool = False) -> Codec:
        """Raises TypeError for a type that no report has."""
        if (kind, moment) not in self._known:
            self._known[kind, moment] = self._make(kind, moment=moment)
        return self._known[kind, moment]

    def _make(self, kind: Any, *, moment: bool) -> Codec:
        origin, inner = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            wanted = next(one for one in inner if one is not type(None))
            return _optional(self.codec(wanted, moment=moment))
        if origin is tuple and inner[-1] is ...:
            return _several(self.codec(inner[0]))
        if origin is tuple:
            return _fixed([self.codec(one) for one in inner])
        if origin is not None and issubclass(origin, Mapping):
            return _mapping(inner[0], self.codec(inner[1]))
        return self._dataclass(kind) if is_dataclass(kind) else _plain(kind, moment=moment)

    def _fields(self, kind: Any) -> dict[str, Codec]:
        hints = get_type_hints(kind)
        return {
            field.name: self.codec(hints[field.name], moment=field.name in MOMENTS) for field in fields(kind)
        }

    def _dataclass(self, kind: Any) -> Codec:
        parts, derived = self._fields(kind), self._derived.get(kind, ())
        sparse = _sparse(kind)
        plain = [(name, codec.encode) for name, codec in parts.items() if name not in sparse]

        def encode(value: Any) -> dict[str, Any]:
            found = {name: write(getattr(value, name)) for name, write in plain}
            for name, usual in sparse.items():
                if (told := getattr(value, name)) != usual:
                    found[name] = parts[name].encode(told)
            for one in derived:
                found[one.name] = one.read(value)
            return found

        def decode(data: Any) -> Any:
            given = _object(data)
            there = {name: codec for name, codec in parts.items() if name in given or name not in sparse}
            return kind(**{name: codec.decode(given[name]) for name, codec in there.items()})

        return Codec(encode, decode, {"$ref": f"#/$defs/{kind.__name__}"})

    def definitions(self, kind: Any) -> dict[str, Schema]:
        """The schemas of a dataclass and of all that it holds, by name."""
        found = {one.__name__: self._definition(one) for one in _dataclasses(kind)}
        return dict(sorted(found.items()))

    def _definition(self, kind: Any) -> Schema:
        properties = {name: codec.schema for name, codec in self._fields(kind).items()}
        properties |= {one.name: one.schema for one in self._derived.get(kind, ())}
        return {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").replace("``", "").split()),
            "properties": properties,
            "required": [name for name in properties if name not in _sparse(kind)],
            "additionalProperties": False,
        }


def _sparse(kind: Any) -> dict[str, Any]:
    """The defaults of the fields that are left out where they have them."""
    return {field.name: field.default for field in fields(kind) if field.metadata.get("sparse")}


def _dataclasses(kind: Any) -> Iterator[Any]:
    """The type itself, if it is one, and those of all its fields and parts."""
    for inner in get_args(kind):
        yield from _dataclasses(inner)
    if is_dataclass(kind):
        yield kind
        for hint in get_type_hints(kind).values():
            yield from _dataclasses(hint)


def _plain(kind: Any, *, moment: bool) -> Codec:
    if moment and kind is int:
        return Codec(format_time, parse_time, {"type": "string", "format": "date-time"})
    if kind is float:
        schema = {"type": "integer", "description": "millionths"}
        return Codec(lambda share: round(share * MILLION), lambda number: number / MILLION, schema)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Codec(lambda one: one.value, kind, {"enum": [one.value for one in kind]})
    if kind in _JSON_TYPES:
        return Codec(lambda value: value, _checked(kind), {"type": _JSON_TYPES[kind]})
    raise TypeError(f"no report holds a {kind}")


_JSON_TYPES: Final = {int: "integer", str: "string", bool: "boolean"}


def _checked(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"not a {kind.__name__}: {value!r:.40}")
        return value

    return read


_array, _object = _checked(list), _checked(dict)


def _optional(inner: Codec) -> Codec:
    return Codec(
        lambda value: None if value is None else inner.encode(value),
        lambda data: None if data is None else inner.decode(data),
        {"anyOf": [inner.schema, {"type": "null"}]},
    )


def _several(inner: Codec) -> Codec:
    return Codec(
        lambda values: [inner.encode(value) for value in values],
        lambda data: tuple(inner.decode(one) for one in _array(data)),
        {"type": "array", "items": inner.schema},
    )


def _fixed(inner: Sequence[Codec]) -> Codec:
    count = len(inner)
    schema = {"type": "array", "prefixItems": [one.schema for one in inner]}
    return Codec(
        lambda values: [one.encode(value) for one, value in zip(inner, values, strict=True)],
        lambda data: tuple(one.decode(value) for one, value in zip(inner, _array(data), strict=True)),
        schema | {"minItems": count, "maxItems": count},
    )


def _mapping(key: type, inner: Codec) -> Codec:
    return Codec(
        lambda values: {str(name): inner.encode(value) for name, value in values.items()},
        lambda data: {key(name): inner.decode(value) for name, value in _object(data).items()},
        {"type": "object", "additionalProperties": inner.schema},
    )
