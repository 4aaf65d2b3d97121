"""Logging in by an OpenID provider: one that keeps to the standard, and all the ways not to."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from access_kit import DAY, HERE, HOUR, MINUTE, SECOND, T0, refused
from aiohttp import web
from joserfc.jwk import KeySet as KeySetOf
from oidc_issuer import CLIENT, REDIRECT, SECRET, Issuer, ec_key, issuer, secret_key

from monitor.access.access import Access
from monitor.access.oidc import Attempt, Person, Provider
from monitor.access.roles import Role, permissions_of
from monitor.config import OidcSettings

ROLES = {"viewer": frozenset({"staff"}), "operator": frozenset({"duty", "lead"})}


@pytest.fixture
async def there() -> AsyncIterator[Issuer]:
    async with issuer() as made:
        yield made


def settings_of(there: Issuer, **fields: Any) -> OidcSettings:
    return OidcSettings(
        **(
            {"issuer": there.url, "client": CLIENT, "secret": "sso", "claim": "groups", "roles": ROLES}
            | fields
        )
    )


@pytest.fixture
async def provider(there: Issuer) -> AsyncIterator[Provider]:
    async with Provider(settings_of(there), SECRET) as made:
        yield made


async def log_in(provider: Provider, there: Issuer, now: int = T0, **changed: str) -> Person:
    """All of it, as one browser does it; ``changed`` of what it comes back with."""
    attempt = Attempt.new()
    returned = there.authorize(await provider.begin(attempt, REDIRECT, now)) | changed
    return await provider.finish(Attempt.of(attempt.sealed()), returned, REDIRECT, now)


async def test_who_logs_in_there_is_known_here_with_his_roles(provider: Provider, there: Issuer) -> None:
    person = await log_in(provider, there)
    assert person == Person(f"{there.url} s-1", "张三", frozenset({Role.VIEWER}))


async def test_he_gets_a_session_like_anybody(provider: Provider, there: Issuer, in_file: Access) -> None:
    there.claims = {"groups": ["duty", "staff", "other"]}
    person = await log_in(provider, there)
    begun = await in_file.let_in(person.subject, person.name, person.roles, T0, HERE)
    assert begun.principal.permissions == permissions_of([Role.VIEWER, Role.OPERATOR])
    assert await in_file.by_session(begun.secret, T0) == begun.principal


async def test_what_a_browser_keeps_says_nothing_in_logs_and_is_never_the_same() -> None:
    one, two = Attempt.new(), Attempt.new()
    assert len({one.state, one.nonce, one.verifier, two.state, two.nonce, two.verifier}) == 6
    assert one.nonce not in repr(one)
    assert one.verifier not in repr(one)
    assert 43 <= len(one.verifier) <= 128  # RFC 7636 §4.1
    for text in ("", "a", "a.b", "a..c", "a.b.c.d"):
        assert Attempt.of(text) is None


@pytest.mark.parametrize(
    ("groups", "claim", "roles"),
    [
        ("staff", "groups", {Role.VIEWER}),
        (["lead"], "groups", {Role.OPERATOR}),
        (["staff", 7, None], "groups", {Role.VIEWER}),
        ({"roles": ["staff"]}, "groups.roles", {Role.VIEWER}),
        (["staff"], "https://id.example/groups", {Role.VIEWER}),
    ],
)
async def test_roles_come_from_the_claim_that_the_site_names(
    there: Issuer, groups: Any, claim: str, roles: set[Role]
) -> None:
    name = "groups" if claim.startswith("groups") else claim
    there.claims = {"groups": None, name: groups}
    async with Provider(settings_of(there, claim=claim), SECRET) as provider:
        assert (await log_in(provider, there)).roles == roles


@pytest.mark.parametrize("groups", [None, [], "others", ["Staff"], {"staff": True}, 1])
async def test_without_a_role_here_nobody_gets_in(
    provider: Provider, there: Issuer, in_file: Access, groups: Any
) -> None:
    there.claims = {"groups": groups}
    person = await log_in(provider, there)
    with refused(403):
        await in_file.let_in(person.subject, person.name, person.roles, T0, HERE)
    assert await in_file.is_empty()


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({}, "张三"),
        ({"name": None, "preferred_username": "zhang"}, "zhang"),
        ({"name": 7, "preferred_username": ""}, "s-1"),
        ({"name": "x" * 500}, "x" * 100),
    ],
)
async def test_people_are_called_what_they_are_called_there(
    provider: Provider, there: Issuer, claims: dict[str, Any], name: str
) -> None:
    there.claims = claims
    assert (await log_in(provider, there)).name == name


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"aud": [CLIENT, "another-client"]},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"exp": T0 // 1000 - 61},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"iat": T0 // 1000 + 61},
        {"iat": None},
        {"nonce": "of another login"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_this_login_is_not_believed(
    provider: Provider, there: Issuer, claims: dict[str, Any]
) -> None:
    there.claims = claims
    with refused(401):
        await log_in(provider, there)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another-client"], "azp": CLIENT},
        {"exp": T0 // 1000 - 59},
        {"iat": T0 // 1000 + 59},
    ],
    ids=str,
)
async def test_what_the_standard_allows_is_believed(
    provider: Provider, there: Issuer, claims: dict[str, Any]
) -> None:
    there.claims = claims
    assert (await log_in(provider, there)).subject.endswith(" s-1")


async def test_only_the_provider_can_sign_for_it(provider: Provider, there: Issuer) -> None:
    await log_in(provider, there)
    there.key = ec_key("one")  # of somebody else, under the name of the right one
    there.algorithm = "ES256"
    with refused(401):
        await log_in(provider, there)
    there.key, there.algorithm = secret_key(), "HS256"
    with refused(401):
        await log_in(provider, there)


@pytest.mark.filterwarnings("ignore:JWS algorithm:UserWarning", "ignore::joserfc.errors.SecurityWarning")
async def test_an_unsigned_token_is_none(provider: Provider, there: Issuer) -> None:
    there.key, there.algorithm = secret_key(), "none"
    with refused(401):
        await log_in(provider, there)


@pytest.mark.parametrize(
    "token", ["", "x", "a.b", "a.b.c", "e30.e30.e30", "é.é.é", "a.b.c.d.e", "." * 100_000]
)
async def test_what_is_no_token_is_no_login(
    provider: Provider, there: Issuer, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setattr(Issuer, "_sign", lambda _self, _wanted: token)
    with refused(401):
        await log_in(provider, there)


async def test_a_new_key_is_asked_for_once_a_minute_at_most(provider: Provider, there: Issuer) -> None:
    await log_in(provider, there)
    there.key, there.algorithm = ec_key("two"), "ES256"
    there.published = [there.key]
    with refused(401):
        await log_in(provider, there, now=T0 + 59 * SECOND)
    assert there.asked.count("keys") == 1
    await log_in(provider, there, now=T0 + 60 * SECOND)
    await log_in(provider, there, now=T0 + 4 * MINUTE)
    assert there.asked.count("keys") == 2


async def test_what_it_says_of_itself_is_read_once_an_hour(provider: Provider, there: Issuer) -> None:
    for minutes in (0, 1, 59):
        there.now = T0 + minutes * MINUTE
        await log_in(provider, there, now=there.now)
    assert (there.asked.count("discovery"), there.asked.count("keys")) == (1, 1)
    there.now = T0 + HOUR
    await log_in(provider, there, now=there.now)
    assert (there.asked.count("discovery"), there.asked.count("keys")) == (2, 2)


async def test_a_login_is_ended_only_by_the_browser_that_began_it(provider: Provider, there: Issuer) -> None:
    mine, other = Attempt.new(), Attempt.new()
    returned = there.authorize(await provider.begin(mine, REDIRECT, T0))
    for attempt in (None, other, replace(mine, state=other.state)):
        with refused(401):
            await provider.finish(attempt, returned, REDIRECT, T0)
    with refused(401):
        await provider.finish(mine, {"code": returned["code"]}, REDIRECT, T0)
    assert "token" not in there.asked  # nothing was redeemed for them
    assert (await provider.finish(mine, returned, REDIRECT, T0)).name == "张三"


async def test_a_code_is_worth_nothing_to_who_did_not_ask_for_it(provider: Provider, there: Issuer) -> None:
    mine = Attempt.new()
    returned = there.authorize(await provider.begin(mine, REDIRECT, T0))
    with refused(401):
        await provider.finish(replace(mine, verifier=Attempt.new().verifier), returned, REDIRECT, T0)
    with refused(401):  # and it was spent by that
        await provider.finish(mine, returned, REDIRECT, T0)


@pytest.mark.parametrize(
    "changed",
    [{"code": ""}, {"error": "access_denied"}, {"iss": "https://other.example"}, {"code": "guessed"}],
)
async def test_an_answer_that_is_none_is_no_login(
    provider: Provider, there: Issuer, changed: dict[str, str]
) -> None:
    with refused(401):
        await log_in(provider, there, **changed)


async def test_a_secret_goes_where_the_provider_wants_it(there: Issuer) -> None:
    for methods in (["client_secret_post"], ["client_secret_basic", "client_secret_post"]):
        there.said = {"token_endpoint_auth_methods_supported": methods}
        async with Provider(settings_of(there), SECRET) as provider:
            await log_in(provider, there)
    async with Provider(settings_of(there), "wrong") as provider:
        with refused(401):
            await log_in(provider, there)


async def test_an_authorization_endpoint_may_have_a_query_of_its_own(
    provider: Provider, there: Issuer
) -> None:
    there.said = {"authorization_endpoint": f"{there.url}/authorize?realm=city"}
    url = await provider.begin(Attempt.new(), REDIRECT, T0)
    assert url.startswith(f"{there.url}/authorize?realm=city&response_type=code&")


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": None},
        {"jwks_uri": "http://10.0.0.1/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "file:///etc/passwd"},
    ],
    ids=str,
)
async def test_a_provider_that_says_nonsense_of_itself_is_not_used(
    provider: Provider, there: Issuer, said: dict[str, Any]
) -> None:
    there.said = said
    with refused(503):
        await provider.begin(Attempt.new(), REDIRECT, T0)
    there.said = {}
    assert (await log_in(provider, there)).name == "张三"  # and asked again later


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="hello"),
        lambda: web.Response(text="[]"),
        lambda: web.Response(text="[" * 100_000),
        lambda: web.Response(body=b"\xff\xfe\xfa"),
        lambda: web.Response(status=500, text="{}"),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"}),
        lambda: web.Response(text=f'{{"issuer": "{"x" * 1_100_000}"}}'),
    ],
)
async def test_a_provider_that_answers_nonsense_is_away(
    provider: Provider, there: Issuer, answer: Any
) -> None:
    there.answer = answer
    with refused(503):
        await provider.begin(Attempt.new(), REDIRECT, T0)


async def test_a_provider_that_does_not_answer_is_away(there: Issuer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    async with Provider(settings_of(there, issuer=url), SECRET) as provider:
        with refused(503) as caught:
            await provider.begin(Attempt.new(), REDIRECT, T0)
    assert caught.refusal is not None
    assert caught.refusal.after == 5


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": "x"}, {"keys": [{"kty": "RSA"}]}, {"keys": [1]}])
async def test_keys_that_are_none_let_nobody_in(
    provider: Provider, there: Issuer, monkeypatch: pytest.MonkeyPatch, keys: Any
) -> None:
    monkeypatch.setattr(KeySetOf, "as_dict", lambda _self: keys)
    with refused(503):
        await log_in(provider, there)


async def test_no_secret_is_in_what_is_logged(there: Issuer, capsys: pytest.CaptureFixture[str]) -> None:
    there.claims = {"nonce": "another"}
    async with Provider(settings_of(there), SECRET) as provider:
        with refused(401):
            await log_in(provider, there)
        with refused(401):
            await log_in(provider, there, code="a-secret-code")
    said = "".join(capsys.readouterr())
    assert "not to be believed" in said
    assert "hush" not in said
    assert "a-secret-code" not in said


async def test_a_subject_of_one_provider_is_nobody_at_another(in_file: Access) -> None:
    async with issuer() as one, issuer() as two:
        accounts = set()
        for there in (one, two):
            async with Provider(settings_of(there), SECRET) as provider:
                person = await log_in(provider, there)
            begun = await in_file.let_in(person.subject, "zhang", person.roles, T0 + DAY, HERE)
            accounts.add(begun.principal.account)
    assert accounts == {"zhang", "zhang-2"}
