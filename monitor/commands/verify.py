"""The command that holds a ledger, or a report, against what was recorded: ``verify``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from monitor.commands.common import SEE_TO_SERVER, explains, json_option, site_option, wrong_use
from monitor.config import ConfigError, glance, language_at, load_site
from monitor.model.said import SaidError, reason
from monitor.trouble import Said, Trouble

if TYPE_CHECKING:
    from monitor.ledger.chain import ChainHead
    from monitor.reports.check import Checked


_OTHER_COPY: Final = Said("保留这份文件，换一份副本再试", "keep this file, and try another copy")


class Place(NamedTuple):
    """A ledger, the folder of what has left it, and the public key that lies beside it."""

    ledger: str
    archive: Path | None
    key: Path | None
    language: str


@click.command(short_help="核验台账与报告 / whether ledger or report is as it was made")
@click.argument("report", metavar="[REPORT]", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--ledger",
    metavar="FILE|URL",
    help="台账（不需要 site.yaml）/ the ledger; needs no site.yaml",
)
@click.option(
    "--archive",
    type=click.Path(path_type=Path, file_okay=False),
    help="归档文件目录 / of what has left it  [台账旁 beside it]",
)
@site_option
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="只信任此公钥 / the only key believed  [台账旁 beside it]",
)
@click.option("--language", type=click.Choice(["zh", "en"]), help="语言 / language")
@click.option("--again", is_flag=True, help="由本站台账重新计算 / compute it anew here")
@json_option
@explains
def verify(  # noqa: PLR0917 - click passes them by name
    report: Path | None,
    ledger: str | None,
    archive: Path | None,
    path: Path,
    key: Path | None,
    language: str | None,
    again: bool,
    as_json: bool,
) -> None:
    """核验台账：逐环核对、核对签名与归档文件；或核验一份报告。

    只读，可离线进行。

    Check every link of the ledger's chain, its signatures and its archived files. Nothing is written;
    a copied ledger.db, with the folder archive beside it, is enough. Only the key beside it is believed, if
    there is one; a key kept elsewhere proves more. With REPORT, check that file: its figures, its cells,
    its signature; with --ledger also the ledger that it rests on. Exit 1 when anything is not as it was
    recorded.
    """
    spoken = language or language_at(path)
    if report is None:
        if again:
            raise click.UsageError("--again: REPORT")
        place = _place(ledger, archive, path, language)
        sys.exit(0 if _ledger(place, _believed(key or place.key, spoken), (), as_json) else 1)
    from monitor.commands import reverifying
    from monitor.reports.revisions import hold_against

    rests_on = None if ledger is None else _place(ledger, archive, path, language)
    public = _believed(key or (rests_on and rests_on.key), spoken)
    checked = _report(report, public, path if again else None, spoken)
    if asked := rests_on or _of_site(path):
        hold_against(checked, _recorded(asked))
    if as_json:
        click.echo(json.dumps(reverifying.as_document(checked, report), ensure_ascii=False))
    else:
        for line in reverifying.told(checked, report, spoken):
            click.echo(line)
    right = not checked.flaws
    if rests_on is not None:
        right = _ledger(rests_on, public, (reverifying.head_of(checked),), as_json) and right
    sys.exit(0 if right else 1)


def _ledger(place: Place, public: str | None, expected: Sequence[ChainHead], as_json: bool) -> bool:
    """Check a ledger and tell what was found; whether all is well."""
    from monitor.commands.verifying import as_document, told
    from monitor.ledger.engine import place_of
    from monitor.ledger.errors import LedgerError
    from monitor.ledger.sources import source_of
    from monitor.ledger.verify import verify as check

    try:
        verified = check(source_of(place.ledger), place.archive, public=public, expected=expected)
    except FileNotFoundError as error:
        wrong_use(_no_file(error, Path(error.filename)), place.language)
    except LedgerError as error:
        raise Trouble(
            Said("台账无法核验", "the ledger cannot be verified"),
            error.said,
            SEE_TO_SERVER if "://" in place.ledger else _OTHER_COPY,
            place.language,
        ) from error
    shown = place_of(place.ledger) if "://" in place.ledger else place.ledger
    if as_json:
        click.echo(json.dumps(as_document(verified, shown), ensure_ascii=False))
    else:
        for line in told(verified, shown, place.language):
            click.echo(line)
    return verified.ok


def _report(path: Path, public: str | None, site: Path | None, language: str) -> Checked:
    """Check the file of a report, and with a site compute it anew."""
    from monitor.commands.reverifying import computed_anew
    from monitor.reports.check import NoReportError, check_report

    try:
        checked = check_report(path, public)
        if site is not None:
            checked.flaws += asyncio.run(computed_anew(load_site(site), checked))
    except NoReportError as error:
        wrong_use(error, language)
    except OSError as error:
        wrong_use(_no_file(error, path), language)
    return checked


def _of_site(path: Path) -> Place | None:
    """The ledger of the site that is at hand; nobody named it, so none is needed."""
    try:
        return _place(None, None, path, None)
    except ConfigError:
        return None


def _recorded(place: Place) -> list[dict[str, Any]]:
    """The reports that a ledger says were made; none where it cannot be read, which is told elsewhere."""
    from monitor.ledger.errors import LedgerError
    from monitor.ledger.sources import source_of

    try:
        with source_of(place.ledger).open() as reader:
            return reader.records("reports")
    except (FileNotFoundError, LedgerError):
        return []


def _no_file(error: OSError, path: Path) -> SaidError:
    why = reason(error)
    return SaidError(Said(f"{path}：{why.zh}", f"{path}: {why.en}"))


def _place(ledger: str | None, archive: Path | None, path: Path, language: str | None) -> Place:
    """The ledger that was named, or else the one of the site."""
    if ledger is None:
        site = glance(path, needs=("ledger",))
        return _beside(site.data, Place(site.ledger_url, archive, None, language or site.language))
    place = Place(ledger, archive, None, language or language_at(path))
    return place if "://" in ledger else _beside(Path(ledger).parent, place)


def _beside(folder: Path, place: Place) -> Place:
    """With what lies in the folder of the ledger."""
    from monitor.ledger.signing import PUBLIC

    key = folder / PUBLIC
    return place._replace(archive=place.archive or folder / "archive", key=key if key.exists() else None)


def _believed(path: Path | None, language: str) -> str | None:
    from monitor.ledger.signing import read_public

    if path is None:
        return None
    try:
        return read_public(path)
    except OSError as error:
        wrong_use(_no_file(error, path), language)
    except ValueError:
        wrong_use(SaidError(Said(f"{path}：不是 Ed25519 公钥", f"{path}: no Ed25519 public key")), language)
