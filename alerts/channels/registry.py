"""From settings to channels: the one place that knows them all.

Each is loaded only where it is used: the role must stay small.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

from yarl import URL

from alerts.channels.base import Channel, MissingError, TemporaryError
from alerts.model import Message
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


class Unusable:
    """In the place of a channel that cannot be made: its messages wait, and everybody can see why."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.limit = None
        self._why = why

    async def send(self, message: Message, to: tuple[str, ...]) -> None:
        del message, to
        raise TemporaryError(self._why, sent=False)

    async def close(self) -> None:
        """Nothing is open."""


def make_channels(
    settings: Iterable[ChannelSettings], before: Mapping[ChannelSettings, Channel] | None = None
) -> dict[ChannelSettings, Channel]:
    """A channel for each of these settings; that of ``before`` where nothing has changed."""
    known = before or {}
    return {each: known.get(each) or make_channel(each) for each in settings}


def make_channel(settings: ChannelSettings) -> Channel:
    """The channel; one that says what is wrong when it cannot be made."""
    try:
        return _MAKERS[type(settings)](settings)
    except MissingError as error:
        why = str(error)
    except re.error as error:
        why = f"a pattern that is none: {error}"
    except OSError as error:
        why = f"its authority: {error.strerror or 'no certificates in the file'}"
    except ValueError:
        why = "a URL of it is none"  # which may hold a token: nothing of it is said
    return Unusable(settings.name, f"not to be used: {why}")


def _robot(settings: RobotSettings) -> Channel:
    login = settings.login or Credential()
    token, base = _place(settings.type, login)
    options = _limited(settings) | {"proxy": settings.proxy}
    if settings.base or base:
        options["base"] = settings.base or base
    if settings.type == "wecom":
        from alerts.channels.wecom import WeCom

        return WeCom(settings.name, token, **options)
    if settings.type == "feishu":
        from alerts.channels.feishu import Feishu

        return Feishu(settings.name, token, login.secret, **options)
    from alerts.channels.dingtalk import DingTalk

    return DingTalk(settings.name, token, login.secret, **options)


def _place(kind: str, login: Credential) -> tuple[str, str]:
    """The token, and the host where the credential holds the whole URL that the platform shows."""
    if login.token or not login.url:
        return login.token, ""
    url = URL(login.url)
    found = {"dingtalk": url.query.get("access_token"), "wecom": url.query.get("key")}
    return found.get(kind, url.name) or "", str(url.origin())


def _webhook(settings: WebhookSettings) -> Channel:
    from alerts.channels.webhook import Webhook

    login = settings.login or Credential()
    return Webhook(
        *(settings.name, settings.url or login.url),
        token=login.token,
        user=login.user,
        password=login.password,
        proxy=settings.proxy,
        limit=settings.limit,
    )


def _alertmanager(settings: AlertmanagerSettings) -> Channel:
    from alerts.channels.alertmanager import Alertmanager

    login = settings.login or Credential()
    return Alertmanager(
        *(settings.name, settings.urls),
        token=login.token,
        user=login.user,
        password=login.password,
        proxy=settings.proxy,
        limit=settings.limit,
    )


def _mail(settings: MailSettings) -> Channel:
    from alerts.channels.mail import Mail, Security

    login = settings.login or Credential()
    return Mail(
        *(settings.name, settings.host, settings.sender),
        to=settings.to,
        port=settings.port,
        security=cast("Security", settings.security),
        user=login.user,
        password=login.password,
        trust=_trust(settings.authority),
        limit=settings.limit,
    )


def _sms(settings: SmsSettings) -> Channel:
    from alerts.channels.sms import Sms

    login = settings.login or Credential()
    options: dict[str, Any] = {"content_type": settings.content_type, "length": settings.length}
    return Sms(
        *(settings.name, settings.url or login.url, settings.template),
        method=settings.method,
        success=settings.success,
        refused=settings.refused,
        user=login.user,
        password=login.password or login.token,
        to=settings.to,
        limit=settings.limit,
        proxy=settings.proxy,
        **{name: value for name, value in options.items() if value is not None},
    )


def _mqtt(settings: MqttChannelSettings) -> Channel:
    from alerts.channels.mqtt import Mqtt

    login = settings.login or Credential()
    return Mqtt(
        *(settings.name, settings.url, settings.topic),
        user=login.user,
        password=login.password,
        trust=_trust(settings.authority),
        limit=settings.limit,
    )


def _command(settings: CommandSettings) -> Channel:
    from alerts.channels.command import Command

    return Command(settings.name, settings.command, within=settings.within, limit=settings.limit)


def _apprise(settings: AppriseSettings) -> Channel:
    from alerts.channels.apprise import Apprise

    login = settings.login or Credential()
    urls = settings.urls or ((login.url,) if login.url else ())
    return Apprise(settings.name, urls, limit=settings.limit)


def _limited(settings: ChannelSettings) -> dict[str, Any]:
    """Without a limit of its own, that of its type counts."""
    return {} if settings.limit is None else {"limit": settings.limit}


def _trust(authority: Path | None) -> ssl.SSLContext | None:
    """Beside what the system trusts, the certificates in this file. Raises OSError."""
    if authority is None:
        return None
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=authority)
    return context


_MAKERS: Final[Mapping[type[ChannelSettings], Callable[[Any], Channel]]] = {
    RobotSettings: _robot,
    WebhookSettings: _webhook,
    AlertmanagerSettings: _alertmanager,
    MailSettings: _mail,
    SmsSettings: _sms,
    MqttChannelSettings: _mqtt,
    CommandSettings: _command,
    AppriseSettings: _apprise,
}
