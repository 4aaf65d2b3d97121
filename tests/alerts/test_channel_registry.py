"""From settings to channels that work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from delivery_kit import T0, message
from receivers import SECRET, TOKEN, Anything, DingTalkDouble, FeishuDouble, WeComDouble, listening
from servers import Certificates, make_certificates
from smtp_server import smtp_server

from alerts.channels.base import Channel, Reminding, TemporaryError
from alerts.channels.registry import make_channel, make_channels
from monitor.config.alerting import (
    AlertmanagerSettings,
    AppriseSettings,
    ChannelSettings,
    CommandSettings,
    MailSettings,
    MqttChannelSettings,
    RobotSettings,
    SmsSettings,
    WebhookSettings,
)
from monitor.config.settings import Credential
from monitor.model.times import wall_clock

ROBOT = Credential(token=TOKEN, secret=SECRET)
EACH = [
    RobotSettings("a", ROBOT, type="dingtalk"),
    RobotSettings("b", ROBOT, type="wecom"),
    RobotSettings("c", ROBOT, type="feishu"),
    WebhookSettings("d", url="http://127.0.0.1:1/"),
    AlertmanagerSettings("e", urls=("http://127.0.0.1:1",)),
    MailSettings("f", host="127.0.0.1", sender="quanshi@city.example"),
    SmsSettings("g", url="http://127.0.0.1:1/", template="{phone}"),
    MqttChannelSettings("h", url="mqtt://127.0.0.1:1", topic="alerts"),
    CommandSettings("i", command=("true",)),
    AppriseSettings("j", Credential(url="json://127.0.0.1:1")),
]


@pytest.mark.parametrize("settings", EACH, ids=lambda each: type(each).__name__)
async def test_every_kind_of_settings_makes_a_channel(settings: ChannelSettings) -> None:
    channel = make_channel(settings)
    assert channel.name == settings.name
    assert type(channel).__name__ != "Unusable"
    assert isinstance(channel, Reminding) == isinstance(settings, AlertmanagerSettings)
    assert make_channel(replace(settings, limit=(3, 60.0))).limit == (3, 60.0)
    await channel.close()


def test_without_a_limit_that_of_the_platform_counts() -> None:
    limits = [make_channel(each).limit for each in EACH[:4]]
    assert limits == [(20, 60.0), (20, 60.0), (5, 3.0), None]


DOUBLES: list[Any] = [
    ("dingtalk", DingTalkDouble, "/robot/send?access_token="),
    ("wecom", WeComDouble, "/cgi-bin/webhook/send?key="),
    ("feishu", FeishuDouble, "/open-apis/bot/v2/hook/"),
]


@pytest.mark.parametrize(("kind", "double", "path"), DOUBLES)
async def test_a_robot_is_named_by_its_token_or_by_the_url_that_its_platform_shows(
    kind: str, double: Any, path: str
) -> None:
    receiver = double(wall_clock)
    async with listening(receiver.take) as base:
        whole = Credential(url=f"{base}{path}{TOKEN}", secret=SECRET)
        for settings in (
            RobotSettings("r", ROBOT, type=kind, base=base),
            RobotSettings("r", whole, type=kind),
        ):
            await said(make_channel(settings))
    assert len(receiver.got) == 2


async def said(channel: Channel) -> None:
    try:
        await channel.send(message(), ())
    finally:
        await channel.close()


async def test_a_relay_may_stand_in_between() -> None:
    receiver = Anything(lambda: T0)
    async with listening(receiver.take) as proxy:
        settings = WebhookSettings("hook", url="http://receiver.invalid/alert", proxy=proxy)
        await said(make_channel(settings))
    assert receiver.headers[0]["Host"] == "receiver.invalid"


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path / "tls")


async def test_mail_trusts_the_authority_that_the_site_names(certificates: Certificates) -> None:
    with smtp_server("tls", certificates) as box:
        settings = MailSettings("mail", host="127.0.0.1", sender="a@b.example", port=box.port)
        settings = replace(settings, security="tls", to=("li@city.example",))
        with pytest.raises(TemporaryError, match="certificate"):
            await said(make_channel(settings))
        await said(make_channel(replace(settings, authority=certificates.ca)))
    assert len(box.got) == 1


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (
            MailSettings("x", host="h", authority=Path("/nowhere/ca.pem")),
            "its authority: No such file",
        ),
        (RobotSettings("x", Credential(url="http://h:geheim/x")), "a URL of it is none"),
        (
            SmsSettings("x", url="http://h", success="("),
            "a pattern that is none: missing )",
        ),
    ],
)
async def test_what_cannot_be_made_says_why_when_it_is_used(settings: ChannelSettings, why: str) -> None:
    channel = make_channel(settings)
    with pytest.raises(TemporaryError, match="not to be used") as caught:
        await channel.send(message(), ())
    await channel.close()
    assert str(caught.value).startswith(f"not to be used: {why}")
    assert "geheim" not in str(caught.value)
    assert not caught.value.sent


def test_after_a_reload_what_has_not_changed_is_the_same_object() -> None:
    before = make_channels(EACH[:2])
    changed = replace(EACH[1], login=Credential(token="another"))
    after = make_channels([EACH[0], changed], before)
    assert after[EACH[0]] is before[EACH[0]]
    assert after[changed] is not before[EACH[1]]
