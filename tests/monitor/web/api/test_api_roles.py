"""Every endpoint against every role: who may do what is what the table says, and nobody slips through."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
from api_kit import NOBODY, ROLES, Desk

from monitor.access.roles import ANONYMOUS, Permission, permissions_of
from monitor.web.app import ENDPOINTS
from monitor.web.endpoints import Endpoint

WHO = ("looker", "op", "boss", "aud", "adm", "sec", NOBODY)
STREAM = "/events"


def path_of(endpoint: Endpoint) -> str:
    """With something that is not there in every place that varies."""
    path = endpoint.path
    for name in endpoint.parts:
        path = path.replace("{" + name + "}", "nothing-there")
    return path


def allowed(who: str, permission: Permission | None, anonymous: str = "viewer") -> bool:
    if permission is None:
        return True
    if who == NOBODY:
        return anonymous == "viewer" and permission in ANONYMOUS
    # A token does not stand for its owner in what is his own.
    return permission in permissions_of([ROLES[who]]) - {Permission.OWN}


ENDING = [each for each in ENDPOINTS if each.path != STREAM]
"""All but the stream, which has tests of its own."""


@pytest.mark.parametrize("endpoint", ENDING, ids=lambda each: f"{each.method} {each.path}")
async def test_each_role_may_do_what_it_is_for_and_nothing_else(desk: Desk, endpoint: Endpoint) -> None:
    for who in WHO:
        answer = await desk.ask(endpoint.method, path_of(endpoint), who, wrong_body(endpoint))
        if allowed(who, endpoint.permission):
            # What is asked for is not there, or asked wrongly: but nobody was turned away at the door.
            assert answer.status not in (401, 403) or endpoint.permission is None, (who, answer.body)
        else:
            assert answer.status == (401 if who == NOBODY else 403), (who, answer.body)
        assert answer.status < 500 or answer.status == 503, (who, answer.body)


@pytest.mark.parametrize("anonymous", ["none", "viewer"])
async def test_who_has_not_logged_in_may_look_where_the_site_says_so_and_nothing_else(
    desk: Desk, anonymous: Literal["none", "viewer"]
) -> None:
    site = desk.context.live.site
    desk.context.live.site = replace(site, web=replace(site.web, anonymous=anonymous))
    for endpoint in ENDING:
        answer = await desk.ask(endpoint.method, path_of(endpoint), NOBODY, wrong_body(endpoint))
        if allowed(NOBODY, endpoint.permission, anonymous):
            assert answer.status not in (401, 403) or endpoint.permission is None, (endpoint, answer.body)
        else:
            assert answer.status == 401, (endpoint, answer.body)


def wrong_body(endpoint: Endpoint) -> Any:
    """A body that no endpoint takes, so that nothing is done."""
    return {"nothing": "of this kind"} if endpoint.body is not None else None


def test_every_change_is_in_the_audit_trail() -> None:
    assert [each.path for each in ENDPOINTS if each.changes and not each.action] == []
    names = [each.name for each in ENDPOINTS]
    assert len(set(names)) == len(names)


def test_every_permission_guards_something() -> None:
    within = {Permission.DETAIL}  # shows more of what its neighbour LOOK lets see
    assert {each.permission for each in ENDPOINTS} | within == {None, *Permission}


def test_those_who_are_kept_apart_may_not_do_each_others_work() -> None:
    by_role = {who: permissions_of([role]) for who, role in ROLES.items()}
    assert not by_role["aud"] & {
        Permission.OPERATE,
        Permission.APPROVE,
        Permission.INVENTORY,
        Permission.ACCOUNTS,
    }
    assert not by_role["adm"] & {
        Permission.AUDIT,
        Permission.ACCOUNTS,
        Permission.OPERATE,
        Permission.APPROVE,
    }
    assert not by_role["sec"] & {
        Permission.AUDIT,
        Permission.INVENTORY,
        Permission.OPERATE,
        Permission.APPROVE,
    }
