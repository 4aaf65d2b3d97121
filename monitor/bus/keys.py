"""The names of everything that Quanshi keeps in Redis, and the order of stream entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

START: Final = "0-0"
"""The position of a reader that has read nothing."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one site; several sites may share a server."""

    site: str

    @property
    def facts(self) -> str:
        return f"quanshi:{self.site}:facts"

    @property
    def judgements(self) -> str:
        return f"quanshi:{self.site}:judgements"

    @property
    def alerts(self) -> str:
        return f"quanshi:{self.site}:alerts"

    @property
    def committed(self) -> str:
        """A hash: collector -> ``epoch/sequence`` up to which the reader that counts has it on disk."""
        return f"quanshi:{self.site}:committed"

    @property
    def leader(self) -> str:
        """The lease of the monitor that leads; it expires with it. The number of the last is behind it."""
        return f"quanshi:{self.site}:leader"

    @property
    def teller(self) -> str:
        """The lease of the alert role that tells, likewise."""
        return f"quanshi:{self.site}:teller"

    @property
    def measured(self) -> str:
        """The expiring key with what the monitor measures all the time (see ``model.measured``)."""
        return f"quanshi:{self.site}:measured"

    @property
    def telling(self) -> str:
        """The expiring key with the numbers of the alert role (see ``model.telling``)."""
        return f"quanshi:{self.site}:telling"

    def positions(self, stream: str) -> str:
        """A hash: reader -> id of the last entry of ``stream`` that it has dealt with."""
        return f"{stream}:positions"

    def deputies(self, stream: str) -> str:
        """A hash: one that may take a reader's place -> ``position/seconds since 1970`` of its last word."""
        return f"{stream}:deputies"

    def durations(self, network: str, shard: int, shards: int) -> str:
        """The expiring key with the last probe durations of a shard."""
        return f"quanshi:{self.site}:durations:{network}:{shard}of{shards}"

    def certificates(self, network: str, shard: int, shards: int) -> str:
        """An expiring hash: node -> end of its certificate, in seconds since 1970."""
        return f"{self.durations(network, shard, shards)}:facts"

    def layers(self, network: str, shard: int, shards: int) -> str:
        """The expiring key with the last answer of each probe of a shard (see ``model.layers``)."""
        return f"quanshi:{self.site}:layers:{network}:{shard}of{shards}"

    def wishes(self, network: str) -> str:
        """The short, expiring stream of wishes to a network's collectors (see ``bus.wishes``)."""
        return f"quanshi:{self.site}:wishes:{network}"

    def hearing(self, network: str) -> str:
        """The expiring key that is there while a collector of this network hears wishes."""
        return f"quanshi:{self.site}:hearing:{network}"

    def wish(self, wish: str) -> str:
        """The expiring key with what became of a wish."""
        return f"quanshi:{self.site}:wish:{wish}"


def entry_order(entry: str) -> tuple[int, int]:
    """What a stream entry id is ordered by; anything else comes first, as if nothing had been read."""
    millis, _, count = entry.partition("-")
    if not (millis.isdecimal() and count.isdecimal()):
        return (0, 0)
    return int(millis), int(count)
