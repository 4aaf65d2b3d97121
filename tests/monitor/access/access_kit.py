"""Short words for the tests of accounts: a first one, others, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from monitor.access import totp
from monitor.access.access import Access, LoggedIn
from monitor.access.errors import Refused
from monitor.access.own import Proof
from monitor.access.passwords import Hasher
from monitor.access.principal import Principal
from monitor.access.roles import Role

T0 = 1_795_392_000_000
SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
HERE = "10.1.2.3"
PASSWORD = "Three kinds, 12"
CHEAP = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}


def cheap() -> Hasher:
    """Argon2 with so little work that tests can afford it."""
    return Hasher(**CHEAP)


async def first(access: Access, account: str = "boss", now: int = T0) -> LoggedIn:
    """The first account, by its link."""
    link = await access.first_link(now)
    assert link is not None
    return await access.redeem(link, PASSWORD, now, HERE, account=account, name="安全")


async def made(access: Access, account: str, *roles: Role, now: int = T0) -> LoggedIn:
    """An account that has used its link."""
    _, link, _ = await access.make_account(account, account.title(), roles, now)
    return await access.redeem(link, PASSWORD, now, HERE, account=None, name=None)


async def with_totp(access: Access, who: Principal, now: int = T0) -> str:
    """The secret of an authenticator that counts from now on."""
    secret, uri = await access.offer_totp(who, "Quanshi maoming", Proof(PASSWORD), now, HERE)
    assert secret in uri
    await access.confirm_totp(who, code_at(secret, now), now)
    return secret


def code_at(secret: str, now: int) -> str:
    return totp.code(secret, now // 1000 // totp.STEP)


@dataclass
class Caught:
    """What was refused, once it was."""

    refusal: Refused | None = None

    @property
    def status(self) -> int:
        assert self.refusal is not None
        return self.refusal.status


@contextmanager
def refused(status: int) -> Iterator[Caught]:
    """What is inside is refused with this status, in both languages, showing no credential."""
    caught = Caught()
    with pytest.raises(Refused) as raised:
        yield caught
    caught.refusal = raised.value
    assert raised.value.status == status, raised.value
    assert raised.value.zh != raised.value.en
    assert PASSWORD not in f"{raised.value.zh}{raised.value.en}{raised.value.more}"
