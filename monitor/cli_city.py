"""The commands about invented devices: ``demo`` and ``sim``."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor.cli_common import explains, json_option, language_option, site_option, wrong_use
from monitor.model.times import parse_span
from monitor.trouble import Said, Trouble

if TYPE_CHECKING:
    from monitor.demo.client import FleetProcess


@click.command(short_help="演示：虚构的城市 / an invented city, its faults, the truth")
@click.option(
    "--points",
    type=click.IntRange(1),
    default=3352,
    show_default=True,
    help="一类点位数量 / class-1 points",
)
@click.option("--for", "span", help="运行多久，如 60s / how long, such as 60s")
@click.option("--seed", default=1, show_default=True, help="种子 / of the city and its faults")
@language_option
@click.option("--netns", is_flag=True, help="独立网络命名空间（root）/ in a namespace of its own")
@click.option("--delay", help="线路时延，需 --netns / of its link: 60ms")
@click.option(
    "--loss",
    type=click.FloatRange(0, 90),
    default=0.0,
    help="线路丢包 %，需 --netns / of its link",
)
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="写到哪里 / where to write")
@json_option
@explains
def demo(  # noqa: PLR0917 - click passes them by name
    points: int,
    span: str | None,
    seed: int,
    language: str,
    netns: bool,
    delay: str | None,
    loss: float,
    directory: Path | None,
    as_json: bool,
) -> None:
    """演示：一座虚构的城市、它的故障与真相。

    An invented city, its faults, and the truth about them. Ends with --for or Ctrl-C; exit 1 when the
    ledger disagrees with the truth.
    """
    from monitor.demo.netns import NetworkError
    from monitor.demo.process import FleetError
    from monitor.demo_run import Demo, DemoError, Wish
    from monitor.demo_view import watch_demo
    from monitor.simulation import keep_what_is_real

    try:
        seconds = None if span is None else parse_span(span)
        lag = 0.0 if delay is None else parse_span(delay)
    except ValueError as error:
        wrong_use(error)
    if (lag or loss) and not netns:
        wrong_use(ValueError("--delay, --loss: --netns"))
    folder = directory or Path(tempfile.mkdtemp(prefix="quanshi-demo-"))
    keep_what_is_real(folder)
    signal.signal(signal.SIGTERM, _interrupt)
    wish = Wish(points, seconds, seed, language, netns, delay=lag, loss=loss)
    try:
        with Demo(wish, folder, lambda text: click.echo(f"  {text}", err=True)) as running:
            right = watch_demo(running, as_json=as_json)
    except (DemoError, FleetError, NetworkError, OSError) as error:
        raise Trouble(
            Said("演示无法继续", "the demo cannot go on"),
            str(error),
            Said("消除这个原因后重试", "try again when this is out of the way"),
            language,
        ) from error
    sys.exit(0 if right else 1)


def _interrupt(_number: int, _frame: object) -> None:
    """SIGTERM ends the demo as Ctrl-C does: in order, with nothing left behind."""
    raise KeyboardInterrupt


_CONTROL_HELP: Final = """\b
控制 / control:
  {"nodes": ["ID"], "fault": "hang"}           until cleared
  {"addresses": ["127.1.2.3"], "fault": "refuse",
   "from": "2026-10-01T02:00:00Z", "to": "2026-10-01T02:05:00Z"}
  {"nodes": ["ID"], "behind": true, "fault": "vanish"}
                                               it and all behind it
  {"clear": ["ID"]}  {"clear": true}  {"list": true}  {"truth": true}
faults: refuse hang vanish slow garbage reset busy reboot flapping
如 / such as:  echo '{"list": true}' | nc -N -U CONTROL
"""


@click.command(short_help="只运行模拟设备 / the simulated devices alone", epilog=_CONTROL_HELP)
@site_option
@click.option(
    "--script",
    "script_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="故障脚本 / fault script (.csv, .jsonl)",
)
@click.option(
    "--points",
    type=click.IntRange(1),
    help="生成这么多点位 / play a generated city",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="把生成的城市写到这里 / write that city there",
)
@click.option("--wildcard", is_flag=True, help="一个套接字应答全部 / one socket for all")
@json_option
@explains
def sim(  # noqa: PLR0917 - click passes them by name
    path: Path,
    script_path: Path | None,
    points: int | None,
    directory: Path | None,
    wildcard: bool,
    as_json: bool,
) -> None:
    """只运行模拟设备（仅本机地址），直到 Ctrl-C；故障由控制套接字给出。

    Run the simulated devices alone, on loopback only, until Ctrl-C. Where the control listens is
    printed: a unix socket that takes one JSON object a line and answers each with one.
    """
    from monitor.simulation import invented_site, plan_of_site, script_of, simulate

    if directory is not None and points is None:
        raise click.UsageError("--dir: 与 --points 同用 / goes with --points")
    signal.signal(signal.SIGTERM, _interrupt)
    script = script_of(script_path) if script_path is not None else []
    try:
        with tempfile.TemporaryDirectory(prefix="quanshi-sim-") as own:
            if points is None:
                site, plan = plan_of_site(path)
                path, folder = site.path, Path(own)
            else:
                folder = directory or Path(own)
                path, plan = invented_site(points, folder)
            simulate(
                plan,
                folder / "fleet",
                script=script,
                wildcard=wildcard,
                ready=lambda fleet: _tell_fleet(fleet, path, as_json),
            )
    except KeyboardInterrupt:
        return


def _tell_fleet(fleet: FleetProcess, site: Path, as_json: bool) -> None:
    """What somebody needs to use the devices."""
    places = {"site": site, "control": fleet.control_path, "truth": fleet.truth_path}
    if as_json:
        named = {key: str(place) for key, place in places.items()}
        click.echo(json.dumps({**fleet.ready, **named}, ensure_ascii=False))
        return
    words = {"site": "站点 site", "control": "控制 control", "truth": "真相 truth"}
    ready = "模拟设备 {:,}，地址 {:,} / devices, addresses; Ctrl-C 结束 / ends"
    click.echo(ready.format(fleet.ready["devices"], fleet.ready["addresses"]))
    for key, place in places.items():
        click.echo(f"{words[key]}  {place}")
