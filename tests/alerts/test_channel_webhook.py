"""Webhooks as Alertmanager's, and gateways for text messages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from delivery_kit import T0, end, message
from receivers import Anything, listening

from alerts.channels.base import DeliveryError, PermanentError, TemporaryError
from alerts.channels.http import seconds
from alerts.channels.sms import Sms
from alerts.channels.webhook import Webhook


class Gateway:
    """Takes anything, and remembers how it was asked."""

    def __init__(self, *answers: web.Response) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, str]] = []

    async def take(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.raw_path, (await request.read()).decode()))
        return self.answers.pop(0) if self.answers else web.Response(text='{"code":0}')


@asynccontextmanager
async def gateway(*answers: web.Response) -> AsyncIterator[tuple[str, Gateway]]:
    double = Gateway(*answers)
    async with listening(double.take) as base:
        yield base, double


async def failure(channel: Webhook | Sms, to: tuple[str, ...] = ()) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(message(), to)
    return caught.value


async def test_a_webhook_says_it_as_alertmanager_does() -> None:
    receiver = Anything(lambda: T0)
    async with listening(receiver.take) as base:
        channel = Webhook("hook", f"{base}/alert", token="geheim")
        await channel.send(message([1, 2], key="d1/夜"), ())
        await channel.send(end(1), ())
        await channel.close()
    first, last = receiver.got
    assert (first["version"], first["status"], first["receiver"]) == ("4", "firing", "hook")
    assert first["groupKey"] == '{}/{rule="outage"}'
    assert first["commonLabels"]["alertname"] == "outage"
    assert "node" not in first["commonLabels"]
    assert first["commonAnnotations"]["summary"] == "【故障】镇隆镇接入交换机 离线"
    one = first["alerts"][0]
    assert (one["status"], one["startsAt"], one["endsAt"]) == (
        "firing",
        "2026-11-23T00:00:00.000Z",
        "0001-01-01T00:00:00Z",
    )
    assert one["generatorURL"] == "https://quanshi.example/o/7f3a"
    assert one["fingerprint"] == last["alerts"][0]["fingerprint"] != first["alerts"][1]["fingerprint"]
    assert (last["status"], last["alerts"][0]["endsAt"]) == ("resolved", "2026-11-23T00:01:00.000Z")
    assert receiver.headers[0]["Authorization"] == "Bearer geheim"
    assert [each["X-Quanshi-Key"] for each in receiver.headers] == ["d1/%E5%A4%9C", "00000001/resolved"]


async def test_a_webhook_logs_in_with_a_name_where_there_is_no_token() -> None:
    receiver = Anything(lambda: T0)
    async with listening(receiver.take) as base:
        channel = Webhook("hook", base, user="li", password="geheim")
        await channel.send(message(), ())
        await channel.close()
    assert receiver.headers[0]["Authorization"] == "Basic bGk6Z2VoZWlt"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((number, TemporaryError) for number in (429, 500, 503, 522)),
        *((number, PermanentError) for number in (301, 400, 401, 404)),
    ],
)
async def test_what_a_status_means(status: int, kind: type[DeliveryError]) -> None:
    async with gateway(web.Response(status=status, text="geheim is wrong")) as (base, _):
        channel = Webhook("hook", base, token="geheim")
        error = await failure(channel)
        await channel.close()
    assert type(error) is kind
    assert str(status) in str(error)
    assert "geheim" not in str(error)


def test_retry_after_is_seconds_or_a_date() -> None:
    assert seconds("120", 0.0) == 120.0
    assert seconds("Wed, 21 Oct 2015 07:28:30 GMT", 1_445_412_480.0) == 30.0
    assert seconds("Wed, 21 Oct 2015 07:28:00 GMT", 1_445_412_490.0) == 0.0
    assert [seconds(text, 0.0) for text in (None, "", "soon", "-5", "²")] == [None] * 5


SMS = {"template": '{"mobile": "{phone}", "text": "{text}", "pw": "{password}"}', "password": 'a"b'}


def sms(base: str, **options: Any) -> Sms:
    return Sms("sms", f"{base}/send", **{**SMS, "success": r'"code":\s*0', **options})


async def test_a_text_message_goes_to_each_number_filled_into_the_template() -> None:
    async with gateway() as (base, double):
        channel = sms(base, to=("13800000001",))
        await channel.send(message(), ("13800000002", "13800000001"))
        await channel.close()
    assert [body.split(",")[0] for _, _, body in double.asked] == [
        '{"mobile": "13800000001"',
        '{"mobile": "13800000002"',
    ]
    assert r"\n影响 31 个点位" in double.asked[0][2]
    assert r'"pw": "a\"b"}' in double.asked[0][2]


async def test_a_gateway_may_be_asked_by_its_url_and_for_all_numbers_at_once() -> None:
    async with gateway() as (base, double):
        url = f"{base}/send?to={{phones}}&msg={{title}}&pw={{password}}"
        channel = Sms("sms", url, method="get", password="a&b=c d")
        await channel.send(end(), ("138", "139"))
        await channel.close()
    ((method, path, body),) = double.asked
    assert (method, body) == ("GET", "")
    assert path.startswith("/send?to=138%2C139&msg=%E3%80%90%E6%81%A2")
    assert path.endswith("&pw=a%26b%3Dc%20d")


async def test_a_form_is_filled_in_as_a_form() -> None:
    async with gateway() as (base, double):
        form = {"template": "m={phone}&c={title}", "content_type": "application/x-www-form-urlencoded"}
        channel = sms(base, **form)
        await channel.send(message(), ("138",))
        await channel.close()
    assert double.asked[0][2].startswith("m=138&c=%E3%80%90%E6%95%85%E9%9A%9C")


async def test_an_answer_that_does_not_show_success_is_tried_again_for_those_who_lack_it() -> None:
    busy = web.Response(text='{"code": 22, "msg": "1小时内同一手机号发送次数过多"}')
    async with gateway(web.Response(text='{"code":0}'), busy) as (base, double):
        channel = sms(base)
        error = await failure(channel, ("13800000001", "13800000002"))
        assert isinstance(error, TemporaryError)
        assert str(error).startswith("*******0002: the gateway says")
        await channel.send(message(), ("13800000001", "13800000002"))
        await channel.close()
    assert [body[12:23] for _, _, body in double.asked] == ["13800000001", "13800000002", "13800000002"]


async def test_a_number_that_is_refused_does_not_keep_the_others_from_it() -> None:
    refusal = web.Response(text='{"code": 7, "msg": "blacklisted"}')
    async with gateway(refusal) as (base, _):
        channel = sms(base, refused=r'"code": 7')
        remark = await channel.send(message(), ("138", "139"))
        await channel.close()
    assert remark == '138: the gateway says {"code": 7, "msg": "blacklisted"}'


async def test_when_all_are_refused_it_is_refused() -> None:
    refusal = web.Response(status=403, text='wrong a"b')
    async with gateway(refusal) as (base, _):
        channel = sms(base)
        error = await failure(channel, ("13800000001",))
        assert isinstance(await failure(channel), PermanentError)
        await channel.close()
    assert (type(error), str(error)) == (PermanentError, "*******0001: HTTP 403: wrong …")
