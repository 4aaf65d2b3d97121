"""What people do with their own accounts: password, authenticator, tokens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from sqlalchemy import Connection, select

from monitor.access import lockout, passwords, people, sessions, tables, totp
from monitor.access.errors import Refused
from monitor.access.people import Account
from monitor.access.principal import Principal
from monitor.access.roles import Permission
from monitor.access.sessions import SessionRow, Token
from monitor.access.store import DAY, LoggedIn, Store

LONGEST_NAME: Final = 300
"""Letters of what a browser says of itself."""


@dataclass(frozen=True, slots=True)
class Proof:
    """By what somebody shows that it is he who sits there; ``code``: of his authenticator."""

    password: str = field(repr=False)
    code: str | None = field(default=None, repr=False)


class Own(Store):
    """Each asks who it is: he needs a session."""

    async def account(self, account: str) -> Account:
        return await self._read(people.known, account)

    async def change_password(self, who: Principal, old: str, new: str, now: int, address: str) -> LoggedIn:
        """Another password, and with it a session of its own: all that there were are over, tokens too."""
        confirmed = await self._confirm(who, Proof(old), now, address)
        passwords.check(new, who.account, self.settings.policy)
        await self._check_former(who.account, new)
        kept = await self._hasher.hash(new)

        def work(connection: Connection) -> tuple[Account, str, str]:
            before = people.known(connection, who.account)
            if before.password != confirmed:
                raise Refused(409, "密码已在别处更改", "the password was changed elsewhere just now")
            people.keep_former(connection, before, now)
            people.change(connection, who.account, password=kept, password_at=now)
            sessions.end_all(connection, who.account)
            sessions.drop_tokens(connection, who.account)
            secret, csrf = sessions.begin(connection, who.account, address, now)
            return people.known(connection, who.account), secret, csrf

        return self._logged_in(*await self._write(work), now)

    async def _confirm(
        self, who: Principal, proof: Proof, now: int, address: str, *, with_code: bool = False
    ) -> str | None:
        """That it is he who sits there: what is kept of his password. What is wrong counts as in a login.

        ``with_code``: the code is needed too, where the account has an authenticator.
        """
        await self._write(lockout.attempt, who.account, address, now)
        known = await self._read(people.known, who.account)
        if known.subject:
            raise Refused(409, "该账号由统一身份认证管理", "this account is the OpenID provider's")
        if not await self._hasher.verify(known.password, proof.password):
            raise Refused(403, "当前密码不正确", "the present password is not right")
        if with_code and known.totp and proof.code is None:
            await self._write(lockout.withdraw, who.account, address)
            raise Refused(
                403, "请输入当前的动态验证码", "the present authenticator's code is needed", need="code"
            )

        if with_code and known.totp:
            await self._write(lockout.attempt_code, who.account, now)

        def work(connection: Connection) -> None:
            if with_code:
                _use_code(connection, who.account, proof.code or "", now)
            lockout.succeeded(connection, who.account, address)

        await self._write(work)
        return known.password

    async def offer_totp(
        self, who: Principal, issuer: str, proof: Proof, now: int, address: str
    ) -> tuple[str, str]:
        """A secret for an authenticator, and its URI; it counts once a code of it was shown."""
        await self._confirm(who, proof, now, address, with_code=True)
        secret = totp.new_secret()
        await self._write(partial(people.change, account=who.account, totp_offered=secret))
        return secret, totp.uri(secret, who.account, issuer)

    async def confirm_totp(self, who: Principal, code: str, now: int) -> None:
        """From now on a login needs a code."""

        def work(connection: Connection) -> None:
            table = tables.accounts
            query = select(table.c.totp_offered).where(table.c.account == who.account)
            offered = connection.scalar(query)
            step = totp.step_of(offered, code, now, 0) if offered else None
            if step is None:
                raise Refused(400, "验证码不正确", "this code is not right")
            people.change(connection, who.account, totp=offered, totp_offered=None, totp_step=step)

        await self._write(work)

    async def drop_totp(self, who: Principal, proof: Proof, now: int, address: str) -> None:
        await self._confirm(who, proof, now, address, with_code=True)
        await self._write(partial(people.change, account=who.account, totp=None, totp_offered=None))

    async def make_token(
        self, who: Principal, name: str, permissions: Collection[Permission], now: int, days: int
    ) -> tuple[Token, str]:
        """A token for a part of what one may do oneself; what it may do is never more than that.

        It ends with the password of now, with its account, and after a year at the latest.
        """
        if not 1 <= days <= sessions.TOKEN_DAYS:
            most = sessions.TOKEN_DAYS
            raise Refused(400, f"令牌有效期为 1 至 {most} 天", f"a token holds 1 to {most} days")
        if who.must:
            raise Refused(403, "须先修改密码", "the password has to be changed first", must=who.must)
        beyond = sorted(set(permissions) - (who.permissions - {Permission.OWN}))
        if beyond or not permissions:
            raise Refused(
                403,
                f"令牌权限不能超出本账号：{', '.join(beyond)}",
                f"a token may do no more than its account: {', '.join(beyond)}",
            )
        ends = now + days * DAY
        return await self._write(
            sessions.add_token, who.account, name, frozenset(permissions), now=now, ends=ends
        )

    async def sessions(self, who: Principal, now: int) -> list[SessionRow]:
        """Where else one is logged in, the last used first."""
        return await self._read(sessions.of_account, who.account, self.settings.idle, now)

    async def name_browser(self, who: Principal, browser: str) -> None:
        """So that people recognise this session among theirs."""
        if who.session is not None:
            await self._write(sessions.name_browser, who.session, browser[:LONGEST_NAME])

    async def end_other_sessions(self, who: Principal) -> int:
        """All but this one; how many there were."""
        if who.session is None:
            raise Refused(403, "此操作须登录后进行", "this needs a session")
        return await self._write(sessions.end_others, who.account, who.session)

    async def end_session(self, who: Principal, name: str) -> None:
        if not await self._write(sessions.end_own, who.account, name):
            raise Refused(404, "没有这个会话", "there is no such session")

    async def tokens(
        self, account: str | None, limit: int | None = None, offset: int = 0
    ) -> tuple[list[Token], int]:
        """Some of those of an account, None: of all; and how many there are."""
        return await self._read(sessions.tokens, account, limit, offset)

    async def drop_token(self, name: str, account: str | None) -> None:
        if not await self._write(sessions.drop_token, name, account):
            raise Refused(404, "没有这个令牌", "there is no such token")


def _use_code(connection: Connection, account: str, code: str, now: int) -> None:
    """Take a code of the present authenticator, where there is one: each is good once."""
    present = people.known(connection, account)
    if present.totp is None:
        return
    step = totp.step_of(present.totp, code, now, present.totp_step)
    if step is None:
        raise Refused(403, "当前验证码不正确", "the present code is not right")
    people.change(connection, account, totp_step=step)
