"""What a verification can find, and how breaks of the chain are told apart. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from monitor.ledger.chain import FORMS, next_hash

KEYS: Final = {
    **dict.fromkeys(("changes", "sights", "snapshots", "observers"), "id"),
    "inventories": "digest",
}
"""The column that names a row of a table; a row of any other is named by its link."""

_MOVES: Final = 64
"""Among so many breaks rows that changed places are looked for: each is tried at each place."""


class Kind(StrEnum):
    """What is not as it was recorded. One word for programs; the sentences are the command's."""

    CHANGED = "changed"  # the row does not follow from the one before: it, or what was before it, was changed
    HASH = "hash"  # the row is as it was, its hash is not
    MOVED = "moved"  # the row belongs to another link
    MISSING = "missing"
    EXTRA = "extra"  # a row with a link that another has, or that was never given
    CUT = "cut"  # signed, or said by the head, were more links than there are
    HEAD = "head"  # the head says another last hash than the last link has
    SIGNATURE = "signature"  # a checkpoint that its key did not sign
    CHECKPOINT = "checkpoint"  # a checkpoint signed another hash than its link has now
    UNSIGNED = "unsigned"  # nothing is signed by the key that was given, or by one that the chain holds
    WAITING = "waiting"  # these links should have been signed by now
    FILE_MISSING = "file_missing"
    FILE_CHANGED = "file_changed"  # a segment's file is another than the one that was written
    FILE_DAMAGED = "file_damaged"  # it cannot be read to its end
    OPEN = "open"  # a sight without a link says what no program left open
    BASE = "base"  # where watches stood at the end of the last segment
    EXPECTED = "expected"  # somebody outside holds another hash of this link


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: in which table, which row, at which links (0: at none).

    ``note`` is what helps to see it: the other link of a moved row, a file, a moment.
    """

    kind: Kind
    first: int
    last: int
    table: str = ""
    key: str = ""
    note: str = ""

    @classmethod
    def of(cls, kind: Kind, link: int, form: str, note: str = "") -> Finding:
        """About the row with this form at this link."""
        table, key = name_of(link, form)
        return cls(kind, link, link, table, key, note)


class Break(NamedTuple):
    """A row whose hash does not follow from ``before``, the hash that the link before it has."""

    link: int
    before: str
    form: str
    hash: object


def name_of(link: int, form: str) -> tuple[str, str]:
    """The table and the key of the row with this form."""
    table, *values = form.split("\0")
    column = KEYS.get(table)
    return table, values[FORMS[table].index(column)] if column else str(link)


def explain(breaks: Sequence[Break], end: str) -> list[Finding]:
    """Which rows the breaks speak of. ``breaks`` by link; ``end``: the last hash, as the head says it."""
    findings: list[Finding] = []
    left: list[Break] = []
    following = iter(breaks[1:])
    skipped = -1
    for found in breaks:
        after = next(following, None)
        if found.link == skipped:
            continue
        honest = next_hash(found.before, found.form)
        if after is not None and after.link == found.link + 1:
            only_hash = next_hash(honest, after.form) == after.hash
            skipped = after.link if only_hash else skipped
        else:
            only_hash = honest == end
        if only_hash:
            findings.append(Finding.of(Kind.HASH, found.link, found.form))
        else:
            left.append(found)
    findings += _places(left) if len(left) <= _MOVES else _changed(left)
    return sorted(findings, key=lambda finding: finding.first)


def _changed(breaks: Sequence[Break]) -> Iterator[Finding]:
    for found in breaks:
        yield Finding.of(Kind.CHANGED, found.link, found.form)


def _places(breaks: Sequence[Break]) -> Iterator[Finding]:
    """Rows that fit at another's place were moved there; what only follows a moved one is as it was."""
    true: dict[int, str] = {}
    for here in breaks:
        before = true.get(here.link - 1, here.before)
        there = next((row for row in breaks if _fits(row, before, here)), None)
        if there is None:
            yield Finding.of(Kind.CHANGED, here.link, here.form)
        elif _is_between(here, there, before):
            true[here.link] = before
            yield Finding.of(Kind.EXTRA, here.link, here.form)
        else:
            true[here.link] = next_hash(before, there.form)
            if there is not here:
                yield Finding.of(Kind.MOVED, there.link, there.form, str(here.link))


def _fits(row: Break, before: str, place: Break) -> bool:
    """Whether a row, with its own hash or the one that stands there, belongs to a place."""
    return next_hash(before, row.form) in (row.hash, place.hash)


def _is_between(here: Break, there: Break, before: str) -> bool:
    """Whether the next row follows if this one is left out, and this one does not belong behind it."""
    follows = there.link == here.link + 1 and next_hash(before, there.form) == there.hash
    return follows and not _fits(here, str(there.hash), there)
