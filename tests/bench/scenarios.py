"""What is measured: each scenario yields the lines of the table as they are known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import cities
import measure
import reports
from measure import Figure, at_most, mebibytes, micros, millis, seconds, share, times
from peers import Peers, ours

SMALL: Final = 3_352
WIDE: Final = 33_520
LARGE: Final = 100_000
ROUNDS: Final = 3
WINDOW: Final = 20.0
SCRAPES: Final = 5

Scenario = Callable[[Path], Iterator[Figure]]


def engine(folder: Path) -> Iterator[Figure]:
    """One sweep by our engine and by the C prober, in turn, against the same devices."""
    peers = Peers(folder)
    with peers.devices() as port:
        for count, rounds in ((SMALL, 5), (WIDE, 3), (LARGE, 1)):
            yield from _duel(peers, port, count, rounds=rounds, budget=at_most(1.3, times))
        yield from _duel(peers, port, SMALL, spread=10.0, budget=at_most(1.5, times))
        held = [ours("hold", SMALL, port=port, limit=4000) for _ in range(ROUNDS)]
        yield Figure("engine, asked again on held connections", _each(held), micros)


def _duel(
    peers: Peers, port: int, count: int, *, budget: measure.Budget, spread: float = 0.0, rounds: int = ROUNDS
) -> Iterator[Figure]:
    how = f"over {spread:.0f} s" if spread else "all at once"
    pairs = [
        (ours("rtsp", count, port=port, spread=spread), peers.in_c(port, count, spread))
        for _ in range(rounds)
    ]
    mine, theirs = _each([pair[0] for pair in pairs]), _each([pair[1] for pair in pairs])
    yield Figure(f"C prober, {count:,} {how}", theirs, micros)
    yield Figure(f"engine, {count:,} {how}", mine, micros)
    ratios = tuple(a / b for a, b in zip(mine, theirs, strict=True))
    yield Figure(f"engine ÷ C, {count:,} {how}", ratios, times, budget)


def _each(sweeps: list[dict[str, float]]) -> tuple[float, ...]:
    """CPU seconds per probe of each sweep."""
    return tuple(sweep["cpu"] / sweep["probes"] for sweep in sweeps)


def ping(folder: Path) -> Iterator[Figure]:
    """Our one ICMP socket against fping, all at once and at one echo each millisecond."""
    peers = Peers(folder)
    for spread, how in ((0.0, "all at once"), (SMALL / 1000, "1 a millisecond")):
        pairs = [(ours("ping", SMALL, spread=spread), peers.fping(SMALL, spread)) for _ in range(ROUNDS)]
        mine = _each([pair[0] for pair in pairs])
        theirs = tuple(pair[1] / SMALL for pair in pairs)
        yield Figure(f"fping, {SMALL:,} {how}", theirs, micros)
        yield Figure(f"ping, {SMALL:,} {how}", mine, micros)
        ratios = tuple(a / b for a, b in zip(mine, theirs, strict=True))
        yield Figure(f"ping ÷ fping, {how}", ratios, times, at_most(1.2, times))


def hung(folder: Path) -> Iterator[Figure]:
    """5 % of the city accept and never answer: the others must not wait for them."""
    peers = Peers(folder)
    with peers.devices() as port, peers.devices(hang=True) as silent:
        sweeps = [ours("rtsp", SMALL, port=port, hung=168, hung_port=silent) for _ in range(ROUNDS)]
    living = tuple(sweep["last_ok"] for sweep in sweeps)
    yield Figure("168 hung: the living all answered after", living, seconds, at_most(5.0, seconds))
    yield Figure("168 hung: sweep over after", tuple(sweep["wall"] for sweep in sweeps), seconds)


def whole(folder: Path) -> Iterator[Figure]:
    """All roles on the small city, RTSP every 10 s."""
    yield from _rtsp_city(folder, SMALL, at_most(130e-6, micros))


def wide(folder: Path) -> Iterator[Figure]:
    """All roles on ten such cities in one collector."""
    yield from _rtsp_city(folder, WIDE, None)


def _rtsp_city(folder: Path, count: int, budget: measure.Budget | None) -> Iterator[Figure]:
    peers = Peers(folder)
    with (
        peers.devices() as port,
        cities.city(folder / "site", cities.Plan(count, f"rtsp:{port}@10s")) as city,
    ):
        rate = count / 10.0
        used = _windows(city, WINDOW, ROUNDS)
        yield Figure(f"collector, {count:,} rtsp@10s, a probe", _per(used["collect"], rate), micros)
        yield Figure(f"all roles, {count:,} rtsp@10s, a probe", _per(used["all"], rate), micros, budget)
        yield from _scrapes(city, count, at_most(0.030, millis) if count == SMALL else None)
        yield from _memory(city, f"{count:,}", None)


def large(folder: Path) -> Iterator[Figure]:
    """100,000 nodes at ping every 30 s, beside the small city at the same number of probes a second."""
    costs = []
    for count, every, name in ((SMALL, 1, "little"), (LARGE, 30, "large")):
        plan = cities.Plan(count, f"ping@{every}s")
        with cities.city(folder / name, plan) as city:
            rate = count / every
            used = _windows(city, WINDOW, ROUNDS)
            costs.append(_per(used["all"], rate))
            yield Figure(f"all roles, {count:,} ping@{every}s, a probe", costs[-1], micros)
            yield Figure(f"all roles, {count:,} ping@{every}s, of a core", used["all"], share)
            if count == LARGE:
                yield from _scrapes(city, count, at_most(0.6, millis))
                yield from _memory(city, f"{count:,}", None)
    ratios = tuple(big / small for small, big in zip(*costs, strict=True))
    yield Figure(f"a probe of {LARGE:,} ÷ of {SMALL:,}", ratios, times, at_most(1.3, times))


def idle(folder: Path) -> Iterator[Figure]:
    """The small city on two networks at default intervals, a minute long, nothing happening."""
    peers = Peers(folder)
    with peers.devices() as port:
        plan = cities.Plan(SMALL, f"ping;rtsp:{port}", platforms=133)
        with cities.city(folder / "site", plan) as city:
            used = _windows(city, 60.0, 1)
            for role in sorted(used):
                budget = at_most(0.10, share) if role == "all" else None
                yield Figure(f"idle city of {SMALL:,}, {role}, of a core", used[role], share, budget)
            yield from _memory(city, f"{SMALL:,}", at_most(300.0 * measure.MIB, mebibytes))


def _windows(city: cities.City, length: float, rounds: int) -> dict[str, tuple[float, ...]]:
    """Shares of a core used in each window, by role and by ``all``."""
    shares: dict[str, list[float]] = {}
    for _ in range(rounds):
        begin = time.monotonic()
        before = {role: city.cpu(role) for role in city.roles()}
        time.sleep(length)
        lasted = time.monotonic() - begin
        used = {role: (city.cpu(role) - at) / lasted for role, at in before.items()}
        for role, value in {**used, "all": sum(used.values())}.items():
            shares.setdefault(role, []).append(value)
    return {role: tuple(values) for role, values in shares.items()}


def _per(shares: tuple[float, ...], rate: float) -> tuple[float, ...]:
    """CPU seconds for one of ``rate`` probes a second."""
    return tuple(value / rate for value in shares)


def _scrapes(city: cities.City, count: int, budget: measure.Budget | None) -> Iterator[Figure]:
    """What one scrape costs the monitor above what it does anyway, and how long it takes."""
    idle_share = _windows(city, 5.0, 1)["monitor"][0]
    costs, lasted = [], []
    for _ in range(SCRAPES):
        before, begin = city.cpu("monitor"), time.monotonic()
        city.metrics()
        lasted.append(time.monotonic() - begin)
        time.sleep(2.0)  # longer than any page may be kept for the next who asks
        rest = idle_share * (time.monotonic() - begin)
        costs.append(max(0.0, city.cpu("monitor") - before - rest))
    yield Figure(f"/metrics of {count:,} nodes, CPU", tuple(costs), millis, budget)
    yield Figure(f"/metrics of {count:,} nodes, until received", tuple(lasted), millis)


def _memory(city: cities.City, name: str, budget: measure.Budget | None) -> Iterator[Figure]:
    sizes = {role: city.pss(role) for role in city.roles()}
    for role, size in sorted(sizes.items()):
        yield Figure(f"memory (PSS), {name}, {role}", (size,), mebibytes)
    yield Figure(f"memory (PSS), {name}, all roles", (sum(sizes.values()),), mebibytes, budget)


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "engine": engine,
    "ping": ping,
    "hung": hung,
    "whole": whole,
    "wide": wide,
    "large": large,
    "idle": idle,
    "figures": reports.figures,
}
