"""``quanshi user``: accounts, managed by whoever may write the data directory; all of it in the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from monitor.access.access import Access, Seen, url_of
from monitor.access.errors import Refused
from monitor.access.people import Account
from monitor.access.roles import Role
from monitor.access.trail import Trail
from monitor.commands.here import HERE, SYSTEM_USER, system_user
from monitor.config import Site
from monitor.config.mistakes import printable
from monitor.ledger.ledger import Ledger
from monitor.model.actions import Action, Outcome
from monitor.model.times import format_time, wall_clock
from monitor.reports.look import moment
from monitor.trouble import Said
from monitor.web.client import monitor_url
from monitor.web.first import access_settings, first_link, welcome
from monitor.web.server import url_of as page_url

ROLES: Final[Mapping[Role, Said]] = {
    Role.VIEWER: Said("查看员", "viewer"),
    Role.OPERATOR: Said("值班员", "operator"),
    Role.APPROVER: Said("审批员", "approver"),
    Role.AUDITOR: Said("审计员", "auditor"),
    Role.ADMIN: Said("系统管理员", "system administrator"),
    Role.SECURITY: Said("安全管理员", "security administrator"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Accounts as they are now. ``link``: shown this once; ``ends``: until when it is good."""

    accounts: tuple[Seen, ...] = ()
    link: str = field(default="", repr=False)
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done, as the audit trail names it; ``action`` empty: it changes nothing."""

    work: Callable[[Access, Site], Awaitable[Answer]]
    action: str = ""
    target: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


async def manage(site: Site, ledger: Ledger, wish: Wish) -> Answer | Refused:
    """Do it, and record it if it changes something; what may not be done is recorded as refused.

    Raises LedgerError.
    """
    url = url_of(site.ledger_url, site.data)
    async with await Access.open(url, access_settings(site)) as access:
        if not wish.action:
            return await _answer(wish, access, site)
        facts = {**wish.facts, SYSTEM_USER: system_user()}
        line = Action(wall_clock(), "", wish.action, wish.target, Outcome.UNCLEAR, HERE, facts)
        trail = Trail(lambda: ledger, lambda: access, wall_clock)
        begun = await trail.begin(line)
        answer = await _answer(wish, access, site)
        outcome = Outcome.REFUSED if isinstance(answer, Refused) else Outcome.OK
        await trail.end(begun, replace(line, outcome=outcome))
    return answer


async def _answer(wish: Wish, access: Access, site: Site) -> Answer | Refused:
    try:
        return await wish.work(access, site)
    except Refused as refused:
        return refused


def everybody() -> Wish:
    async def work(access: Access, _site: Site) -> Answer:
        return Answer(tuple((await access.accounts(wall_clock()))[0]))

    return Wish(work)


def add(account: str, name: str, roles: Collection[str]) -> Wish:
    """Make an account."""

    async def work(access: Access, site: Site) -> Answer:
        made = await access.make_account(account, name, [Role(role) for role in roles], wall_clock())
        return _linked(site, *made)

    return Wish(work, "account.make", account, {"roles": sorted(roles)})


def reset(account: str) -> Wish:
    """Give it a new link, and take its password, authenticator, tokens and sessions from it."""

    async def work(access: Access, site: Site) -> Answer:
        return _linked(site, *await access.reset(account, wall_clock()))

    return Wish(work, "account.reset", account)


def unlock(account: str) -> Wish:
    """Let it log in again at once."""

    async def work(access: Access, _site: Site) -> Answer:
        return Answer((Seen(await access.unlock(account), None),))

    return Wish(work, "account.unlock", account)


def change(account: str, *, roles: Collection[str] | None = None, disabled: bool | None = None) -> Wish:
    """Give it other roles, or disable or enable it."""
    wanted = None if roles is None else [Role(role) for role in roles]
    facts = {"roles": None if roles is None else sorted(roles), "disabled": disabled}

    async def work(access: Access, _site: Site) -> Answer:
        return Answer((Seen(await access.change_account(account, roles=wanted, disabled=disabled), None),))

    given = {key: value for key, value in facts.items() if value is not None}
    return Wish(work, "account.change", account, given)


def link() -> Wish:
    """Make a new link for the first account."""

    async def work(access: Access, site: Site) -> Answer:
        given = await first_link(access, site, _place(site), wall_clock())
        if given is None:
            raise Refused(
                409,
                "已有账号；忘记密码可用 quanshi user reset 重置",
                "there are accounts already; who forgot a password needs  quanshi user reset",
            )
        return Answer(link=given)

    return Wish(work, "link.first")


def _linked(site: Site, account: Account, secret: str, ends: int) -> Answer:
    return Answer((Seen(account, None),), welcome(_place(site), secret), ends)


def _place(site: Site) -> str:
    """Where people reach the pages: as the site says, else where its monitor listens, or would."""
    if site.web.url:
        return site.web.url
    scheme = "http" if site.web.tls is None else "https"
    return monitor_url(site.data) or page_url((site.listen_host, site.listen_port), scheme)


def as_document(answer: Answer) -> dict[str, Any]:
    """For programs."""
    told: dict[str, Any] = {"accounts": [_document(each) for each in answer.accounts]}
    if answer.link:
        told["link"] = answer.link
    if answer.ends is not None:
        told["expires_at"] = format_time(answer.ends)
    return told


def _document(seen: Seen) -> dict[str, Any]:
    one = seen.account
    return {
        "account": one.account,
        "name": one.name,
        "roles": [role.value for role in one.roles],
        "disabled": one.disabled,
        "locked_until": None if seen.locked_until is None else format_time(seen.locked_until),
        "totp": one.totp is not None,
        "waiting": is_waiting(one),
        "last_login": None if one.login_at is None else format_time(one.login_at),
    }


def is_waiting(account: Account) -> bool:
    """Whether its one-time link was not used yet."""
    return account.password is None and not account.subject


def tell(answer: Answer, site: Site) -> str:
    """Two lines for each account, and the link in a line of its own, to be copied."""
    lines = [line for each in answer.accounts for line in _told(each, site)]
    if answer.link:
        once = Said(
            "一次性链接，24 小时内有效，只显示这一次：",
            "a link that works once, within 24 hours; it is not shown again:",
        )
        lines += [once.told(site.language), answer.link]
    if not lines:
        empty = Said(
            "还没有账号。quanshi user link 生成建立首个账号的一次性链接",
            "no accounts yet;  quanshi user link  gives the link that makes the first one",
        )
        lines.append(empty.told(site.language))
    return "\n".join(lines)


def _told(seen: Seen, site: Site) -> list[str]:
    one, language = seen.account, site.language
    roles = Said("、", ", ").told(language).join(ROLES[role].told(language) for role in one.roles)
    parts = [_standing(seen).told(language)]
    if one.totp:
        parts.append(Said("动态验证码", "authenticator").told(language))
    if one.subject:
        parts.append(Said("统一身份认证", "OpenID provider").told(language))
    if one.login_at is not None:
        last = f"{moment(one.login_at, site.zone):%Y-%m-%d %H:%M}"
        parts.append(Said(f"上次登录 {last}", f"last login {last}").told(language))
    return [f"{one.account}  {printable(one.name)}  {roles}", f"    {'  '.join(parts)}"]


def _standing(seen: Seen) -> Said:
    if seen.account.disabled:
        return Said("已停用", "disabled")
    if seen.locked_until is not None:
        return Said("已锁定", "locked")
    return Said("待设密码", "waits for its password") if is_waiting(seen.account) else Said("正常", "active")
