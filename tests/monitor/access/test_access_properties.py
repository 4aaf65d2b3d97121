"""Whatever is done in whatever order: nobody may more than the roles that his account has now."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from itertools import count

from access_kit import DAY, HERE, HOUR, MINUTE, PASSWORD, T0, cheap, first, made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.access.access import Access
from monitor.access.errors import Refused
from monitor.access.principal import NOBODY, Principal
from monitor.access.roles import APART, Permission, Role, permissions_of

NAMES = ("boss", "ann", "bob")
name = st.sampled_from(NAMES)
roles = st.sampled_from(Role).map(lambda role: frozenset([role])) | st.frozensets(
    st.sampled_from(Role), max_size=3
)
which = st.integers(0, 30)
STEP = st.one_of(
    st.tuples(st.just("make"), name, roles),
    st.tuples(st.just("change"), name, roles, name),
    st.tuples(st.just("disable"), name, st.booleans()),
    st.tuples(st.just("reset"), name),
    st.tuples(st.just("redeem"), which),
    st.tuples(st.just("login"), name, which),
    st.tuples(st.just("provider"), st.sampled_from(("s-1", "s-2")), roles),
    st.tuples(st.just("token"), which, st.frozensets(st.sampled_from(Permission), max_size=4)),
    st.tuples(st.just("password"), which),
    st.tuples(st.just("logout"), which),
    st.tuples(st.just("wait"), st.sampled_from((MINUTE, HOUR, DAY))),
)


@dataclass
class World:
    """One history of accounts, with every secret that was ever handed out."""

    access: Access
    now: int = T0
    links: list[str] = field(default_factory=list)
    sessions: list[tuple[str, str]] = field(default_factory=list)
    tokens: list[tuple[str, str, frozenset[Permission]]] = field(default_factory=list)
    passwords: dict[str, list[str]] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=count)

    async def do(self, what: str, *args: object) -> None:
        """One step; that it may be refused is part of it."""
        try:
            await getattr(self, f"do_{what}")(*args)
        except Refused as refused:
            if refused.status >= 500:
                raise

    async def do_make(self, account: str, wanted: frozenset[Role]) -> None:
        self.links.append((await self.access.make_account(account, account, wanted, self.now))[1])

    async def do_change(self, account: str, wanted: frozenset[Role], by: str) -> None:
        await self.access.change_account(account, roles=wanted, by=by)

    async def do_disable(self, account: str, off: bool) -> None:
        await self.access.change_account(account, disabled=off)

    async def do_reset(self, account: str) -> None:
        self.links.append((await self.access.reset(account, self.now))[1])

    async def do_redeem(self, place: int) -> None:
        password = f"{PASSWORD}-{next(self.numbers)}"
        link = self.links[place % len(self.links)] if self.links else "none"
        begun = await self.access.redeem(link, password, self.now, HERE, account=None, name=None)
        self._begun(begun.principal.account, begun.secret, password)

    async def do_login(self, account: str, place: int) -> None:
        known = self.passwords.get(account, [PASSWORD])
        password = known[place % len(known)]
        begun = await self.access.login(account, password, None, self.now, HERE)
        assert password == known[-1], "a former password still works"
        self.sessions.append((account, begun.secret))

    async def do_provider(self, subject: str, wanted: frozenset[Role]) -> None:
        begun = await self.access.let_in(subject, subject, wanted, self.now, HERE)
        assert begun.principal.account not in NAMES
        self.sessions.append((begun.principal.account, begun.secret))

    async def do_token(self, place: int, wanted: frozenset[Permission]) -> None:
        who = await self._somebody(place)
        made, secret = await self.access.make_token(who, "t", wanted, self.now, 1)
        self.tokens.append((who.account, secret, made.permissions))

    async def do_password(self, place: int) -> None:
        who = await self._somebody(place)
        new = f"{PASSWORD}-{next(self.numbers)}"
        known = self.passwords.get(who.account, [PASSWORD])
        begun = await self.access.change_password(who, known[-1], new, self.now, HERE)
        self._begun(who.account, begun.secret, new)

    async def do_logout(self, place: int) -> None:
        await self.access.logout(await self._somebody(place))

    async def do_wait(self, span: int) -> None:
        self.now += span

    def _begun(self, account: str, secret: str, password: str) -> None:
        self.sessions.append((account, secret))
        self.passwords.setdefault(account, [PASSWORD]).append(password)

    async def _somebody(self, place: int) -> Principal:
        if not self.sessions:
            raise Refused(401, "无", "nobody")
        who = await self.access.by_session(self.sessions[place % len(self.sessions)][1], self.now)
        if who is NOBODY:
            raise Refused(401, "无", "nobody")
        return who

    async def check(self) -> None:
        """Every secret of this history, against the accounts as they are now."""
        found, _ = await self.access.accounts(self.now)
        accounts = {seen.account.account: seen.account for seen in found}
        allowed = {
            key: frozenset() if one.disabled else permissions_of(one.roles) for key, one in accounts.items()
        }
        for one in accounts.values():
            assert len(APART.intersection(one.roles)) <= 1
        assert any(Role.SECURITY in one.roles and not one.disabled for one in accounts.values())
        for account, secret in self.sessions:
            who = await self.access.by_session(secret, self.now)
            assert who is NOBODY or (who.account, who.permissions) == (account, allowed[account])
        for account, secret, given_ in self.tokens:
            try:
                who = await self.access.by_token(secret, self.now)
            except Refused:
                continue
            assert who.account == account
            assert who.permissions <= (allowed[account] & given_) - {Permission.OWN}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(steps=st.lists(STEP, min_size=5, max_size=25))
def test_no_sequence_of_calls_gives_what_the_roles_do_not(steps: list[tuple[object, ...]]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite+aiosqlite:///{folder}/accounts.db"
            async with await Access.open(url, hasher=cheap()) as access:
                world = World(access)
                begun = await first(access)
                world.sessions.append(("boss", begun.secret))
                ann = await made(access, "ann", Role.OPERATOR, Role.APPROVER)
                world.sessions.append(("ann", ann.secret))
                await world.do("token", 1, ann.principal.permissions - {Permission.OWN})
                assert world.tokens
                for what, *args in steps:
                    await world.do(str(what), *args)
                    await world.check()

    asyncio.run(run())
