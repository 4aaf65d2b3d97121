"""Messages to on-call: one screen of a phone, the most important first (design §11). Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from alerts.model import Alert, Finding, Happening
from alerts.words import (
    CLASSES,
    ENDINGS,
    HEADS,
    JUDGED,
    LABELS,
    MATTERS,
    NOUNS,
    OUTAGES,
    SHARED,
    SUMS,
    TROUBLES,
    UNITS,
)
from monitor.config import Site
from monitor.model.measured import WINDOWS
from monitor.model.nodes import Kind
from monitor.model.observations import Cause
from monitor.model.said import Said
from monitor.model.wording import CAUSES, KINDS, span

_DIGEST_NAMES: Final = 5


class Composer:
    """Writes in one language for one site."""

    def __init__(self, site: Site, language: str) -> None:
        self._site = site
        self._language = language

    def one(self, alert: Alert, happening: Happening, now: int) -> tuple[str, str]:
        """Title and text about one alert."""
        found = alert.finding
        head = HEADS[_head(alert, happening)].told(self._language)
        title = Said(f"【{head}】", f"[{head}] ").told(self._language) + self._what(alert, happening)
        lines = self._end(alert, now) if happening.is_end else self._running(alert, happening, now)
        return title, "\n".join([title, *filter(None, (*lines, self._contact(found), self._link(alert)))])

    def digest(self, alerts: Sequence[Alert], happening: Happening, seconds: float) -> tuple[str, str]:
        """Title and text about several, each too small for a message of its own."""
        title = _sum_title(alerts, happening, max(1, round(seconds / 60))).told(self._language)
        groups: defaultdict[str, list[str]] = defaultdict(list)
        for alert in alerts:
            groups[_noun(alert.finding)].append(self._name(alert.finding))
        most = sorted(groups.items(), key=lambda group: -len(group[1]))
        lines = [self._group(noun, names) for noun, names in most]
        return title, "\n".join(filter(None, (title, *lines, self._base())))

    def _group(self, noun: str, names: Sequence[str]) -> str:
        """``6 个单点离线：…``: what is the matter with how many, and the first of them."""
        shown, more = self._join(names[:_DIGEST_NAMES]), len(names) - _DIGEST_NAMES
        what = SUMS[noun]
        rest = Said(" 等", f" and {more} more") if more > 0 else Said.same("")
        return Said(
            f"{len(names)} {what.zh}：{shown}{rest.zh}", f"{len(names)} {what.en}: {shown}{rest.en}"
        ).told(self._language)

    # -- the lines

    def _what(self, alert: Alert, happening: Happening) -> str:
        found = alert.finding
        name = self._name(found)
        if found.facts.get("what") == "suspected":
            return self._suspicion(found, happening)
        if happening.is_end:
            return self._ended(name, alert)
        state = NOUNS[_noun(found)].told(self._language)
        return f"{name} {state}"

    def _suspicion(self, found: Finding, happening: Happening) -> str:
        """Nobody knows that what they share has failed: how many of its own have is all that is known."""
        name, affected, total = self._name(found), found.facts.get("affected", 1), _size(found.facts)
        which = SHARED[_shared(found)]
        zh, en = which.zh.format(name=name), which.en.format(name=name)
        if happening.is_end:
            return Said(f"{zh}{affected} 个监测项", f"{affected} watches {en}").told(self._language)
        return Said(
            f"{zh}{total} 个监测项中 {affected} 个同时离线",
            f"{affected} of {total} watches {en} went down together",
        ).told(self._language)

    def _ended(self, name: str, alert: Alert) -> str:
        """One name may have several alerts: an end says which of them is over."""
        noun = _noun(alert.finding)
        matter = MATTERS.get(noun)
        if matter is None:
            return name
        over = "" if alert.ending in ENDINGS else " 已结束"
        return Said(f"{name} {matter.zh}{over}", f"{name}: {matter.en}").told(self._language)

    def _running(self, alert: Alert, happening: Happening, now: int) -> list[str]:
        found = alert.finding
        lines = [self._affected(found), self._begin(found, now), self._judgement(found, happening)]
        if happening is Happening.ESCALATED:
            told = self._span(now - alert.fired_at)
            lines.append(
                Said(f"{told}未确认，已升级", f"nobody has acknowledged for {told}").told(self._language)
            )
        return lines

    def _end(self, alert: Alert, now: int) -> list[str]:
        found = alert.finding
        ended = found.since if alert.resolved_at is None else alert.resolved_at
        times = f"{self._clock(found.since, now)} – {self._clock(ended, found.since)}"
        lasted = self._span(ended - found.since)
        ending = ENDINGS.get(alert.ending)
        # What was merged or withdrawn may go on: only a recovery says that something was interrupted so long.
        verb = Said("中断", "down") if found.facts.get("what") in OUTAGES else Said("持续", "lasted")
        if found.facts.get("what") == "observer":
            verb = Said("中断", "blind")  # nothing is known to have been down
        if ending is not None:
            verb = Said("告警", "told")
        first = Said(f"{verb.zh} {times}，共 {lasted}", f"{verb.en} {times}, {lasted} in all").told(
            self._language
        )
        lines = [first, "" if ending is None else ending.told(self._language)]
        affected = found.facts.get("affected", 0)
        # The title of a suspicion says how many they were.
        if affected > 1 and ending is None and found.facts.get("what") != "suspected":
            lines.append(
                Said(f"{affected} 个监测项曾受影响", f"{affected} watches were affected").told(self._language)
            )
        return lines

    def _affected(self, found: Finding) -> str:
        """How many, of which classes, and where; of a suspicion the title says how many."""
        if found.facts.get("what") == "suspected":
            parts = list(filter(None, [self._classes(found.facts)]))
        else:
            parts = [self._count(found.facts)] if _size(found.facts) > 1 else []
        network = self._site.networks.get(found.network)
        region = self._site.regions.get(found.region)
        parts += [network.name] if network is not None else []
        parts += [self._county(region.code)] if region is not None else []
        return " · ".join(parts)

    def _count(self, facts: Any) -> str:
        each = self._classes(facts)
        affected, behind = facts.get("affected", 1), _size(facts)
        inside = (f"（{each}）" if self._language == "zh" else f" ({each})") if each else ""
        if affected >= behind:
            all_of_them = Said(f"影响 {affected} 个监测项", f"{affected} watches affected")
            return all_of_them.told(self._language) + inside
        # More may follow within seconds: what hangs on it is known at once, and first counted by class. A
        # node is among those reached through it, and does not hang on itself.
        hanging, down = behind - 1, affected - 1
        of_all, of_down = (inside, "") if sum(facts.get("classes", {}).values()) > affected else ("", inside)
        hangs = "watch hangs" if hanging == 1 else "watches hang"
        said = Said(f"下挂 {hanging} 个监测项{of_all}", f"{hanging} {hangs} on it{of_all}")
        more = Said(f"，已中断 {down}{of_down}", f", {down} down so far{of_down}")
        return said.told(self._language) + (more.told(self._language) if down else "")

    def _classes(self, facts: Mapping[str, Any]) -> str:
        between = Said(" ", ": ").told(self._language)
        each = facts.get("classes", {}).items()
        return self._join([f"{self._class(number)}{between}{count}" for number, count in each])

    def _class(self, number: str) -> str:
        known = CLASSES.get(number)
        return number if known is None else known.told(self._language)

    def _county(self, code: str) -> str:
        """The region and the one that it lies in, the larger first; the city goes without saying."""
        region = self._site.regions[code]
        parent = self._site.regions.get(region.parent)
        inside = parent is not None and parent.parent
        names = [parent.name or parent.code] if parent is not None and inside else []
        return " ".join([*names, region.name or region.code])

    def _begin(self, found: Finding, now: int) -> str:
        doubt = "" if found.not_before is None else self._doubt((found.since - found.not_before) / 1000)
        lasted = self._span(now - found.since)
        begin = self._clock(found.since, now)
        return Said(f"开始 {begin}{doubt} · 已 {lasted}", f"since {begin}{doubt}, for {lasted}").told(
            self._language
        )

    def _doubt(self, seconds: float) -> str:
        """The true moment lies before, by so much at most."""
        if seconds < 1:
            return ""
        return Said(f"（至多早 {seconds:.0f} 秒）", f" (up to {seconds:.0f} s earlier)").told(self._language)

    def _judgement(self, found: Finding, happening: Happening) -> str:
        what, facts = str(found.facts.get("what", "")), found.facts
        label = LABELS["judged"].told(self._language)
        if what in JUDGED:
            cause = facts.get("cause")
            known = "" if cause is None else CAUSES[self._language][Cause(cause)]
            words = {name: self._worded(name, value) for name, value in facts.items()} | {"cause": known}
            return label + JUDGED[_judged(what, found, happening)].told(self._language).format_map(
                _Lenient(words)
            )
        if what == "pipeline":
            words = {name: self._worded(name, value) for name, value in facts.items()}
            return label + TROUBLES[str(facts["trouble"])].told(self._language).format_map(_Lenient(words))
        return ""

    def _worded(self, name: str, value: Any) -> str:
        if value is None:
            return "–"
        if name == "over" and value in WINDOWS:
            return span(WINDOWS[value], self._language)
        if name in ("gone_at", "expires"):
            return f"{self._moment(int(value)):%Y-%m-%d %H:%M}"
        if name in ("share", "allowed", "target"):
            return f"{100 * float(value):.1f} %"
        if name in ("used_hours", "total_hours"):
            return f"{float(value):,.0f}"
        return f"{value:.1f}" if isinstance(value, float) else str(value)

    def _contact(self, found: Finding) -> str:
        if not found.contractor:
            return ""
        phone = self._site.alerting.contractors.get(found.contractor, "")
        who = f"{found.contractor} {phone}".strip()
        return LABELS["contractor"].told(self._language) + who

    def _link(self, alert: Alert) -> str:
        base = self._site.alerting.link
        return f"{LABELS['link'].told(self._language)}{base.rstrip('/')}/a/{alert.id}" if base else ""

    def _base(self) -> str:
        base = self._site.alerting.link
        return f"{LABELS['all'].told(self._language)}{base.rstrip('/')}" if base else ""

    # -- words

    def _name(self, found: Finding) -> str:
        name = str(found.facts.get("name") or found.node or self._points(found) or found.subject)
        kind = KINDS[Kind(found.kind)].told(self._language) if found.kind else ""
        return name if not kind or kind in name else f"{name} {kind}"

    def _points(self, found: Finding) -> str:
        """What a group is called that has nothing but its class."""
        if found.point_class is None:
            return ""
        points = self._class(str(found.point_class))
        return Said(f"{points}点位", f"{points} points").told(self._language)

    def _join(self, names: Sequence[str]) -> str:
        return ("、" if self._language == "zh" else ", ").join(names)

    def _clock(self, millis: int, beside: int | None = None) -> str:
        """``09:36:52``, with the date if that is another one than that of ``beside``."""
        moment = self._moment(millis)
        same = beside is not None and moment.date() == self._moment(beside).date()
        return f"{moment:%H:%M:%S}" if same else f"{moment:%m-%d %H:%M:%S}"

    def _moment(self, millis: int) -> datetime:
        return datetime.fromtimestamp(millis / 1000, self._site.zone)

    def _span(self, millis: int) -> str:
        """``27 分 18 秒`` / ``27 min 18 s``: the two largest units."""
        left = max(0, millis // 1000)
        parts: list[str] = []
        for size, unit in UNITS:
            count, left = divmod(left, size)
            if count or parts or size == 1:
                parts.append(f"{count} {unit.told(self._language)}")
        return " ".join(parts[:2])


class _Lenient(dict[str, str]):
    """A word that is missing is a gap in a sentence, and no reason to tell nobody."""

    def __missing__(self, name: str) -> str:
        return "–"


def _size(facts: Mapping[str, Any]) -> int:
    """How many watches an outage may take: those down for it, or all that hang on its root."""
    return max(int(facts.get("affected", 1)), int(facts.get("behind", 1)))


def _shared(found: Finding) -> str:
    """Of what kind it is that is suspected; a node's id may have a colon itself."""
    kind = str(found.facts.get("root", "")).partition(":")[0]
    return "node" if found.node or kind not in SHARED else kind


def _judged(what: str, found: Finding, happening: Happening) -> str:
    """By what is down, not by what hangs on it: when only its address fails, all behind it goes on."""
    if what == "suspected":
        return what if _shared(found) == "node" else "suspected_group"
    if what != "node" or int(found.facts.get("affected", 1)) > 1:
        return what
    if _size(found.facts) == 1:
        return "node_alone"
    # What hangs on it has been asked long before anything is said again.
    return "node_first" if happening is Happening.FIRED else "node_only"


def _head(alert: Alert, happening: Happening) -> str:
    if happening is Happening.FIRED:
        return "suspected" if alert.finding.facts.get("what") == "suspected" else "fired"
    if happening.is_end and alert.ending in ENDINGS:
        return alert.ending
    return happening.value


def _sum_title(alerts: Sequence[Alert], happening: Happening, minutes: int) -> Said:
    """Only what is new or over came within a while: what goes on was told before."""
    count = len(alerts)
    match happening:
        case Happening.REPEATED:
            zh, en = f"{count} 条仍未恢复", f"{count} alerts still going on"
        case Happening.ESCALATED:
            zh, en = f"{count} 条无人确认，已升级", f"{count} alerts escalated, nobody has acknowledged them"
        case Happening.WORSE:
            zh, en = f"{count} 条告警加重", f"{count} alerts became worse"
        case Happening.RESOLVED:
            over = "结束" if any(alert.ending in ENDINGS for alert in alerts) else "恢复"
            zh = f"过去 {minutes} 分钟另有 {count} 条告警{over}"
            en = f"{count} more alerts are over within {minutes} min"
        case Happening.FIRED:
            zh = f"过去 {minutes} 分钟另有 {count} 条告警新增"
            en = f"{count} more alerts are new within {minutes} min"
    return Said(f"【汇总】{zh}", f"[Digest] {en}")


def _noun(found: Finding) -> str:
    what = str(found.facts.get("what", ""))
    return what if what in NOUNS else "other"
