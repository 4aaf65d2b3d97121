"""``quanshi maintenance``: exclusions and corrections, with four eyes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import click

from monitor.commands.common import explains, in_ledger, json_option, scope_options, site_option
from monitor.commands.here import system_user
from monitor.config import Site
from monitor.model.decisions import Reason
from monitor.model.observations import State
from monitor.model.times import wall_clock

_REASONS: Final = [reason.value for reason in Reason]
_STATES: Final = [state.value for state in State]

_by = click.option("--by", "person", help="何人 / who says so  [系统用户 the user of the system]")
_note = click.option("--note", default="", help="说明，事后申请必填 / why; what is past needs it")
_from = click.option("--from", "first", required=True, help="自 / from: 2026-10-05, 2026-10-05 09:00")
_to = click.option("--to", "last", required=True, help="至 / to; 只写日期则含当日 / a day is included")


@click.group(short_help="维护与更正 / time left out, states put right")
def maintenance() -> None:
    """计划维护、停电等时间不计入指标；错误的状态可以更正。

    申请与批准须为两人，全部留在台账。

    Time of planned work, power cuts and the like is left out of the figures; a wrong state can be put
    right. One person asks, another approves; all of it stays in the ledger.
    """


@maintenance.command(short_help="申请剔除时间 / ask for time to be left out")
@site_option
@scope_options
@_from
@_to
@click.option("--reason", type=click.Choice(_REASONS), required=True, help="原因 / why")
@_by
@_note
@json_option
@explains
def add(  # noqa: PLR0917 - click passes them by name
    path: Path,
    scope: Mapping[str, tuple[str, ...]],
    everything: bool,
    first: str,
    last: str,
    reason: str,
    person: str | None,
    note: str,
    as_json: bool,
) -> None:
    """申请剔除一段时间；不同条件须同时满足。另一人批准（approve）后才生效。

    Ask for time to be left out. Watches that meet every kind of condition are meant. It counts once
    another person has approved it, by a command of its own.
    """
    from monitor.commands import deciding
    from monitor.desk import decisions
    from monitor.reports.windows import between

    async def work(site: Site, ledger: Any) -> Any:
        meant = decisions.scope_of(site, scope, everything=everything)
        wish = decisions.Wish(between(first, last, site.zone).span, person or system_user(), note)
        asking = decisions.request_exclusion(ledger, meant, Reason(reason), wish)
        return await deciding.recorded(ledger, "maintenance.ask", wish.person, asking)

    _tell(path, work, as_json)


@maintenance.command(short_help="申请更正状态 / ask for a state to be put right")
@click.argument("node")
@site_option
@click.option("--network", help="网络 / which network")
@_from
@_to
@click.option("--state", type=click.Choice(_STATES), required=True, help="更正为 / what it really was")
@_by
@_note
@json_option
@explains
def correct(  # noqa: PLR0917 - click passes them by name
    node: str,
    path: Path,
    network: str | None,
    first: str,
    last: str,
    state: str,
    person: str | None,
    note: str,
    as_json: bool,
) -> None:
    """申请更正一个监测项在一段时间内的状态。报告并列更正前后的数字。

    Ask for the state of a watch during some time to be put right. Reports keep both numbers.
    """
    from monitor.commands import deciding
    from monitor.desk import decisions
    from monitor.reports.windows import between

    async def work(site: Site, ledger: Any) -> Any:
        wish = decisions.Wish(between(first, last, site.zone).span, person or system_user(), note)
        asking = decisions.request_correction(ledger, site, (node, network), State(state), wish)
        return await deciding.recorded(ledger, "correction.ask", wish.person, asking)

    _tell(path, work, as_json)


@maintenance.command(short_help="批准 / approve")
@click.argument("name", metavar="ID")
@site_option
@_by
@json_option
@explains
def approve(name: str, path: Path, person: str | None, as_json: bool) -> None:
    """批准一项申请；批准人不得为申请人。不写 --by 时，须由另一系统用户执行。

    Approve what somebody else asked for: as another user of the system, or in the name that --by gives.
    Whose process it was is recorded either way.
    """
    from monitor.commands import deciding

    async def work(_site: Site, ledger: Any) -> Any:
        approving = deciding.approve(ledger, name, person)
        return await deciding.recorded(
            ledger, "maintenance.approve", person or system_user(), approving, name
        )

    _tell(path, work, as_json)


@maintenance.command(short_help="提前结束 / end now")
@click.argument("name", metavar="ID")
@site_option
@_by
@json_option
@explains
def end(name: str, path: Path, person: str | None, as_json: bool) -> None:
    """立即结束一项正在进行或尚未开始的剔除。

    End an exclusion before its time.
    """
    from monitor.commands import deciding
    from monitor.desk import decisions

    async def work(_site: Site, ledger: Any) -> Any:
        who = person or system_user()
        ending = decisions.end(ledger, name, who)
        return await deciding.recorded(ledger, "maintenance.end", who, ending, name)

    _tell(path, work, as_json)


@maintenance.command("list", short_help="列出 / list them")
@site_option
@json_option
@explains
def list_all(path: Path, as_json: bool) -> None:
    """列出全部剔除与更正，最新的在前。

    List all exclusions and corrections, the newest first.
    """
    from monitor.desk import decisions

    _tell(path, lambda _site, ledger: decisions.all_of(ledger), as_json)


def _tell(path: Path, work: Callable[[Site, Any], Awaitable[Any]], as_json: bool) -> None:
    """Do it in the site's ledger and print what came of it. What may not be done is wrong use."""
    from monitor.commands import deciding
    from monitor.desk import decisions
    from monitor.model.decisions import DecisionError
    from monitor.reports.windows import WindowError
    from monitor.trouble import Said

    site, found = in_ledger(path, work, (DecisionError, WindowError))
    decided = found if isinstance(found, list) else [found]
    if as_json:
        click.echo(json.dumps([decisions.as_document(one) for one in decided], ensure_ascii=False))
        return
    now = wall_clock()
    for one in decided:
        click.echo(deciding.tell(one, site, now))
    if not decided:
        click.echo(Said("没有剔除，也没有更正", "no exclusions and no corrections").told(site.language))
