"""One's own account, and those of others: passwords, tokens, roles, resets; on both databases."""

from __future__ import annotations

import pytest
from access_kit import DAY, HERE, MINUTE, PASSWORD, T0, code_at, first, made, refused, with_totp
from sqlalchemy import Connection, update

from monitor.access import tables
from monitor.access.access import Access
from monitor.access.own import LONGEST_NAME, Proof
from monitor.access.principal import NOBODY
from monitor.access.roles import Permission, Role, permissions_of

P = Permission


def numbered(number: int) -> str:
    return f"{PASSWORD}-{number}"


async def test_another_password_begins_a_session_anew_and_ends_the_others(access: Access) -> None:
    begun = await first(access)
    other = await access.login("boss", PASSWORD, None, T0, HERE)

    changed = await access.change_password(begun.principal, PASSWORD, numbered(1), T0 + 1, HERE)

    assert changed.secret != begun.secret
    for old in (begun, other):
        assert await access.by_session(old.secret, T0 + 2) is NOBODY
    assert await access.by_session(changed.secret, T0 + 2) == changed.principal
    with refused(401):
        await access.login("boss", PASSWORD, None, T0 + 2, HERE)


async def test_the_present_password_must_be_right_and_is_no_way_to_guess_it(access: Access) -> None:
    who = (await first(access)).principal
    for _ in range(5):
        with refused(403):
            await access.change_password(who, "wrong", numbered(1), T0, HERE)
    with refused(429):
        await access.change_password(who, PASSWORD, numbered(1), T0, HERE)
    with refused(429):
        await access.drop_totp(who, Proof(PASSWORD), T0, HERE)


async def test_the_last_five_passwords_are_not_taken_again(access: Access) -> None:
    begun = await first(access)
    password = PASSWORD
    for number in range(1, 6):
        with refused(400):
            await access.change_password(begun.principal, password, PASSWORD, T0 + number, HERE)
        begun = await access.change_password(begun.principal, password, numbered(number), T0 + number, HERE)
        password = numbered(number)
    await access.change_password(begun.principal, password, PASSWORD, T0 + 6, HERE)


async def test_a_reset_does_not_bring_a_former_password_back(access: Access) -> None:
    await first(access)
    await made(access, "zhang", Role.VIEWER)
    _, link, _ = await access.reset("zhang", T0 + 1)
    with refused(400):
        await access.redeem(link, PASSWORD, T0 + 2, HERE, account=None, name=None)
    await access.redeem(link, numbered(1), T0 + 2, HERE, account=None, name=None)


async def test_an_authenticator_counts_only_once_its_code_was_shown(access: Access) -> None:
    who = (await first(access)).principal
    await access.offer_totp(who, "Quanshi", Proof(PASSWORD), T0, HERE)
    with refused(400):
        await access.confirm_totp(who, "000000", T0)
    assert (await access.account("boss")).totp is None
    await access.login("boss", PASSWORD, None, T0, HERE)


async def test_an_authenticator_is_offered_to_who_shows_the_password(access: Access) -> None:
    who = (await first(access)).principal
    for _ in range(5):
        with refused(403):
            await access.offer_totp(who, "Quanshi", Proof("wrong"), T0, HERE)
    with refused(429):
        await access.offer_totp(who, "Quanshi", Proof(PASSWORD), T0, HERE)


async def test_an_authenticator_is_replaced_or_dropped_by_a_code_of_the_present_one(access: Access) -> None:
    who = (await first(access)).principal
    old = await with_totp(access, who, T0)
    now = T0 + MINUTE
    for code, need in ((None, {"need": "code"}), ("000000", {}), (code_at(old, T0), {})):
        for work in (
            access.offer_totp(who, "Quanshi", Proof(PASSWORD, code), now, HERE),
            access.drop_totp(who, Proof(PASSWORD, code), now, HERE),
        ):
            with refused(403) as caught:
                await work
            assert caught.refusal is not None
            assert caught.refusal.more == need
    await access.unlock("boss")

    new, _ = await access.offer_totp(who, "Quanshi", Proof(PASSWORD, code_at(old, now)), now, HERE)
    with refused(403):  # it was good once
        await access.drop_totp(who, Proof(PASSWORD, code_at(old, now)), now, HERE)
    await access.confirm_totp(who, code_at(new, now), now)
    later = now + MINUTE
    await access.drop_totp(who, Proof(PASSWORD, code_at(new, later)), later, HERE)

    assert (await access.account("boss")).totp is None


async def test_somebody_of_a_provider_has_his_second_factor_there(access: Access) -> None:
    await first(access)
    who = (await access.let_in("https://id s-1", "Zhang San", [Role.VIEWER], T0, HERE)).principal
    with refused(409):
        await access.offer_totp(who, "Quanshi", Proof(""), T0, HERE)


async def test_tokens_end_with_the_password_that_they_were_made_under(access: Access) -> None:
    await first(access)
    who = (await made(access, "zhang", Role.VIEWER)).principal
    _, secret = await access.make_token(who, "t", [P.LOOK], T0, 1)
    await access.change_password(who, PASSWORD, numbered(1), T0, HERE)
    with refused(401):
        await access.by_token(secret, T0)


async def test_tokens_of_a_closed_account_do_not_come_back_with_it(access: Access) -> None:
    await first(access)
    who = (await made(access, "zhang", Role.VIEWER)).principal
    _, secret = await access.make_token(who, "t", [P.LOOK], T0, 1)
    await access.change_account("zhang", disabled=True)
    await access.change_account("zhang", disabled=False)
    with refused(401):
        await access.by_token(secret, T0)


async def test_who_has_no_role_at_the_provider_any_more_keeps_nothing(access: Access) -> None:
    await first(access)
    begun = await access.let_in("https://id s-1", "Zhang San", [Role.VIEWER], T0, HERE)
    _, secret = await access.make_token(begun.principal, "t", [P.LOOK], T0, 1)

    with refused(403):
        await access.let_in("https://id s-1", "Zhang San", [], T0, HERE)

    assert await access.by_session(begun.secret, T0) is NOBODY
    with refused(401):
        await access.by_token(secret, T0)


async def test_no_token_holds_longer_than_a_year(access: Access) -> None:
    await first(access)
    who = (await made(access, "zhang", Role.VIEWER)).principal
    for days in (0, 366):
        with refused(400):
            await access.make_token(who, "t", [P.LOOK], T0, days)
    _, secret = await access.make_token(who, "t", [P.LOOK], T0, 365)
    await access._write(longer, T0 + 3650 * DAY)  # as an earlier version made it

    (listed,), _ = await access.tokens("zhang")
    assert listed.expires_at == T0 + 365 * DAY
    assert (await access.by_token(secret, T0 + 365 * DAY - 1)).account == "zhang"
    with refused(401):
        await access.by_token(secret, T0 + 365 * DAY)


def longer(connection: Connection, ends: int) -> None:
    connection.execute(update(tables.tokens).values(expires_at=ends))


async def test_a_token_does_a_part_of_what_its_account_may(access: Access) -> None:
    await first(access)
    who = (await made(access, "zhang", Role.OPERATOR)).principal

    token, secret = await access.make_token(who, "grafana", [P.LOOK, P.DETAIL], T0, 30)

    assert secret.startswith("qs_")
    asked = await access.by_token(secret, T0 + 1)
    assert (asked.account, asked.via, asked.permissions) == ("zhang", "token", {P.LOOK, P.DETAIL})
    assert asked.csrf is None
    (listed,), _ = await access.tokens("zhang")
    assert (listed.name, listed.used_at, listed.expires_at) == ("grafana", T0 + 1, T0 + 30 * DAY)
    assert token.id == listed.id
    with refused(401):
        await access.by_token(secret, T0 + 30 * DAY)
    with refused(401):
        await access.by_token("qs_", T0)


@pytest.mark.parametrize("wanted", [[], [P.OWN], [P.ACCOUNTS], [P.LOOK, P.APPROVE], list(P)])
async def test_a_token_never_does_more_than_its_account_nor_manages_it(
    in_file: Access, wanted: list[Permission]
) -> None:
    await first(in_file)
    who = (await made(in_file, "zhang", Role.OPERATOR)).principal
    with refused(403):
        await in_file.make_token(who, "t", wanted, T0, 1)
    assert await in_file.tokens(None) == ([], 0)


async def test_a_token_of_an_earlier_version_keeps_what_there_still_is_to_do(access: Access) -> None:
    await first(access)
    who = (await made(access, "zhang", Role.ADMIN)).principal
    _, secret = await access.make_token(who, "t", [P.LOOK], T0, 1)
    await access._write(_with_settings)
    assert (await access.by_token(secret, T0)).permissions == {P.LOOK}


def _with_settings(connection: Connection) -> None:
    connection.execute(update(tables.tokens).values(permissions="look settings"))


async def test_a_token_loses_what_its_account_loses(access: Access) -> None:
    await first(access)
    who = (await made(access, "zhang", Role.APPROVER)).principal
    _, secret = await access.make_token(who, "t", [P.LOOK, P.APPROVE], T0, 1)
    await access.change_account("zhang", roles=[Role.VIEWER])
    assert (await access.by_token(secret, T0)).permissions == {P.LOOK}
    await access.change_account("zhang", disabled=True)
    with refused(401):
        await access.by_token(secret, T0)


async def test_only_its_owner_or_a_security_administrator_revokes_a_token(access: Access) -> None:
    await first(access)
    token, secret = await access.make_token(
        (await made(access, "zhang", Role.VIEWER)).principal, "t", [P.LOOK], T0, 1
    )
    with refused(404):
        await access.drop_token(token.id, "li")
    assert (await access.by_token(secret, T0)).account == "zhang"
    await access.drop_token(token.id, "zhang")
    with refused(401):
        await access.by_token(secret, T0)
    with refused(404):
        await access.drop_token(token.id, None)


async def test_one_sees_where_else_one_is_logged_in_and_ends_it(access: Access) -> None:
    begun = await first(access)
    other = await access.login("boss", PASSWORD, None, T0 + MINUTE, "10.9.9.9")
    await made(access, "zhang", Role.VIEWER)

    here, there = reversed(await access.sessions(other.principal, T0 + MINUTE))

    assert (here.address, there.address) == (HERE, "10.9.9.9")
    assert here.csrf not in repr(here)
    await access.end_session(other.principal, here.id)
    assert await access.by_session(begun.secret, T0 + MINUTE) is NOBODY
    (stays,) = await access.sessions(other.principal, T0 + MINUTE)
    assert stays.id == there.id
    stranger = (await access.login("zhang", PASSWORD, None, T0 + MINUTE, HERE)).principal
    with refused(404):
        await access.end_session(stranger, there.id)


async def test_all_other_sessions_of_ones_own_end_at_once_and_nobody_elses(access: Access) -> None:
    begun = await first(access)
    here = await access.login("boss", PASSWORD, None, T0, HERE)
    await access.login("boss", PASSWORD, None, T0, "10.9.9.9")
    other = await made(access, "zhang", Role.VIEWER)

    assert await access.end_other_sessions(here.principal) == 2
    assert await access.by_session(begun.secret, T0) is NOBODY
    assert (await access.by_session(here.secret, T0)).account == "boss"
    assert (await access.by_session(other.secret, T0)).account == "zhang"


async def test_a_session_is_known_by_its_browser_as_far_as_that_tells(access: Access) -> None:
    begun = await first(access)
    (unknown,) = await access.sessions(begun.principal, T0)
    await access.name_browser(begun.principal, "Firefox" * 100)
    (named,) = await access.sessions(begun.principal, T0)

    assert unknown.browser == ""
    assert named.browser == ("Firefox" * 100)[:LONGEST_NAME]


async def test_other_roles_hold_at_once_and_need_a_new_login(access: Access) -> None:
    await first(access)
    begun = await made(access, "zhang", Role.VIEWER)
    changed = await access.change_account("zhang", roles=[Role.OPERATOR, Role.APPROVER])
    assert set(changed.roles) == {Role.OPERATOR, Role.APPROVER}
    assert await access.by_session(begun.secret, T0) is NOBODY
    again = await access.login("zhang", PASSWORD, None, T0, HERE)
    assert again.principal.permissions == permissions_of([Role.OPERATOR, Role.APPROVER])


async def test_duties_that_exclude_each_other_are_no_account(access: Access) -> None:
    await first(access)
    with refused(400):
        await access.make_account("zhang", "张三", [Role.ADMIN, Role.AUDITOR], T0)
    await made(access, "zhang", Role.ADMIN)
    with refused(400):
        await access.change_account("zhang", roles=[Role.ADMIN, Role.OPERATOR])
    assert (await access.account("zhang")).roles == (Role.ADMIN,)


async def test_a_disabled_account_is_out_at_once_and_its_link_is_dead(access: Access) -> None:
    await first(access)
    begun = await made(access, "zhang", Role.VIEWER)
    _, link, _ = await access.reset("zhang", T0)
    await access.change_account("zhang", disabled=True)
    assert await access.by_session(begun.secret, T0) is NOBODY
    with refused(403):
        await access.redeem(link, numbered(1), T0, HERE, account=None, name=None)
    await access.change_account("zhang", disabled=False)
    await access.redeem(link, numbered(1), T0, HERE, account=None, name=None)


async def test_a_reset_takes_everything_from_an_account_but_its_roles(access: Access) -> None:
    await first(access)
    begun = await made(access, "zhang", Role.VIEWER)
    await access.offer_totp(begun.principal, "Quanshi", Proof(PASSWORD), T0, HERE)
    _, token = await access.make_token(begun.principal, "t", [P.LOOK], T0, 1)
    for _ in range(5):
        with refused(401):
            await access.login("zhang", "wrong", None, T0, HERE)

    account, old, _ = await access.reset("zhang", T0)
    _, new, _ = await access.reset("zhang", T0)

    assert (account.password, account.totp, account.roles) == (None, None, (Role.VIEWER,))
    assert await access.by_session(begun.secret, T0) is NOBODY
    with refused(401):
        await access.by_token(token, T0)
    with refused(403):
        await access.redeem(old, numbered(1), T0, HERE, account=None, name=None)
    await access.redeem(new, numbered(1), T0, HERE, account=None, name=None)
    await access.login("zhang", numbered(1), None, T0, "10.9.9.9")  # and it is locked no more


async def test_the_last_security_administrator_stays(access: Access) -> None:
    await first(access)
    for change in ({"disabled": True}, {"roles": [Role.VIEWER]}):
        with refused(409):
            await access.change_account("boss", **change)
    await made(access, "second", Role.SECURITY)
    await access.change_account("boss", disabled=True)
    with refused(409):
        await access.change_account("second", roles=[Role.ADMIN])


async def test_nobody_changes_his_own_roles(access: Access) -> None:
    await first(access)
    await made(access, "second", Role.SECURITY)
    for change in ({"disabled": True}, {"roles": [Role.ADMIN]}):
        with refused(403):
            await access.change_account("Boss", by="boss", **change)
    renamed = await access.change_account("boss", by="boss", name="新名")
    assert renamed.name == "新名"


async def test_names_do_not_differ_by_case_alone(access: Access) -> None:
    await first(access)
    await access.make_account("Zhang", "张三", [Role.VIEWER], T0)
    with refused(409):
        await access.make_account("zHANG", "张三", [Role.VIEWER], T0)
    assert (await access.account("ZHANG")).account == "zhang"


async def test_who_is_not_there_is_not_found(access: Access) -> None:
    await first(access)
    for call in (
        access.reset("nobody", T0),
        access.change_account("nobody", name="x"),
        access.end_sessions("nobody"),
        access.account("nobody"),
    ):
        with refused(404):
            await call


async def test_somebody_of_a_provider_has_the_roles_of_his_last_login(access: Access) -> None:
    await first(access)
    begun = await access.let_in("https://id s-1", "Zhang San", [Role.VIEWER], T0, HERE)
    assert (begun.principal.account, begun.principal.name) == ("zhangsan", "Zhang San")
    again = await access.let_in("https://id s-1", "张三", [Role.OPERATOR], T0 + 1, HERE)
    assert (again.principal.account, again.principal.name) == ("zhangsan", "张三")
    assert again.principal.permissions == permissions_of([Role.OPERATOR])
    assert await access.by_session(begun.secret, T0 + 1) is NOBODY
    other = await access.let_in("https://id s-2", "Zhang San", [Role.VIEWER], T0, HERE)
    assert other.principal.account == "zhangsan-2"
    nameless = await access.let_in("https://id s-3", "李四", [Role.VIEWER], T0, HERE)
    assert nameless.principal.account == "oidc"


async def test_a_provider_lets_nobody_into_an_account_of_our_own(access: Access) -> None:
    await first(access)
    begun = await access.let_in("https://id s-1", "boss", [Role.VIEWER], T0, HERE)
    assert begun.principal.account == "boss-2"
    with refused(401):
        await access.login("boss-2", "", None, T0, HERE)
    with refused(409):
        await access.reset("boss-2", T0)
    await access.change_account("boss-2", disabled=True)
    with refused(403):
        await access.let_in("https://id s-1", "boss", [Role.VIEWER], T0, HERE)
    with refused(400):
        await access.let_in("https://id s-9", "x", [Role.ADMIN, Role.AUDITOR], T0, HERE)
