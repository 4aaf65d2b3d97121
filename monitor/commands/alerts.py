"""``quanshi alerts``: what goes on, who takes care of it, what to be silent about."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import click

from monitor.commands.common import explains, in_ledger, json_option, scope_options, site_option, wrong_use
from monitor.config import Site, language_at
from monitor.model.said import Said, SaidError
from monitor.model.times import format_time, parse_span, wall_clock

_by = click.option("--by", "person", required=True, help="何人 / who says so")


@click.group(short_help="告警 / alerts: list, acknowledge, assign, silence")
def alerts() -> None:
    """正在持续的告警；确认；指派；备注；静默。全部留在台账。

    What goes on, who takes care of it, and what to be silent about. All of it stays in the ledger.
    """


@alerts.command("list", short_help="列出 / list them")
@site_option
@click.option("--ended", is_flag=True, help="包括已恢复的 / those that are over, too")
@json_option
@explains
def list_alerts(path: Path, ended: bool, as_json: bool) -> None:
    """列出告警，最新的在前。

    List alerts, the newest first.
    """
    from monitor.commands import ordering
    from monitor.desk import orders

    site, found = _do(path, lambda _site, ledger: orders.alerts(ledger, ended=ended))
    if as_json:
        _print_json([one.to_json() for one in found])
    else:
        click.echo(ordering.tell_alerts(found, site))


@alerts.command(short_help="确认 / acknowledge")
@click.argument("name", metavar="ID")
@site_option
@_by
@click.option("--note", default="", help="说明 / a few words")
@json_option
@explains
def ack(name: str, path: Path, person: str, note: str, as_json: bool) -> None:
    """确认一条告警：由本人处理，不再重复与升级；恢复时仍会通知。

    Say that you take care of it: it is not repeated and not escalated any more. Its end is told all the same.
    """
    from monitor.desk import orders

    _tell_order(*_do(path, lambda _site, ledger: orders.acknowledge(ledger, name, person, note)), as_json)


@alerts.command(short_help="指派 / assign")
@click.argument("name", metavar="ID")
@site_option
@click.option("--to", required=True, help="何人处理 / who is to take care of it")
@_by
@click.option("--note", default="", help="说明 / a few words")
@json_option
@explains
def assign(  # noqa: PLR0917 - click passes them by name
    name: str, path: Path, to: str, person: str, note: str, as_json: bool
) -> None:
    """指派一条告警的处理人。不改变通知的对象与时间。

    Say who is to take care of an alert. It changes neither whom we tell nor when.
    """
    from monitor.desk import orders

    _tell_order(*_do(path, lambda _site, ledger: orders.assign(ledger, name, person, to, note)), as_json)


@alerts.command("note", short_help="备注 / note something")
@click.argument("name", metavar="ID")
@click.argument("text")
@site_option
@_by
@json_option
@explains
def note_alert(name: str, text: str, path: Path, person: str, as_json: bool) -> None:
    """为一条告警写下备注，留在台账。

    Write something down about an alert; it stays in the ledger.
    """
    from monitor.desk import orders

    _tell_order(*_do(path, lambda _site, ledger: orders.note_alert(ledger, name, person, text)), as_json)


@alerts.command(short_help="试演 / rehearse")
@site_option
@click.option("--from", "first", required=True, help="自 / from: 2026-10-05, 2026-10-05 09:00")
@click.option("--to", "last", required=True, help="至 / to, not included")
@json_option
@explains
def test(path: Path, first: str, last: str, as_json: bool) -> None:
    """用现在的规则与路由重放台账中的一段时间，列出会发送什么、给谁、何时；不真的发送。

    Replay a stretch of the ledger through the rules and routes as they are now: what would have been sent,
    to whom, when. Nothing is sent.
    """
    from monitor import supervisor
    from monitor.commands import rehearsing
    from monitor.reports import windows

    window: list[Any] = []

    async def work(site: Site, ledger: Any) -> Any:
        window.append(windows.between(first, last, site.zone))
        return await rehearsing.heard(ledger, window[0].start, window[0].end)

    site, found = _do(path, work, windows.WindowError)
    said, left_out = supervisor.rehearse(site, found, window[0].end)
    documents = rehearsing.documents(said)
    if as_json:
        _print_json(documents)
    else:
        now = format_time(wall_clock())
        click.echo(rehearsing.tell(documents, site, left_out, now))


@alerts.group(short_help="静默 / be silent about something")
def silence() -> None:
    """在一段时间内不发新告警；监测照常，已通知的告警恢复时仍会通知。

    Start no new alert about something for a while. Watching goes on, and what was told has its end told.
    """


@silence.command("add", short_help="开始静默 / begin one")
@site_option
@scope_options
@click.option("--rule", "rules", multiple=True, help="只对此规则 / for this rule only")
@click.option("--for", "lasting", required=True, help="时长 / how long: 30m, 2h, 1d")
@_by
@click.option("--note", required=True, help="原因 / why")
@json_option
@explains
def add(  # noqa: PLR0917 - click passes them by name
    path: Path,
    scope: Mapping[str, tuple[str, ...]],
    everything: bool,
    rules: tuple[str, ...],
    lasting: str,
    person: str,
    note: str,
    as_json: bool,
) -> None:
    """对一个范围静默；不同条件须同时满足。

    Be silent about what meets every kind of condition.
    """
    from monitor.desk import decisions, orders

    try:
        seconds = parse_span(lasting)
    except SaidError as error:
        why = error.said
        wrong_use(SaidError(Said(f"--for：{why.zh}", f"--for: {why.en}")), language_at(path))

    async def work(site: Site, ledger: Any) -> Any:
        meant = decisions.scope_of(site, scope, everything=everything)
        until = wall_clock() + round(1000 * seconds)
        return await orders.be_silent(ledger, orders.Silence(meant, rules, until, person, note))

    _tell_order(*_do(path, work), as_json)


@silence.command("end", short_help="结束静默 / end one")
@click.argument("name", metavar="ID")
@site_option
@_by
@json_option
@explains
def end(name: str, path: Path, person: str, as_json: bool) -> None:
    """立即结束一项静默。

    End a silence before its time.
    """
    from monitor.desk import orders

    _tell_order(*_do(path, lambda _site, ledger: orders.end_silence(ledger, name, person)), as_json)


@silence.command("list", short_help="列出静默 / list them")
@site_option
@json_option
@explains
def list_silences(path: Path, as_json: bool) -> None:
    """列出正在持续的静默。

    List the silences that go on.
    """
    from monitor.commands import ordering
    from monitor.desk import orders

    site, found = _do(path, lambda _site, ledger: orders.silences(ledger))
    if as_json:
        _print_json([one.to_json() for one in found])
    else:
        click.echo(ordering.tell_silences(found, site))


def _tell_order(site: Site, order: Any, as_json: bool) -> None:
    from monitor.commands import ordering

    if as_json:
        _print_json(order.to_json())
    else:
        click.echo(ordering.tell_order(order, site))


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))


def _do(
    path: Path, work: Callable[[Site, Any], Awaitable[Any]], *refusals: type[SaidError]
) -> tuple[Site, Any]:
    from monitor.model.decisions import DecisionError
    from monitor.model.orders import OrderError

    return in_ledger(path, work, (DecisionError, OrderError, *refusals))
