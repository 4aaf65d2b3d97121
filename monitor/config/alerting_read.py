"""alerts.yaml: read, checked against the rest of the site, and made into settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from monitor.config.alerting import KINDS, Alerting, DeadManSettings, Person, Route, Rule
from monitor.config.alerting_rules import rule_of
from monitor.config.alerting_schema import (
    AlertsFile,
    MatchSection,
    PersonSection,
    RouteSection,
)
from monitor.config.alerting_translate import channel_of, route_of, schedule_of
from monitor.config.channel_schema import CHANNELS, ChannelSection
from monitor.config.files import decode, read_bytes
from monitor.config.mistakes import CellError, Mistakes, did_you_mean
from monitor.config.rule_schema import RULES, RuleSection
from monitor.config.settings import Credential, Region
from monitor.config.validate import read_part
from monitor.config.yamlfile import Document, Where, dotted, parse
from monitor.model.nodes import Kind
from monitor.model.said import NOTHING, Said

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
_FEW: Final = 12
_NETWORK: Final = Said("网络", "network")
_REGION: Final = Said("区划", "region")
_KIND: Final = Said("节点类型", "kind of node")
_CHANNEL: Final = Said("渠道", "channel")
_RULE: Final = Said("规则", "rule")
_PERSON: Final = Said("人员", "person")
_ON_DUTY: Final = Said("值班表或人员", "schedule and no person")
_NO_LOGIN: Final = Said("账号文件中没有此名字", "not in the credentials file")
_NO_URL: Final = Said("须有 url，或含 url 的 credential", "url is needed, or a credential with url")
_NO_ROUTES: Final = Said(
    "有多个渠道，却没有路由说明各发什么", "there are several channels, and no routes that say what goes where"
)
_RULE_TWICE: Final = Said("已有规则用此名字", "another rule has this name")
_ROUTE_TWICE: Final = Said("已有路由用此名字", "another route has this name")
_PERSON_TWICE: Final = Said("与人员重名", "a person has the same name")
_WHO_OR_WEEKS: Final = Said("who 和 weeks 须写且只写一个", "either who or weeks is needed")
_BACKWARDS: Final = Said("结束早于开始", "ends before it begins")
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

    def _note(self, where: Where, value: str, allowed: Said, hint: Said = NOTHING) -> None:
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
            some, value = Said.listed(CHANNELS), kind if isinstance(kind, str) else ""
            allowed = Said(f"应为以下类型之一：{some.zh}", f"one of these types is needed: {some.en}")
            self._note((*where, "type"), value, allowed, did_you_mean(value, CHANNELS))
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
            example = f"{section.credential or section.type}: {{{needs[0]}: …}}"
            allowed = Said(
                f"应为账号文件中的名字，其中有 {' 或 '.join(needs)}",
                f"an entry of the credentials file with {' or '.join(needs)} is needed",
            )
            hint = Said(f"如  {example}", f"such as  {example}")
            self._note((*where, "credential"), section.credential or "", allowed, hint)
        return login

    def _credential(self, where: Where, name: str | None) -> Credential | None:
        known = self._around.credentials
        if name is None or known is None:
            return None
        if name not in known:
            self._note(where, name, _NO_LOGIN, did_you_mean(name, known))
        return known.get(name)

    def _dead_man(self, written: AlertsFile) -> DeadManSettings | None:
        section = written.dead_man
        if section is None:
            return None
        login = self._credential(("dead_man", "credential"), section.credential)
        url = section.url or ("" if login is None else login.url)
        if not url and not self._mistakes:
            self._note(("dead_man",), "", _NO_URL)
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
            self._note((*where, "name"), name, _RULE_TWICE)
        self._check_names((*where, "networks"), section.networks, self._around.networks, _NETWORK)
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
                self._note(("routes", place, "name"), name, _ROUTE_TWICE)
        if written.routes or not written.channels:
            return found
        if len(written.channels) > 1:
            example = f"routes: [{{to: [{next(iter(written.channels))}]}}]"
            self._note(("channels",), "", _NO_ROUTES, Said(f"如  {example}", f"such as  {example}"))
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
        self._check_names((*where, "to"), to, written.channels, _CHANNEL)
        known = [*written.schedules, *written.people]
        self._check_names((*where, "people"), people, known, _ON_DUTY)

    def _check_match(self, where: Where, match: MatchSection, rules: set[str]) -> None:
        self._check_names((*where, "network"), match.network, self._around.networks, _NETWORK)
        self._check_names((*where, "rules"), match.rules, rules, _RULE)
        self._check_regions((*where, "region"), match.region)
        self._check_kinds((*where, "kinds"), match.kinds)

    def _check_regions(self, where: Where, codes: Iterable[str]) -> None:
        if self._around.regions is not None:
            self._check_names(where, codes, self._around.regions, _REGION)

    def _check_kinds(self, where: Where, kinds: Iterable[str]) -> None:
        self._check_names(where, kinds, [kind.value for kind in Kind], _KIND)

    def _check_names(self, where: Where, names: Iterable[str], known: Iterable[str], what: Said) -> None:
        known = list(known)
        for place, name in enumerate(names):
            if name not in known:
                there = _there(known)
                allowed = Said(
                    f"没有叫这个名字的{what.zh}{there.zh}", f"there is no {what.en} of this name{there.en}"
                )
                self._note((*where, place), name, allowed, did_you_mean(name, known))

    # People.

    def _check_people(self, written: AlertsFile) -> None:
        for name, schedule in written.schedules.items():
            where = ("schedules", name)
            if name in written.people:
                self._note(where, "", _PERSON_TWICE)
            for part in ("rota", "holiday_rota"):
                for place, shift in enumerate(getattr(schedule, part)):
                    inner = (*where, part, place)
                    if bool(shift.who) == bool(shift.weeks):
                        self._note(inner, "", _WHO_OR_WEEKS)
                    self._check_names((*inner, "who"), shift.who, written.people, _PERSON)
                    for week, who in enumerate(shift.weeks):
                        self._check_names((*inner, "weeks", week), who, written.people, _PERSON)
            for place, override in enumerate(schedule.overrides):
                inner = (*where, "overrides", place)
                if override.end <= override.start:
                    self._note(inner, "", _BACKWARDS)
                self._check_names((*inner, "who"), override.who, written.people, _PERSON)


def _there(known: Sequence[str]) -> Said:
    """What there is, where that is few enough to be read."""
    if not 0 < len(known) <= _FEW:
        return NOTHING
    some = Said.listed(known)
    return Said(f"（{some.zh}）", f" ({some.en})")


def _person(key: str, section: PersonSection) -> Person:
    addresses = {
        kind: value for kind in ("dingtalk", "wecom", "feishu", "sms") if (value := getattr(section, kind))
    }
    return Person(key, section.name or key, section.phone or "", section.mail or "", addresses)
