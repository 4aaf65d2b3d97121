"""Which watches a report is about: what people ask for, and whether a watch is meant by it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from monitor.config.atlas import Atlas
from monitor.config.cells import CLASS, CLASSES, KIND, KINDS, choice
from monitor.config.mistakes import CellError, did_you_mean
from monitor.model.nodes import Kind, Node
from monitor.model.said import Said, SaidError

Pairs = tuple[tuple[str, str], ...]
"""What was asked for: entries for one key widen the scope, another key narrows it. Empty: all watches."""

KEYS: Final = ("class", "kind", "network", "region", "contractor", "node")

_CHOOSING: Final = ("class", "kind", "node")
"""Who says one of these has said which devices; the others say only where, or whose."""

CLASS_1: Final[Pairs] = (("class", "1"), ("kind", Kind.CAMERA.value))
"""What is meant when nobody says, if there are any: the points that the goal of 98 % speaks of."""

ALL: Final = "all"


class ScopeError(SaidError):
    """A scope that means nothing here: says what is allowed."""


def read_scope(texts: Iterable[str], networks: Mapping[str, str], atlas: Atlas) -> Pairs | None:
    """``class=1``, ``region=440902`` …, as pairs in a fixed order; None: nobody said. ``all`` limits nothing.

    Regions and networks may be given by name. Raises ScopeError.
    """
    texts = list(texts)
    if not texts:
        return None
    pairs = {_pair(text, networks, atlas) for text in texts if text != ALL}
    return tuple(sorted(pairs, key=lambda pair: (KEYS.index(pair[0]), pair[1])))


def is_usual(texts: Iterable[str]) -> bool:
    """Whether nobody said which devices: then class-1 points are meant, wherever and whose ever they are.

    A target and a verdict are of a class: a county's report would have neither with its switches in it.
    """
    return not any(text == ALL or text.partition("=")[0].strip() in _CHOOSING for text in texts)


def _pair(text: str, networks: Mapping[str, str], atlas: Atlas) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    key, value = key.strip(), value.strip()
    if not sign or not value:
        raise ScopeError(
            Said(
                f"不是范围：{text}（如 class=1、region=440902 或 all）",
                f"not a scope: {text} (such as class=1, region=440902, or all)",
            )
        )
    if key not in KEYS:
        some = Said.listed(KEYS)
        said = Said(f"没有 {key} 这种范围（{some.zh}）", f"no scope is called {key} ({some.en})")
        raise ScopeError(said.then(did_you_mean(key, KEYS)))
    return key, _value(key, value, networks, atlas)


def _value(key: str, value: str, networks: Mapping[str, str], atlas: Atlas) -> str:
    try:
        if key == "class":
            return str(_read_class(value))
        if key == "kind":
            return _read_kind(value).value
    except CellError as error:
        raise ScopeError(_of(f"{key}={value}", error.allowed.then(error.hint))) from error
    if key == "network":
        return _network(value, networks)
    if key == "region":
        return _region(value, atlas)
    return value


_read_class: Final = choice(CLASS, CLASSES)
_read_kind: Final = choice(KIND, KINDS)


def _network(value: str, networks: Mapping[str, str]) -> str:
    for name, called in networks.items():
        if value in (name, called):
            return name
    some = Said.listed(networks)
    said = Said(f"不是本站点的网络（{some.zh}）", f"not a network of this site ({some.en})")
    raise ScopeError(_of(f"network={value}", said))


def _region(value: str, atlas: Atlas) -> str:
    found = atlas.find(value)
    if found is None and not value.isdecimal():
        said = Said("没有或有多个同名区划，请写代码", "no region, or several, are called so: name its code")
        raise ScopeError(_of(f"region={value}", said))
    return found or value


def _of(written: str, why: Said) -> Said:
    return Said(f"{written}：{why.zh}", f"{written}: {why.en}")


class Filter:
    """Whether a watch, as it was at some time, is meant by these pairs."""

    def __init__(self, pairs: Pairs, atlas: Atlas) -> None:
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for key, value in pairs:
            wanted[key].add(value)
        self._wanted: Sequence[tuple[Callable[[Node, str], Iterable[str]], set[str]]] = [
            (_reader(key, atlas), values) for key, values in wanted.items()
        ]

    def holds(self, node: Node, network: str) -> bool:
        return all(any(one in values for one in read(node, network)) for read, values in self._wanted)


def _reader(key: str, atlas: Atlas) -> Callable[[Node, str], Iterable[str]]:
    """What of a watch is compared for this key."""
    readers: dict[str, Callable[[Node, str], Iterable[str]]] = {
        "class": lambda node, _: ("" if node.point_class is None else str(node.point_class),),
        "kind": lambda node, _: (node.kind.value,),
        "network": lambda _, network: (network,),
        "region": lambda node, _: atlas.around(node.region),
        "contractor": lambda node, _: (node.contractor,),
        "node": lambda node, _: (node.id,),
    }
    return readers[key]
