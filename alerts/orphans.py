"""Alerts of a role that tells no more and that were about itself: whoever takes over ends them.

That a channel fails, or that nobody hears the monitor, each role finds for itself: another one neither has
that alert in its book nor hears of its end. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from alerts.life import Life
from alerts.model import Alert, Finding, Severity
from alerts.routing import addresses, route_of
from alerts.rules.world import severity_of
from alerts.words import TROUBLES
from monitor.config import Site
from monitor.config.alerting import Rule
from monitor.model.deeds import Deed


def orphan(site: Site, rule: Rule, started: Deed, channels: Iterable[str], now: int) -> Life | None:
    """The life of an alert of the kind ``pipeline``, by what another role recorded of its start.

    ``channels``: those that heard of it. None for a trouble that this version does not know.
    """
    subject = started.key.removeprefix(f"{rule.name}/")
    trouble, _, name = subject.partition("/")
    trouble = "silent" if subject == "monitor" else trouble
    if trouble not in TROUBLES:
        return None
    finding = Finding(
        rule=rule.name,
        subject=subject,
        severity=severity_of(rule, Severity.CRITICAL),
        since=started.at,
        detected_at=started.at,
        facts={"what": "pipeline", "trouble": trouble, "name": name, "channel": name},
    )
    route = route_of(site, finding)
    to = {each: () if route is None else addresses(site, route.called, each, now) for each in channels}
    return Life(
        Alert(started.alert, finding, fired_at=started.at, told=bool(to)),
        rule.kind,
        queued_at=now,
        route="" if route is None else route.name,
        channels=to,
        told_at=started.at if to else None,
    )
