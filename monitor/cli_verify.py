"""The command that holds a ledger against what was recorded: ``verify``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import click

from monitor.cli_common import explains, json_option, site_option, wrong_use
from monitor.config import glance
from monitor.trouble import Said, Trouble


class Place(NamedTuple):
    """A ledger and the folder of what has left it."""

    ledger: str
    archive: Path | None
    language: str


@click.command(short_help="核验台账 / whether the ledger is what was recorded")
@click.option(
    "--ledger",
    metavar="FILE|URL",
    help="台账（不需要 site.yaml）/ the ledger; needs no site.yaml",
)
@site_option
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="只信任这个公钥 / the only key believed, ledger.pub",
)
@click.option("--language", type=click.Choice(["zh", "en"]), help="语言 / language")
@json_option
@explains
def verify(ledger: str | None, path: Path, key: Path | None, language: str | None, as_json: bool) -> None:
    """核验台账：逐环核对、核对签名与归档文件。只读，可离线核验复制出来的文件。

    Check every link of the ledger's chain, its signatures and its archived files. Nothing is written;
    a copied ledger.db, with the folder archive beside it, is enough. Without --key, compare the key that
    is shown with the one in a report. Exit 1 when anything is not as it was recorded.
    """
    from monitor.ledger.errors import LedgerError
    from monitor.ledger.sources import source_of
    from monitor.ledger.verify import verify as check
    from monitor.verifying import as_document, told

    place = _place(ledger, path, language)
    public = None if key is None else _public(key)
    try:
        verified = check(source_of(place.ledger), place.archive, public=public)
    except FileNotFoundError as error:
        wrong_use(error)
    except LedgerError as error:
        raise Trouble(
            Said("台账无法核验", "the ledger cannot be verified"),
            str(error),
            Said("保留这份文件，换一份副本再试", "keep this file, and try another copy"),
            place.language,
        ) from error
    if as_json:
        click.echo(json.dumps(as_document(verified, place.ledger), ensure_ascii=False))
    else:
        for line in told(verified, place.ledger, place.language):
            click.echo(line)
    sys.exit(0 if verified.ok else 1)


def _place(ledger: str | None, path: Path, language: str | None) -> Place:
    """The ledger that was named, or else the one of the site."""
    if ledger is not None:
        archive = None if "://" in ledger else Path(ledger).parent / "archive"
        return Place(ledger, archive, language or "zh")
    site = glance(path, needs=("ledger",))
    return Place(site.ledger_url, site.data / "archive", language or site.language)


def _public(path: Path) -> str:
    from monitor.ledger.signing import read_public

    try:
        return read_public(path)
    except (ValueError, OSError) as error:
        wrong_use(ValueError(f"--key {path}: {error}"))
