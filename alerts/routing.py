"""Where an alert goes, and who is called by name there. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.model import Finding
from alerts.rules.world import is_about
from alerts.schedule import on_duty
from monitor.config import Site
from monitor.config.alerting import Called, Match, Route, type_name


def route_of(site: Site, finding: Finding) -> Route | None:
    """The first that matches; if none does the last that asks nothing, else the last. None without any."""
    routes = site.alerting.routes
    for route in routes:
        if is_about(route.match, finding, site):
            return route
    return next(
        (route for route in reversed(routes) if route.match == Match()), routes[-1] if routes else None
    )


def channels_of(site: Site, route: str) -> Sequence[str]:
    """The channels of the route of this name; of the last one if it is there no more."""
    routes = site.alerting.routes
    named = [each for each in routes if each.name == route]
    return (named or routes[-1:])[0].to if routes else ()


def people_of(site: Site, called: Called, now: int) -> tuple[str, ...]:
    """The people on duty and those named, each once."""
    schedules = site.alerting.schedules
    found = [who for name in called.schedules for who in on_duty(schedules[name], now, site.zone)]
    return tuple(dict.fromkeys([*found, *called.people]))


def addresses(site: Site, called: Called, channel: str, now: int) -> tuple[str, ...]:
    """How this channel calls them; nobody whom it cannot."""
    settings = site.alerting.channels.get(channel)
    if settings is None:
        return ()
    kind = type_name(settings)
    people = [site.alerting.people[who] for who in people_of(site, called, now)]
    return tuple(dict.fromkeys(address for one in people if (address := one.address(kind))))
