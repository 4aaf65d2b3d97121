"""What the monitor knows of itself: filled by the role, shown by metrics, status and readiness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.live.states import Live
from monitor.model.said import NOTHING, Said


@dataclass(slots=True)
class Health:
    """The monitor's own condition. Moments in milliseconds, 0 for never.

    ``ledger_takes``: whether it takes what comes. ``lost`` counts events that can never come, ``refused``
    entries that were none; ``lag`` the entries that a reader has not read, by reader, of none while Redis is
    away; ``outboxes`` the events that are not confirmed, by collector, where its outbox is on this machine.
    ``follows`` names the monitor that leads instead.
    """

    ledger_takes: bool = False
    bus_connected: bool = False
    restored: bool = False
    follows: str = ""
    reload_error: Said = NOTHING
    reloaded_at: int = 0
    lost: int = 0
    refused: int = 0
    lag: dict[str, int] = field(default_factory=dict)
    outboxes: dict[str, int] = field(default_factory=dict)

    def unconfirmed(self, live: Live) -> dict[str, int]:
        """By collector, the events that it has not seen committed: as they stand in its outbox or, where that
        is on another machine, as of its last event.

        Of collectors that are there or should be; of others only if something is left in their outbox.
        """
        told = {name: count for name, count in live.backlogs.items() if name in live.observers}
        known = live.observers.keys() | live.planned_collectors().keys()
        seen = {name: count for name, count in self.outboxes.items() if count or name in known}
        return told | seen

    def not_ready(self, live: Live) -> Iterator[str]:
        """The reasons why the pages may not be believed yet; none when they may."""
        if self.follows:
            yield f"follows {self.follows}"  # and shows nothing of its own: ask that one
            return
        if not self.ledger_takes:
            yield "ledger takes nothing"
        if not self.bus_connected:
            yield "Redis is not connected"
        if not self.restored:
            yield "states are not restored"
        for collector in live.planned_collectors():
            if collector not in live.observers:
                yield f"no sight of collector {collector} yet"
