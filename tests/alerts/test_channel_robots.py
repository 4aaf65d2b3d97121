"""The robots of the chat platforms, against doubles that check signatures and answer as the real ones do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from delivery_kit import T0, end, message
from receivers import SECRET, TOKEN, DingTalkDouble, FeishuDouble, Receiver, WeComDouble, listening
from servers import free_port

from alerts.channels import dingtalk, feishu
from alerts.channels.base import Channel, DeliveryError, PermanentError, TemporaryError
from alerts.channels.dingtalk import DingTalk
from alerts.channels.feishu import Feishu
from alerts.channels.wecom import WeCom

DINGTALK_SIGN = "sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0="
FEISHU_SIGN = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="

Make = Callable[..., Channel]


def ding(base: str, token: str = TOKEN, secret: str = SECRET, now: int = T0) -> DingTalk:
    return DingTalk("duty", token, secret, base=base, clock=lambda: now)


def wecom(base: str, token: str = TOKEN, secret: str = "", now: int = T0) -> WeCom:
    return WeCom("duty", token, base=base)


def fei(base: str, token: str = TOKEN, secret: str = SECRET, now: int = T0) -> Feishu:
    return Feishu("duty", token, secret, base=base, clock=lambda: now)


PLATFORMS = [
    pytest.param(ding, DingTalkDouble, id="dingtalk"),
    pytest.param(wecom, WeComDouble, id="wecom"),
    pytest.param(fei, FeishuDouble, id="feishu"),
]


@asynccontextmanager
async def talking(
    make: Make, double: type[Receiver], *answers: Any, **options: Any
) -> AsyncIterator[tuple[Channel, Receiver]]:
    receiver = double(lambda: T0, list(answers))
    async with listening(receiver.take) as base:
        channel = make(base, **options)
        try:
            yield channel, receiver
        finally:
            await channel.close()


async def failure(channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(message(), ())
    assert TOKEN not in str(caught.value)
    assert SECRET not in str(caught.value)
    return caught.value


def test_the_signatures_are_those_of_the_documents() -> None:
    # Worked out by `openssl dgst -sha256 -hmac`, not by this code.
    assert dingtalk.sign(1_700_000_000_000, "this is secret") == DINGTALK_SIGN
    assert feishu.sign(1_599_360_473, "demo") == FEISHU_SIGN


@pytest.mark.parametrize(("make", "double"), PLATFORMS)
async def test_a_message_arrives_with_its_words(make: Make, double: type[Receiver]) -> None:
    async with talking(make, double) as (channel, receiver):
        await channel.send(message(), ())
        await channel.send(end(), ())
    texts = [(said.get("text") or said["content"]) for said in receiver.got]
    words = [text.get("content") or text["text"] for text in texts]
    assert words == [message().text, end().text]


async def test_people_are_called_by_name() -> None:
    async with talking(ding, DingTalkDouble) as (channel, receiver):
        await channel.send(message(), ("13800000001",))
    assert receiver.got[0]["at"] == {"atMobiles": ["13800000001"], "isAtAll": False}
    assert receiver.got[0]["text"]["content"].endswith("\n@13800000001")
    async with talking(wecom, WeComDouble) as (channel, receiver):
        await channel.send(message(), ("13800000001",))
    assert receiver.got[0]["text"]["mentioned_mobile_list"] == ["13800000001"]
    async with talking(fei, FeishuDouble) as (channel, receiver):
        await channel.send(message(), ("ou_1",))
    assert receiver.got[0]["content"]["text"].endswith('\n<at user_id="ou_1"></at>')


@pytest.mark.parametrize(("make", "double"), PLATFORMS)
async def test_a_wrong_token_is_refused_for_good(make: Make, double: type[Receiver]) -> None:
    async with talking(make, double, token="0000wrong0000") as (channel, _):
        error = await failure(channel)
    assert isinstance(error, PermanentError)
    assert "0000wrong0000" not in str(error)


@pytest.mark.parametrize(("make", "double"), [PLATFORMS[0], PLATFORMS[2]])
async def test_a_wrong_secret_is_refused_for_good(make: Make, double: type[Receiver]) -> None:
    async with talking(make, double, secret="wrong") as (channel, _):
        assert isinstance(await failure(channel), PermanentError)


@pytest.mark.parametrize(("make", "double"), [PLATFORMS[0], PLATFORMS[2]])
async def test_a_wrong_clock_of_ours_will_be_put_right(make: Make, double: type[Receiver]) -> None:
    async with talking(make, double, now=T0 - 7_200_000) as (channel, _):
        error = await failure(channel)
    assert isinstance(error, TemporaryError)
    assert "clock" in str(error)


@pytest.mark.parametrize(
    ("make", "double", "body", "after"),
    [
        (
            ding,
            DingTalkDouble,
            {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
            60.0,
        ),
        (ding, DingTalkDouble, {"errcode": 660026, "errmsg": "发送消息太快"}, 60.0),
        (ding, DingTalkDouble, {"errcode": -1, "errmsg": "系统繁忙"}, None),
        (wecom, WeComDouble, {"errcode": 45009, "errmsg": "api freq out of limit, hint: [1]"}, 60.0),
        (wecom, WeComDouble, {"errcode": -1, "errmsg": "system busy"}, None),
        (fei, FeishuDouble, {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform]"}, 10.0),
        (fei, FeishuDouble, {"code": 9499, "msg": "too many request", "data": {}}, 10.0),
        (fei, FeishuDouble, web.json_response({"code": 11232, "msg": "rate limit"}, status=400), 10.0),
    ],
)
async def test_too_fast_is_tried_again_later(
    make: Make, double: type[Receiver], body: Any, after: float | None
) -> None:
    async with talking(make, double, body) as (channel, receiver):
        error = await failure(channel)
        assert isinstance(error, TemporaryError)
        assert (error.after, error.sent) == (after, True)
        await channel.send(message(), ())
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("make", "double", "body"),
    [
        (ding, DingTalkDouble, {"errcode": 310000, "errmsg": "keywords not in content"}),
        (ding, DingTalkDouble, {"errcode": 400102, "errmsg": "机器人已停用"}),
        (wecom, WeComDouble, {"errcode": 93000, "errmsg": "invalid webhook url"}),
        (wecom, WeComDouble, {"errcode": 40008, "errmsg": "invalid message type"}),
        (fei, FeishuDouble, {"code": 19024, "msg": "Key Words Not Found"}),
        (fei, FeishuDouble, {"code": 9499, "msg": "Bad Request", "data": {}}),
    ],
)
async def test_an_error_in_the_body_is_an_error_although_http_says_200(
    make: Make, double: type[Receiver], body: Any
) -> None:
    async with talking(make, double, body) as (channel, _):
        error = await failure(channel)
    assert isinstance(error, PermanentError)
    assert str(body.get("errcode", body.get("code"))) in str(error)


@pytest.mark.parametrize(("make", "double"), PLATFORMS)
async def test_what_is_no_answer_of_theirs_is_tried_again(make: Make, double: type[Receiver]) -> None:
    strange = [
        web.Response(status=502, text=f"<h1>Bad Gateway</h1> {TOKEN}"),
        web.Response(status=503, headers={"Retry-After": "7"}),
        web.Response(text="<html>log in to the hotel's network</html>"),
        {"hello": "world"},
        "cut",
    ]
    async with talking(make, double, *strange) as (channel, _):
        errors = [await failure(channel) for _ in strange]
    assert all(isinstance(error, TemporaryError) for error in errors)
    assert [error.after for error in errors if isinstance(error, TemporaryError)] == [None, 7.0, *[None] * 3]


@pytest.mark.parametrize(("make", "double"), PLATFORMS)
async def test_redirects_are_not_followed(make: Make, double: type[Receiver]) -> None:
    moved = web.Response(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    async with talking(make, double, moved) as (channel, _):
        assert isinstance(await failure(channel), PermanentError)


@pytest.mark.parametrize(("make", "double"), PLATFORMS)
async def test_left_while_nothing_is_answered_it_leaves_nothing_open(
    make: Make, double: type[Receiver]
) -> None:
    async with talking(make, double, "hang") as (channel, receiver):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await channel.send(message(), ())
        await channel.send(message(), ())
        assert len(receiver.got) == 1


@pytest.mark.parametrize(("make", "double"), PLATFORMS)
async def test_where_nobody_listens_nothing_was_sent(make: Make, double: type[Receiver]) -> None:
    channel = make(f"http://127.0.0.1:{free_port()}")
    error = await failure(channel)
    await channel.close()
    assert isinstance(error, TemporaryError)
    assert (error.sent, str(error)) == (False, "no connection: Connection refused")


async def test_a_long_text_is_cut_between_letters_and_keeps_its_link() -> None:
    long = replace(message(), text="断" * 3000 + "\n详情 https://quanshi.example/o/7f3a")
    async with talking(wecom, WeComDouble) as (channel, receiver):
        await channel.send(long, ())
    content = receiver.got[0]["text"]["content"]
    assert len(content.encode()) <= 2048
    assert content.endswith("断…\n详情 https://quanshi.example/o/7f3a")


def test_no_channel_shows_its_token() -> None:
    for channel in (ding("http://h"), wecom("http://h"), fei("http://h")):
        assert TOKEN not in repr(channel)
