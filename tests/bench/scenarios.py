"""What is measured: each scenario yields the lines of the table as they are known."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import cities
import measure
import reports
import telling
import wall
from measure import (
    Budget,
    Figure,
    NotMeasuredError,
    at_most,
    mebibytes,
    micros,
    millis,
    seconds,
    share,
    times,
)
from peers import Peers, ours
from usage import Used, used_by

from collectors.engine.schedule import TICK

SMALL: Final = 3_352
WIDE: Final = 33_520
LARGE: Final = 100_000
ROUNDS: Final = 3
WINDOW: Final = 20.0
SCRAPES: Final = 4
SCRAPE_EVERY: Final = 5.1
"""Seconds; longer than anything of a page is kept for the next who asks."""

Scenario = Callable[[Path], Iterator[Figure]]


def engine(folder: Path) -> Iterator[Figure]:
    """One sweep by our engine and by the C prober, in turn, against the same devices."""
    peers = Peers(folder)
    with peers.devices() as port:
        for count, rounds in ((SMALL, 5), (WIDE, 3), (LARGE, 3)):
            pairs = [_each((ours("rtsp", count, port=port), peers.in_c(port, count))) for _ in range(rounds)]
            mine, theirs = zip(*pairs, strict=True)
            yield Figure(f"C prober, {count:,} all at once", theirs, micros)
            yield Figure(f"engine, {count:,} all at once", mine, micros)
            yield _ratio(f"engine ÷ C, {count:,} all at once", mine, theirs, at_most(1.3, times))
        yield from _spread(peers, port, SMALL, 10.0)
        held = [ours("hold", SMALL, port=port, limit=4000) for _ in range(ROUNDS)]
        yield Figure("engine, asked again on held connections", _each(held), micros)


def _spread(peers: Peers, port: int, count: int, spread: float) -> Iterator[Figure]:
    """Against the C prober at both paces: waking for each start, and in our ticks, where it sleeps more."""
    over = f"{count:,} over {spread:.0f} s"
    rounds = [
        _each(
            (
                ours("rtsp", count, port=port, spread=spread),
                peers.in_c(port, count, spread),
                peers.in_c(port, count, spread, TICK),
            )
        )
        for _ in range(ROUNDS)
    ]
    mine, *paces = zip(*rounds, strict=True)
    yield Figure(f"engine, {over}", mine, micros)
    for theirs, pace in zip(paces, ("one by one", "in our ticks"), strict=True):
        yield Figure(f"C prober, {over}, {pace}", theirs, micros)
        yield _ratio(f"engine ÷ C, {over}, {pace}", mine, theirs, at_most(1.5, times))


def _each(sweeps: Iterable[Mapping[str, float]]) -> tuple[float, ...]:
    """CPU seconds per probe of each sweep."""
    return tuple(sweep["cpu"] / sweep["probes"] for sweep in sweeps)


def _ratio(what: str, mine: tuple[float, ...], theirs: tuple[float, ...], budget: Budget) -> Figure:
    return Figure(what, tuple(a / b for a, b in zip(mine, theirs, strict=True)), times, budget)


def ping(folder: Path) -> Iterator[Figure]:
    """Our one ICMP socket against what one more echo costs fping, at once and one a millisecond."""
    peers = Peers(folder)
    for count, spread, how, rounds in (
        (SMALL, 0.0, "all at once", 5),
        (SMALL, SMALL / 1000, "1 a millisecond", 3),
        (WIDE, 0.0, "all at once", 3),
        (LARGE, 0.0, "all at once", 3),
    ):
        pairs = [(ours("ping", count, spread=spread), peers.fping(count, spread)) for _ in range(rounds)]
        mine = _each(pair[0] for pair in pairs)
        theirs = tuple(pair[1] / count for pair in pairs)
        yield Figure(f"fping, {count:,} {how}", theirs, micros)
        yield Figure(f"ping, {count:,} {how}", mine, micros)
        yield _ratio(f"ping ÷ fping, {count:,} {how}", mine, theirs, at_most(1.2, times))


def hung(folder: Path) -> Iterator[Figure]:
    """5 % of the city accept and never answer: the others must not wait for them."""
    peers = Peers(folder)
    with peers.devices() as port, peers.devices(hang=True) as silent:
        sweeps = [ours("rtsp", SMALL, port=port, hung=168, hung_port=silent) for _ in range(ROUNDS)]
    living = tuple(sweep["last_ok"] for sweep in sweeps)
    yield Figure("168 hung: the living all answered after", living, seconds, at_most(5.0, seconds, "§5"))
    yield Figure("168 hung: sweep over after", tuple(sweep["wall"] for sweep in sweeps), seconds)


def whole(folder: Path) -> Iterator[Figure]:
    """All roles on the small city, RTSP every 10 s."""
    with Peers(folder).devices() as port, _rtsp_city(folder, SMALL, port) as city:
        used = used_by(city, WINDOW, ROUNDS)
        yield from _costs(city, used, at_most(130e-6, micros))
        yield from _scrapes(city, at_most(0.030, millis))
        yield from _memory(city)


def wide(folder: Path) -> Iterator[Figure]:
    """All roles on ten such cities in one collector, beside one of them."""
    with Peers(folder).devices() as port:
        with _rtsp_city(folder, SMALL, port) as city:
            small = used_by(city, WINDOW, ROUNDS)
            yield from _costs(city, small)
        with _rtsp_city(folder, WIDE, port) as city:
            used = used_by(city, WINDOW, ROUNDS)
            yield from _costs(city, used)
            yield _growth(WIDE, used, small)
            yield from _scrapes(city)
            yield from _memory(city)


def large(folder: Path) -> Iterator[Figure]:
    """100,000 nodes at ping every 30 s, beside the small city at the same number of probes a second."""
    with cities.city(folder / "small", cities.Plan(SMALL, {"ping": 1.0})) as city:
        small = used_by(city, WINDOW, ROUNDS)
        yield from _costs(city, small)
    with cities.city(folder / "large", cities.Plan(LARGE, {"ping": 30.0})) as city:
        used = used_by(city, WINDOW, ROUNDS)
        yield from _costs(city, used)
        yield _growth(LARGE, used, small)
        of_two = tuple(value / 2 for value in used.shares["all"])
        yield Figure(f"all roles, {_name(city)}, of 2 cores", of_two, share, at_most(1.0, share))
        yield from _scrapes(city, at_most(0.6, millis))
        yield from _memory(city)


def idle(folder: Path) -> Iterator[Figure]:
    """The small city on two networks at default intervals, a minute long, nothing happening."""
    with Peers(folder).devices() as port:
        plan = cities.Plan(SMALL, {"ping": 5.0, f"rtsp:{port}": 30.0}, platforms=133, usual=True)
        with cities.city(folder / "site", plan) as city:
            used = used_by(city, 60.0, 1)
            for role, shares in sorted(used.shares.items()):
                budget = at_most(0.10, share) if role == "all" else None
                yield Figure(f"idle city of {SMALL:,}, {role}, of a core", shares, share, budget)
            yield from _memory(city, at_most(300.0 * measure.MIB, mebibytes))


def _rtsp_city(folder: Path, count: int, port: int) -> AbstractContextManager[cities.City]:
    return cities.city(folder / f"of-{count}", cities.Plan(count, {f"rtsp:{port}": 10.0}))


def _name(city: cities.City) -> str:
    """Of the size and the one probe: ``3,352 rtsp@10s``."""
    (probe,) = city.plan.probes.items()
    return f"{city.plan.count:,} {probe[0].partition(':')[0]}@{probe[1]:.0f}s"


def _costs(city: cities.City, used: Used, budget: Budget | None = None) -> Iterator[Figure]:
    yield Figure(f"collector, {_name(city)}, a probe", used.per_probe("collect"), micros)
    yield Figure(f"all roles, {_name(city)}, a probe", used.per_probe(), micros, budget)
    yield Figure(f"all roles, {_name(city)}, of a core", used.shares["all"], share)


def _growth(count: int, used: Used, small: Used) -> Figure:
    what = f"a probe of {count:,} ÷ of {SMALL:,}"
    return _ratio(what, used.per_probe(), small.per_probe(), at_most(1.3, times))


def _scrapes(city: cities.City, budget: Budget | None = None) -> Iterator[Figure]:
    """What one scrape costs the monitor above what it does anyway, and how long it takes."""
    costs, lasted = [], []
    for _ in range(ROUNDS):
        quiet = _monitor_cpu(city, lambda: None)
        costs.append(_monitor_cpu(city, lambda: lasted.append(_lasted(city.scrape))) - quiet)
    if statistics.median(costs) <= 0:
        raise NotMeasuredError(f"a monitor that was asked used no more than one that was not: {costs}")
    city.confirm()
    name = f"/metrics of {city.plan.count:,} nodes"
    yield Figure(f"{name}, CPU", tuple(costs), millis, budget)
    yield Figure(f"{name}, until received", tuple(lasted), millis)


def _monitor_cpu(city: cities.City, act: Callable[[], object]) -> float:
    """CPU seconds a turn, with ``act`` done in each. All turns together see two sights of each collector."""
    begin, before = time.monotonic(), city.cpu("monitor")
    for number in range(1, SCRAPES + 1):
        act()
        time.sleep(max(0.0, begin + number * SCRAPE_EVERY - time.monotonic()))
    return (city.cpu("monitor") - before) / SCRAPES


def _lasted(act: Callable[[], object]) -> float:
    begin = time.monotonic()
    act()
    return time.monotonic() - begin


def _memory(city: cities.City, budget: Budget | None = None) -> Iterator[Figure]:
    sizes = {role: city.pss(role) for role in city.roles()}
    name = f"memory (PSS), {city.plan.count:,}"
    for role, size in sorted(sizes.items()):
        yield Figure(f"{name}, {role}", (size,), mebibytes)
    yield Figure(f"{name}, all roles", (sum(sizes.values()),), mebibytes, budget)


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "engine": engine,
    "ping": ping,
    "hung": hung,
    "whole": whole,
    "wide": wide,
    "large": large,
    "idle": idle,
    "storm": telling.storm,
    "latency": telling.latency,
    "figures": reports.figures,
    "pages": wall.pages,
    "big": reports.big,
}
