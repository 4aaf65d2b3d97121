"""``/reports``: what was made, what could be made, and whether a file is as it was made."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import unquote

from monitor.access.roles import Permission
from monitor.config.atlas import Atlas
from monitor.desk import jobs
from monitor.desk.jobs import Job, Wanted
from monitor.ledger.rows import ReportRow
from monitor.model.timeline import Verdict
from monitor.model.times import format_time
from monitor.reports import windows
from monitor.reports.build import Question, report
from monitor.reports.check import NoReportError, check_report
from monitor.reports.document import BY_NODE, Figures, Report
from monitor.reports.gather import gather
from monitor.reports.scope import ScopeError, is_usual, read_scope
from monitor.reports.story import period_of, scope_text, sentence_of
from monitor.reports.windows import Window, WindowError
from monitor.web.api.common import attachment, ledger_of
from monitor.web.dispatch import language_of, read_at_most
from monitor.web.endpoints import Call, Endpoint, Refused, Reply
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

LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a report that is handed in to be checked."""

LISTED: Final = 200
ROWS: Final = 500
HOUR: Final = 3_600_000
MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "json": "application/json",
}


async def reports(call: Call[None, None]) -> ReportList:
    """The reports that the ledger knows, the newest first, with the files that are here."""
    rows = await ledger_of(call).reports(limit=LISTED)
    return ReportList(reports=[_made(call, row) for row in rows])


def _made(call: Call[Any, Any], row: ReportRow) -> ReportMade:
    question = dict(row.question)
    names = [name for name in row.files if isinstance(name, str)]
    return ReportMade(
        key=row.key,
        revision=row.revision,
        digest=row.digest,
        made_at=format_time(row.made_at),
        title=f"{question.get('from', '')} – {question.get('to', '')}",
        question=question,
        files=[_file(path) for path in jobs.files_here(call.context.site, names)],
    )


def _file(path: Path) -> ReportFile:
    return ReportFile(
        form=jobs.form_of(path),
        name=path.name,
        bytes=path.stat().st_size,
        url=f"/api/v1/reports/files/{path.name}",
    )


# -- making one


async def make(call: Call[None, ReportWish]) -> ReportJob:
    """Ask for a report: it is made beside us, and recorded in the ledger with its proof."""
    wanted = call.body
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
    language = wanted.language or language_of(call.request, call.context)
    job = call.context.jobs.ask(Wanted(tuple(words), forms, language))
    if job is None:
        raise Refused(429, "等待中的报告过多", "too many reports wait", after=30)
    call.target = job.id
    return await _job(call, job)


async def job(call: Call[None, None]) -> ReportJob:
    """How far it is."""
    found = call.context.jobs.get(call.path["id"])
    if found is None:
        raise Refused(404, "没有这个任务", "there is no such job")
    return await _job(call, found)


async def _job(call: Call[Any, Any], found: Job) -> ReportJob:
    row = await _row_of(call, found)
    files = [] if found.state != "made" else jobs.files_here(call.context.site, found.files)
    return ReportJob(
        id=found.id,
        state=found.state,
        share=found.share,
        error=found.error,
        files=[_file(path) for path in files],
        digest=None if row is None else row.digest,
        revision=None if row is None else row.revision,
    )


async def _row_of(call: Call[Any, Any], found: Job) -> ReportRow | None:
    """What the ledger knows of it. A report that was made before keeps its first row."""
    if found.state != "made" or not found.files:
        return None
    for row in await ledger_of(call).reports(limit=LISTED):
        if found.files[0] in row.files:
            return row
    return None


async def file(call: Call[None, None]) -> Reply:
    """One file of a report."""
    path = jobs.file_of(call.context.site, call.path["name"])
    if path is None:
        raise Refused(404, "没有这个文件", "there is no such file")
    call.target = path.name
    body = await asyncio.to_thread(path.read_bytes)
    return Reply(body, media=MEDIA[jobs.form_of(path)], headers=attachment(path.name))


# -- looking before


async def preview(call: Call[None, ReportQuestion]) -> Preview:
    """The figures of a report that nobody has made yet. Nothing is recorded."""
    window, question = _window(call, call.body), _question(call, call.body)
    async with call.context.reckoning:
        try:
            facts = await gather(ledger_of(call), call.context.site, window, call.now)
        except WindowError as error:
            raise Refused(400, f"时间段不可用：{error}", str(error)) from error
        made = await asyncio.to_thread(report, facts, question)
    if not made.nodes:
        raise Refused(409, "该范围和周期内没有监测项", "there was no watch in this scope at that time")
    language = call.body.language or language_of(call.request, call.context)
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
            return windows.period(wanted.period, zone)
        return windows.between(str(wanted.since), str(wanted.until), zone)
    except WindowError as error:
        raise Refused(400, f"时间段不可用：{error}", str(error)) from error


def _question(call: Call[Any, Any], wanted: ReportQuestion) -> Question:
    site = call.context.site
    names = {key: network.name for key, network in site.networks.items()}
    try:
        scope = read_scope(wanted.scope, names, Atlas(site.regions))
    except ScopeError as error:
        raise Refused(400, f"范围不可用：{error}", str(error)) from error
    return Question(wanted.by, scope, usual=is_usual(wanted.scope))


# -- checking one


async def verify(call: Call[None, None]) -> Verified:
    """Whether the file of a report is as it was made, and signed by this ledger's key."""
    name = unquote(call.request.headers.get("X-File-Name", "report.json"))
    suffix = Path(name).suffix.lower()
    if suffix not in (".json", ".xlsx"):
        raise Refused(
            415,
            "请上传 .xlsx 或 .json（PDF 与 CSV 的证明在同名 .json 中）",
            "upload the .xlsx, or the .json (that of a PDF or CSV lies beside it)",
        )
    call.target = Path(name).name[:100]
    content = await read_at_most(call.request, LARGEST)
    signer = call.context.signer
    found = await asyncio.to_thread(_check, call, content, suffix, signer.public if signer else None)
    call.facts = {"right": found.right, "digest": found.digest}
    return found


def _check(call: Call[Any, Any], content: bytes, suffix: str, key: str | None) -> Verified:
    language = language_of(call.request, call.context)
    with tempfile.TemporaryDirectory(dir=call.context.site.data, prefix=".verify-") as folder:
        path = Path(folder) / f"report{suffix}"
        path.write_bytes(content)
        try:
            checked = check_report(path, key)
        except NoReportError as error:
            raise Refused(400, f"不是本系统的报告：{error}", f"this is no report of ours: {error}") from error
    findings = [
        f"{flaw.place}: {flaw.what.zh if language == 'zh' else flaw.what.en}" for flaw in checked.flaws
    ]
    return Verified(
        right=not checked.flaws,
        findings=findings,
        digest=checked.proof.digest,
        made_at=format_time(checked.proof.made_at),
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
        raw=LARGEST,
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
        media="application/octet-stream",
    ),
)
