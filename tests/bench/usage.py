"""What a running city uses, for each probe that it really made: counted, never taken from the plan."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cities import City
from measure import NotMeasuredError
from prometheus_client.parser import text_string_to_metric_families

KEPT: Final = 0.02
"""A city whose probes are further than this share from its plan is not the one that was to be measured."""

_COUNTED: Final = ("quanshi_probes_total{", "quanshi_sight_age_seconds{")


@dataclass(frozen=True)
class Proof:
    """What a network's collector had proven: ``answers`` that were ok, counted until the moment ``until``."""

    until: float
    answers: float


@dataclass(frozen=True)
class Used:
    """Shares of a core in each window, by role and by ``all``; and the probes a second meanwhile."""

    shares: Mapping[str, tuple[float, ...]]
    rate: float

    def per_probe(self, role: str = "all") -> tuple[float, ...]:
        """CPU seconds for a probe that was answered."""
        return tuple(share / self.rate for share in self.shares[role])


def used_by(city: City, length: float, rounds: int) -> Used:
    """What a city at rest uses in ``rounds`` windows of ``length`` seconds.

    Raises NotMeasuredError when it made other probes than planned, or did not stay whole.
    """
    before = _proofs_now(city)
    windows = [_window(city, length) for _ in range(rounds)]
    made = rate(before, _proofs_now(city))
    if abs(made - city.plan.rate) > KEPT * city.plan.rate:
        raise NotMeasuredError(f"{made:.1f} probes a second were answered, {city.plan.rate:.1f} are planned")
    city.confirm()
    return Used({role: tuple(window[role] for window in windows) for role in windows[0]}, made)


def _window(city: City, length: float) -> dict[str, float]:
    begin = time.monotonic()
    before = {role: city.cpu(role) for role in city.roles()}
    time.sleep(length)
    used = {role: city.cpu(role) - at for role, at in before.items()}
    lasted = time.monotonic() - begin
    return {role: value / lasted for role, value in {**used, "all": sum(used.values())}.items()}


def _proofs_now(city: City) -> dict[str, Proof]:
    asked = time.monotonic()  # the ages are taken first, the page takes its time
    return proofs(city.metrics(), asked)


def proofs(page: str, now: float) -> dict[str, Proof]:
    """The answers by network, as a page of metrics tells them that was rendered at ``now``.

    A collector counts with each sight, so they are the answers until its last sight ended.
    """
    ages: dict[str, float] = {}
    answers: dict[str, float] = {}
    lines = "\n".join(line for line in page.splitlines() if line.startswith(_COUNTED))
    for sample in (sample for family in text_string_to_metric_families(lines) for sample in family.samples):
        if sample.name == "quanshi_sight_age_seconds":
            ages[sample.labels["collector"].rpartition("-")[0]] = sample.value
        elif sample.labels["result"] == "ok":
            network = sample.labels["network"]
            answers[network] = answers.get(network, 0.0) + sample.value
    return {network: Proof(now - age, answers.get(network, 0.0)) for network, age in ages.items()}


def rate(before: Mapping[str, Proof], after: Mapping[str, Proof]) -> float:
    """Good answers a second, all networks together. Raises NotMeasuredError when one proved nothing new."""
    total = 0.0
    for network, was in before.items():
        at = after.get(network, was)
        if at.until - was.until < 1.0:
            raise NotMeasuredError(f"nobody proved to look at the network {network}")
        total += (at.answers - was.answers) / (at.until - was.until)
    return total
