"""The commands about invented devices: ``demo`` and ``sim``."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec

import click

from monitor.commands.common import explains, json_option, language_option, site_option, wrong_use
from monitor.config import language_at
from monitor.model.said import SaidError
from monitor.model.times import parse_span
from monitor.trouble import Said, Trouble

if TYPE_CHECKING:
    from monitor.commands.simulation import Places

P = ParamSpec("P")


_DEMO_HELP: Final = """\b
--json 输出 / prints one object:
  points watches changes booked                counts
  states          up, degraded, down, unknown at the end; null: no answer
  long_enough     faults that had to be found, by the truth alone
  faults          those of them that were in sight
  missed invented wrong_state wrong_cause wrong_edge         0 when right
  edge_median_ms edge_worst_ms                 how closely moments are known
  unseen_seconds turned_unknown                after the first sweep
  seed seconds stopped_in directory
"""


def _network_options(command: Callable[P, None]) -> Callable[P, None]:
    """Where the devices stand."""
    for option in (
        click.option(
            "--loss", type=click.FloatRange(0, 90), default=0.0, help="线路丢包 %，需 --netns / of its link"
        ),
        click.option("--delay", help="线路时延，需 --netns / of its link: 60ms"),
        click.option("--netns", is_flag=True, help="独立网络命名空间（root）/ in a namespace of its own"),
    ):
        command = option(command)
    return command


@click.command(short_help="演示：虚构的城市 / an invented city, its faults, the truth", epilog=_DEMO_HELP)
@click.option(
    "--points",
    type=click.IntRange(1),
    default=3352,
    show_default=True,
    help="一类点位数量 / class-1 points",
)
@click.option("--for", "span", help="运行多久，如 60s / how long, such as 60s")
@click.option("--seed", default=1, show_default=True, help="种子 / of the city and its faults")
@click.option("--history", "past", help="虚构的历史，如 400d / an invented past")
@language_option
@_network_options
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="写到哪里 / where to write")
@json_option
@explains
def demo(  # noqa: PLR0917 - click passes them by name
    points: int,
    span: str | None,
    seed: int,
    past: str | None,
    language: str,
    netns: bool,
    delay: str | None,
    loss: float,
    directory: Path | None,
    as_json: bool,
) -> None:
    """演示：一座虚构的城市、它的故障与真相。

    An invented city, its faults, and the truth about them. Ends with --for or Ctrl-C; exit 1 when the
    ledger disagrees with the truth, or saw nothing of what it had to find.
    """
    from monitor.commands.demo_run import Demo, DemoError, Wish
    from monitor.commands.demo_view import watch_demo
    from monitor.commands.sim_site import keep_what_is_real
    from monitor.demo.netns import NetworkError
    from monitor.demo.process import FleetError

    seconds, lag = _seconds(span, language), _seconds(delay, language) or 0.0
    _needs(bool(lag or loss), "--delay, --loss", "--netns", there=netns)
    folder = directory or Path(tempfile.mkdtemp(prefix="quanshi-demo-"))
    keep_what_is_real(folder)
    signal.signal(signal.SIGTERM, _interrupt)
    history = _seconds(past, language)
    wish = Wish(points, seconds, seed, language, netns, delay=lag, loss=loss, history=history)
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


def _seconds(span: str | None, language: str) -> float | None:
    try:
        return None if span is None else parse_span(span)
    except SaidError as error:
        wrong_use(error, language)


def _needs(given: bool, option: str, other: str, *, there: bool) -> None:
    """Wrong use when an option is given without the one that gives it a meaning."""
    if given and not there:
        raise click.UsageError(f"{option}: 与 {other} 同用 / goes with {other}")


def _excludes(option: str, other: str, *, both: bool) -> None:
    if both:
        raise click.UsageError(f"{option}: 不能与 {other} 同用 / not together with {other}")


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
faults: refuse hang vanish slow garbage reset busy reboot flapping,
  and with a broker: will silent
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
@click.option("--seed", type=int, help="生成故障脚本 / make a script, for --for")
@click.option("--for", "span", help="运行多久，如 10m / how long, such as 10m")
@click.option(
    "--points",
    type=click.IntRange(1),
    help="生成这么多点位 / play a generated city",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    help="写到哪里 / where to write city and script",
)
@click.option("--broker", is_flag=True, help="启动 MQTT 代理 / start the MQTT broker, too")
@_network_options
@click.option("--wildcard", is_flag=True, help="一个套接字应答全部 / one socket for all")
@json_option
@explains
def sim(  # noqa: PLR0917 - click passes them by name
    path: Path,
    script_path: Path | None,
    seed: int | None,
    span: str | None,
    points: int | None,
    directory: Path | None,
    broker: bool,
    netns: bool,
    delay: str | None,
    loss: float,
    wildcard: bool,
    as_json: bool,
) -> None:
    """只运行模拟设备（仅本机），到 --for 或 Ctrl-C 为止；故障由脚本或控制给出。

    Run the simulated devices alone, on this machine only, until --for is over or Ctrl-C. Where the
    control listens is printed: a unix socket that takes one JSON object a line and answers each with
    one. A site's devices beat where its own MQTT broker is, if that is on this machine.
    """
    from monitor.commands.sim_site import script_of
    from monitor.commands.simulation import Wish, simulate

    language = language_at(path)
    seconds, lag = _seconds(span, language), _seconds(delay, language) or 0.0
    _needs(directory is not None, "--dir", "--points, --seed", there=points is not None or seed is not None)
    _needs(seed is not None, "--seed", "--for", there=seconds is not None)
    _needs(bool(lag or loss), "--delay, --loss", "--netns", there=netns)
    _excludes("--seed", "--script", both=seed is not None and script_path is not None)
    _excludes("--wildcard", "--netns", both=wildcard and netns)
    signal.signal(signal.SIGTERM, _interrupt)
    faults = script_of(script_path) if script_path is not None else []
    try:
        with _folder(directory, kept=seed is not None) as folder:
            wish = Wish(
                path,
                folder,
                points=points,
                faults=faults,
                seed=seed,
                seconds=seconds,
                wildcard=wildcard,
                broker=broker,
                netns=netns,
                delay=lag,
                loss=loss,
            )
            simulate(wish, lambda places: _tell_places(places, as_json))
    except KeyboardInterrupt:
        return


@contextmanager
def _folder(wished: Path | None, *, kept: bool) -> Iterator[Path]:
    """The wished one, or one of our own: gone in the end unless something in it is to be ``kept``."""
    if wished is not None:
        yield wished
    elif kept:
        yield Path(tempfile.mkdtemp(prefix="quanshi-sim-"))
    else:
        with tempfile.TemporaryDirectory(prefix="quanshi-sim-") as own:
            yield Path(own)


def _tell_places(places: Places, as_json: bool) -> None:
    """What somebody needs to use the devices."""
    if as_json:
        click.echo(json.dumps({**places.ready, **places.named()}, ensure_ascii=False))
        return
    ready = "模拟设备 {:,}，地址 {:,} / devices, addresses; Ctrl-C 结束 / ends"
    click.echo(ready.format(places.ready["devices"], places.ready["addresses"]))
    for name, place in places.named().items():
        if place is not None:
            click.echo(f"{_PLACES[name]}  {place}")


_PLACES: Final = {
    "site": "站点 site",
    "control": "控制 control",
    "truth": "真相 truth",
    "script": "脚本 script",
    "broker": "代理 broker",
    "enter": "进入 enter",
}
