"""Findings become alerts, and alerts end. Pure: no I/O, the clock is handed in.

What the engine heard is kept in a book, so that a restart goes on where the process before it stopped. An
alert ends by word alone: that nobody says anything any more ends none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Final

import structlog

from alerts.compose import Composer
from alerts.endings import BY_WATCH, MERGED, Ending, Endings
from alerts.life import Book, Closed, Life, Pending
from alerts.model import Alert, Finding, Happening
from alerts.orphans import orphan
from alerts.rules import find
from alerts.rules.world import Trouble, World
from alerts.silences import silenced_by
from alerts.telling import Sending, Teller
from monitor.config import Site
from monitor.config.alerting import Rule
from monitor.model.deeds import Deed, Did
from monitor.model.events import Change, Judged, Payload
from monitor.model.measured import Measured
from monitor.model.observations import State
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Outage, Phase
from monitor.model.times import format_time

log = structlog.get_logger(__name__)

LOOK_AGAIN: Final = 5_000
"""Milliseconds after which the rules are asked again although nothing was heard: time itself is news."""
SILENT: Final = 60.0
"""Seconds without a word of the monitor that are told where no rule says how many."""


class Engine:
    """One site's alerts. ``book`` is edited in place; whoever keeps it stores it after each call."""

    def __init__(self, site: Site, book: Book, now: int, is_taken: Callable[[str], bool]) -> None:
        """``is_taken``: whether an id was given to an alert that is not in the book any more."""
        self.site = site
        self.book = book
        self._is_taken = is_taken
        self._measured: Measured | None = None
        self._heard_at = self._ticked_at = now
        self._has_heard = False
        self._failing: Mapping[str, Trouble] = {}
        self._looked_at: int | None = None
        self._deeds: list[Deed] = []
        self.reload(site)

    def go_on_from(self, before: Engine) -> None:
        """Know what another engine of this process knew beside its book."""
        self._measured, self._heard_at = before._measured, before._heard_at
        self._has_heard, self._failing = before._has_heard, before._failing
        self._ticked_at = before._ticked_at

    # What is heard.

    def reload(self, site: Site) -> None:
        """Go on with other settings, and another inventory."""
        self.site = site
        self._rules = {rule.name: rule for rule in site.alerting.rules}
        nodes = site.inventory.nodes
        for watch, change in list(self.book.degraded.items()):
            node = nodes.get(change.node)
            if node is None or change.network not in node.networks:
                # It cannot say any more that it is in order.
                self._turn(watch, replace(change, new=State.UNKNOWN))
        self._looked_at = None

    def hear(self, payload: Payload, said_at: int) -> None:
        """A judgement or an order, once each, in the order said."""
        match payload:
            case Outage():
                self._hear_outage(payload, said_at)
            case Judged():
                self._hear_change(payload)
            case Order():
                self._hear_order(payload)
            case _:
                return  # that a collector turned blind comes as an outage
        self._looked_at = None

    def measure(self, measured: Measured | None, now: int) -> None:
        """The monitor's newest word; None where it has not said any lately."""
        if measured is None or (self._measured is not None and measured.at == self._measured.at):
            return
        self._measured, self._heard_at, self._has_heard = measured, now, True
        known = self.book.maintained
        self.book.maintained = {watch: known.get(watch, now) for watch in measured.maintained}
        self._looked_at = None

    def fail(self, failing: Mapping[str, Trouble]) -> None:
        """The channels that deliver nothing."""
        self._failing = failing

    def end_orphan(self, started: Deed, channels: Iterable[str], now: int) -> None:
        """End what another role told of itself (see :mod:`alerts.orphans`), if it is such.

        Where the same is the matter here, the record alone has that end: to a receiver it is one alert.
        """
        rule = self._rules.get(str(started.facts.get("rule")))
        known = any(life.alert.id == started.alert for life in self._lives())
        if rule is None or rule.kind != "pipeline" or known:
            return
        life = orphan(self.site, rule, started, channels, now)
        if life is None:
            return
        is_ours = life.finding.key in self.book.lives
        ending = MERGED if is_ours else ""
        over = replace(life, alert=replace(life.alert, resolved_at=now, ending=ending), over_said_at=now)
        if over.channels and not is_ours:
            self.book.ending[over.alert.id] = over
        self._did(Did.RESOLVED, over, now, {"ending": ending, "told": bool(over.channels)})

    def _hear_outage(self, outage: Outage, said_at: int) -> None:
        self.book.doubts.pop(outage.id, None)
        if outage.phase is Phase.CLOSED:
            self.book.outages.pop(outage.id, None)
            self.book.closed[outage.id] = Closed(outage, said_at)
        else:
            self.book.outages[outage.id] = outage
            self.book.closed.pop(outage.id, None)

    def _hear_change(self, change: Change) -> None:
        """One that is unknown may still be degraded: nobody has seen that it is not."""
        self.book.doubts.pop(change.subject, None)
        if change.new is State.DEGRADED:
            self.book.degraded[change.subject] = change
            self.book.turned.pop(change.subject, None)
        elif change.new is not State.UNKNOWN and change.subject in self.book.degraded:
            self._turn(change.subject, change)

    def _turn(self, watch: str, change: Change) -> None:
        self.book.degraded.pop(watch, None)
        self.book.turned[watch] = change

    def _hear_order(self, order: Order) -> None:
        match order.kind:
            case OrderKind.SILENCE:
                self.book.silences[order.id] = order
            case OrderKind.END_SILENCE:
                self.book.silences.pop(order.target, None)
            case OrderKind.ACK:
                self._acknowledge(order)
            case OrderKind.ASSIGN | OrderKind.NOTE:
                pass  # of people among themselves: it changes neither whom we tell nor when

    def _acknowledge(self, order: Order) -> None:
        life = self.book.of_id(order.target)
        if life is None or life.alert.acked_at is not None:
            log.info("acknowledgement without an alert that waits for one", alert=order.target)
            return
        alert = replace(life.alert, acked_by=order.person, acked_at=order.at)
        self._keep(replace(life, alert=alert))
        self._did(Did.ACKED, life, order.at, {"person": order.person, "note": order.note, "order": order.id})

    # What follows.

    def tick(self, now: int) -> tuple[list[Sending], list[Deed]]:
        """All that is to be sent by now, in order, and all that was done."""
        if now < self._ticked_at:
            self._set_back(self._ticked_at - now, now)
        self._ticked_at = now
        self._forget_silences(now)
        if self._looked_at is None or not 0 <= now - self._looked_at < LOOK_AGAIN or self._is_due(now):
            self._look(now)
            self._looked_at = now
        teller = Teller(self.site, self.book, now, self._is_quiet, self._did)
        sent, deeds = teller.tell(), self._deeds
        self._deeds = []
        return sent, deeds

    def _set_back(self, step: int, now: int) -> None:
        self.book.set_back(step)
        if self._heard_at > now:  # else it was heard since
            self._heard_at -= step

    def world(self, now: int) -> World:
        silent = now - self._heard_at > 1000 * self._patience()
        return World(
            now=now,
            site=self.site,
            outages=self.book.outages,
            degraded=self.book.degraded,
            maintained=self.book.maintained,
            measured=None if silent else self._measured,
            silent_since=self._heard_at if silent else None,
            failing=self._failing,
        )

    def _patience(self) -> float:
        spans = [rule.limits["silent"] for rule in self.site.alerting.rules if "silent" in rule.limits]
        return min(spans, default=SILENT)

    def _forget_silences(self, now: int) -> None:
        for silence in list(self.book.silences.values()):
            if silence.until is not None and silence.until <= now:
                del self.book.silences[silence.id]

    def _is_due(self, now: int) -> bool:
        """Whether something has lasted, or been gone, for long enough by now."""
        book = self.book
        return any(now >= one.since + self._span(one.finding) for one in book.pending.values()) or any(
            life.gone_since is not None and now >= life.gone_since + self._settle(life)
            for life in book.lives.values()
        )

    def _span(self, finding: Finding) -> int:
        rule = self._rules.get(finding.rule)
        return 0 if rule is None else round(1000 * rule.span)

    def _settle(self, life: Life) -> int:
        rule = self._rules.get(life.finding.rule)
        return 0 if rule is None else round(1000 * rule.settle)

    def _look(self, now: int) -> None:
        """Ask all rules, and bring the alerts in line with what they find."""
        world = self.world(now)
        findings = self._findings(world)
        self._end(world, findings)
        for key, finding in findings.items():
            life = self.book.lives.get(key)
            if life is None:
                self._begin(finding, now)
            elif finding.severity.is_above(life.finding.severity):
                self._raise(life, finding, now)
            elif life.finding.facts != finding.facts or life.gone_since is not None:
                # Less severe it becomes by its end alone: up and down again would be told each time.
                kept = replace(life.finding, facts=finding.facts)
                self._keep(replace(life, alert=replace(life.alert, finding=kept), gone_since=None))
        endings = Endings(world, self._rules, self.book, has_heard=self._has_heard)
        for key, pending in list(self.book.pending.items()):
            kind = self._kind(pending.finding)
            if key not in findings and endings.of(pending.finding, kind) is not None:
                del self.book.pending[key]
        self._tidy()

    def _findings(self, world: World) -> dict[str, Finding]:
        """What the rules find, by key. An outage stays with the rule that told it, while there is that."""
        told = {
            life.finding.facts["outage"]: life.finding.rule
            for life in self.book.lives.values()
            if "outage" in life.finding.facts and life.finding.rule in self._rules
        }
        found: dict[str, Finding] = {}
        for each in find(self.site.alerting.rules, world):
            rule = told.get(each.facts.get("outage"), each.rule)
            finding = each if rule == each.rule else replace(each, rule=rule)
            found[finding.key] = finding
        return found

    def _begin(self, finding: Finding, now: int) -> None:
        """Fire, once it has lasted for long enough.

        What is said to have begun later than now (the clock of a collector is ahead, or ours was set back)
        began when we heard of it: to wait for its own moment would keep it from everybody until then.
        """
        pending = self.book.pending.get(finding.key)
        since = min(now, finding.since if pending is None else pending.since)
        if now < since + self._span(finding):
            if pending is None or pending.since != since:
                self.book.pending[finding.key] = Pending(finding, since)
            return
        self.book.pending.pop(finding.key, None)
        finding = replace(finding, since=since)
        alert = Alert(self._new_id(finding), finding, fired_at=now)
        life = Life(alert, self._kind(finding), queued_at=now)
        self._keep(life)
        count = f"{finding.rule}/{finding.severity.value}"
        self.book.counts[count] = self.book.counts.get(count, 0) + 1
        title, _ = Composer(self.site, self.site.alerting.language).one(alert, Happening.FIRED, now)
        facts = {
            "title": title,
            "rule": finding.rule,
            "severity": finding.severity.value,
            "since": format_time(finding.since),
            "network": finding.network,
            "region": finding.region,
            "node": finding.node,
        }
        if "outage" in finding.facts:
            facts["outage"] = finding.facts["outage"]
        silence = silenced_by(self.book.silences.values(), finding, self.site)
        self._did(Did.FIRED, life, now, facts | ({"silence": silence} if silence else {}))

    def _raise(self, life: Life, finding: Finding, now: int) -> None:
        """More severe than what was told: who acknowledged that has not seen this."""
        kept = replace(life.finding, severity=finding.severity, facts=finding.facts)
        former = life.alert.former
        if life.told_at is not None:
            former = (*former, life.finding.severity)
        alert = replace(life.alert, finding=kept, acked_by="", acked_at=None, escalated=0, former=former)
        worse = replace(life, alert=alert, gone_since=None, raised=life.raised + 1)
        self._keep(worse)
        title, _ = Composer(self.site, self.site.alerting.language).one(alert, Happening.FIRED, now)
        facts = {"title": title, "severity": finding.severity.value, "worse": worse.raised}
        self._did(Did.ESCALATED, worse, now, facts)

    def _end(self, world: World, findings: Mapping[str, Finding]) -> None:
        endings = Endings(world, self._rules, self.book, has_heard=self._has_heard)
        for key, life in list(self.book.lives.items()):
            if key in findings:
                continue
            ending = endings.of(life.finding, life.kind)
            if ending is None:
                continue
            since = world.now if life.gone_since is None else min(world.now, life.gone_since)
            if not ending.at_once and world.now < since + self._settle(life):
                if life.gone_since != since:
                    self._keep(replace(life, gone_since=since))
                continue
            self._resolve(life, ending, since, world.now)

    def _resolve(self, life: Life, ending: Ending, since: int, now: int) -> None:
        at = since if ending.at is None else min(now, ending.at)
        finding = replace(life.finding, facts={**life.finding.facts, **ending.facts})
        at = max(at, finding.since)
        alert = replace(life.alert, finding=finding, resolved_at=at, ending=ending.word)
        over = replace(life, alert=alert, queued_at=now, over_said_at=ending.said_at or since)
        del self.book.lives[finding.key]
        if life.told_at is not None:
            self.book.ending[alert.id] = over
        facts = {"ending": ending.word, "told": life.told_at is not None}
        self._did(Did.RESOLVED, over, at, facts)

    def _tidy(self) -> None:
        """Forget how things ended that no alert waits for."""
        book = self.book
        alive = [life.finding for life in book.lives.values()]
        alive += [pending.finding for pending in book.pending.values()]
        subjects = {finding.subject for finding in alive}
        for gone in book.closed.keys() - subjects:
            del book.closed[gone]
        for watch in book.turned.keys() - subjects:
            del book.turned[watch]
        for gone in book.doubts.keys() - subjects:
            del book.doubts[gone]

    def _is_quiet(self, life: Life) -> bool:
        """Whether nobody wants to hear of it now, until it is over: silence, or maintenance."""
        outage = self.book.outages.get(life.finding.subject)
        if outage is not None and outage.excluded:
            return True
        if life.kind in BY_WATCH and life.finding.subject in self.book.maintained:
            return True
        return bool(silenced_by(self.book.silences.values(), life.finding, self.site))

    def _keep(self, life: Life) -> None:
        self.book.lives[life.finding.key] = life

    def _kind(self, finding: Finding) -> str:
        rule: Rule | None = self._rules.get(finding.rule)
        return finding.rule if rule is None else rule.kind

    def _did(self, what: Did, life: Life, at: int, facts: Mapping[str, object]) -> None:
        self._deeds.append(Deed(what, life.alert.id, life.finding.key, at, facts))

    def _new_id(self, finding: Finding) -> str:
        """Another one for each life that was told: a message of the same key would not be sent.

        Made of what happened, and not of when we noticed: a role that takes over knows its alerts by it. What
        each role finds for itself, the troubles of our own pipeline, has another id with each.
        """
        given = {life.alert.id for life in self._lives()}
        for attempt in range(1000):
            text = f"{finding.key}/{finding.since}/{attempt}".encode()
            name = blake2b(text, digest_size=4).hexdigest()
            if name not in given and not self._is_taken(name):
                return name
        raise RuntimeError("no id is left for an alert")  # of four thousand million

    def _lives(self) -> Iterable[Life]:
        yield from self.book.lives.values()
        yield from self.book.ending.values()
