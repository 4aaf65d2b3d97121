"""The command that makes reports: ``report``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from monitor.commands.common import SEE_TO_DISK, SEE_TO_SERVER, explains, site_option, wrong_use
from monitor.config import Site, load_site
from monitor.model.said import reason
from monitor.reports.document import BY_NODE, TABLES
from monitor.reports.files import Files
from monitor.reports.formats import FORMATS
from monitor.trouble import Said, Trouble

if TYPE_CHECKING:
    from monitor.reports.document import Proof, Report
    from monitor.reports.make import Rehearsal
    from monitor.reports.windows import Window

_STEPS: Final = 40


@click.command(short_help="可用性报告 / a report with its proof")
@site_option
@click.option("--period", help="年、月、周或日 / 2026, 2026-10, 2026-W44, 2026-10-05")
@click.option("--from", "first", help="自 / from: 2026-10-05, 2026-10-05 09:00")
@click.option("--to", "last", help="至 / to; 只写日期则含当日 / a day is included")
@click.option(
    "--by",
    type=click.Choice([*TABLES, BY_NODE]),
    default="county",
    show_default=True,
    help="分组 / the table that comes first",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="KEY=VALUE",
    help="class=1, region=440902, contractor=…, network=, kind=, node=; all. "
    "默认一类点位 / class-1 points unless class, kind, node or all is given",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="格式 / by default the ending of FILE")
@click.option("--language", type=click.Choice(["zh", "en"]), help="语言 / language")
@click.option(
    "-o",
    "--output",
    "outputs",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    multiple=True,
    metavar="FILE",
    help="写入，可多次 / the file; may be given again",
)
@click.option(
    "--for-programs", is_flag=True, hidden=True, help="the share done, on stderr; what it came to, as JSON"
)
@explains
def report(  # noqa: PLR0917 - click passes them by name
    path: Path,
    period: str | None,
    first: str | None,
    last: str | None,
    by: str,
    scopes: tuple[str, ...],
    form: str | None,
    language: str | None,
    outputs: tuple[Path, ...],
    for_programs: bool,
) -> None:
    """可用性报告：完好率及上下界、结论、故障与修复、剔除、未观测时间，附证明。

    默认统计一类摄像机点位（若有）；region=、network=、contractor= 只再缩小范围。

    写明 class=、kind=、node= 或 all 才改变它。同类扩大范围，不同类缩小范围。

    Availability with its bounds and verdict, faults and repairs, what was left out, what nobody saw; and
    the proof. It is about class-1 camera points, if there are any: --scope region=, network= and contractor=
    narrow that, and only class=, kind=, node= or all mean other devices. --scope of the same kind widens, of
    another kind narrows.
    """
    site = load_site(path)
    site = replace(site, language=language or site.language)  # of what goes wrong too
    if form is not None and len(outputs) > 1:
        raise click.UsageError("--format: -o")
    window = _window(site, period, first, last)
    wanted = {each: form or _form_of(each) for each in outputs}
    told, bar = {each.name: its for each, its in wanted.items()}, _bar(plain=for_programs)
    try:
        with Files(wanted, site.language) as files:
            files.demand()
            making = _make(site, window, by, scopes, files=told, rehearse=files.rehearse, bar=bar)
            made, proof = asyncio.run(making)
            files.write(made, proof)
    except OSError as error:
        raise Trouble(
            Said("报告无法写入", "the report cannot be written"),
            f"{', '.join(map(str, outputs))}: {reason(error).told(site.language)}",
            Said("换一个位置", "name another place"),
            site.language,
        ) from error
    if for_programs:
        click.echo(json.dumps({"digest": proof.digest, "revision": proof.revision}))
    else:
        click.echo(_said(made, proof, outputs).told(site.language))


def _window(site: Site, period: str | None, first: str | None, last: str | None) -> Window:
    from monitor.reports import windows

    if (period is None) == (first is None) or (first is None) != (last is None):
        raise click.UsageError("--period, 或 / or  --from … --to …")
    try:
        if period is not None:
            return windows.period(period, site.zone)
        return windows.between(first or "", last or "", site.zone)
    except windows.WindowError as error:
        wrong_use(error, site.language)


def _form_of(output: Path) -> str:
    form = output.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise click.UsageError(f"--format {' | '.join(FORMATS)}")
    return form


async def _make(
    site: Site,
    window: Window,
    by: str,
    scopes: tuple[str, ...],
    *,
    files: dict[str, Any],
    rehearse: Rehearsal,
    bar: Callable[[float], None] | None,
) -> tuple[Report, Proof]:
    """Raises Trouble where the ledger cannot be used or knows nothing of that time."""
    from monitor.config.atlas import Atlas
    from monitor.ledger.errors import LedgerError
    from monitor.ledger.ledger import Ledger
    from monitor.ledger.signing import Signer
    from monitor.reports.build import Question
    from monitor.reports.make import NothingError, make
    from monitor.reports.scope import ScopeError, is_usual, read_scope
    from monitor.reports.windows import WindowError

    _demand_ledger(site)
    names = {key: network.name for key, network in site.networks.items()}
    try:
        question = Question(by, read_scope(scopes, names, Atlas(site.regions)), usual=is_usual(scopes))
        async with await Ledger.open(site.ledger_url) as ledger:
            signer = Signer.of(site.data)
            return await make(
                ledger, signer, site, window, question, files=files, progress=bar, rehearse=rehearse
            )
    except (ScopeError, WindowError) as error:
        wrong_use(error, site.language)
    except LedgerError as error:
        raise Trouble(
            Said("台账无法使用", "the ledger cannot be used"),
            error.said,
            SEE_TO_SERVER if "://" in site.ledger else SEE_TO_DISK,
            site.language,
        ) from error
    except NothingError as error:
        raise Trouble(
            Said("该范围和周期内没有监测项", "there was no watch in this scope at that time"),
            " ".join(f"--scope {scope}" for scope in scopes) or str(site.data),
            Said("检查范围与周期", "see to the scope and the period"),
            site.language,
        ) from error


def _demand_ledger(site: Site) -> None:
    """A report must not be what makes a ledger."""
    if site.ledger == "sqlite" and not (site.data / "ledger.db").exists():
        raise Trouble(
            Said("还没有台账", "there is no ledger yet"),
            str(site.data / "ledger.db"),
            Said("先运行 quanshi run", "let  quanshi run  watch for a while"),
            site.language,
        )


def _said(made: Report, proof: Proof, outputs: Sequence[Path]) -> Said:
    from monitor.reports.story import percent, verdict_word

    intact = made.total.intact
    zh = "" if made.complete else "周期未结束，"
    en = "" if made.complete else "the period is not over; "
    low, value, high = (percent(share) for share in (intact.low, intact.value, intact.high))
    met = {language: verdict_word(made.total.verdict, language) for language in ("zh", "en")}
    written = "\n".join(map(str, outputs))
    about = f"  sha256 {proof.digest[:16]}… #{proof.revision}"
    return Said(
        f"{written}\n  {zh}完好率 {value}（{low} – {high}），{met['zh']}\n{about}",
        f"{written}\n  {en}intact {value} ({low} – {high}), {met['en']}\n{about}",
    )


def _bar(*, plain: bool) -> Callable[[float], None] | None:
    """Shows how far it is on stderr, where somebody watches; ``plain``: as a number on a line of its own."""
    if plain:
        return lambda done: click.echo(f"{done:.3f}", err=True)
    if not sys.stderr.isatty():
        return None

    def show(done: float) -> None:
        full = round(done * _STEPS)
        end = "\r\033[K" if done >= 1 else ""
        sys.stderr.write(f"\r[{'█' * full}{'·' * (_STEPS - full)}] {done:4.0%}{end}")
        sys.stderr.flush()

    return show
