"""A small town for the outage engine: what falls, what stands up, and what the engine says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from small_site import camera, make_site

from monitor.config import Site
from monitor.ledger import OpenOutage
from monitor.live.outages import OutageEngine
from monitor.model.events import Change, Evidence, Standing
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame, Outage, OutageKind, Phase, Verdict

T0 = 1_795_600_000_000
VIDEO = "video"


def node(name: str, parent: str = "", **cells: str) -> dict[str, str]:
    """A camera, or with a capital letter a switch."""
    row = camera(name, parent=parent, **cells)
    return row if name[0].islower() else row | {"kind": "switch", "class": ""}


def town(folder: Path, *rows: Mapping[str, str], **settings: Any) -> Site:
    """By default a core with two switches, two cameras below each."""
    folder.mkdir(exist_ok=True)
    given = rows or (
        node("Core"),
        *(node(name, "Core") for name in ("East", "West")),
        *(node(f"{name[0].lower()}{n}", name) for name in ("East", "West") for n in (1, 2)),
    )
    return make_site(folder, given, **settings)


@dataclass
class Play:
    """Moments are seconds from the beginning. ``said`` is all that the engine said."""

    engine: OutageEngine
    now: float = 0.0
    number: int = 0
    said: list[Verdict] = field(default_factory=list)
    standings: dict[tuple[str, str], Standing] = field(default_factory=dict)

    @classmethod
    def of(cls, site: Site, up: Iterable[str] = ()) -> Play:
        play = cls(OutageEngine(site))
        known = up or site.inventory.nodes
        play.standings = {(name, VIDEO): Standing(State.UP, Cause.OK, T0 - 1_000_000) for name in known}
        play.said += play.engine.restore([], play.standings, T0)
        return play

    def turn(self, name: str, state: State, at: float | None = None, **more: Any) -> list[Verdict]:
        """A change of this watch, found ``at`` that moment (now), proven otherwise five seconds before."""
        moment = T0 + round(1000 * (self.now if at is None else at))
        old = self.standings.get((name, VIDEO), Standing(State.UNKNOWN, Cause.NOT_ASKED, 0)).state
        usual = {State.DOWN: Cause.NO_REPLY, State.UNKNOWN: Cause.SOURCE_LOST}.get(state, Cause.OK)
        cause = more.pop("cause", usual)
        above = more.pop("alive", ())
        evidence = tuple(Evidence("ping", moment, True, Cause.OK, 0.001, parent) for parent in above)
        change = Change(
            name, VIDEO, old, state, moment, moment - 5_000, self.millis, cause, evidence=evidence, **more
        )
        self.number += 1
        self.standings[name, VIDEO] = Standing(state, cause, moment)
        return self._hear(self.engine.change(self.number, change, self.millis))

    def down(self, *names: str, **more: Any) -> list[Verdict]:
        return [verdict for name in names for verdict in self.turn(name, State.DOWN, **more)]

    def up(self, *names: str) -> list[Verdict]:
        return [verdict for name in names for verdict in self.turn(name, State.UP)]

    def wait(self, seconds: float) -> list[Verdict]:
        """Let time pass, with a tick whenever something is due."""
        end, said = self.now + seconds, list[Verdict]()
        while (due := self.engine.next_due) is not None and due <= T0 + 1000 * end:
            self.now = max(self.now, (due - T0) / 1000)
            said += self._hear(self.engine.tick(self.millis))
        self.now = end
        return said

    @property
    def millis(self) -> int:
        return T0 + round(1000 * self.now)

    def _hear(self, verdicts: list[Verdict]) -> list[Verdict]:
        self.said += verdicts
        return verdicts

    # -- what it comes to

    def told(self, phase: Phase) -> list[Outage]:
        return [each for each in self.said if isinstance(each, Outage) and each.phase is phase]

    def open(self) -> dict[str, Outage]:
        """The open outages by root, as told last."""
        last = {each.id: each for each in self.said if isinstance(each, Outage)}
        return {each.root: each for each in last.values() if each.phase is not Phase.CLOSED}

    def blames(self) -> dict[str, tuple[Attribution | None, str]]:
        """By node: whose fault it is, and the root of the outage that it belongs to."""
        roots = {each.id: each.root for each in self.said if isinstance(each, Outage)}
        return {
            each.node: (each.attribution, roots.get(each.outage_id, ""))
            for each in self.said
            if isinstance(each, Blame)
        }

    def judged(self) -> list[int]:
        """The numbers of the changes that have their blame."""
        return [
            each.change_id for each in self.said if isinstance(each, Blame) and each.change_id is not None
        ]

    def reopened(self, site: Site) -> Play:
        """Another engine that goes on from what this one's ledger has."""
        members: dict[str, dict[tuple[str, str], Blame]] = {}
        latest = {(each.node, each.network): each for each in self.said if isinstance(each, Blame)}
        for watch, blame in latest.items():
            if blame.outage_id:
                members.setdefault(blame.outage_id, {})[watch] = blame
        outages = [
            OpenOutage(each, tuple(members.get(each.id, {}).values())) for each in self.open().values()
        ]
        other = Play(OutageEngine(site), self.now, self.number, list(self.said), dict(self.standings))
        other.said += other.engine.restore(outages, self.standings, self.millis)
        return other


OWN, UPSTREAM, SUSPECTED = Attribution.OWN, Attribution.UPSTREAM, Attribution.SUSPECTED
NODE, COMMON = OutageKind.NODE, OutageKind.SUSPECTED
OPENED, CHANGED, CLOSED = Phase.OPENED, Phase.CHANGED, Phase.CLOSED
