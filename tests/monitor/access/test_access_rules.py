"""Roles, passwords and codes: rules without a database."""

from __future__ import annotations

import asyncio
from itertools import combinations

import pytest
from access_kit import T0, cheap, refused

from monitor.access import passwords, totp
from monitor.access.passwords import Hasher, Policy
from monitor.access.roles import ANONYMOUS, GRANTS, LOCAL, Permission, Role, check_roles, permissions_of
from monitor.config.web_schema import RolesSection

P, R = Permission, Role
MAY = {
    P.LOOK: set(R),
    P.OWN: set(R),
    P.DETAIL: {R.OPERATOR, R.APPROVER, R.AUDITOR, R.ADMIN},
    P.OPERATE: {R.OPERATOR, R.APPROVER},
    P.APPROVE: {R.APPROVER},
    P.REPORT: {R.VIEWER, R.OPERATOR, R.APPROVER, R.AUDITOR, R.ADMIN},
    P.AUDIT: {R.AUDITOR},
    P.INVENTORY: {R.ADMIN},
    P.ACCOUNTS: {R.SECURITY},
}


def test_each_permission_belongs_to_the_roles_of_the_table() -> None:
    assert set(MAY) == set(Permission)
    for permission, roles in MAY.items():
        assert {role for role in Role if permission in GRANTS[role]} == roles


def test_who_has_not_logged_in_may_only_look_and_a_command_sees_details() -> None:
    assert {P.LOOK} == ANONYMOUS
    assert {P.LOOK, P.DETAIL} == LOCAL


def test_the_three_of_separated_duties_stand_alone_beside_viewer() -> None:
    apart = {R.AUDITOR, R.ADMIN, R.SECURITY}
    for size in range(1, len(Role) + 1):
        for roles in combinations(Role, size):
            allowed = not apart & set(roles) or len(set(roles) - {R.VIEWER}) == 1
            if allowed:
                check_roles(roles)
            else:
                with refused(400):
                    check_roles(roles)


def test_an_account_without_a_role_is_none() -> None:
    with refused(400):
        check_roles([])


def test_no_allowed_roles_change_the_watch_and_the_trail_or_the_accounts_together() -> None:
    """What 三员分立 is for: who acts, who grants and who audits are three."""
    for size in (1, 2, 3):
        for roles in combinations(Role, size):
            held = permissions_of(roles)
            if len({P.ACCOUNTS, P.AUDIT, P.INVENTORY} & held) > 1:
                with refused(400):
                    check_roles(roles)


def test_the_settings_name_the_same_roles() -> None:
    assert set(RolesSection.model_fields) == {role.value for role in Role}


@pytest.mark.parametrize(
    "password",
    [
        "Three kinds, 12",
        "correct horse battery staple",
        "Zq9!Zq8?Zq7#",
        "密码安全密码安全Aa1!",
        "aA1" * 2 + "xyZ9-_",
    ],
)
def test_a_password_of_three_kinds_or_great_length_is_taken(password: str) -> None:
    passwords.check(password, "zhang", Policy())


@pytest.mark.parametrize(
    ("password", "account"),
    [
        ("Short, 12", "zhang"),
        ("only lower and more"[:15], "zhang"),
        ("x" * 257, "zhang"),
        ("Password1234", "zhang"),
        ("Quanshi-2026", "zhang"),
        ("Zhangsan-2026", "zhangsan"),
        ("ＰＡＳＳｗｏｒｄ1234", "zhang"),
        ("Aa1-Aa1-Aa1-", "zhang"),
        ("a" * 30, "zhang"),
        ("", "zhang"),
    ],
)
def test_a_password_that_is_easy_to_guess_is_not(password: str, account: str) -> None:
    with refused(400):
        passwords.check(password, account, Policy())


def test_the_length_is_the_sites_to_say() -> None:
    with refused(400):
        passwords.check("Three kinds, 12", "zhang", Policy(length=16))


async def test_a_hash_is_argon2id_with_salt_and_tells_when_it_is_old() -> None:
    hasher = cheap()
    one, two = await hasher.hash("secret"), await hasher.hash("secret")
    assert one.startswith("$argon2id$")
    assert one != two
    assert await hasher.verify(one, "secret")
    assert not await hasher.verify(one, "secreT")
    assert not hasher.is_old(one)
    assert Hasher(2, 8, 1).is_old(one)


@pytest.mark.parametrize("kept", [None, "", "plain", "$argon2id$v=19$m=8,t=1,p=1$broken"])
async def test_what_is_no_hash_is_nobodys_password(kept: str | None) -> None:
    assert not await cheap().verify(kept, "")


async def test_hashes_are_made_a_few_at_a_time() -> None:
    hasher = cheap()
    made = await asyncio.gather(*(hasher.hash(str(number)) for number in range(20)))
    assert all(await asyncio.gather(*(hasher.verify(each, str(place)) for place, each in enumerate(made))))


RFC_6238 = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
}
"""Appendix B, the rows of SHA-1, last six digits; the secret is 12345678901234567890."""
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.mark.parametrize(("seconds", "code"), RFC_6238.items())
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code(SECRET, seconds // totp.STEP) == code
    assert totp.step_of(SECRET, code, seconds * 1000, 0) == seconds // totp.STEP


@pytest.mark.parametrize(("late", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(late: int, accepted: bool) -> None:
    step = T0 // 1000 // totp.STEP
    assert (totp.step_of(SECRET, totp.code(SECRET, step + late), T0, 0) is not None) is accepted


def test_a_code_is_good_once() -> None:
    step = T0 // 1000 // totp.STEP
    assert totp.step_of(SECRET, totp.code(SECRET, step), T0, step - 1) == step
    assert totp.step_of(SECRET, totp.code(SECRET, step), T0, step) is None


@pytest.mark.parametrize("given", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_code_is_none(given: str) -> None:
    assert totp.step_of(SECRET, given, T0, 0) is None


def test_an_authenticator_is_told_all_it_needs() -> None:
    secret = totp.new_secret()
    assert totp.uri(secret, "张三", "Quanshi maoming") == (
        f"otpauth://totp/Quanshi%20maoming:%E5%BC%A0%E4%B8%89?secret={secret}&issuer=Quanshi%20maoming"
    )
    assert len(secret) == 32
    assert totp.new_secret() != secret
