"""Settings as the roles use them: checked, complete, frozen. How they are written is in ``schema``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

from monitor.model.observations import Cause, Weight

DEGRADES: Final = frozenset(cause for cause in Cause if cause.weight is Weight.SOFT)
"""The causes that degrade and do not take down, unless a site says otherwise."""


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """``name`` is what people read; ``witnesses`` are ids of nodes that tell whether we see at all.

    ``shards`` 0: it waits for a restart, and nobody looks at it yet.
    """

    name: str
    shards: int = 1
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeSettings:
    """When a change is believed. Spans are seconds, shares are 0 to 1.

    A watch flaps when it changes ``flap_changes`` times within ``flap_within``, and has settled after
    ``flap_settle`` without a change. A collector doubts itself when ``blind_share`` of a shard, and at
    least ``blind_least`` watches, fail within one interval.
    """

    confirm: int = 3
    recover: int = 2
    retry: tuple[float, ...] = (1.0, 2.0, 4.0)
    degrades: frozenset[Cause] = DEGRADES
    flap_changes: int = 6
    flap_within: float = 300.0
    flap_settle: float = 120.0
    blind_share: float = 0.5
    blind_least: int = 5


@dataclass(frozen=True, slots=True)
class OutageSettings:
    """When failures are one outage. Spans are seconds, the share is 0 to 1.

    Something that nobody can ask is suspected when ``share`` of what hangs below it, and at least ``least``
    watches, fail ``within`` one another. A failure waits up to ``hold`` for news of what is above it; what
    comes back below a returned root gets ``recheck`` to answer.
    """

    share: float = 0.6
    least: int = 3
    within: float = 30.0
    hold: float = 5.0
    recheck: float = 60.0


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker that tells heartbeats and last wills.

    ``id_from`` is ``topic`` (the id stands where the topic pattern has ``+``) or the name of a JSON field.
    ``network`` None: the collectors of every network subscribe.
    """

    url: str
    topic: str = "quanshi/+/heartbeat"
    will_topic: str | None = "quanshi/+/will"
    id_from: str = "topic"
    credential: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """A login, or what a channel of alerts needs instead. Its repr never shows a secret.

    Only what its entry says is not empty: ``user`` and ``password``, or else (or beside) ``token``,
    ``secret`` and ``url``, which may itself hold a token.
    """

    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    url: str = field(default="", repr=False)

    def fingerprint(self, salt: bytes) -> str:
        """16 hex digits that change when the login changes, and tell nothing of it without the salt."""
        digest = blake2b(digest_size=8, key=salt[:64])
        for part in (self.user, self.password):
            encoded = part.encode()
            digest.update(len(encoded).to_bytes(4) + encoded)
        return digest.hexdigest()


def ledger_url(ledger: str, data: Path) -> str:
    """The setting ``ledger`` as a URL for SQLAlchemy's asyncio engines."""
    return f"sqlite+aiosqlite:///{data / 'ledger.db'}" if ledger == "sqlite" else ledger


@dataclass(frozen=True, slots=True)
class Region:
    """An administrative area. ``planned`` is how many points of each class should stand there."""

    code: str
    name: str
    parent: str = ""
    planned: Mapping[int, int] = field(default_factory=dict)
