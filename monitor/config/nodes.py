"""nodes.csv or .xlsx: rows to nodes, each cell and each row checked, then all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import Any, Final, NamedTuple

from monitor.config.addresses import parse_address
from monitor.config.cells import (
    CLASS,
    CLASSES,
    EMPTY,
    KIND,
    KINDS,
    LEVEL,
    LEVELS,
    choice,
    day,
    label,
    no_repeats,
    node_id,
    number,
    several,
)
from monitor.config.graph import around, circles
from monitor.config.mistakes import CellError, Mistakes, did_you_mean, perhaps
from monitor.config.probes import Profiles
from monitor.config.rows import check_row
from monitor.config.settings import Region
from monitor.config.tables import Row, Sheet, plain
from monitor.model.nodes import Kind, Node, ProbeSpec
from monitor.model.said import Said

SHEET: Final = Sheet(
    columns={
        "id": ("设备编码", "编码", "设备编号", "国标编码"),
        "name": ("名称", "设备名称", "点位名称"),
        "kind": ("类型", "设备类型"),
        "class": ("点位类别", "类别"),
        "network": ("网络", "所属网络"),
        "region": ("行政区划", "区划"),
        "level": ("层级",),
        "parent": ("上级节点", "上级"),
        "address": ("地址", "IP地址", "IP"),
        "probes": ("探测方式",),
        "contractor": ("运维单位",),
        "lon": ("经度", "longitude"),
        "lat": ("纬度", "latitude"),
        "commissioned": ("启用日期",),
        "retired": ("停用日期",),
    },
    needed=frozenset(("id", "kind", "network", "address")),
)
_FIELDS: Final = {"class": "point_class", "network": "networks", "parent": "parents", "address": "addresses"}
_CIRCLES: Final = 100
"""So many circles are listed: to find more takes long where everything hangs on everything."""
NO_NODE: Final = Said("没有此编码的节点", "no node has this id")
_NETWORK: Final = Said("本站点的网络", "network of this site")
_NO_REGION: Final = Said("区划表中没有此代码", "no region in the regions file has this code")
_USUAL: Final = {Kind.CAMERA: ("ping", "rtsp"), Kind.RECORDER: ("ping", "rtsp")}


@dataclass(frozen=True, slots=True)
class Words:
    """What cells may name: networks (key → name), regions (None: not to be checked), probes."""

    networks: Mapping[str, str]
    regions: Mapping[str, Region] | None
    profiles: Profiles


class Outline(NamedTuple):
    """What could be read of a row with a mistake. Empty: nothing, or not what stands there."""

    id: str
    line: int
    parents: tuple[str, ...]
    networks: tuple[str, ...]
    probes: tuple[ProbeSpec, ...]


@dataclass(frozen=True, slots=True)
class NodeTable:
    """The nodes by id in the order of the file, and what is known of rows with mistakes.

    ``lines`` has the first line of every id that could be read. Other rows and site.yaml are checked
    against the outlines too: all mistakes are to be told at once, not one layer after another.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    outlines: list[Outline] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def seen(self) -> Iterator[Node | Outline]:
        """Everything that has an id, however little else."""
        yield from self.nodes.values()
        yield from self.outlines

    def by_id(self) -> dict[str, Node | Outline]:
        """The same by id, in the order of the file; of several rows with one id the first."""
        if not self.outlines:
            return dict(self.nodes)
        first: dict[str, Node | Outline] = {}
        for row in sorted(self.seen(), key=self.line):
            first.setdefault(row.id, row)
        return first

    def line(self, row: Node | Outline) -> int:
        return row.line if isinstance(row, Outline) else self.lines[row.id]


def read_nodes(rows: Iterable[Row], words: Words, mistakes: Mistakes) -> NodeTable:
    """The nodes of a table; what is wrong is noted, row by row and then between rows."""
    reader = _RowReader(words, mistakes)
    table = NodeTable()
    for line, cells in rows:
        found = reader.row(line, cells, table.lines)
        if isinstance(found, Node):
            table.nodes[found.id] = found
        elif found is not None:
            table.outlines.append(found)
    _check_parents(table, mistakes)
    return table


class _RowReader:
    """Reads rows. Values that stand in many rows are read once and shared, which also saves memory."""

    def __init__(self, words: Words, mistakes: Mistakes) -> None:
        self._profiles = words.profiles
        self._mistakes = mistakes
        readers = _readers(words)
        self._columns = [
            (name, _FIELDS.get(name, name), readers[name], name in SHEET.needed) for name in SHEET.columns
        ]
        self._usual = {
            kind: tuple(words.profiles.probe(name) for name in _USUAL.get(kind, ("ping",))) for kind in Kind
        }

    def row(self, line: int, cells: list[str], lines: dict[str, int]) -> Node | Outline | None:
        """The node in this row; with a mistake in it its outline, None when it has no id.

        Its id is entered into ``lines``.
        """
        found = len(self._mistakes)
        values = self._values(line, cells)
        identity, kind = values.get("id"), values.get("kind")
        if identity and (first := lines.setdefault(identity, line)) != line:
            said = Said(f"第 {first} 行已有同一编码", f"the same id already stands in line {first}")
            self._mistakes.add(line, "id", identity, said)
        if "probes" not in values and kind:
            values["probes"] = self._usual[kind]
        for column, value, allowed, hint in check_row(values, self._profiles):
            self._mistakes.add(line, column, value, allowed, hint)
        if len(self._mistakes) == found:
            return Node(**values)
        return _outline(line, values) if identity else None

    def _values(self, line: int, cells: list[str]) -> dict[str, Any]:
        """The cells by the names of Node's fields; empty ones left out, None where one has a mistake."""
        values: dict[str, Any] = {}
        for (column, name, read, needed), text in zip(self._columns, cells, strict=True):
            if text:
                try:
                    values[name] = read(text)
                except CellError as error:
                    values[name] = None
                    self._mistakes.add(line, column, error.value, error.allowed, error.hint)
            elif needed:
                self._mistakes.add(line, column, "", EMPTY)
        return values


def _outline(line: int, values: Mapping[str, Any]) -> Outline:
    parents, networks, probes = (values.get(name) or () for name in ("parents", "networks", "probes"))
    return Outline(values["id"], line, parents, networks, probes)


def _readers(words: Words) -> Mapping[str, Callable[[str], Any]]:
    shared = lru_cache(maxsize=20_000)
    network = choice(_NETWORK, {key: (name,) for key, name in words.networks.items()})
    probes = no_repeats(several(words.profiles.probe), _name)
    return {
        "id": node_id,
        "name": label,
        "kind": choice(KIND, KINDS),
        "class": choice(CLASS, CLASSES),
        "network": shared(no_repeats(several(network), str)),
        "region": shared(_region_reader(words.regions)),
        "level": choice(LEVEL, LEVELS),
        "parent": shared(no_repeats(several(node_id), str)),
        "address": several(parse_address),
        "probes": shared(lambda text: () if text.casefold() in NOT_ASKED else probes(text)),
        "contractor": shared(label),
        "lon": number,
        "lat": number,
        "commissioned": day,
        "retired": day,
    }


NOT_ASKED: Final = ("none", "无")
"""In the cell of probes: nobody asks this node. It only stands above others."""


def _name(spec: ProbeSpec) -> str:
    return spec.name


def _region_reader(regions: Mapping[str, Region] | None) -> Callable[[str], str]:
    if regions is None:
        return label
    codes = {plain(region.name): code for code, region in regions.items()}

    def read(text: str) -> str:
        if text not in regions:
            code = codes.get(plain(text))
            hint = perhaps(code) if code else did_you_mean(text, regions)
            raise CellError(text, _NO_REGION, hint)
        return text

    return read


def _check_parents(table: NodeTable, mistakes: Mistakes) -> None:
    """Parents must exist, must be seen from a network that their child is seen from, and not go round."""
    pairs = [(row, parent) for row in table.seen() for parent in row.parents]
    unknown = [(row, parent) for row, parent in pairs if parent not in table.lines]
    if unknown:
        _note_unknown(unknown, table, mistakes)
    known = table.by_id() if pairs else {}
    for row, parent in pairs:
        above = known.get(parent)
        if above is None or not above.networks or not row.networks:
            continue
        if not set(above.networks) & set(row.networks):
            mistakes.add(table.line(row), "parent", parent, _apart(parent, above.networks, row))
    _note_circles({name: row.parents for name, row in known.items() if row.parents}, table, mistakes)


def _apart(parent: str, above: Sequence[str], row: Node | Outline) -> Said:
    theirs, its = Said.listed(above), Said.listed(row.networks)
    return Said(
        f"须与下级同在一个网络：{parent} 在 {theirs.zh}，{row.id} 在 {its.zh}",
        f"must be in a network of its child: {parent} is in {theirs.en}, {row.id} in {its.en}",
    )


def _note_circles(parents: Mapping[str, Sequence[str]], table: NodeTable, mistakes: Mistakes) -> None:
    found = circles(parents)
    for circle in islice(found, _CIRCLES):
        way = around(circle)
        allowed = Said(f"上级节点成环：{way.zh}", f"parents go round in a circle: {way.en}")
        mistakes.add(table.lines[circle[0]], "parent", circle[1 % len(circle)], allowed)
    if next(found, None) is not None:
        allowed = Said(
            f"上级节点成环不止列出的 {_CIRCLES} 处",
            f"parents go round in more circles than the {_CIRCLES} that are listed",
        )
        mistakes.add(None, "parent", "", allowed, Said("改正后再检查", "mend these and check again"))


def _note_unknown(
    unknown: Iterable[tuple[Node | Outline, str]], table: NodeTable, mistakes: Mistakes
) -> None:
    alike = {_loosely(name): name for name in table.lines}
    for row, parent in unknown:
        near = alike.get(_loosely(parent))
        hint = perhaps(near) if near else did_you_mean(parent, table.lines)
        mistakes.add(table.line(row), "parent", parent, NO_NODE, hint)


def _loosely(name: str) -> str:
    """Letters and digits alone: ``SW-01`` and ``sw_01`` are alike. Also quick among 100,000 ids."""
    return "".join(filter(str.isalnum, plain(name)))
