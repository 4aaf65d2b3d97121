"""Roles and what each may do. Three of them exclude each other (三员分立, GB/T 22239-2019 §8.1.5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from monitor.access.errors import Refused


class Permission(StrEnum):
    """One thing that somebody may do."""

    LOOK = "look"
    DETAIL = "detail"
    OPERATE = "operate"
    APPROVE = "approve"
    REPORT = "report"
    AUDIT = "audit"
    INVENTORY = "inventory"
    ACCOUNTS = "accounts"
    OWN = "own"


class Role(StrEnum):
    """What an account is for."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SECURITY = "security"


_P = Permission
_EVERYBODY: Final = frozenset({_P.LOOK, _P.OWN})

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.VIEWER: _EVERYBODY | {_P.REPORT},
        Role.OPERATOR: _EVERYBODY | {_P.REPORT, _P.DETAIL, _P.OPERATE},
        Role.APPROVER: _EVERYBODY | {_P.REPORT, _P.DETAIL, _P.OPERATE, _P.APPROVE},
        Role.AUDITOR: _EVERYBODY | {_P.REPORT, _P.DETAIL, _P.AUDIT},
        Role.ADMIN: _EVERYBODY | {_P.REPORT, _P.DETAIL, _P.INVENTORY},
        Role.SECURITY: _EVERYBODY | {_P.ACCOUNTS},
    }
)
"""What each role may do."""

APART: Final = frozenset({Role.AUDITOR, Role.ADMIN, Role.SECURITY})
"""Of these an account has one at most, and beside it nothing but :attr:`Role.VIEWER`."""

ANONYMOUS: Final = frozenset({_P.LOOK})
"""What somebody may do who has not logged in, where the site lets him in at all."""

LOCAL: Final = frozenset({_P.LOOK, _P.DETAIL})
"""What commands on the monitor's own machine may do."""


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that these roles may do together."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def check_roles(roles: Collection[Role]) -> None:
    """Raises Refused for roles that one account may not have together, and for none at all."""
    if not roles:
        raise Refused(400, "账号至少需要一个角色", "an account needs a role")
    apart = sorted(APART.intersection(roles))
    others = sorted(set(roles) - {Role.VIEWER} - APART)
    if len(apart) > 1 or (apart and others):
        both = ", ".join([*apart, *others])
        raise Refused(
            400,
            f"三员分立：{both} 不能由同一账号担任",
            f"separation of duties: {both} may not be one account",
        )
