"""Whatever stands in a request's headers, byte by byte, the answer is one of ours and none is a 500."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network

import pytest
from api_kit import Desk

LOGIN = b'{"account": "op", "password": "Three kinds, 12"}'
WRONG = b'{"account": "op", "password": "no"}'


async def send(desk: Desk, method: str, path: str, *headers: bytes, body: bytes = b"") -> int:
    reader, writer = await asyncio.open_connection(desk.client.host, desk.client.port)
    own = [b"Connection: close", b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    if not any(each.startswith(b"Host:") for each in headers):
        own.append(b"Host: quanshi.example")
    writer.write(b"\r\n".join([f"{method} {path} HTTP/1.1".encode(), *own, *headers, b"", body]))
    status = int((await reader.readline()).split()[1])
    await reader.read()
    writer.close()
    await writer.wait_closed()
    return status


def believe(desk: Desk, *proxies: str) -> None:
    site = desk.context.live.site
    web = replace(site.web, proxies=tuple(map(ip_network, proxies)))
    desk.context.live.site = replace(site, web=web)


async def address(desk: Desk, *headers: bytes) -> str:
    """What the audit trail says of somebody who failed to log in with these headers."""
    assert await send(desk, "POST", "/api/v1/session", *headers, body=WRONG) == 401
    return (await desk.trail())[-1].address


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Authorization: Bearer \xff", 401),
        (b"Authorization: Bearer qs_\xe5\x85\xa8", 401),
        (b"Cookie: quanshi=\xff", 200),
        (b"Cookie: quanshi=\xff; __Host-quanshi=\xfe", 200),
        (b"Accept-Language: \xff", 200),
        (b"If-None-Match: \xff", 200),
        (b"X-Forwarded-For: \xff", 200),
        (b"X-Forwarded-Proto: \xff", 200),
        (b"X-CSRF-Token: \xff", 200),
    ],
)
async def test_bytes_that_are_no_text_are_no_fault_of_ours(desk: Desk, header: bytes, status: int) -> None:
    believe(desk, "127.0.0.0/8")
    assert await send(desk, "GET", "/api/v1/session", header) == status


@pytest.mark.parametrize("origin", [b"http://[", b"http://[abc]", b"\xff", b"null", b"http://a]b"])
async def test_an_origin_that_is_none_is_another_site(desk: Desk, origin: bytes) -> None:
    assert await send(desk, "POST", "/api/v1/session", b"Origin: " + origin, body=LOGIN) == 403


@pytest.mark.parametrize("path", ["/api/v1/nodes/%ff", "/api/v1/nodes?q=%ff%00", "/api/v1/outages/%00"])
async def test_bytes_in_a_path_are_no_fault_of_ours(desk: Desk, path: str) -> None:
    bearer = f"Authorization: Bearer {desk.tokens['op']}".encode()
    assert await send(desk, "GET", path, bearer) in (200, 400, 404)


async def test_a_host_that_is_none_makes_no_link(desk: Desk) -> None:
    bearer = f"Authorization: Bearer {desk.tokens['sec']}".encode()
    body = b'{"account": "new", "name": "N", "roles": ["viewer"]}'
    assert await send(desk, "POST", "/api/v1/accounts", bearer, b"Host: \xff", body=body) == 400


async def test_who_names_himself_a_proxy_is_believed_nothing(desk: Desk) -> None:
    assert await address(desk, b"X-Forwarded-For: 9.9.9.9") == "127.0.0.1"


@pytest.mark.parametrize(
    "headers",
    [
        [b"X-Forwarded-For: 9.9.9.9, 10.1.1.1"],
        [b"X-Forwarded-For: 9.9.9.9", b"X-Forwarded-For: 10.1.1.1"],
        [b"X-Forwarded-For: 9.9.9.9", b"X-Forwarded-For: 10.1.1.1, 10.44.0.7"],
        [b"X-Forwarded-For: ::ffff:10.1.1.1"],
    ],
)
async def test_the_last_that_is_no_proxy_of_ours_is_believed(desk: Desk, headers: list[bytes]) -> None:
    believe(desk, "127.0.0.1", "10.44.0.0/24")
    assert await address(desk, *headers) == "10.1.1.1"


async def test_what_a_proxy_says_that_is_no_address_is_not_believed(desk: Desk) -> None:
    believe(desk, "127.0.0.1")
    assert await address(desk, b"X-Forwarded-For: 10.1.1.1, unknown") == "127.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "headers", "is_secure"),
    [
        ([], [b"X-Forwarded-Proto: https"], False),
        (["127.0.0.1"], [b"X-Forwarded-Proto: https"], True),
        (["127.0.0.1"], [b"X-Forwarded-Proto: https", b"X-Forwarded-Proto: http"], False),
        (["127.0.0.1"], [], False),
    ],
)
async def test_only_a_proxy_says_that_it_was_asked_by_tls(
    desk: Desk, proxies: list[str], headers: list[bytes], is_secure: bool
) -> None:
    believe(desk, *proxies)
    reader, writer = await asyncio.open_connection(desk.client.host, desk.client.port)
    head = [
        b"POST /api/v1/session HTTP/1.1",
        b"Host: q",
        b"Connection: close",
        b"Content-Type: application/json",
    ]
    writer.write(b"\r\n".join([*head, b"Content-Length: %d" % len(LOGIN), *headers, b"", LOGIN]))
    answer = await reader.read()
    writer.close()
    assert (b"Set-Cookie: __Host-quanshi=" in answer) is is_secure
    assert (b"Set-Cookie: quanshi=" in answer) is not is_secure


async def test_a_proxy_may_ask_by_another_name(desk: Desk) -> None:
    origin = b"Origin: https://quanshi.example.local"
    assert await send(desk, "POST", "/api/v1/session", origin, body=LOGIN) == 403

    site = desk.context.live.site
    desk.context.live.site = replace(site, web=replace(site.web, url="https://quanshi.example.local"))

    assert await send(desk, "POST", "/api/v1/session", origin, body=LOGIN) == 200
