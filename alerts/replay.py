"""A stretch of the past through rules and routes as they are now, on a clock that runs quicker. Pure.

What is measured all the time is in no ledger, so rules that rest on it are left out; so are acknowledgements,
for the alerts are others. What was going on before the stretch is not told in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from alerts.engine import Engine
from alerts.life import Book
from alerts.model import Message
from alerts.routing import people_of, route_of
from alerts.telling import Sending
from monitor.config import Site
from monitor.config.alerting import Called
from monitor.model.events import Payload

STEP: Final = 10_000
"""Milliseconds between two looks while something goes on."""
LEFT_OUT: Final = ("crowd", "burn", "budget", "certificate", "pipeline")
"""Kinds of rules that rest on measurements."""


@dataclass(frozen=True, slots=True)
class Said:
    """What would have been said: when, where, whom it would have called there, and what."""

    at: int
    channel: str
    people: tuple[str, ...]
    message: Message


def replay(site: Site, heard: Iterable[tuple[int, Payload]], until: int) -> Iterator[Said]:
    """``heard``: what was judged or ordered, each with when, in order. Up to ``until``, milliseconds."""
    rules = tuple(rule for rule in site.alerting.rules if rule.kind not in LEFT_OUT)
    site = replace(site, alerting=replace(site.alerting, rules=rules))
    book = Book()
    engine: Engine | None = None
    now = 0
    for at, payload in heard:
        engine = engine or Engine(site, book, at, lambda _: False)
        now = now or at
        for moment in _looks(book, now, at):
            yield from _tell(site, engine, moment)
        now = max(now, at)
        engine.hear(payload, at)
        yield from _tell(site, engine, now)
    if engine is not None:
        for moment in _looks(book, now, until):
            yield from _tell(site, engine, moment)


def _looks(book: Book, now: int, until: int) -> Iterator[int]:
    """The moments at which something may be due; none while nothing goes on."""
    while (book.lives or book.pending or book.ending) and now + STEP < until:
        now += STEP
        yield now


def _tell(site: Site, engine: Engine, now: int) -> Iterator[Said]:
    sent, _ = engine.tick(now)
    for each in sent:
        yield Said(now, each.channel, _people(site, each, now), each.message)


def _people(site: Site, each: Sending, now: int) -> tuple[str, ...]:
    """The names of those whom the channel would have called."""
    route = route_of(site, each.message.alerts[0].finding)
    if route is None or not each.to:
        return ()
    asked: Iterable[Called] = [route.called, *(step.called for step in route.escalate)]
    who = {person for called in asked for person in people_of(site, called, now)}
    people = [site.alerting.people[name] for name in sorted(who)]
    addresses = set(each.to)
    return tuple(
        one.name for one in people if addresses & {one.phone, one.mail, *one.addresses.values()} - {""}
    )
