"""What the ledger knows of watches, collectors and node lists, as it was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.ledger import blamed, queries, records
from monitor.ledger.access import Access
from monitor.ledger.rows import (
    ChangeRow,
    GapRow,
    InventoryRow,
    ObserverRow,
    RefusalRow,
    SightRow,
    SnapshotRow,
    StandingRow,
)
from monitor.ledger.steps import Watch, columns, sorted_steps, steps
from monitor.model.spans import Span
from monitor.model.timeline import Step

if TYPE_CHECKING:
    from monitor.ledger.columns import Columns


class Facts(Access):
    """Every method may raise LedgerError."""

    async def standings(self) -> list[StandingRow]:
        """The latest state of every watch that ever changed."""
        return await self._read(queries.standings)

    async def changes(
        self,
        since: int | None = None,
        until: int | None = None,
        *,
        node: str | None = None,
        network: str | None = None,
        after_id: int = 0,
        limit: int | None = None,
    ) -> list[ChangeRow]:
        """Changes with ``since`` ≤ at < ``until``, in the order they were recorded (by id)."""
        return await self._read(
            queries.changes,
            since=since,
            until=until,
            node=node,
            network=network,
            after_id=after_id,
            limit=limit,
        )

    async def sights(self, since: int, until: int, network: str | None = None) -> list[SightRow]:
        """Sights that overlap [since, until), blind ones too, by their start."""
        return await self._read(queries.sights, since, until, network)

    async def last_sights(self) -> dict[tuple[str, int, int], SightRow]:
        """The last sight of every (network, shard, shards) ever watched, old layouts too; newest first."""
        latest: dict[tuple[str, int, int], SightRow] = {}
        for row in await self._read(queries.last_sights):
            latest.setdefault((row.network, row.shard, row.shards), row)
        return latest

    async def snapshots(self, network: str | None = None, limit: int = 24) -> list[SnapshotRow]:
        """The latest snapshots with their disagreements, the newest first."""
        return await self._read(queries.snapshots, network, limit)

    async def observers(self, since: int | None = None) -> list[ObserverRow]:
        """When which collector went blind and saw again, in the order recorded."""
        return await self._read(queries.observers, since)

    async def inventory(self, digest: str) -> InventoryRow | None:
        """The node list with this digest, if it was recorded."""
        return await self._read(queries.inventory, digest)

    async def inventory_uses(self) -> list[tuple[int, str]]:
        """Which node list is valid from when: (at, digest) in the order recorded."""
        return await self._read(records.inventory_uses)

    async def steps(self, until: int, since: int = 0) -> dict[Watch, list[Step]]:
        """For every watch (node, network) its steps with ``at`` < ``until``, in the order of time.

        Of the time before ``since`` only the last that was recorded for each watch.
        """
        return await self._read(steps, until, since)

    async def steps_of(self, node: str, network: str, until: int) -> list[Step]:
        """The steps of one watch with ``at`` < ``until``, in the order of time."""
        return await self._read(sorted_steps, (node, network), until)

    async def attributed(self, until: int, watch: Watch | None = None) -> dict[Watch, list[Span]]:
        """For every watch (node, network), or only this, when before ``until`` down was another's fault."""
        return await self._read(blamed.attributed, until, watch)

    async def columns(self, until: int) -> Columns | None:
        """The same for very large ledgers, in columns; None where rows will do, or without the extra."""
        return await self._read(columns, until)

    async def gaps(self) -> list[GapRow]:
        """All sequences that can never come, in the order noticed."""
        return await self._read(queries.gaps)

    async def refusals(self, limit: int = 100) -> list[RefusalRow]:
        """The latest entries that were refused, the newest first."""
        return await self._read(queries.refusals, limit)

    async def counts(self) -> dict[str, int]:
        """How many of each kind of fact were ever recorded, and how many standings there are."""
        return await self._read(queries.counts)
