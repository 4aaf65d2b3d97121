"""One file per kind of rule: from what is true now to what is worth telling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from alerts.model import Finding
from alerts.rules import certificate, degraded, groups, outages, pipeline
from alerts.rules.world import Find, World
from monitor.config.alerting import Rule

RULES: Final[Mapping[str, Find]] = {
    "outage": outages.outage,
    "offline": outages.offline,
    "suspected": outages.suspected,
    "blind": outages.blind,
    "degraded": degraded.degraded,
    "flapping": degraded.flapping,
    "crowd": groups.crowd,
    "burn": groups.burn,
    "budget": groups.budget,
    "certificate": certificate.certificate,
    "pipeline": pipeline.pipeline,
}


def find(rules: Iterable[Rule], world: World) -> Iterator[Finding]:
    """All that is wrong now; each subject of a kind once, by the first rule that takes it.

    That is: an outage is told by one rule alone, and so is a watch, a group, a certificate by those of one
    kind of rule.
    """
    taken: set[tuple[str, str]] = set()
    for rule in rules:
        for found in RULES[rule.kind](rule, world):
            about = ("outage" if "outage" in found.facts else rule.kind, found.subject)
            if about not in taken:
                taken.add(about)
                yield found
