"""Getting in: one-time links, passwords, codes, the lockout; on both databases."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest
from access_kit import (
    DAY,
    HERE,
    HOUR,
    MINUTE,
    PASSWORD,
    SECOND,
    T0,
    cheap,
    code_at,
    first,
    made,
    refused,
    with_totp,
)
from sqlalchemy import text

from monitor.access.access import Access, Settings, url_of
from monitor.access.passwords import Hasher, Policy
from monitor.access.principal import NOBODY, Principal
from monitor.access.roles import Permission, Role, permissions_of
from monitor.ledger.errors import LedgerError

NEW = "Another one, 34"


async def log_in(
    access: Access, account: str = "boss", password: str = PASSWORD, code: str | None = None, now: int = T0
) -> Principal:
    return (await access.login(account, password, code, now, HERE)).principal


async def test_the_first_link_makes_one_security_administrator_and_no_second(access: Access) -> None:
    assert await access.is_empty()
    link = await access.first_link(T0)
    assert link is not None

    begun = await access.redeem(link, PASSWORD, T0, HERE, account="Boss", name="安全")

    assert (begun.principal.account, begun.principal.name) == ("boss", "安全")
    assert begun.principal.permissions == permissions_of([Role.SECURITY])
    assert not await access.is_empty()
    assert await access.first_link(T0) is None
    with refused(403):
        await access.redeem(link, PASSWORD, T0, HERE, account="other", name=None)


async def test_a_new_first_link_ends_the_old_one_and_each_ends_after_a_day(access: Access) -> None:
    old, new = await access.first_link(T0), await access.first_link(T0 + 1)
    assert old is not None
    assert new is not None
    with refused(403):
        await access.redeem(old, PASSWORD, T0 + 2, HERE, account="boss", name=None)
    with refused(403):
        await access.redeem(new, PASSWORD, T0 + 1 + DAY, HERE, account="boss", name=None)
    await access.redeem(new, PASSWORD, T0 + DAY, HERE, account="boss", name=None)


async def test_of_many_at_once_with_the_first_link_one_makes_an_account(place: str) -> None:
    """Also on two monitors of one database."""
    async with (
        await Access.open(place, hasher=cheap()) as one,
        await Access.open(place, hasher=cheap()) as two,
    ):
        link = await one.first_link(T0)
        assert link is not None
        tries = [
            access.redeem(link, PASSWORD, T0, HERE, account=f"{name}-{number}", name=None)
            for number in range(4)
            for name, access in (("one", one), ("two", two))
        ]
        done = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(not isinstance(each, BaseException) for each in done) == 1
        assert (await two.accounts(T0))[1] == 1


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "张三", "x" * 65, "a\n"])
async def test_a_first_account_needs_a_name_that_is_one(in_file: Access, name: str) -> None:
    link = await in_file.first_link(T0)
    assert link is not None
    with refused(400):
        await in_file.redeem(link, PASSWORD, T0, HERE, account=name, name=None)
    assert await in_file.is_empty()


async def test_a_bad_password_leaves_the_link_good(access: Access) -> None:
    await first(access)
    _, link, ends = await access.make_account("zhang", "张三", [Role.VIEWER], T0)
    assert ends == T0 + DAY
    with refused(400):
        await access.redeem(link, "short", T0, HERE, account=None, name=None)
    begun = await access.redeem(link, PASSWORD, T0, HERE, account="ignored", name="ignored")
    assert (begun.principal.account, begun.principal.name) == ("zhang", "张三")


async def test_who_logs_in_is_known_by_his_session_until_he_logs_out(access: Access) -> None:
    await first(access)
    begun = await access.login("BOSS", PASSWORD, None, T0, HERE)
    assert begun.principal.via == "session"
    assert await access.by_session(begun.secret, T0 + 1) == begun.principal
    await access.logout(begun.principal)
    assert await access.by_session(begun.secret, T0 + 2) is NOBODY


async def test_each_login_has_a_session_and_a_word_of_its_own(access: Access) -> None:
    await first(access)
    one, two = (
        await access.login("boss", PASSWORD, None, T0, HERE),
        await access.login("boss", PASSWORD, None, T0, HERE),
    )
    assert len({one.secret, two.secret, one.principal.csrf, two.principal.csrf}) == 4
    assert all(len(each) >= 43 for each in (one.secret, str(one.principal.csrf)))  # 256 bits


async def test_a_session_is_over_when_nobody_uses_it_and_after_a_day_of_work(access: Access) -> None:
    begun = await first(access)
    assert await access.by_session(begun.secret, T0 + 29 * MINUTE) is not NOBODY
    assert await access.by_session(begun.secret, T0 + 58 * MINUTE) is not NOBODY
    assert await access.by_session(begun.secret, T0 + 88 * MINUTE) is NOBODY

    busy = await access.login("boss", PASSWORD, None, T0, HERE)
    for minutes in range(0, 12 * 60, 20):
        assert await access.by_session(busy.secret, T0 + minutes * MINUTE) is not NOBODY
    assert await access.by_session(busy.secret, T0 + 12 * HOUR) is NOBODY


async def test_what_is_over_is_swept(in_file: Access) -> None:
    begun = await first(in_file)
    await in_file.make_token(begun.principal, "t", [Permission.LOOK], T0, 1)
    await in_file.login("boss", PASSWORD, None, T0 + 2 * DAY, HERE)
    async with in_file._reader.connect() as connection:
        counts = [
            (await connection.execute(text(f"SELECT count(*) FROM access_{name}"))).scalar()
            for name in ("sessions", "tokens", "links", "tries")
        ]
    assert counts == [1, 0, 0, 2]  # the session, and the tries of the address and the account just now


async def test_wrong_names_and_wrong_passwords_are_answered_alike(access: Access) -> None:
    await first(access)
    await access.make_account("waiting", "x", [Role.VIEWER], T0)
    await made(access, "gone", Role.VIEWER)
    await access.change_account("gone", disabled=True)
    said = []
    for account, password in (("boss", NEW), ("nobody", NEW), ("waiting", NEW), ("gone", PASSWORD)):
        with refused(401) as caught:
            await access.login(account, password, None, T0, HERE)
        assert caught.refusal is not None
        said.append((caught.refusal.zh, caught.refusal.more))
    assert len({str(each) for each in said}) == 1


async def test_an_unknown_name_costs_a_hash_too(in_file: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    await first(in_file)
    checked: list[str | None] = []
    verify = Hasher.verify

    async def watched(self: Hasher, kept: str | None, password: str) -> bool:
        checked.append(kept)
        return await verify(self, kept, password)

    monkeypatch.setattr(Hasher, "verify", watched)
    for account in ("boss", "nobody"):
        with refused(401):
            await in_file.login(account, NEW, None, T0, HERE)
    assert len(checked) == 2


@pytest.mark.parametrize("account", ["boss", "nobody"])
async def test_five_wrong_tries_lock_for_ten_minutes_known_or_not(access: Access, account: str) -> None:
    await first(access)
    for second in range(5):
        with refused(401):
            await access.login(account, NEW, None, T0 + second * SECOND, HERE)
    with refused(429) as caught:
        await access.login(account, PASSWORD, None, T0 + 5 * SECOND, HERE)
    assert caught.refusal is not None
    assert caught.refusal.after == pytest.approx(599)
    over = T0 + 4 * SECOND + 10 * MINUTE
    if account == "boss":
        (seen,), _ = await access.accounts(T0 + 5 * SECOND)
        assert seen.locked_until == over
        await access.login(account, PASSWORD, None, over, HERE)
        assert (await access.accounts(over))[0][0].locked_until is None
    else:
        with refused(401):
            await access.login(account, PASSWORD, None, over, HERE)


async def test_nobody_locks_another_out_from_elsewhere(access: Access) -> None:
    await first(access)
    for _ in range(5):
        with refused(401):
            await access.login("boss", NEW, None, T0, "10.9.9.9")
    with refused(429):
        await access.login("boss", PASSWORD, None, T0, "10.9.9.9")

    await access.login("boss", PASSWORD, None, T0, HERE)

    with refused(429):  # and who is right here says nothing of those over there
        await access.login("boss", PASSWORD, None, T0, "10.9.9.9")


async def test_many_addresses_that_guess_at_one_account_make_it_pause_and_no_more(access: Access) -> None:
    await first(access)
    for number in range(50):
        with refused(401):
            await access.login("boss", NEW, None, T0, f"10.9.9.{number}")
    with refused(429) as caught:
        await access.login("boss", PASSWORD, None, T0 + SECOND, HERE)
    assert caught.refusal is not None
    assert caught.refusal.after == pytest.approx(59)
    with refused(401):
        await access.login("boss", NEW, None, T0 + MINUTE, "10.9.9.99")
    await access.login("boss", PASSWORD, None, T0 + MINUTE, HERE)


@pytest.mark.parametrize(
    ("other", "is_same"),
    [("2001:db8::2", True), ("2001:db8::ffff:0:0:1", True), ("2001:db8:0:1::1", False), ("10.1.2.3", False)],
)
async def test_a_network_of_ipv6_addresses_is_one_that_tries(
    in_file: Access, other: str, is_same: bool
) -> None:
    await first(in_file)
    for _ in range(5):
        with refused(401):
            await in_file.login("boss", NEW, None, T0, "2001:db8::1")
    if is_same:
        with refused(429):
            await in_file.login("boss", PASSWORD, None, T0, other)
    else:
        await in_file.login("boss", PASSWORD, None, T0, other)


async def test_who_manages_accounts_unlocks_one(access: Access) -> None:
    await first(access)
    for account in ("boss", "boss_2"):
        for _ in range(5):
            with refused(401):
                await access.login(account, NEW, None, T0, HERE)
    assert (await access.accounts(T0))[0][0].locked_until == T0 + 10 * MINUTE

    await access.unlock("Boss")

    assert (await access.accounts(T0))[0][0].locked_until is None
    await access.login("boss", PASSWORD, None, T0, HERE)
    with refused(429):
        await access.login("boss_2", NEW, None, T0, HERE)
    with refused(404):
        await access.unlock("boss_2")


async def test_the_fifth_try_may_still_be_right(access: Access) -> None:
    await first(access)
    for _ in range(3):
        for _ in range(4):
            with refused(401):
                await access.login("boss", NEW, None, T0, HERE)
        await access.login("boss", PASSWORD, None, T0, HERE)


async def test_tries_at_the_same_time_are_all_counted(access: Access) -> None:
    await first(access)
    tries = [access.login("boss", f"{NEW}{number}", None, T0, HERE) for number in range(20)]
    statuses = [each.status for each in await asyncio.gather(*tries, return_exceptions=True)]  # type: ignore[union-attr]
    assert sorted(statuses) == [401] * 5 + [429] * 15


async def test_an_address_that_tries_many_names_is_locked_too(access: Access) -> None:
    await first(access)
    for number in range(20):
        with refused(401):
            await access.login(f"name-{number}", NEW, None, T0, HERE)
    with refused(429):
        await access.login("boss", PASSWORD, None, T0, HERE)
    await access.login("boss", PASSWORD, None, T0, "10.9.9.9")


async def test_many_who_are_right_behind_one_address_lock_nobody_out(access: Access) -> None:
    await first(access)
    for _ in range(50):
        await access.login("boss", PASSWORD, None, T0, HERE)


async def test_with_an_authenticator_a_login_needs_its_code_once_each(access: Access) -> None:
    secret = await with_totp(access, (await first(access)).principal)
    with refused(401) as caught:
        await access.login("boss", PASSWORD, None, T0, HERE)
    assert caught.refusal is not None
    assert caught.refusal.more == {"need": "code"}
    with refused(401):  # it confirmed the authenticator already
        await access.login("boss", PASSWORD, code_at(secret, T0), T0, HERE)
    later = T0 + 30 * SECOND
    await access.login("boss", PASSWORD, code_at(secret, later), later, HERE)
    with refused(401):
        await access.login("boss", PASSWORD, code_at(secret, later), later, HERE)


async def test_of_two_with_the_same_code_at_once_one_gets_in(access: Access) -> None:
    secret = await with_totp(access, (await first(access)).principal)
    later = T0 + 30 * SECOND
    tries = [access.login("boss", PASSWORD, code_at(secret, later), later, HERE) for _ in range(4)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(each, BaseException) for each in done) == 1


async def test_codes_cannot_be_guessed_by_leaving_them_out_between(access: Access) -> None:
    """Who has the password is asked for the code as often as he likes, and guesses five times."""
    await with_totp(access, (await first(access)).principal)
    for _ in range(5):
        with refused(401):
            await access.login("boss", PASSWORD, None, T0, HERE)
        with refused(401):
            await access.login("boss", PASSWORD, "000000", T0, HERE)
    with refused(429):
        await access.login("boss", PASSWORD, None, T0, HERE)


async def test_codes_cannot_be_guessed_from_many_addresses(access: Access) -> None:
    secret = await with_totp(access, (await first(access)).principal)
    later = T0 + 30 * SECOND
    for number in range(5):
        with refused(401):
            await access.login("boss", PASSWORD, "000000", later, f"10.9.9.{number}")
    with refused(429):
        await access.login("boss", PASSWORD, code_at(secret, later), later, HERE)
    await access.unlock("boss")
    await access.login("boss", PASSWORD, code_at(secret, later), later, HERE)


async def test_a_wrong_password_does_not_tell_that_there_is_an_authenticator(access: Access) -> None:
    await with_totp(access, (await first(access)).principal)
    with refused(401) as caught:
        await access.login("boss", NEW, None, T0, HERE)
    assert caught.refusal is not None
    assert caught.refusal.more == {}


async def test_a_password_that_is_too_old_has_to_be_changed_first(access: Access) -> None:
    await first(access)
    access.settings = Settings(policy=Policy(age=90 * DAY / 1000))
    assert (await log_in(access, now=T0 + 90 * DAY)).must == ""
    late = T0 + 90 * DAY + 1
    begun = await access.login("boss", PASSWORD, None, late, HERE)
    assert begun.principal.must == "password"
    assert access.days_left(await access.account("boss"), late) == -1
    with refused(403):  # a token would get round it
        await access.make_token(begun.principal, "t", [Permission.LOOK], late, 1)
    changed = await access.change_password(begun.principal, PASSWORD, NEW, late, HERE)
    assert changed.principal.must == ""
    access.settings = Settings(policy=Policy(age=0))
    assert (await log_in(access, password=NEW, now=T0 + 9000 * DAY)).must == ""


async def test_a_hash_of_weaker_parameters_is_replaced_at_the_next_login(in_file: Access) -> None:
    await first(in_file)
    weak = (await in_file.account("boss")).password
    in_file._hasher = Hasher(2, 16, 1)
    await in_file.login("boss", PASSWORD, None, T0, HERE)
    strong = (await in_file.account("boss")).password
    assert strong != weak
    assert strong is not None
    assert not in_file._hasher.is_old(strong)
    await in_file.login("boss", PASSWORD, None, T0, HERE)


async def test_nothing_that_is_kept_lets_anybody_in(in_file: Access, tmp_path: Path) -> None:
    """Who gets hold of the file has no password, session, token or link in it."""
    begun = await first(in_file)
    _, token = await in_file.make_token(begun.principal, "t", [Permission.LOOK], T0, 1)
    _, link, _ = await in_file.make_account("zhang", "张三", [Role.VIEWER], T0)
    files = [path.read_bytes() for path in tmp_path.iterdir()]
    assert sum(b"boss" in content for content in files) > 0
    for secret in (PASSWORD, begun.secret, token, link):
        assert not any(secret.encode() in content for content in files)


async def test_the_file_is_for_nobody_else_and_postgres_is_shared(tmp_path: Path) -> None:
    url = url_of(f"sqlite+aiosqlite:///{tmp_path}/ledger.db", tmp_path)
    async with await Access.open(url, hasher=cheap()) as access:
        await first(access)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes.keys() >= {"accounts.db"}
    assert set(modes.values()) == {0o600}
    assert url_of("postgresql://q@db/quanshi", tmp_path) == "postgresql://q@db/quanshi"


async def test_accounts_of_a_newer_program_are_left_alone(place: str) -> None:
    async with await Access.open(place, hasher=cheap()) as access, access._writer.begin() as connection:
        await connection.execute(text("UPDATE access_meta SET version = 3"))
    with pytest.raises(LedgerError, match="made by another version") as caught:
        await Access.open(place, hasher=cheap())
    assert caught.value.lasting


async def test_accounts_of_the_version_before_browsers_are_taken_over(place: str) -> None:
    async with await Access.open(place, hasher=cheap()) as access:
        begun = await first(access)
        async with access._writer.begin() as connection:
            await connection.execute(text("ALTER TABLE access_sessions DROP COLUMN browser"))
            await connection.execute(text("UPDATE access_meta SET version = 1"))
    for _ in range(2):
        async with await Access.open(place, hasher=cheap()) as access:
            (session,) = await access.sessions(begun.principal, T0)
            assert session.browser == ""


async def test_two_monitors_may_start_at_once_and_share_accounts(place: str) -> None:
    one, two = await asyncio.gather(*(Access.open(place, hasher=cheap()) for _ in range(2)))
    async with one, two:
        begun = await first(one)
        assert await two.by_session(begun.secret, T0) == begun.principal
        await two.logout(begun.principal)
        assert await one.by_session(begun.secret, T0) is NOBODY
