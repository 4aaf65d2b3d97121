"""The chain over the rows of the ledger: what exactly is hashed, and the link that each row gets.

Rows are linked in the one order in which they were recorded. The hash of a link is the SHA-256 of the UTF-8
text made of the hash before it (64 hex digits), the name of the table and the values of :data:`FORMS`, with a
NUL between each. No text of the ledger holds a NUL, so no two rows have the same form. ``docs/ledger.md``
tells the same to somebody who writes a verifier of his own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

GENESIS: Final = "0" * 64
"""The hash before link 1."""

_MOMENT: Final = re.compile(r"[0-9]{1,15}")
NULL: Final = "-"
"""Stands for a value that is not there. Only whole numbers may be missing, so no value reads like it."""

_SAID: Final = ("id", "collector", "epoch", "sequence")
_SHARD: Final = ("network", "shard", "shards")

FORMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "changes": (
            *_SAID,
            *("origin", "node", "network", "old", "new", "at", "not_before", "detected_at"),
            *("cause", "probe", "evidence", "recorded_at"),
        ),
        "sights": (
            *_SAID,
            *_SHARD,
            *("start", "end", "watches", "probes", "blind", "inventory", "sealed", "recorded_at"),
        ),
        "snapshots": (*_SAID, *_SHARD, "at", "inventory", "body", "disagreements", "recorded_at"),
        "observers": (*_SAID, "network", "at", "blind", "recorded_at"),
        "inventories": ("digest", "recorded_at", "nodes", "body"),
        "gaps": ("collector", "epoch", "first", "last", "noticed_at"),
        "refusals": ("stream", "entry", "error", "at"),
        "inventory_uses": ("at", "digest"),
        "decisions": ("id", "action", "person", "at", "body"),
        "reports": ("key", "revision", "digest", "made_at", "question", "files"),
        "signers": ("at", "fingerprint", "public"),
        "attributions": ("change_id", "node", "network", "at", "attribution", "outage", "recorded_at"),
        "outages": ("id", "outage", "phase", "network", "kind", "root", "at", "body", "recorded_at"),
        "orders": ("id", "kind", "person", "at", "body"),
        "alert_records": (
            *("collector", "epoch", "sequence"),
            *("type", "subject", "time", "body", "recorded_at"),
        ),
        "actions": ("at", "account", "action", "target", "outcome", "address", "facts"),
        "segments": (
            *("number", "first", "last", "hash_before", "hash_last", "until"),
            *("file", "sha256", "base_sha256", "exported_at"),
        ),
    }
)
"""The columns of each linked table in the order in which they are hashed: all but ``link`` and ``hash``.

This order is for ever: what was hashed by it is checked by it. A new column needs a new table.
"""

BASE: Final = (
    *("network", "node", "state", "cause", "at", "not_before"),
    *("detected_at", "collector", "epoch", "sequence"),
)
"""The columns of ``base_states`` in the order in which they are hashed by :func:`base_digest`."""

_RECORDED: Final = ("recorded_at", "noticed_at", "made_at", "exported_at", "at")
"""The first of these columns that a linked table has says when its row was recorded."""

LEAVING: Final = ("changes", "sights", "snapshots", "observers", "gaps", "refusals", "attributions")
"""The tables whose old rows leave the database in segments. The rows of all others stay."""


def to_json(value: Any) -> str:
    """JSON as the ledger keeps it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class ChainHead:
    """How many links there are, and the hash of the last one."""

    links: int
    hash: str


def form_of(table: str, row: Mapping[str, Any]) -> str:
    """The canonical form of a row: everything of it that is hashed, without the hash before it."""
    return _joined(table, FORMS[table], row)


def recorded_of(form: str) -> int | None:
    """When the row with this form was recorded (milliseconds); None where it says no moment."""
    table, *values = form.split("\0")
    column = next(name for name in _RECORDED if name in FORMS[table])
    moment = values[FORMS[table].index(column)]
    return int(moment) if _MOMENT.fullmatch(moment) else None


def next_hash(before: str, form: str) -> str:
    """The hash of a link with this form that follows the hash ``before``."""
    return sha256(f"{before}\0{form}".encode()).hexdigest()


def base_digest(rows: Iterable[Mapping[str, Any]]) -> str:
    """The SHA-256 of where all watches stood: their forms, sorted, each ended by a NUL."""
    forms = sorted(_joined("base_states", BASE, row) for row in rows)
    return sha256("".join(f"{form}\0" for form in forms).encode()).hexdigest()


def _joined(table: str, names: Iterable[str], row: Mapping[str, Any]) -> str:
    return "\0".join([table, *[_text(row[name]) for name in names]])


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    # True and False are kept as 1 and 0.
    return NULL if value is None else str(int(value))
