"""Whether what a rule does not find any more is over, how, and since when. Pure.

Silence is no word: while nobody can know whether it goes on, it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerts.life import Book
from alerts.model import Finding
from alerts.rules.groups import can_tell, is_crowded
from alerts.rules.world import World
from monitor.config.alerting import Rule
from monitor.model.measured import GroupNow
from monitor.model.observations import State
from monitor.model.outages import Ending as Closing

RULE_GONE: Final = "rule_gone"
RETIRED: Final = "retired"
MERGED: Final = "merged"

BY_WATCH: Final = ("degraded", "flapping")
_BY_GROUP: Final = ("crowd", "burn", "budget")


@dataclass(frozen=True, slots=True)
class Ending:
    """``word``: empty when all is well again. ``at`` None: when it was found no more.

    ``at_once``: it does not matter whether it stays away. ``facts``: the last word on it. ``said_at``: when
    that was known.
    """

    word: str = ""
    at: int | None = None
    at_once: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    said_at: int | None = None


_GONE: Final = Ending(RULE_GONE, at_once=True)


@dataclass(frozen=True, slots=True)
class Endings:
    """``has_heard``: whether the monitor has said anything since this process began."""

    world: World
    rules: Mapping[str, Rule]
    book: Book
    has_heard: bool

    def of(self, finding: Finding, kind: str) -> Ending | None:
        """How something ended that is not found; None while it may go on."""
        if finding.rule not in self.rules:
            return _GONE
        if "outage" in finding.facts:
            return self._of_outage(finding)
        if kind in BY_WATCH:
            return self._of_watch(finding)
        if kind in _BY_GROUP:
            return self._of_group(finding, self.rules[finding.rule])
        if kind == "pipeline":
            return self._of_pipeline(finding.subject)
        return self._of_certificate(finding)

    def _of_outage(self, finding: Finding) -> Ending | None:
        closed = self.book.closed.get(finding.subject)
        if closed is not None:
            outage = closed.outage
            classes = {str(number): count for number, count in outage.classes.items()}
            facts = {"affected": outage.affected, "classes": classes}
            word = "" if outage.ending in (Closing.RECOVERED, None) else outage.ending.value
            return Ending(
                word, outage.ended_at, outage.ending is not Closing.RECOVERED, facts, closed.said_at
            )
        outage_now = self.book.outages.get(finding.subject)
        # Under maintenance it goes on, and nobody is told of that: its end will be.
        return None if outage_now is None or outage_now.excluded else _GONE

    def _of_watch(self, finding: Finding) -> Ending | None:
        change = self.book.turned.get(finding.subject)
        if change is None:
            now = self.book.degraded.get(finding.subject)
            if finding.subject in self.book.maintained:
                return None  # it goes on, and nobody is told of that: its end will be
            # Degraded in another way, or with what it hangs on: that is told by another.
            return None if now is None else Ending(MERGED, at_once=True)
        words = {State.UP: "", State.DOWN: MERGED}
        word = words.get(change.new, RETIRED)
        at = None if word == RETIRED else change.at
        return Ending(word, at, bool(word), said_at=None if word == RETIRED else change.detected_at)

    def _of_group(self, finding: Finding, rule: Rule) -> Ending | None:
        measured = self.world.measured
        if measured is None or not measured.groups:
            return None
        group = next((one for one in measured.groups if _subject(one) == finding.subject), None)
        if group is None:
            return Ending(RETIRED, at_once=True)
        if rule.kind == "crowd" and is_crowded(rule, group):
            return Ending(MERGED, at_once=True)  # a wider group is told instead
        if rule.kind == "burn" and not can_tell(rule, group):
            return None
        return Ending() if 2 * group.states.get(State.UNKNOWN.value, 0) <= group.watches else None

    def _of_pipeline(self, subject: str) -> Ending | None:
        if subject.startswith("delivery/"):
            return Ending()
        if subject == "monitor":
            return Ending() if self.has_heard else None
        return None if self.world.measured is None else Ending()

    def _of_certificate(self, finding: Finding) -> Ending | None:
        if finding.node not in self.world.site.inventory.nodes:
            return Ending(RETIRED, at_once=True)
        measured = self.world.measured
        known = () if measured is None else measured.certificates
        # One that nobody has seen lately has not been renewed for that.
        return Ending() if any((one.network, one.node) == _watch(finding) for one in known) else None


def _watch(finding: Finding) -> tuple[str, str]:
    return finding.network, finding.node


def _subject(group: GroupNow) -> str:
    return "/".join((group.network or "*", group.region or "*", str(group.point_class or "*")))
