"""Getting in: one-time links, passwords, sessions and tokens."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from monitor.access import lockout, passwords, people, sessions, totp
from monitor.access.errors import Refused
from monitor.access.people import Account
from monitor.access.principal import NOBODY, Principal
from monitor.access.roles import Permission, Role, check_roles, permissions_of
from monitor.access.sessions import TOUCH_EVERY, Token
from monitor.access.store import LoggedIn, Store


class Logins(Store):
    """What somebody does who is not in yet, and who it is that asks."""

    async def first_link(self, now: int) -> str | None:
        """The secret of a new link that makes the first account; None as soon as there is one."""

        def work(connection: Connection) -> str | None:
            if people.count(connection):
                return None
            secret = sessions.fresh()
            people.give_link(connection, sessions.digest(secret), people.FIRST, now)
            return secret

        return await self._write(work)

    async def is_empty(self) -> bool:
        """Whether there is no account yet."""
        return not await self._read(people.count)

    async def redeem(
        self, secret: str, password: str, now: int, address: str, *, account: str | None, name: str | None
    ) -> LoggedIn:
        """Use a one-time link: it sets the password of its account, or makes the first one."""
        digest = sessions.digest(secret)
        owner = await self._read(people.link_of, digest, now)
        if owner == people.FIRST and not account:
            raise Refused(400, "请为首个账号取名", "the first account needs a name")
        chosen = people.checked_name(account or "") if owner == people.FIRST else owner
        passwords.check(password, chosen, self.settings.policy)
        if owner != people.FIRST:
            await self._check_former(owner, password)
        kept = await self._hasher.hash(password)

        def work(connection: Connection) -> tuple[Account, str, str]:
            if people.link_of(connection, digest, now) != owner:
                raise Refused(403, "链接无效", "this link is none")
            if owner == people.FIRST:
                if people.count(connection):
                    raise Refused(409, "首个账号已存在", "there is an account already")
                people.add(connection, chosen, name or chosen, [Role.SECURITY], now)
            before = people.known(connection, chosen)
            _check_enabled(before)
            people.keep_former(connection, before, now)
            people.change(connection, chosen, password=kept, password_at=now, login_at=now)
            people.drop_links(connection, owner)
            sessions.end_all(connection, chosen)
            sessions.drop_tokens(connection, chosen)
            secret, csrf = sessions.begin(connection, chosen, address, now)
            return people.known(connection, chosen), secret, csrf

        return self._logged_in(*await self._write(work), now)

    async def login(self, account: str, password: str, code: str | None, now: int, address: str) -> LoggedIn:
        """Begin a session. Whatever is wrong takes as long and is answered the same."""
        await self._write(lockout.attempt, account, address, now)
        found = await self._read(people.find, account)
        right = await self._hasher.verify(found.password if found else None, password)
        if not right or found is None or found.disabled:
            raise _wrong()
        if found.totp and code is None:
            await self._write(lockout.withdraw, account, address)
            raise Refused(401, "请输入动态验证码", "the code of the authenticator is needed", need="code")
        if found.totp:
            await self._write(lockout.attempt_code, account, now)
        fresh = await self._hasher.hash(password) if self._hasher.is_old(str(found.password)) else None

        def work(connection: Connection) -> tuple[Account, str, str] | None:
            present = people.known(connection, account)
            if present.password != found.password:
                return None  # another one since then
            if present.totp:
                step = totp.step_of(present.totp, code or "", now, present.totp_step)
                if step is None:
                    return None
                people.change(connection, account, totp_step=step)
            _check_enabled(present)
            lockout.succeeded(connection, account, address)
            people.change(connection, account, login_at=now, **({"password": fresh} if fresh else {}))
            sessions.sweep(connection, self.settings.idle, now)
            return present, *sessions.begin(connection, present.account, address, now)

        begun = await self._write(work)
        if begun is None:
            raise _wrong()
        return self._logged_in(*begun, now)

    async def let_in(
        self, subject: str, name: str, roles: Collection[Role], now: int, address: str
    ) -> LoggedIn:
        """Begin a session for somebody whom the OpenID provider vouches for, with the roles of now.

        Without any, what an account of his had begun ends too: sessions and tokens.
        """
        if not roles:
            await self._write(_shut_out, subject)
            raise Refused(403, "该用户在本系统没有角色", "this user has no role here")
        check_roles(roles)

        def work(connection: Connection) -> tuple[Account, str, str]:
            known = people.by_subject(connection, subject)
            account = known.account if known else _free_name(connection, name)
            if known is None:
                people.add(connection, account, name, roles, now, subject=subject)
            elif set(known.roles) != set(roles):
                sessions.end_all(connection, account)
            _check_enabled(people.known(connection, account))
            people.change(connection, account, name=name, roles=roles, login_at=now)
            sessions.sweep(connection, self.settings.idle, now)
            return people.known(connection, account), *sessions.begin(connection, account, address, now)

        return self._logged_in(*await self._write(work), now)

    async def by_session(self, secret: str, now: int, *, attended: bool = True) -> Principal:
        """Whose session it is; nobody's when it is over.

        ``attended``: a person asks, and not a page that reads anew by itself: only that keeps a session from
        being idle.
        """

        def read(connection: Connection) -> tuple[sessions.SessionRow, Account] | None:
            row = sessions.find(connection, secret, self.settings.idle, now)
            owner = None if row is None else people.find(connection, row.account)
            return None if row is None or owner is None or owner.disabled else (row, owner)

        found = await self._read(read)
        if found is None:
            return NOBODY
        row, owner = found
        if attended and now - row.used_at >= TOUCH_EVERY:
            await self._write(sessions.touch, row.hash, now)
        return self._principal(owner, row.hash, row.csrf, now)

    async def by_token(self, secret: str, now: int) -> Principal:
        """Whose token it is: with what it was made for, as far as its account may do that still."""

        def read(connection: Connection) -> tuple[Token, Account] | None:
            token = sessions.find_token(connection, secret, now)
            owner = None if token is None else people.find(connection, token.account)
            return None if token is None or owner is None or owner.disabled else (token, owner)

        found = await self._read(read)
        if found is None:
            raise Refused(401, "令牌无效或已过期", "this token is none, or is over")
        token, owner = found
        if token.used_at is None or now - token.used_at >= TOUCH_EVERY:
            await self._write(sessions.touch_token, token.id, now)
        allowed = token.permissions & permissions_of(owner.roles)
        return Principal(owner.account, owner.name, allowed - {Permission.OWN}, "token", owner.roles)

    async def logout(self, who: Principal) -> None:
        if who.session is not None:
            await self._write(sessions.end, who.session)


def _wrong() -> Refused:
    return Refused(401, "账号、密码或验证码不正确", "the account, the password or the code is not right")


def _check_enabled(account: Account) -> None:
    if account.disabled:
        raise Refused(403, "账号已停用", "this account is disabled")


def _shut_out(connection: Connection, subject: str) -> None:
    known = people.by_subject(connection, subject)
    if known is not None:
        sessions.end_all(connection, known.account)
        sessions.drop_tokens(connection, known.account)


def _free_name(connection: Connection, name: str) -> str:
    """An account name for somebody from outside: his name there, numbered where that is taken."""
    base = "".join(each for each in name.casefold() if each.isascii() and each.isalnum()) or "oidc"
    for number in range(1, 1000):
        chosen = base[:50] if number == 1 else f"{base[:50]}-{number}"
        if people.find(connection, chosen) is None:
            return chosen
    raise Refused(409, "无法分配账号名", "no account name is free")
