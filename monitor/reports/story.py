"""A report told for people: titles, sentences and tables, in one language, in the order of reading.

Every format that people read shows this story and adds nothing to it, so that what stands in a file can be
held against what should stand there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from monitor.model.timeline import Rate, Verdict
from monitor.reports.document import BY_NODE, Proof, Report
from monitor.reports.look import Table, moment, share
from monitor.reports.tables import Teller
from monitor.reports.words import CLASSES, KINDS, METHOD, SCOPES, VERDICTS, WORDS
from monitor.trouble import Said


@dataclass(frozen=True, slots=True)
class Story:
    """``label`` is empty unless the data is invented. ``figures`` are the three of the cover, named.

    ``groups`` is the table that was asked for; ``tables`` are all others, in their order. ``proof`` pairs
    names with values.
    """

    language: str
    title: str
    label: str
    period: str
    scope: str
    sentence: str
    verdict: Verdict
    figures: tuple[tuple[str, str], ...]
    groups: Table
    tables: tuple[Table, ...]
    method: tuple[tuple[str, str], ...]
    proof: tuple[tuple[str, str], ...]


def story_of(report: Report, proof: Proof, language: str) -> Story:
    """The report in this language, ``zh`` or ``en``."""
    teller = Teller(report, language)
    groups = teller.groups()
    others = [teller.nodes()] if report.by != BY_NODE else []
    return Story(
        language=language,
        title=WORDS["title"].told(language),
        label=WORDS["invented"].told(language) if report.invented else "",
        period=_with_gone(period_of(report, language), report, language),
        scope=scope_text(report, language),
        sentence=sentence_of(report, language),
        verdict=report.total.verdict,
        figures=_headline(report, language),
        groups=groups,
        tables=(*others, *teller.rest()),
        method=tuple((name.told(language), text.told(language)) for name, text in METHOD),
        proof=_proof(report, proof, language),
    )


def period_of(report: Report, language: str) -> str:
    zone = ZoneInfo(report.zone)
    first, last = moment(report.start, zone), moment(report.period_end, zone)
    text = f"{report.period}  " if report.period else ""
    text += f"{first:%Y-%m-%d %H:%M} – {last:%Y-%m-%d %H:%M} ({report.zone})"
    if report.complete:
        return text
    return f"{text}; {WORDS['unfinished'].told(language)} {moment(report.end, zone):%Y-%m-%d %H:%M:%S}"


def _with_gone(period: str, report: Report, language: str) -> str:
    """And that the facts of its beginning are no longer there, if so: since it makes the figures."""
    if report.archived is None:
        return period
    before = _minute(report.archived.end, ZoneInfo(report.zone))
    return f"{period}; {WORDS['gone_before'].told(language).format(before)}"


def _minute(millis: int, zone: ZoneInfo) -> str:
    return f"{moment(millis, zone):%Y-%m-%d %H:%M}"


def scope_text(report: Report, language: str) -> str:
    if not report.scope:
        return WORDS["everything"].told(language)
    parts, names = [], dict(report.networks)
    for key, value in report.scope:
        known = {"class": CLASSES, "kind": KINDS}.get(key, {}).get(value)
        shown = known.told(language) if known else names.get(value, value) if key == "network" else value
        parts.append(f"{SCOPES[key].told(language)} {shown}" if key in SCOPES else f"{key} {shown}")
    return "; ".join(parts)


_SUBJECT: Final = Said("所选监测项", "The watches asked for")
_MET: Final = Said(
    "{period}，{subject}完好率 {value}（下界 {low}，上界 {high}），达到 {target} 目标。",
    "{period}: {subject}, intact rate {value} (low {low}, high {high}), meets the target of {target}.",
)
_MISSED: Final = Said(
    "{period}，{subject}完好率 {value}（下界 {low}，上界 {high}），未达到 {target} 目标。",
    "{period}: {subject}, intact rate {value} (low {low}, high {high}), misses the target of {target}.",
)
_NOT_PROVABLE: Final = Said(
    "无法证明：{period}，{subject}有 {unknown} 的时间未被观测，完好率下界 {low}，"
    "上界 {high}，目标 {target}。",
    "Not provable: {period}, {subject}, {unknown} of the time nobody looked; intact rate at least {low}, "
    "at most {high}, target {target}.",
)
_PLAIN: Final = Said(
    "{period}，{subject}完好率 {value}（下界 {low}，上界 {high}），没有统一的目标。",
    "{period}: {subject}, intact rate {value} (low {low}, high {high}); there is no single target.",
)
_NOTHING: Final = Said(
    "{period}，{subject}没有可统计的时间，不作结论。",
    "{period}: {subject}, no time to speak of; no statement.",
)


def sentence_of(report: Report, language: str) -> str:
    """The verdict in one sentence."""
    total = report.total
    rate, parts = total.intact, total.parts
    said = {Verdict.MET: _MET, Verdict.MISSED: _MISSED, Verdict.NOT_PROVABLE: _NOT_PROVABLE}.get(
        total.verdict, _PLAIN if parts.stated else _NOTHING
    )
    return said.told(language).format(
        period=_when(report, language),
        subject=_subject(report, language),
        value=percent(rate.value),
        low=percent(rate.low),
        high=percent(rate.high),
        target=_target(total.target),
        unknown=percent(parts.unknown / parts.stated if parts.stated else None),
    )


def _when(report: Report, language: str) -> str:
    year, _, month = report.period.partition("-")
    if language == "zh" and year.isdigit() and month.isdigit() and len(month) == 2:
        return f"{year} 年 {int(month)} 月"
    return report.period or period_of(report, language)


def _subject(report: Report, language: str) -> str:
    classes = [value for key, value in report.scope if key == "class"]
    if len(classes) == 1 and classes[0] in CLASSES:
        return CLASSES[classes[0]].told(language)
    return _SUBJECT.told(language) if report.scope else WORDS["everything"].told(language)


def percent(value: float | None) -> str:
    """Cut off and not rounded, as everywhere: what misses 98 % never reads as 98 %."""
    return "–" if value is None else f"{100 * (share(value) or 0.0):.2f} %"


def _target(target: float | None) -> str:
    return "–" if target is None else f"{100 * target:g} %"


def _headline(report: Report, language: str) -> tuple[tuple[str, str], ...]:
    """Intact with its bounds, online, observed."""
    total = report.total
    return (
        (WORDS["intact"].told(language), _bounded(total.intact)),
        (WORDS["online"].told(language), _bounded(total.parts.online)),
        (WORDS["observed"].told(language), percent(total.parts.coverage)),
    )


def _bounded(rate: Rate) -> str:
    return f"{percent(rate.value)}  [{percent(rate.low)}, {percent(rate.high)}]"


def _proof(report: Report, proof: Proof, language: str) -> tuple[tuple[str, str], ...]:
    zone = ZoneInfo(report.zone)
    nodes = WORDS["nodes"].told(language)
    versions = [
        f"{use.digest} ({use.nodes:,} {nodes}, {moment(use.start, zone):%Y-%m-%d %H:%M})"
        for use in report.inventories
    ]
    gone = []
    if report.archived is not None:
        said, files = WORDS["gone_files"].told(language), ", ".join(report.archived.files)
        gone = [("gone", said.format(_minute(report.archived.end, zone), files))]
    pairs: Iterable[tuple[str, str]] = (
        ("digest", proof.digest),
        ("revision", str(proof.revision)),
        ("made", f"{moment(proof.made_at, zone):%Y-%m-%d %H:%M:%S} {report.zone}"),
        ("inventories", "; ".join(versions)),
        *gone,
        ("rules", report.rules.digest),
        ("links", f"{proof.links:,}"),
        ("head", proof.head),
        ("key", proof.key),
        ("software", f"{proof.software} ({proof.wording})"),
        ("signature", proof.signature),
        ("check", WORDS["check_how"].told(language)),
    )
    return tuple((WORDS[name].told(language), value) for name, value in pairs)


def verdict_word(verdict: Verdict, language: str) -> str:
    return VERDICTS[verdict].told(language)
