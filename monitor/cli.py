"""The commands. One short function each; exit 0 fine, 1 the answer is no, 2 wrong use."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Literal, ParamSpec

import click

from monitor import __version__
from monitor.config import ConfigError, Mistake, load_site
from monitor.model.times import parse_span
from monitor.web.client import ask_status

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
            click.echo(
                json.dumps(
                    {"ok": False, "mistakes": [_as_dict(one) for one in error.mistakes]}, ensure_ascii=False
                )
            )
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
        supervisor.become(path.resolve())
    if role == "collect" and network is None:
        raise click.UsageError("run collect 需要 / needs --network")
    try:
        sys.exit(supervisor.run_role(path.resolve(), str(role), network, _shard(shard)))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@main.command(hidden=True)
@_site
@_explains_mistakes
def plan(path: Path) -> None:
    """供 run 使用。What ``run`` has to start, for itself."""
    from monitor.supervisor import plan_of

    click.echo(json.dumps(plan_of(load_site(path))))


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
    """现在怎样：各网络各状态的数量、离线及起始时间、谁看不见。What is up, what is down, who is blind."""
    site = load_site(path)
    now = ask_status(site.data)
    if now is None:
        raise click.ClickException(f"监测未运行 / no monitor is running for {path} (quanshi run)")
    if as_json:
        click.echo(json.dumps(now, ensure_ascii=False))
        return
    from monitor.live.table import render_status

    width, color = _terminal()
    click.echo(render_status(now, width, color=color), nl=False)


def _terminal() -> tuple[int, bool]:
    """(width, whether colours are wanted)."""
    return max(80, shutil.get_terminal_size().columns), sys.stdout.isatty()


@main.command()
@click.argument("wanted", metavar="NODE|ADDRESS")
@_site
@_json
@click.option("--network", help="从哪个网络 / from which network")
@click.option(
    "--login", is_flag=True, help="使用已配置的凭据（一次错误会被设备计数）/ use the configured credential"
)
@_explains_mistakes
def probe(wanted: str, path: Path, as_json: bool, network: str | None, login: bool) -> None:
    """问一次并说明每一步。Ask once and explain each step."""
    from monitor import supervisor
    from monitor.asking import unwell, watches_to_ask

    site = load_site(path)
    try:
        watches = watches_to_ask(site, wanted, network)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from error
    told = [(watch, one) for watch in watches for one in supervisor.explain(site, watch, login=login)]
    if as_json:
        from dataclasses import asdict

        rows = [{"node": watch.node.id, "network": watch.network, **asdict(one)} for watch, one in told]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        from monitor.asking import tell

        for watch, one in told:
            click.echo(tell(watch, one, site.language))
    sys.exit(int(any(unwell(one) for _, one in told)))


@main.command()
@_site
@click.option(
    "--script",
    "script_path",
    type=click.Path(path_type=Path, exists=True),
    help="故障脚本 / fault script (csv, json)",
)
@click.option("--points", default=0, help="生成这么多点位，不读 site / a generated city instead of a site")
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path), help="生成的城市写到哪里 / where it is written"
)
@click.option(
    "--wildcard", is_flag=True, help="少数套接字应答全部地址 / a few sockets answer for all addresses"
)
@_explains_mistakes
def sim(path: Path, script_path: Path | None, points: int, directory: Path | None, wildcard: bool) -> None:
    """只运行模拟设备（仅回环地址）。Run the simulated devices alone, on loopback only."""
    from monitor.simulation import SimulationError, simulate

    try:
        sys.exit(
            simulate(
                path,
                script=script_path,
                points=points,
                directory=directory,
                wildcard=wildcard,
                tell=click.echo,
            )
        )
    except SimulationError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--points", default=3352, show_default=True, help="一类点位数量 / class-1 points")
@click.option("--for", "span", help="运行多久后自行结束，如 60s / end by itself after so long")
@click.option("--seed", default=1, show_default=True, help="城市与故障的种子 / of the city and its faults")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--netns", is_flag=True, help="在独立网络命名空间中（root）/ in a network namespace of its own")
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="写到哪里 / where to write")
@_json
def demo(  # noqa: PLR0917 - click passes them by name
    points: int,
    span: str | None,
    seed: int,
    language: str,
    netns: bool,
    directory: Path | None,
    as_json: bool,
) -> None:
    """演示：一座虚构的城市、故障与真相。An invented city, its faults, and the truth about them."""
    from monitor.demo.netns import NetworkError
    from monitor.demo.process import FleetError
    from monitor.demo_run import Demo, DemoError, Wish
    from monitor.demo_view import watch_demo

    try:
        seconds = None if span is None else parse_span(span)
        wish = Wish(points, seconds, seed, language, netns)
        folder = directory or Path(tempfile.mkdtemp(prefix="quanshi-demo-"))
        signal.signal(signal.SIGTERM, _interrupt)
        with Demo(wish, folder, lambda text: click.echo(f"  {text}", err=True)) as running:
            right = watch_demo(running, as_json=as_json)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except (DemoError, FleetError, NetworkError) as error:
        raise click.ClickException(str(error)) from error
    sys.exit(0 if right else 1)


def _interrupt(_number: int, _frame: object) -> None:
    """SIGTERM ends the demo as Ctrl-C does: in order, with nothing left behind."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
