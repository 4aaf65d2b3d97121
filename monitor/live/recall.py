"""What the ledger knows, brought into the live picture, and its node lists, brought into the ledger."""

from __future__ import annotations

import asyncio

import structlog

from monitor.config import Site
from monitor.ledger.errors import LedByAnotherError, LedgerError
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import SightRow
from monitor.live.board import Board, Word
from monitor.live.health import Health
from monitor.live.intake import lost_events
from monitor.live.states import REMEMBERED_CHANGES, Live
from monitor.model.events import Sight

log = structlog.get_logger(__name__)


class Recall:
    """Keeps a live picture and a ledger in step where no event does: at the start, and for each new list.

    Methods raise LedgerError; but for :meth:`restore` only one that needs somebody's hand.
    """

    def __init__(self, ledger: Ledger, live: Live, health: Health) -> None:
        self._ledger = ledger
        self._live = live
        self._health = health
        self._recorded = ""
        self._told: Board | None = None

    async def restore(self) -> None:
        """Know again what was known, from the ledger alone; the stream goes on from there."""
        ledger, live = self._ledger, self._live
        words = await self._words()
        # The newest last: of two rows of one collector, it is the one that counts.
        sights = [_sight_of(row) for row in reversed((await ledger.last_sights()).values())]
        recorded = (await ledger.counts())["changes"]
        latest = await ledger.changes(after_id=max(0, recorded - REMEMBERED_CHANGES))
        live.restore(words, sights, [row.change for row in latest])
        self._told = live.board
        self._recorded = ""  # another monitor may have led meanwhile, with another list
        self._health.lost = await lost_events(ledger)
        self._health.restored = True
        await self.catch_up()
        log.info("restored", watches=len(live.board), standings=len(words), sights=len(sights))

    async def reload(self, site: Site) -> None:
        """Another node list, or the same on another day. What is watched now must not wait for a disk."""
        self._live.reload(site)
        await self.catch_up()

    async def catch_up(self) -> None:
        """Do what the ledger did not let us do before, as far as it does now."""
        try:
            await self._tell()
            await self._record()
        except LedByAnotherError:
            return  # that one records its own
        except LedgerError as error:
            if error.lasting:
                raise
            log.error("the node list waits for the ledger", error=str(error))  # noqa: TRY400 - expected

    async def _record(self) -> None:
        inventory = self._live.site.inventory
        if inventory.digest == self._recorded:
            return
        body = await asyncio.to_thread(inventory.to_json)
        await self._ledger.use_inventory(inventory.digest, body, self._live.clock())
        self._recorded = inventory.digest

    async def _tell(self) -> None:
        """Tell a board that is new what the ledger knows of the watches that the former did not have.

        The ledger is asked after the board is there: what comes later reaches the board as an event.
        """
        board = self._live.board
        if board is self._told:
            return
        self._live.recall(await self._words())
        self._told = board

    async def _words(self) -> dict[tuple[str, str], Word]:
        return {
            (row.node, row.network): Word(row.state, row.cause, row.at, row.detected_at, row.probe)
            for row in await self._ledger.standings()
        }


def _sight_of(row: SightRow) -> Sight:
    return Sight(
        collector=row.event.collector,
        network=row.network,
        shard=row.shard,
        shards=row.shards,
        start=row.start,
        end=row.end,
        watches=row.watches,
        probes=row.probes,
        blind=row.blind,
        inventory=row.inventory,
    )
