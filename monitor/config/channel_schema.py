"""What a channel of alerts.yaml may say, by its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import StringConstraints

from monitor.config.alerting_written import WEB, Limit, Many, Text, Web
from monitor.config.written import (
    BROKER,
    CREDENTIAL,
    FileName,
    Label,
    Section,
    Span,
    Whole,
    _broker,
    _number,
    _reads,
    _said,
    _span,
)
from monitor.model.said import Said

_CERTIFICATES: Final = Said("应为证书文件", "a file with certificates is needed")


class ChannelSection(Section):
    type: str = _said(..., Said("应为渠道类型", "the type of a channel is needed"))
    credential: Label | None = _said(None, CREDENTIAL)
    limit: Limit | None = _said(
        None,
        Said(
            "应为一段时间内的条数，如 20/1m",
            "so many messages within a span of time are allowed to be said, such as 20/1m",
        ),
    )


class RobotSection(ChannelSection):
    url: Web | None = _said(
        None,
        Said(
            "应为平台自己的 URL，如 https://oapi.dingtalk.com",
            "the platform's own URL is needed, such as https://oapi.dingtalk.com",
        ),
    )
    proxy: Web | None = _said(None, WEB)


class WebhookSection(ChannelSection):
    url: Web | None = _said(None, WEB)
    proxy: Web | None = _said(None, WEB)


class AlertmanagerSection(ChannelSection):
    url: Many[Web] = _said(
        ...,
        Said(
            "应为一个或多个 URL，如 http://127.0.0.1:9093",
            "a URL or a list of them is needed, such as http://127.0.0.1:9093",
        ),
        min_length=1,
    )
    proxy: Web | None = _said(None, WEB)


class MailSection(ChannelSection):
    host: Label = _said(..., Said("应为邮件服务器名", "the name of a mail server is needed"))
    port: Whole | None = _number(None, 1, 65535)
    security: Literal["starttls", "tls", "none"] = _said(
        "starttls", Said("应为 starttls、tls 或 none", "starttls, tls or none is allowed")
    )
    sender: Label = _said(
        ..., Said("应为发件地址", "the address that mails come from is needed"), alias="from"
    )
    to: Many[Label] = _said([], Said("应为邮件地址列表", "a list of mail addresses is needed"))
    authority: FileName | None = _said(None, _CERTIFICATES)


class SmsSection(ChannelSection):
    url: Web | None = _said(None, WEB)
    template: Text = _said(
        "",
        Said(
            "应为请求内容，其中含 {phone} 和 {text}",
            "the body of the request is needed, with {phone} and {text} in it",
        ),
    )
    method: Literal["post", "get", "put"] = _said(
        "post", Said("应为 post、get 或 put", "post, get or put is allowed")
    )
    content_type: Label | None = _said(
        None, Said("应为内容类型，如 application/json", "a content type is needed, such as application/json")
    )
    success: Text = _said(
        "",
        Said(
            "应为发送成功时应答中出现的文字（正则）", "a pattern that the answer of success shows is needed"
        ),
    )
    refused: Text = _said(
        "",
        Said(
            "应为重试无益时应答中出现的文字（正则）",
            "a pattern that the answer shows when another try is in vain is needed",
        ),
    )
    length: Whole | None = _number(None, 20, 10_000)
    to: Many[Label] = _said([], Said("应为电话号码列表", "a list of phone numbers is needed"))
    proxy: Web | None = _said(None, WEB)


class MqttChannelSection(ChannelSection):
    url: Annotated[str, _reads(_broker)] = _said(..., BROKER)
    topic: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^+#\x00]+$")] = _said(
        ...,
        Said(
            "应为不含 + 和 # 的主题，如 quanshi/alerts",
            "a topic without + and # is needed, such as quanshi/alerts",
        ),
    )
    authority: FileName | None = _said(None, _CERTIFICATES)


class CommandSection(ChannelSection):
    command: Many[Text] = _said(
        ...,
        Said(
            '应为列表，如 [/usr/local/bin/page, "{title}"]',
            'a list is needed, such as [/usr/local/bin/page, "{title}"]',
        ),
        min_length=1,
    )
    within: Span = _span(20.0, 0.1, 300)


class AppriseSection(ChannelSection):
    """Its URL holds tokens: it stands in the credentials."""


CHANNELS: Final[Mapping[str, type[ChannelSection]]] = {
    "dingtalk": RobotSection,
    "wecom": RobotSection,
    "feishu": RobotSection,
    "webhook": WebhookSection,
    "alertmanager": AlertmanagerSection,
    "mail": MailSection,
    "sms": SmsSection,
    "mqtt": MqttChannelSection,
    "command": CommandSection,
    "apprise": AppriseSection,
}
