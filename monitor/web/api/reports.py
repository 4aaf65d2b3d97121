"""``/reports``: what was made, what could be made, and whether a file is as it was made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import unquote

from aiohttp import web

from monitor.access.roles import Permission
from monitor.config.atlas import Atlas
from monitor.config.mistakes import printable
from monitor.desk import checking, papers
from monitor.desk.jobs import Job, Wanted
from monitor.desk.papers import Paper
from monitor.ledger.rows import ReportRow
from monitor.model.timeline import Verdict
from monitor.model.times import format_time
from monitor.reports import windows
from monitor.reports.build import Question, report
from monitor.reports.document import BY_NODE, Figures, Report
from monitor.reports.gather import gather
from monitor.reports.scope import ScopeError, is_usual, read_scope
from monitor.reports.story import period_of, scope_text, sentence_of
from monitor.reports.windows import Window, WindowError
from monitor.web.api.common import NAME_HEADER, attachment, demand_ours, ledger_of, turn
from monitor.web.endpoints import Call, Endpoint, Refused
from monitor.web.schemas.base import ShortPage
from monitor.web.schemas.papers import (
    Preview,
    PreviewRow,
    ReportFile,
    ReportJob,
    ReportList,
    ReportMade,
    ReportQuestion,
    ReportWish,
    Verified,
)
from monitor.web.uploads import uploaded

ROWS: Final = 500
HOUR: Final = 3_600_000
LONGEST: Final = 400 * 24 * HOUR
"""Milliseconds that one report is about. ``quanshi report`` takes more."""

MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


async def reports(call: Call[ShortPage, None]) -> ReportList:
    """The reports that the ledger knows, the newest first, with the files that are here."""
    rows, total = await ledger_of(call).reports_page(call.query.limit, call.query.offset)
    named = [[*row.files, *call.context.jobs.files_of(row.digest)] for row in rows]
    here = await asyncio.to_thread(lambda: [papers.papers(call.context.site, names) for names in named])
    return ReportList(reports=list(map(_made, rows, here)), total=total)


def _made(row: ReportRow, here: list[Paper]) -> ReportMade:
    question = dict(row.question)
    return ReportMade(
        key=row.key,
        revision=row.revision,
        digest=row.digest,
        made_at=format_time(row.made_at),
        title=f"{question.get('from', '')} – {question.get('to', '')}",
        question=question,
        files=[_file(paper) for paper in here],
    )


def _file(paper: Paper) -> ReportFile:
    return ReportFile(
        form=paper.form, name=paper.name, bytes=paper.size, url=f"/api/v1/reports/files/{paper.name}"
    )


# -- making one


async def make(call: Call[None, ReportWish]) -> ReportJob:
    """Ask for a report: it is made beside us, and recorded in the ledger with its proof."""
    wanted = call.body
    ledger_of(call)
    _window(call, wanted)
    _question(call, wanted)
    call.facts = wanted.model_dump(exclude_none=True)
    words = ["--by", wanted.by]
    if wanted.period is not None:
        words += ["--period", wanted.period]
    else:
        words += ["--from", str(wanted.since), "--to", str(wanted.until)]
    for scope in wanted.scope:
        words += ["--scope", scope]
    forms = tuple(dict.fromkeys(wanted.forms))
    language = wanted.language or call.language
    job = call.context.jobs.ask(Wanted(tuple(words), forms, language))
    if job is None:
        raise Refused(429, "等待中的报告过多", "too many reports wait", after=30)
    call.target = job.id
    return _job(call, job)


async def job(call: Call[None, None]) -> ReportJob:
    """How far it is."""
    found = call.context.jobs.get(call.path["id"])
    if found is None:
        raise Refused(404, "没有这个任务", "there is no such job")
    return _job(call, found)


def _job(call: Call[Any, Any], found: Job) -> ReportJob:
    return ReportJob(
        id=found.id,
        state=found.state,
        share=found.share,
        error=found.error,
        files=[_file(paper) for paper in papers.papers(call.context.site, found.files)],
        digest=found.digest,
        revision=found.revision,
    )


async def file(call: Call[None, None]) -> web.FileResponse:
    """One file of a report."""
    path = papers.file_of(call.context.site, call.path["name"])
    if path is None:
        raise Refused(404, "没有这个文件", "there is no such file")
    call.target = path.name
    headers = {"Content-Type": MEDIA[papers.form_of(path)], "Cache-Control": "private, no-cache"}
    return web.FileResponse(path, headers={**headers, **attachment(path.name)})


# -- looking before


async def preview(call: Call[None, ReportQuestion]) -> Preview:
    """The figures of a report that nobody has made yet. Nothing is recorded."""
    window, question = _window(call, call.body), _question(call, call.body)
    async with turn(call):
        try:
            facts = await gather(ledger_of(call), call.context.site, window, call.now)
        except WindowError as error:
            raise Refused(400, *error.said) from error
        made = await asyncio.to_thread(report, facts, question)
    if not made.nodes:
        raise Refused(409, "该范围和周期内没有监测项", "there was no watch in this scope at that time")
    language = call.body.language or call.language
    return _preview(made, language)


def _preview(made: Report, language: str) -> Preview:
    if made.by == BY_NODE:
        rows = [_row(row.node, row.name or row.node, row.figures) for row in made.nodes[:ROWS]]
    else:
        rows = [_row(row.key, row.name or row.key, row.figures) for row in made.tables[made.by][:ROWS]]
    return Preview(
        title=f"{period_of(made, language)} · {scope_text(made, language)}",
        sentence=sentence_of(made, language),
        total=_row("", "", made.total),
        rows=rows,
        until=format_time(made.end),
    )


_VERDICTS: Final[Mapping[Verdict, Literal["met", "missed", "not_provable"]]] = {
    Verdict.MET: "met",
    Verdict.MISSED: "missed",
    Verdict.NOT_PROVABLE: "not_provable",
}


def _row(key: str, name: str, figures: Figures) -> PreviewRow:
    intact, parts = figures.intact, figures.parts
    return PreviewRow(
        key=key,
        name=name,
        watches=figures.watches,
        intact=intact.value,
        low=intact.low or 0.0,
        high=1.0 if intact.high is None else intact.high,
        online=parts.online.value,
        observed=parts.coverage or 0.0,
        target=figures.target,
        verdict=_VERDICTS.get(figures.verdict),
        outages=figures.repairs.faults,
        down_hours=parts.down / HOUR,
    )


def _window(call: Call[Any, Any], wanted: ReportQuestion) -> Window:
    zone = call.context.site.zone
    both = wanted.since is not None and wanted.until is not None
    if (wanted.period is not None) == both:
        raise Refused(400, "请给出 period，或 since 与 until", "give a period, or both since and until")
    try:
        if wanted.period is not None:
            found = windows.period(wanted.period, zone)
        else:
            found = windows.between(str(wanted.since), str(wanted.until), zone)
    except WindowError as error:
        raise Refused(400, *error.said) from error
    demand_ours("period", found.start, found.period_end)
    if found.period_end - found.start > LONGEST:
        raise Refused(400, "时间段最长 400 天", "a report over the pages is of 400 days at most")
    return found


def _question(call: Call[Any, Any], wanted: ReportQuestion) -> Question:
    site = call.context.site
    names = {key: network.name for key, network in site.networks.items()}
    try:
        scope = read_scope(wanted.scope, names, Atlas(site.regions))
    except ScopeError as error:
        raise Refused(400, *error.said) from error
    return Question(wanted.by, scope, usual=is_usual(wanted.scope))


# -- checking one


async def verify(call: Call[None, None]) -> Verified:
    """Whether a report's file is as it was made, signed by this ledger's key, and the newest."""
    name = Path(unquote(call.request.headers.get(NAME_HEADER, ""))).name
    call.target = printable(name)[:100]
    if not checking.is_form(name):
        raise Refused(415, "请上传 .xlsx、.pdf、.csv 或 .json", "upload an .xlsx, .pdf, .csv or .json")
    ledger, signer = ledger_of(call), call.context.signer
    key = None if signer is None else signer.public
    try:
        async with uploaded(call, checking.LARGEST) as file, turn(call, call.context.checks):
            found = await checking.check_upload(call.context.site, name, file, key)
    except checking.UncheckableError as error:
        raise Refused(400, *error.said) from error
    found = await checking.held_against(ledger, found)
    call.facts = {"right": not found.flaws, "digest": found.digest}
    language = call.language
    return Verified(
        right=not found.flaws,
        findings=[f"{flaw.place}: {flaw.what.told(language)}" for flaw in found.flaws],
        digest=found.digest,
        revision=found.revision,
        newest_revision=found.newest,
        made_at=format_time(found.made_at),
        cells_checked=not found.reworded,
    )


_REPORT: Final = Permission.REPORT
_AWAY: Final = {503: "the ledger is away"}

ENDPOINTS: Final = (
    Endpoint(
        "GET",
        "/reports",
        "reports",
        "Reports that were made",
        reports,
        Permission.LOOK,
        answer=ReportList,
        query=ShortPage,
        also=_AWAY,
    ),
    Endpoint(
        "POST",
        "/reports",
        "make_report",
        "Make a report",
        make,
        _REPORT,
        answer=ReportJob,
        body=ReportWish,
        status=202,
        action="report.make",
        also={429: "too many reports wait"},
    ),
    Endpoint(
        "POST",
        "/reports/preview",
        "preview_report",
        "The figures of a report before it is made",
        preview,
        _REPORT,
        answer=Preview,
        body=ReportQuestion,
        action="report.preview",
        also={409: "there was no watch in this scope at that time"},
    ),
    Endpoint(
        "POST",
        "/reports/verify",
        "verify_report",
        "Whether a report's file is as it was made",
        verify,
        _REPORT,
        answer=Verified,
        raw=checking.LARGEST,
        action="report.verify",
    ),
    Endpoint(
        "GET",
        "/reports/jobs/{id}",
        "report_job",
        "How far a report is",
        job,
        _REPORT,
        answer=ReportJob,
        also=_AWAY,
    ),
    Endpoint(
        "GET",
        "/reports/files/{name}",
        "report_file",
        "A file of a report",
        file,
        _REPORT,
        media=MEDIA["xlsx"],
        or_media=tuple(media for form, media in MEDIA.items() if form != "xlsx"),
        action="report.download",
    ),
)
