"""alerts.yaml: read, checked against the rest of the site, and made into settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from monitor.config.alerting import KINDS, Alerting, DeadManSettings, Person, Route, Rule
from monitor.config.alerting_rules import rule_of
from monitor.config.alerting_schema import (
    CHANNELS,
    RULES,
    AlertsFile,
    ChannelSection,
    MatchSection,
    PersonSection,
    RouteSection,
    RuleSection,
)
from monitor.config.alerting_translate import channel_of, route_of, schedule_of
from monitor.config.files import decode, read_bytes
from monitor.config.mistakes import CellError, Mistakes, did_you_mean
from monitor.config.settings import Credential, Region
from monitor.config.validate import read_part
from monitor.config.yamlfile import Document, Where, dotted, parse
from monitor.model.nodes import Kind

_LIMIT: Final = 1_000_000
_HIDDEN: Final = frozenset(("url", "proxy", "link", "template", "phone"))
"""Their values may hold tokens, or are nobody's business: no mistake shows them."""
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "dingtalk": ("token", "url"),
    "wecom": ("token", "url"),
    "feishu": ("token", "url"),
    "apprise": ("url",),
}
"""By the type of a channel, what its credential must have one of."""
_OFF: Final = frozenset(("off", "no", "false"))


@dataclass(frozen=True, slots=True)
class Around:
    """What of the site alerts.yaml may name. None: it could not be read, and nothing is said of it."""

    folder: Path
    language: str
    networks: tuple[str, ...]
    credentials: Mapping[str, Credential] | None
    regions: Mapping[str, Region] | None


def load_alerting(path: Path, around: Around, mistakes: Mistakes) -> Alerting:
    """The settings; all that is wrong is noted. An empty file is in order. Raises FileNotFoundError."""
    try:
        content = read_bytes(path, _LIMIT)
    except CellError as error:
        mistakes.add(None, "", "", error.allowed, error.hint)
        return Alerting()
    text = decode(content, mistakes)
    document = Document() if text is None else parse(text, mistakes)
    return defaults(around.language) if mistakes else _Reading(document, around, mistakes).alerting()


def defaults(language: str) -> Alerting:
    """Without a file: rules as they ship, and nobody to tell."""
    return Alerting(
        language=language, rules=tuple(rule_of(kind, RULES[kind].model_validate({}), kind) for kind in KINDS)
    )


class _Reading:
    def __init__(self, document: Document, around: Around, mistakes: Mistakes) -> None:
        self._document = document
        self._around = around
        self._mistakes = mistakes

    def alerting(self) -> Alerting:
        written = read_part(AlertsFile, self._document, (), self._mistakes, _HIDDEN)
        if written is None:
            return Alerting()
        language = written.language or self._around.language
        channels = self._channels(written)
        rules = self._rules()
        routes = self._routes(written, rules, language)
        self._check_people(written)
        dead_man = self._dead_man(written)
        if self._mistakes:
            return Alerting()
        return Alerting(
            language=language,
            link=(written.link or "").rstrip("/"),
            channels=MappingProxyType(channels),
            people=MappingProxyType({key: _person(key, each) for key, each in written.people.items()}),
            contractors=MappingProxyType({key: one.phone for key, one in written.contractors.items()}),
            schedules=MappingProxyType(
                {key: schedule_of(key, each) for key, each in written.schedules.items()}
            ),
            routes=tuple(routes),
            rules=tuple(rules),
            dead_man=dead_man,
        )

    def _note(self, where: Where, value: str, allowed: str, hint: str = "") -> None:
        self._mistakes.add(self._document.line(where), dotted(where), value, allowed, hint)

    # Channels.

    def _channels(self, written: AlertsFile) -> dict[str, Any]:
        found = {}
        for name in written.channels:
            where = ("channels", name)
            section = self._channel(where)
            if section is not None:
                found[name] = channel_of(name, section, self._login(where, section), self._around.folder)
        return found

    def _channel(self, where: Where) -> ChannelSection | None:
        kind = self._document.value((*where, "type"))
        if not isinstance(kind, str) or kind not in CHANNELS:
            allowed = f"one of these types is needed: {', '.join(CHANNELS)}"
            value = kind if isinstance(kind, str) else ""
            self._note((*where, "type"), value, allowed, did_you_mean(value, CHANNELS) if value else "")
            return None
        return read_part(CHANNELS[kind], self._document, where, self._mistakes, _HIDDEN)

    def _login(self, where: Where, section: ChannelSection) -> Credential | None:
        login = self._credential((*where, "credential"), section.credential)
        needs = _NEEDS.get(section.type, ())
        if section.type in ("webhook", "sms") and self._document.value((*where, "url")) is None:
            needs = ("url",)
        if self._around.credentials is None or (login is None and section.credential is not None):
            return login
        if needs and not any(getattr(login, part, "") for part in needs):
            self._note(
                (*where, "credential"),
                section.credential or "",
                f"an entry of the credentials file with {' or '.join(needs)} is needed",
                f"such as  {section.credential or section.type}: {{{needs[0]}: …}}",
            )
        return login

    def _credential(self, where: Where, name: str | None) -> Credential | None:
        known = self._around.credentials
        if name is None or known is None:
            return None
        if name not in known:
            self._note(where, name, "not in the credentials file", did_you_mean(name, known))
        return known.get(name)

    def _dead_man(self, written: AlertsFile) -> DeadManSettings | None:
        section = written.dead_man
        if section is None:
            return None
        login = self._credential(("dead_man", "credential"), section.credential)
        url = section.url or ("" if login is None else login.url)
        if not url and not self._mistakes:
            self._note(("dead_man",), "", "url is needed, or a credential with url")
        return DeadManSettings(url, section.every)

    # Rules.

    def _rules(self) -> list[Rule]:
        found: list[Rule] = []
        for kind in KINDS:
            value = self._document.value(("rules", kind))
            if isinstance(value, str) and value.casefold() in _OFF:
                continue
            places: list[Where] = [("rules", kind)]
            if isinstance(value, list):
                places = [("rules", kind, place) for place in range(len(value))]
            for number, where in enumerate(places, 1):
                section = read_part(RULES[kind], self._document, where, self._mistakes)
                if section is not None:
                    name = section.name or (kind if number == 1 else f"{kind}-{number}")
                    self._check_rule(where, section, name, found)
                    found.append(rule_of(kind, section, name))
        return found

    def _check_rule(self, where: Where, section: RuleSection, name: str, others: list[Rule]) -> None:
        if any(name == other.name for other in others) or (name in KINDS and name != where[1]):
            self._note((*where, "name"), name, "another rule has this name")
        self._check_names((*where, "networks"), section.networks, self._around.networks, "network")
        self._check_regions((*where, "regions"), section.regions)
        self._check_kinds((*where, "kinds"), getattr(section, "kinds", []))

    # Routes.

    def _routes(self, written: AlertsFile, rules: list[Rule], language: str) -> list[Route]:
        names = {each for rule in rules for each in (rule.name, rule.kind)} | set(KINDS)
        found = []
        for place in range(len(written.routes)):
            where = ("routes", place)
            section = read_part(RouteSection, self._document, where, self._mistakes)
            if section is not None:
                self._check_route(where, section, written, names)
                found.append(route_of(place, section, language, written.schedules))
        named = [route.name for route in found]
        for place, name in enumerate(named):
            if name in named[:place]:
                self._note(("routes", place, "name"), name, "another route has this name")
        if written.routes or not written.channels:
            return found
        if len(written.channels) > 1:
            self._note(
                ("channels",),
                "",
                "there are several channels, and no routes that say what goes where",
                f"such as  routes: [{{to: [{next(iter(written.channels))}]}}]",
            )
        section = RouteSection.model_validate({"to": list(written.channels)[:1]})
        return [route_of(0, section, language, written.schedules)]

    def _check_route(self, where: Where, route: RouteSection, written: AlertsFile, rules: set[str]) -> None:
        self._check_told(where, route.to, route.people, written)
        for place, step in enumerate(route.escalate):
            self._check_told((*where, "escalate", place), step.to, step.people, written)
        if route.fallback is not None:
            self._check_told((*where, "fallback"), route.fallback.to, [], written)
        self._check_match((*where, "match"), route.match, rules)

    def _check_told(self, where: Where, to: list[str], people: list[str], written: AlertsFile) -> None:
        self._check_names((*where, "to"), to, written.channels, "channel")
        known = [*written.schedules, *written.people]
        self._check_names((*where, "people"), people, known, "schedule and no person")

    def _check_match(self, where: Where, match: MatchSection, rules: set[str]) -> None:
        self._check_names((*where, "network"), match.network, self._around.networks, "network")
        self._check_names((*where, "rules"), match.rules, rules, "rule")
        self._check_regions((*where, "region"), match.region)
        self._check_kinds((*where, "kinds"), match.kinds)

    def _check_regions(self, where: Where, codes: Iterable[str]) -> None:
        if self._around.regions is not None:
            self._check_names(where, codes, self._around.regions, "region")

    def _check_kinds(self, where: Where, kinds: Iterable[str]) -> None:
        self._check_names(where, kinds, [kind.value for kind in Kind], "kind of node")

    def _check_names(self, where: Where, names: Iterable[str], known: Iterable[str], what: str) -> None:
        known = list(known)
        for place, name in enumerate(names):
            if name not in known:
                inner = (*where, place)
                there = f" ({', '.join(known)})" if 0 < len(known) <= 12 else ""
                self._note(inner, name, f"there is no {what} of this name{there}", did_you_mean(name, known))

    # People.

    def _check_people(self, written: AlertsFile) -> None:
        for name, schedule in written.schedules.items():
            where = ("schedules", name)
            if name in written.people:
                self._note(where, "", "a person has the same name")
            for part in ("rota", "holiday_rota"):
                for place, shift in enumerate(getattr(schedule, part)):
                    inner = (*where, part, place)
                    if bool(shift.who) == bool(shift.weeks):
                        self._note(inner, "", "either who or weeks is needed")
                    self._check_names((*inner, "who"), shift.who, written.people, "person")
                    for week, who in enumerate(shift.weeks):
                        self._check_names((*inner, "weeks", week), who, written.people, "person")
            for place, override in enumerate(schedule.overrides):
                inner = (*where, "overrides", place)
                if override.end <= override.start:
                    self._note(inner, "", "ends before it begins")
                self._check_names((*inner, "who"), override.who, written.people, "person")


def _person(key: str, section: PersonSection) -> Person:
    addresses = {
        kind: value for kind in ("dingtalk", "wecom", "feishu", "sms") if (value := getattr(section, kind))
    }
    return Person(key, section.name or key, section.phone or "", section.mail or "", addresses)
