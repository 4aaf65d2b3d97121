"""The commands. One short function each; exit 0 fine, 1 the answer is no, 2 wrong use."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Literal, ParamSpec

import click

from monitor import __version__
from monitor.config import ConfigError, Mistake, Site, load_site

P = ParamSpec("P")

SHOWN = 50
"""Mistakes that are printed in full; the rest is counted."""

_site = click.option(
    "--site",
    "path",
    type=click.Path(path_type=Path),
    default=Path("site.yaml"),
    show_default=True,
    envvar="QUANSHI_SITE",
    help="site.yaml 的位置 / where site.yaml is",
)
_json = click.option("--json", "as_json", is_flag=True, help="供程序读取 / for programs")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="quanshi")
def main() -> None:
    """全时：城市视频网络的健康监测。Quanshi watches the health of a city's video network."""


def _explains_mistakes(command: Callable[P, None]) -> Callable[P, None]:
    """A site with mistakes is printed as its mistakes, exit 1: the answer to any command is no then."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ConfigError as error:
            _print_mistakes(error.mistakes)
            sys.exit(1)

    return wrapped


def _print_mistakes(mistakes: tuple[Mistake, ...]) -> None:
    for mistake in mistakes[:SHOWN]:
        click.echo(str(mistake), err=True)
    more = len(mistakes) - SHOWN
    if more > 0:
        click.echo(f"… {more} 处更多 / more", err=True)
    click.echo(f"{len(mistakes)} 处错误 / mistakes", err=True)


@main.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def init(directory: Path, language: Literal["zh", "en"]) -> None:
    """写一套带注释的起始文件。Write a commented starting set of files."""
    from monitor.config.starter import write_starter

    try:
        written = write_starter(directory, language)
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    for file in written:
        click.echo(file)
    click.echo(f"quanshi check --site {directory / 'site.yaml'}")


@main.command()
@_site
@_json
def check(path: Path, as_json: bool) -> None:
    """检查 site.yaml、nodes、regions，一次列出全部错误。Check all files and list every mistake."""
    try:
        site = load_site(path)
    except ConfigError as error:
        if as_json:
            click.echo(json.dumps({"ok": False, "mistakes": [_as_dict(one) for one in error.mistakes]}, ensure_ascii=False))
        else:
            _print_mistakes(error.mistakes)
        sys.exit(1)
    counts = {network: len(site.inventory.watches(network)) for network in site.networks}
    if as_json:
        click.echo(json.dumps({"ok": True, "nodes": len(site.inventory.nodes), "watches": counts}))
        return
    click.echo(f"{path}: 没有错误 / no mistakes")
    click.echo(f"节点 nodes {len(site.inventory.nodes):,}   区划 regions {len(site.regions):,}")
    for network, count in counts.items():
        click.echo(f"{site.networks[network].name} {network}: 监测项 watches {count:,}")


def _as_dict(mistake: Mistake) -> dict[str, Any]:
    return {name: getattr(mistake, name) for name in ("file", "line", "column", "value", "allowed", "hint")}


@main.command()
@click.argument("role", type=click.Choice(["collect", "monitor", "alert"]), required=False)
@_site
@click.option("--network", help="collect：网络 / which network")
@click.option("--shard", default="0/1", show_default=True, help="collect：分片 / which shard of how many")
@_explains_mistakes
def run(role: str | None, path: Path, network: str | None, shard: str) -> None:
    """启动全部角色并保持运行，或只启动一个。Start all roles and keep them running, or just one."""
    from monitor import supervisor

    if role is None:
        sys.exit(supervisor.Supervisor(path.resolve()).run())
    if role == "collect" and network is None:
        raise click.UsageError("run collect 需要 / needs --network")
    sys.exit(supervisor.run_role(path.resolve(), role, network, _shard(shard)))


def _shard(text: str) -> tuple[int, int]:
    shard, _, shards = text.partition("/")
    if not (shard.isdigit() and shards.isdigit() and int(shard) < int(shards)):
        raise click.UsageError(f"--shard {text}: K/N, 0 ≤ K < N, e.g. 0/4")
    return int(shard), int(shards)


@main.command()
@_site
@_json
@_explains_mistakes
def status(path: Path, as_json: bool) -> None:
    """现在怎样：各网络、各状态数量、离线及起始时间、失明的采集。What is up, down, since when, who is blind."""
    site = load_site(path)
    now = ask_monitor(site)
    if now is None:
        raise click.ClickException(f"监测未运行 / no monitor is running for {path} (quanshi run)")
    if as_json:
        click.echo(json.dumps(now, ensure_ascii=False))
        return
    from monitor.live.table import render_status

    width, color = _terminal()
    click.echo(render_status(now, width, color=color), nl=False)


def ask_monitor(site: Site) -> dict[str, Any] | None:
    """What the running monitor of this site says; None when none answers."""
    place = site.data / "monitor.json"
    try:
        url = json.loads(place.read_text())["url"]
        with urllib.request.urlopen(f"{url}/api/v1/status", timeout=5) as reply:  # noqa: S310 - our own file names it
            said: dict[str, Any] = json.load(reply)
            return said
    except (OSError, ValueError, KeyError, urllib.error.URLError):
        # No file, no listener, or somebody else's answer: no monitor of this site is running.
        return None


def _terminal() -> tuple[int, bool]:
    """(width, whether colours are wanted)."""
    import shutil

    return max(80, shutil.get_terminal_size().columns), sys.stdout.isatty()
