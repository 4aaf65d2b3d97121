"""The commands. One short function each; exit 0 fine, 1 the answer is no, 2 wrong use."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from monitor import __version__
from monitor.commands.alerts import alerts
from monitor.commands.city import demo, sim
from monitor.commands.common import (
    explains,
    json_option,
    language_option,
    print_mistakes,
    site_option,
    wrong_use,
)
from monitor.commands.maintenance import maintenance
from monitor.commands.report import report
from monitor.commands.users import user
from monitor.commands.verify import verify
from monitor.config import ConfigError, Glance, Mistake, glance, language_at, load_site
from monitor.config.starter import write_starter
from monitor.trouble import Said, Trouble
from monitor.web.client import MonitorAwayError, fetch_status


class _InOrder(click.Group):
    """Lists the commands in the order in which somebody new needs them."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_InOrder,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="退出码 / exit: 0 正常 fine, 1 回答为否 answer is no, 2 用法错误 wrong use.",
)
@click.version_option(__version__, prog_name="quanshi", message="%(prog)s %(version)s")
def main() -> None:
    """全时：城市视频网络的健康监测。

    Quanshi watches the health of a city's video network.
    """
    # A terminal that lacks a sign gets a question mark instead of our end.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]


main.add_command(demo)


@main.command(short_help="写一套起始文件 / write a set of files to start from")
@click.argument("directory", type=click.Path(path_type=Path))
@language_option
@explains
def init(directory: Path, language: Literal["zh", "en"]) -> None:
    """写一套带注释的起始文件，已有文件不会被覆盖。

    Write a commented set of files to start from. Nothing that exists is overwritten.
    """
    try:
        written = write_starter(directory, language)
    except OSError as error:
        raise Trouble(
            Said("没有写入任何文件", "nothing was written"),
            str(error)
            if isinstance(error, FileExistsError) and not error.errno
            else f"{directory}: {error.strerror}",
            Said("换一个目录，或先移走已有文件", "name another folder, or move what is there away first"),
            language,
        ) from error
    for file in written:
        click.echo(file)
    site = shlex.quote(str(directory / "site.yaml"))
    click.echo(Said("下一步：填写 nodes.csv，然后", "next: fill in nodes.csv, then").told(language))
    for command in ("check", "run"):
        click.echo(f"  quanshi {command} --site {site}")


@main.command(short_help="检查全部文件 / check all files, list every mistake")
@site_option
@json_option
@explains
def check(path: Path, as_json: bool) -> None:
    """检查 site.yaml、nodes、regions，一次列出全部错误。

    Check site.yaml, nodes and regions, and list every mistake at once.
    """
    try:
        site = load_site(path)
    except ConfigError as error:
        language = language_at(path)
        if as_json:
            mistakes = [_as_dict(one, language) for one in error.mistakes]
            click.echo(json.dumps({"ok": False, "mistakes": mistakes}, ensure_ascii=False))
        else:
            print_mistakes(error.mistakes, path, language)
        sys.exit(1)
    counts = {network: len(site.inventory.watches(network)) for network in site.networks}
    if as_json:
        click.echo(json.dumps({"ok": True, "nodes": len(site.inventory.nodes), "watches": counts}))
        return
    nodes, regions = len(site.inventory.nodes), len(site.regions)
    lines = [
        Said(f"{path}：没有错误", f"{path}: no mistakes"),
        Said(f"节点 {nodes:,}  区划 {regions:,}", f"nodes {nodes:,}  regions {regions:,}"),
    ]
    for key, count in counts.items():
        network = f"{site.networks[key].name} {key}"
        lines.append(Said(f"{network}：监测项 {count:,}", f"{network}: watches {count:,}"))
    for line in lines:
        click.echo(line.told(site.language))


def _as_dict(mistake: Mistake, language: str) -> dict[str, Any]:
    place = {name: getattr(mistake, name) for name in ("file", "line", "column", "value")}
    return {**place, "allowed": mistake.allowed.told(language), "hint": mistake.hint.told(language)}


@main.command(short_help="启动并保持运行 / start all roles, or one")
@click.argument("role", type=click.Choice(["collect", "monitor", "alert"]), required=False)
@site_option
@click.option("--network", help="collect：网络 / which network")
@click.option("--shard", metavar="K/N", help="collect：分片，如 0/4 / which shard of how many")
@explains
def run(role: str | None, path: Path, network: str | None, shard: str | None) -> None:
    """启动全部角色并保持运行，直到 Ctrl-C；或只启动一个。SIGHUP：重新读取文件。

    文件有误时沿用最近一次正确的文件。

    Start all roles and keep them running until SIGTERM or Ctrl-C, or be just one of them. SIGHUP:
    read the files again. One role alone does not start the embedded server. Files with a mistake do
    not stop it: it goes on with the last good ones.
    """
    from monitor import supervisor
    from monitor.datadir import PRIVATE
    from monitor.logs import complain, set_up

    if role != "collect" and (network or shard):
        raise click.UsageError("--network, --shard: 仅用于 / only for  run collect")
    if role == "collect" and network is None:
        raise click.UsageError("run collect 需要 / needs --network")
    os.umask(PRIVATE)
    if role is None:
        supervisor.become(path.resolve())
    part = None if shard is None else _shard(shard)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until the role listens to it, if it does
    set_up(" ".join(filter(None, (role, network, shard))))
    try:
        sys.exit(supervisor.run_role(path.resolve(), str(role), network, part))
    except supervisor.PostError as error:
        wrong_use(error, language_at(path))
    except Trouble as trouble:
        complain(trouble)
        sys.exit(1)


def _shard(text: str) -> tuple[int, int]:
    shard, _, shards = text.partition("/")
    if not (_is_number(shard) and _is_number(shards) and int(shard) < int(shards)):
        raise click.UsageError(f"--shard {text}: K/N, 0 ≤ K < N, 如 / e.g. 0/4")
    return int(shard), int(shards)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6


@main.command(hidden=True)
@site_option
@explains
def plan(path: Path) -> None:
    """供 run 使用。What ``run`` has to start, for itself."""
    from monitor.logs import set_up
    from monitor.supervisor import plan_of, site_to_run

    set_up("supervisor")
    click.echo(json.dumps(plan_of(site_to_run(path))))


@main.command(short_help="现在怎样 / what is down, since when, who is blind")
@site_option
@json_option
@explains
def status(path: Path, as_json: bool) -> None:
    """现在怎样：各网络各状态的数量、离线及起始时间、谁看不见。

    The networks, counts by state, what is down and since when, and who is blind, as the running
    monitor of this site sees it now.
    """
    site = glance(path)
    now = _status_of(site)
    if as_json:
        click.echo(json.dumps(now, ensure_ascii=False))
        return
    from monitor.live.table import render_status

    width, color = _terminal()
    click.echo(render_status(now, width, color=color), nl=False, color=color)


def _status_of(site: Glance) -> Mapping[str, Any]:
    """Raises Trouble where no monitor of this site answers."""
    if os.access(site.data, os.F_OK) and not os.access(site.data, os.R_OK | os.X_OK):
        raise Trouble(
            Said("数据目录属于另一个用户", "the data directory is another user's"),
            str(site.data),
            Said("以运行 quanshi 的用户执行此命令", "give this command as the user that quanshi runs as"),
            site.language,
        )
    silent = ""
    try:
        now = fetch_status(site.data)
        if now.get("site") == site.name:
            return now
    except MonitorAwayError as error:
        silent = error.url
    if silent:
        raise Trouble(
            Said("监测在运行，但没有应答", "a monitor runs, and does not answer"),
            silent,
            Said("稍后再试，或查看它的日志", "try again, or see its log"),
            site.language,
        )
    raise Trouble(
        Said("监测未运行", "no monitor is running"),
        str(site.data),
        Said.same(f"quanshi run --site {shlex.quote(str(site.path))}"),
        site.language,
    )


def _terminal() -> tuple[int, bool]:
    """(width, whether colours are wanted)."""
    return max(80, shutil.get_terminal_size().columns), sys.stdout.isatty()


@main.command(short_help="问一次并说明每一步 / ask once, explain each step")
@click.argument("wanted", metavar="NODE|ADDRESS")
@site_option
@json_option
@click.option("--network", help="从哪个网络 / from which network")
@click.option(
    "--login",
    is_flag=True,
    help="使用已配置的凭据 / log in with the configured credential",
)
@explains
def probe(wanted: str, path: Path, as_json: bool, network: str | None, login: bool) -> None:
    """问一次并说明每一步：节点编码、名称或地址。

    Ask once, now, and explain each step. NODE is an id or a name; ADDRESS is an IP address or a host,
    on wish with its port: 10.0.0.7:554, [fd00::7]:554. Exit 1 unless it answers well.
    """
    from monitor import supervisor
    from monitor.commands.asking import NobodyError, answers_well, as_document, note_on, tell, watches_to_ask
    from monitor.logs import set_up

    set_up("probe")
    site = load_site(path)
    try:
        watches = watches_to_ask(site, wanted, network)
    except NobodyError as error:
        wrong_use(error, site.language)
    if note := note_on(site, watches[0]):
        click.echo(note, err=True)
    told = []
    for watch in watches:
        for one in supervisor.explain(site, watch, login=login):
            told.append((watch, one))
            if not as_json:
                click.echo(tell(watch, one, site.language))
    if as_json:
        click.echo(json.dumps([as_document(watch, one) for watch, one in told], ensure_ascii=False))
    sys.exit(0 if answers_well(one for _, one in told) else 1)


main.add_command(alerts)
main.add_command(maintenance)
main.add_command(report)
main.add_command(verify)
main.add_command(user)
main.add_command(sim)

if __name__ == "__main__":
    main(prog_name="quanshi")
