"""``quanshi user``: accounts, without the pages."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from monitor.commands.common import explains, in_ledger, json_option, site_option

if TYPE_CHECKING:
    from monitor.commands.managing import Wish

_ROLES: Final = ("viewer", "operator", "approver", "auditor", "admin", "security")
_WRONG_USE: Final = (400, 404)

_account = click.argument("account")
_roles = click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(_ROLES),
    metavar="ROLE",
    help=f"可多个 / one or more: {' '.join(_ROLES)}",
)


@click.group(short_help="账号 / accounts")
def user() -> None:
    """账号的建立、重置与停用，不经页面；全部留在台账。

    密码只由本人通过一次性链接设置。

    Make, reset and disable accounts without the pages; all of it stays in the ledger. Only their
    owners set passwords, each by a link that works once.
    """


@user.command("list", short_help="列出 / list them")
@site_option
@json_option
@explains
def list_all(path: Path, as_json: bool) -> None:
    """列出全部账号及其角色。

    List all accounts with their roles.
    """
    from monitor.commands import managing

    _tell(path, managing.everybody(), as_json)


@user.command(short_help="新建账号，给出一次性链接 / make one, get its link")
@_account
@_roles
@click.option("--name", default="", help="姓名 / the name that people read")
@site_option
@json_option
@explains
def add(account: str, roles: tuple[str, ...], name: str, path: Path, as_json: bool) -> None:
    """新建账号，并给出设置密码用的一次性链接。

    审计员、系统管理员、安全管理员须分别由不同账号担任。

    Make an account and show the link by which its owner sets a password. An auditor, a system
    administrator (admin) and a security administrator are three accounts.
    """
    from monitor.commands import managing

    _tell(path, managing.add(account, name or account, roles), as_json)


@user.command(short_help="重置密码与动态验证码 / take password and authenticator")
@_account
@site_option
@json_option
@explains
def reset(account: str, path: Path, as_json: bool) -> None:
    """重置账号：给出新的一次性链接，解除锁定。

    原密码、动态验证码、令牌和会话全部失效。

    Give an account a new link. Its password, authenticator, tokens and sessions are no more, and it is
    not locked any more.
    """
    from monitor.commands import managing

    _tell(path, managing.reset(account), as_json)


@user.command(short_help="解除锁定 / unlock")
@_account
@site_option
@json_option
@explains
def unlock(account: str, path: Path, as_json: bool) -> None:
    """解除因多次输错而产生的锁定。

    Let an account log in again that wrong tries have locked.
    """
    from monitor.commands import managing

    _tell(path, managing.unlock(account), as_json)


@user.command("roles", short_help="更改角色 / change its roles")
@_account
@_roles
@site_option
@json_option
@explains
def set_roles(account: str, roles: tuple[str, ...], path: Path, as_json: bool) -> None:
    """更改账号的角色（以此次给出的为准），其会话随即结束。

    Give an account these roles in the place of those that it has; its sessions end.
    """
    from monitor.commands import managing

    _tell(path, managing.change(account, roles=roles), as_json)


@user.command(short_help="停用 / disable")
@_account
@site_option
@json_option
@explains
def disable(account: str, path: Path, as_json: bool) -> None:
    """停用账号：不能登录，会话和令牌失效。

    Disable an account: it cannot log in, and its sessions and tokens do not hold.
    """
    from monitor.commands import managing

    _tell(path, managing.change(account, disabled=True), as_json)


@user.command(short_help="恢复 / enable again")
@_account
@site_option
@json_option
@explains
def enable(account: str, path: Path, as_json: bool) -> None:
    """恢复已停用的账号。

    Enable an account that was disabled.
    """
    from monitor.commands import managing

    _tell(path, managing.change(account, disabled=False), as_json)


@user.command(short_help="首个账号的一次性链接 / the link of the first account")
@site_option
@json_option
@explains
def link(path: Path, as_json: bool) -> None:
    """尚无账号时，重新生成建立首个账号（安全管理员）的一次性链接；此前的链接失效。

    While there is no account: a new link that makes the first one, a security administrator. Former
    ones do not work any more.
    """
    from monitor.commands import managing

    _tell(path, managing.link(), as_json)


def _tell(path: Path, wish: Wish, as_json: bool) -> None:
    """Do it and print what came of it. What may not be done is wrong use, or answered no."""
    from monitor.access.errors import Refused
    from monitor.commands import managing
    from monitor.trouble import Said

    site, answer = in_ledger(path, lambda site, ledger: managing.manage(site, ledger, wish), ())
    if isinstance(answer, Refused):
        why = Said(answer.zh, answer.en).told(site.language)
        if answer.status in _WRONG_USE:
            raise click.UsageError(why)
        click.echo(why, err=True)
        sys.exit(1)
    if as_json:
        click.echo(json.dumps(managing.as_document(answer), ensure_ascii=False))
        return
    click.echo(managing.tell(answer, site))
