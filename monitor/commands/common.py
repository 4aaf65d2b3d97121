"""What the commands share: options, and how people are told what they can mend."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Final, NoReturn, ParamSpec, TypeVar

import click

from monitor.commands.terminal import wrapped
from monitor.config import ConfigError, Mistake, Site, language_at, load_site
from monitor.model.said import SaidError
from monitor.trouble import Said, Trouble

P = ParamSpec("P")
_T = TypeVar("_T")

SHOWN: Final = 50
"""Mistakes that are printed by a command that is not about them; the rest is counted."""

SEE_TO_SERVER: Final = Said("检查地址、账号和数据库服务", "see to the address, the login and the server")
SEE_TO_DISK: Final = Said("检查磁盘与数据目录的权限", "see to the disk and the rights of the data directory")


def _folder_or_file(_context: click.Context, _option: click.Parameter, path: Path) -> Path:
    """People name the folder as often as the file in it."""
    return path / "site.yaml" if path.is_dir() else path


site_option = click.option(
    "--site",
    "path",
    type=click.Path(path_type=Path),
    callback=_folder_or_file,
    default=Path("site.yaml"),
    show_default=True,
    envvar="QUANSHI_SITE",
    help="site.yaml 的位置 / where site.yaml is",
)
json_option = click.option("--json", "as_json", is_flag=True, help="供程序读取 / for programs")
language_option = click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="语言 / language"
)

_SCOPE: Final = {
    "node": "节点 / a node",
    "region": "行政区划及其下级 / a region, all in it",
    "contractor": "运维单位 / a contractor",
    "parent": "该节点及其下挂的全部节点 / this node and all behind it",
    "network": "网络 / a network",
}


def scope_options(command: Callable[..., None]) -> Callable[..., None]:
    """Which watches are meant: given as ``scope``, a list for each kind of condition, and ``everything``."""

    @wraps(command)
    def gathered(**given: Any) -> None:
        command(scope={f"{name}s": given.pop(f"{name}s") for name in _SCOPE}, **given)

    described: Callable[..., None] = gathered
    described = click.option("--all", "everything", is_flag=True, help="全部 / everything")(described)
    for name, told in reversed(_SCOPE.items()):
        described = click.option(f"--{name}", f"{name}s", multiple=True, help=told)(described)
    return described


def explains(command: Callable[P, None]) -> Callable[P, None]:
    """What people can mend is told to them, exit 1: the answer to any command is no then."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ConfigError as error:
            path = kwargs.get("path")
            print_mistakes(error.mistakes, path, _language(path, kwargs.get("language")), SHOWN)
            sys.exit(1)
        except Trouble as trouble:
            click.echo(trouble.lines(), err=True)
            sys.exit(1)

    return wrapped


def _language(path: object, wanted: object) -> str:
    """The one that was asked for, else that of the site."""
    if isinstance(wanted, str):
        return wanted
    return language_at(path) if isinstance(path, Path) else "zh"


def print_mistakes(
    mistakes: Sequence[Mistake], path: object, language: str, limit: int | None = None
) -> None:
    """All of them, or the first ``limit`` with the command that lists the rest; and how many there are."""
    count, shown = len(mistakes), mistakes[:limit]
    told = [line for mistake in shown for line in mistake.told(language).split("\n")]
    lines = [part for line in told for part in wrapped(line, "    ")]
    if more := count - len(shown):
        cut = Said(f"… 另有 {more:,} 处，全部：", f"… {more:,} more, all of them:").told(language)
        lines.append(f"{cut} quanshi check --site {shlex.quote(str(path))}" if path else cut)
    noun = "mistake" if count == 1 else "mistakes"
    said = Said(f"共 {count:,} 处错误", f"{count:,} {noun}").told(language)
    lines.append(f"{path}: {said}" if path else said)
    click.echo("\n".join(lines), err=True)


def wrong_use(error: SaidError, language: str) -> NoReturn:
    raise click.UsageError(error.said.told(language)) from error


def in_ledger(
    path: Path, work: Callable[[Site, Any], Awaitable[_T]], refusals: tuple[type[SaidError], ...]
) -> tuple[Site, _T]:
    """The site, and what came of the work in its ledger; ``refusals`` of it are wrong use.

    What it wrote is signed at once: no monitor may be running that would do it.
    """
    from monitor.ledger.errors import LedgerError

    site = load_site(path)
    try:
        return site, asyncio.run(_in_ledger(site, work))
    except refusals as error:
        wrong_use(error, site.language)
    except LedgerError as error:
        what = Said("台账无法使用", "the ledger cannot be used")
        raise Trouble(what, error.said, SEE_TO_DISK, site.language) from error


async def _in_ledger(site: Site, work: Callable[[Site, Any], Awaitable[_T]]) -> _T:
    from monitor.ledger.ledger import Ledger
    from monitor.ledger.signing import Signer

    site.data.mkdir(parents=True, exist_ok=True)
    async with await Ledger.open(site.ledger_url) as ledger:
        before = await ledger.head()
        try:
            return await work(site, ledger)
        finally:  # what is refused leaves a line as well
            if await ledger.head() != before:
                await ledger.checkpoint(Signer.of(site.data))
