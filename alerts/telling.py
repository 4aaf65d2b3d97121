"""What is to be said by now, of which alerts, to whom: starts, repeats, escalations, ends. Pure.

What many hang on gets a message of its own, at once. What is small is gathered: the first goes out at once,
what follows on the same route within its ``group_interval`` goes out together. Ends likewise. No start is
told before the end of the alert that was about the same, and no end without its start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import inf
from typing import Any

from alerts.compose import Composer
from alerts.life import Book, Gathering, Life
from alerts.model import Finding, Happening, Message, Severity
from alerts.routing import addresses, channels_of, route_of
from alerts.rows import Fallback
from monitor.config import Site
from monitor.config.alerting import Called, Route
from monitor.model.deeds import Did


@dataclass(frozen=True, slots=True)
class Sending:
    """A message for a channel, with whom to call by name there."""

    channel: str
    message: Message
    to: tuple[str, ...]
    fallback: Fallback | None = None


Note = Callable[[Did, Life, int, Mapping[str, Any]], None]


def is_alone(finding: Finding) -> bool:
    """Whether it gets a message of its own whatever else there is."""
    facts = finding.facts
    wide = max(facts.get("affected", 1), facts.get("behind", 1)) >= 2 or facts.get("what") in (
        "suspected",
        "observer",
    )
    return wide or finding.severity is Severity.CRITICAL


class Teller:
    """One look at the book: says what is due, and notes in the book that it was said."""

    def __init__(
        self, site: Site, book: Book, now: int, is_quiet: Callable[[Life], bool], note: Note
    ) -> None:
        """``is_quiet``: nobody wants to hear of it now. ``note``: what was done."""
        self._site = site
        self._book = book
        self._now = now
        self._is_quiet = is_quiet
        self._note = note
        self._sent: list[Sending] = []

    def tell(self) -> list[Sending]:
        """In the order in which it is to be said."""
        self._mind_the_clock()
        self._tell_ends()
        if self._site.alerting.routes:
            routed = self._routed()
            self._tell_starts(routed)
            self._tell_worse(routed)
            self._escalate(routed)
            self._tell_repeats(routed)
        return self._sent

    def _mind_the_clock(self) -> None:
        """What happened later than now, by a clock that was set back while nobody looked, happened now.

        Else escalations, repeats and what is gathered would wait until it is that late again.
        """
        now = self._now
        for shelf in (self._book.lives, self._book.ending):
            for name, life in shelf.items():
                if now < max(life.queued_at, life.told_at or 0, life.said_at):
                    queued_at, said_at = min(now, life.queued_at), min(now, life.said_at)
                    told_at = None if life.told_at is None else min(now, life.told_at)
                    shelf[name] = replace(life, queued_at=queued_at, told_at=told_at, said_at=said_at)

    def _routed(self) -> list[tuple[Life, Route]]:
        """What goes on and may be told, the oldest first, each with its route as it is now."""
        found = []
        for life in sorted(self._book.lives.values(), key=_age):
            if not self._is_waiting(life) or life.finding.subject in self._book.doubts:
                continue
            if self._is_quiet(life):
                if not life.quieted:
                    self._keep(replace(life, quieted=True))
                continue
            route = route_of(self._site, life.finding)
            if route is not None:
                found.append((life, route))
        return found

    def _is_waiting(self, life: Life) -> bool:
        return life.told_at is None or life.alert.acked_at is None

    # Starts.

    def _tell_starts(self, routed: Iterable[tuple[Life, Route]]) -> None:
        small: defaultdict[Route, list[Life]] = defaultdict(list)
        for life, route in routed:
            if life.told_at is not None:
                continue
            if is_alone(life.finding):
                self._start(route, [life])
            else:
                small[route].append(life)
        for route, lives in small.items():
            if self._is_time(lives, self._gathering(route.name).starts, route):
                self._start(route, lives)
                self._gather(route.name, starts=self._now)

    def _start(self, route: Route, lives: list[Life]) -> None:
        told = [replace(life, alert=replace(life.alert, told=True)) for life in lives]
        detected = min(self._news(life) for life in lives)
        message = self._message(told, Happening.FIRED, route, detected, [""] * len(told))
        channels = self._send(route.to, route.called, message, self._fallback(route))
        for life in told:
            known = {**life.channels, **channels}
            self._keep(
                replace(
                    life,
                    route=route.name,
                    channels=known,
                    told_at=self._now,
                    said_at=self._now,
                    raised_said=life.raised,
                )
            )

    def _news(self, life: Life) -> int:
        """Since when it could have been told: what waited on purpose is no delay."""
        if life.quieted:
            return self._now
        lasted = any(rule.span for rule in self._site.alerting.rules if rule.name == life.finding.rule)
        return life.alert.fired_at if lasted else life.finding.detected_at

    def _is_time(self, lives: Iterable[Life], last: int | None, route: Route) -> bool:
        first = min(life.queued_at for life in lives) + round(1000 * route.group_wait)
        if last is None or self._now < last:  # a clock that was set back holds nothing up
            return self._now >= first
        return self._now >= max(first, last + round(1000 * route.group_interval))

    # While they go on.

    def _tell_worse(self, routed: Iterable[tuple[Life, Route]]) -> None:
        """At once and each by itself, on the route that it has now: another one may be for such."""
        for each, route in routed:
            life = self._present(each)
            if life.told_at is None or life.raised_said == life.raised:
                continue
            message = self._message([life], Happening.WORSE, route, self._now, [f"/{life.raised}"])
            channels = {**life.channels, **self._send(route.to, route.called, message, self._fallback(route))}
            self._keep(
                replace(
                    life,
                    route=route.name,
                    channels=channels,
                    told_at=self._now,
                    said_at=self._now,
                    raised_said=life.raised,
                )
            )

    def _tell_repeats(self, routed: Iterable[tuple[Life, Route]]) -> None:
        due: defaultdict[Route, list[Life]] = defaultdict(list)
        soon: defaultdict[Route, list[Life]] = defaultdict(list)
        for each, route in routed:
            life = self._present(each)
            if life.told_at is None or life.said_at == self._now or route.repeat is None:
                continue
            left = self._left(life, route)
            if left <= 0:
                due[route].append(life)
            elif left <= 1000 * route.group_interval:
                soon[route].append(life)
        for route, lives in due.items():
            small = [life for life in lives if not is_alone(life.finding)]
            # What is due in a moment goes with it.
            with_them = [life for life in soon[route] if small and not is_alone(life.finding)]
            for some in _parted(lives + with_them):
                self._repeat(route, some)

    def _left(self, life: Life, route: Route) -> float:
        """Milliseconds until its repeat."""
        return inf if route.repeat is None else life.said_at + round(1000 * route.repeat) - self._now

    def _repeat(self, route: Route, lives: list[Life]) -> None:
        again = [replace(life, repeated=life.repeated + 1, said_at=self._now) for life in lives]
        numbers = [f"/{life.repeated}" for life in again]
        message = self._message(again, Happening.REPEATED, route, self._now, numbers)
        channels = self._send(route.to, route.called, message, self._fallback(route))
        for life in again:
            self._keep(replace(life, channels={**life.channels, **channels}))
            self._note(Did.REPEATED, life, self._now, {"number": life.repeated, "channels": [*channels]})

    def _escalate(self, routed: Iterable[tuple[Life, Route]]) -> None:
        due: defaultdict[tuple[Route, int], list[Life]] = defaultdict(list)
        for each, route in routed:
            life = self._present(each)
            if life.told_at is None:
                continue
            lasted = self._now - life.told_at
            steps = [place for place, step in enumerate(route.escalate) if lasted >= round(1000 * step.after)]
            # Several at once after a silence: whoever is called last is told, and nobody of what was missed.
            if steps and steps[-1] >= life.alert.escalated:
                due[route, steps[-1]].append(life)
        for (route, place), lives in sorted(due.items(), key=lambda item: (item[0][0].name, item[0][1])):
            for some in _parted(lives):
                self._step(route, place, [self._present(life) for life in some])

    def _step(self, route: Route, place: int, lives: list[Life]) -> None:
        step = route.escalate[place]
        raised = [
            replace(
                life,
                alert=replace(life.alert, escalated=place + 1),
                # It stands for a repeat that is due now too; others keep their time.
                said_at=self._now if self._left(life, route) <= 0 else life.said_at,
            )
            for life in lives
        ]
        # The same step again after it became worse needs another key, or it would not be sent.
        numbers = [f"/{place + 1}" + (f"/{life.raised}" if life.raised else "") for life in raised]
        message = self._message(raised, Happening.ESCALATED, route, self._now, numbers)
        channels = self._send(step.to, step.called, message, self._fallback(route))
        for life in raised:
            self._keep(replace(life, channels={**life.channels, **channels}))
            self._note(Did.ESCALATED, life, self._now, {"step": place + 1, "channels": [*channels]})

    # Ends.

    def _tell_ends(self) -> None:
        """To every channel that had the start; where it is gone, to the route's present ones."""
        small: defaultdict[tuple[str, tuple[str, ...]], list[Life]] = defaultdict(list)
        for life in sorted(self._book.ending.values(), key=lambda one: (one.queued_at, *_age(one))):
            if is_alone(life.finding) or life.finding.key in self._book.lives:
                self._tell_end([life])
            else:
                small[life.route, tuple(sorted(life.channels))].append(life)
        for (name, _), lives in small.items():
            route = self._route_named(name)
            if route is None or self._is_time(lives, self._gathering(name).ends, route):
                self._tell_end(lives)
                self._gather(name, ends=self._now)

    def _tell_end(self, lives: list[Life]) -> None:
        first = lives[0]
        detected = min(life.over_said_at for life in lives)
        route = self._route_named(first.route)
        message = self._message(lives, Happening.RESOLVED, route, detected, [""] * len(lives))
        to: dict[str, tuple[str, ...]] = dict(first.channels)
        for channel in first.channels:
            if channel not in self._site.alerting.channels:
                # The gone one keeps it too: whoever takes its other messages on gets it with them.
                called = Called() if route is None else route.called
                for heir in channels_of(self._site, first.route):
                    to.setdefault(heir, addresses(self._site, called, heir, self._now))
        fallback = None if route is None else self._fallback(route)
        self._sent += [Sending(channel, message, people, fallback) for channel, people in to.items()]
        for life in lives:
            self._book.ending.pop(life.alert.id, None)

    # What all of them need.

    def _message(
        self,
        lives: Sequence[Life],
        happening: Happening,
        route: Route | None,
        detected: int,
        numbers: Sequence[str],
    ) -> Message:
        """``numbers``: what makes each one's key another one than the last time."""
        alerting = self._site.alerting
        language = alerting.language if route is None else route.language
        composer = Composer(self._site, language)
        alerts = tuple(life.alert for life in lives)
        keys = [f"{each.id}/{happening}{number}" for each, number in zip(alerts, numbers, strict=True)]
        name = lives[0].route if route is None else route.name
        if len(alerts) == 1:
            title, text = composer.one(alerts[0], happening, self._now)
            key, group = keys[0], f"{name}/{alerts[0].finding.key}"
            link = f"{alerting.link}/a/{alerts[0].id}" if alerting.link else ""
        else:
            waited = self._now - min(life.queued_at for life in lives)
            title, text = composer.digest(alerts, happening, waited / 1000)
            key, group = f"digest/{_digest(keys)}/{happening}", f"{name}/digest"
            link = alerting.link
        return Message(
            *(key, happening, name, group, alerts, title, text, language),
            detected_at=detected,
            made_at=self._now,
            link=link,
        )

    def _send(
        self, channels: Iterable[str], called: Called, message: Message, fallback: Fallback | None
    ) -> dict[str, tuple[str, ...]]:
        to = {channel: addresses(self._site, called, channel, self._now) for channel in channels}
        self._sent += [Sending(channel, message, people, fallback) for channel, people in to.items()]
        return to

    def _fallback(self, route: Route) -> Fallback | None:
        if route.fallback is None:
            return None
        heirs = route.fallback.to
        to = {channel: addresses(self._site, route.called, channel, self._now) for channel in heirs}
        return Fallback(to, route.fallback.after)

    def _route_named(self, name: str) -> Route | None:
        return next((route for route in self._site.alerting.routes if route.name == name), None)

    def _gathering(self, route: str) -> Gathering:
        return self._book.gatherings.get(route, Gathering())

    def _gather(self, route: str, *, starts: int | None = None, ends: int | None = None) -> None:
        last = self._gathering(route)
        fresh = Gathering(last.starts if starts is None else starts, last.ends if ends is None else ends)
        self._book.gatherings[route] = fresh

    def _keep(self, life: Life) -> None:
        self._book.lives[life.finding.key] = life

    def _present(self, life: Life) -> Life:
        """As it is after what was said of it in this look."""
        return self._book.lives[life.finding.key]


def _age(life: Life) -> tuple[int, int, str]:
    return life.alert.fired_at, life.finding.since, life.finding.key


def _parted(lives: Sequence[Life]) -> list[list[Life]]:
    """Each that stands alone, and all others together."""
    small = [life for life in lives if not is_alone(life.finding)]
    return [[life] for life in lives if is_alone(life.finding)] + ([small] if small else [])


def _digest(keys: Iterable[str]) -> str:
    return blake2b("\n".join(sorted(keys)).encode(), digest_size=6).hexdigest()
