"""The kinds of fields in the files that people write, and how each is read and described.

The description of each field is what a mistake there prints, and the only place where it is said.
Every value arrives as the text that was written (see ``yamlfile``) and is read by its own field.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import PurePath
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.fields import FieldInfo

from monitor.config.addresses import parse_address
from monitor.model.nodes import Address
from monitor.model.observations import Cause, Weight
from monitor.model.said import NOTHING, Said
from monitor.model.times import format_span, parse_span

SOFTENABLE: Final = tuple(cause for cause in Cause if cause.weight in (Weight.SOFT, Weight.HARD))
"""Causes that may be said to only degrade: no good news, and nothing that means we did not see."""

_CHINESE: Final = "zh"
_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_SHARE: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%", re.ASCII)
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def _reads(parse: Callable[[str], Any]) -> BeforeValidator:
    """Reads a single value from the text that was written. ``parse`` raises ValueError."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("not a single value")  # noqa: TRY004 - pydantic wants ValueError
        return parse(value)

    return BeforeValidator(read)


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def _share(text: str) -> float:
    """``98%`` as 0.98. The sign is required: ``98`` and ``0.98`` leave room for doubt."""
    match = _SHARE.fullmatch(text)
    if match is None or not 0 < float(match[1]) <= 100:
        raise ValueError("not a share")
    # By way of decimals: a rate of exactly 98.7 % must reach a target of 98.7 %.
    return float(Decimal(match[1]).scaleb(-2))


def _clock(text: str) -> int:
    """``09:00`` as minutes after midnight."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError("not a time of day")
    return 60 * int(match[1]) + int(match[2])


def _in_order(moments: list[int]) -> list[int]:
    if len(set(moments)) < len(moments):
        raise ValueError("the same stands here twice")
    return sorted(moments)


def _flag(text: str) -> bool:
    if text.casefold() not in _FLAGS:
        raise ValueError("neither true nor false")
    return _FLAGS[text.casefold()]


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as error:  # OSError: "Asia" is a folder of the database
        raise ValueError("not a time zone") from error
    return text


def _listen(text: str) -> Address:
    """Any own address may be listened on, 0.0.0.0 too, and port 0 asks the system for a free one."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535 or not host:
        raise ValueError("not host:port")
    if host in ("0.0.0.0", "[::]"):
        return Address(host.strip("[]"), int(port))
    return Address(parse_address(host).host, int(port))


def _url(*schemes: str) -> Callable[[str], str]:
    """A check for URLs of these schemes that name a host (or a path, where the scheme is local)."""

    def check(text: str) -> str:
        parts = urlsplit(text)
        local = parts.scheme in ("unix", "sqlite", "sqlite+aiosqlite")
        if parts.scheme not in schemes or not (parts.path if local else parts.hostname):
            raise ValueError("not such a URL")
        if not local:
            parse_address(parts.hostname or "")  # a host that cannot be must not wait for its first look-up
        if parts.port == 0:  # reading it raises ValueError for all else that is no port
            raise ValueError("not a port")
        return text

    return check


def _redis(text: str) -> str:
    return text if text == "embedded" else _url("redis", "rediss", "unix")(text)


def _ledger(text: str) -> str:
    if text == "sqlite":
        return text
    parts = urlsplit(text)
    if parts.scheme == "postgresql":
        return _postgres(text)
    return _url("sqlite+aiosqlite")(text)


def _postgres(text: str) -> str:
    """With a database, and a host unless ``?host=`` names the folder of a socket."""
    parts = urlsplit(text)
    by_socket = "host" in parse_qs(parts.query)
    if not parts.path.strip("/") or not (parts.hostname or by_socket) or parts.port == 0:
        raise ValueError("not such a URL")
    return text


def _not_yet(_: object) -> None:
    """A key that the design knows and nothing reads yet: silence would be taken for consent."""
    raise ValueError("not there yet")


def _broker(text: str) -> str:
    """A URL without a login: that one belongs into the credentials."""
    if "@" in text:
        raise ValueError("holds a login")
    return _url("mqtt", "mqtts")(text)


def _topic(text: str) -> str:
    levels = text.split("/")
    wild = [level for level in levels if "+" in level or "#" in level]
    if any(level not in ("+", "#") for level in wild) or "#" in levels[:-1] or not text.isprintable():
        raise ValueError("not a topic pattern")
    return text


def _softenable(cause: Cause) -> Cause:
    if cause not in SOFTENABLE:
        raise ValueError("cannot be softened")
    return cause


def _file_name(text: str) -> str:
    if not text.isprintable() or not PurePath(text).name:
        raise ValueError("not a file name")
    return text


Whole = Annotated[int, _reads(_whole)]
Span = Annotated[float, _reads(parse_span)]
Clock = Annotated[int, _reads(_clock)]
Share = Annotated[float, _reads(_share)]
Flag = Annotated[bool, _reads(_flag)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
FileName = Annotated[str, _reads(_file_name)]
Topic = Annotated[str, _reads(_topic), StringConstraints(min_length=1, max_length=200)]
SiteName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


NAME: Final = Said("应为名称，最多 100 个字符", "a name of up to 100 characters is needed")
TRUTH: Final = Said("应为 true 或 false", "true or false is allowed")
LANGUAGE: Final = Said("应为 zh 或 en", "zh or en is allowed")
CREDENTIAL: Final = Said("应为账号文件中的名字", "the name of an entry in the credentials file is needed")
BROKER: Final = Said(
    "应为不含账号口令的 URL，如 mqtt://127.0.0.1:1883 或 mqtts://broker",
    "a URL without a login is needed, such as mqtt://127.0.0.1:1883 or mqtts://broker",
)


def _keys(*names: str) -> Said:
    some = Said.listed(names)
    return Said(f"应有键：{some.zh}", f"keys are needed: {some.en}")


def _percent(example: str) -> Said:
    return Said(
        f"应为大于 0%、至多 100% 的比例，如 {example}",
        f"a share above 0% and up to 100% is allowed, such as {example}",
    )


def _said(default: Any, allowed: Said, **bounds: Any) -> Any:
    """A field and what a mistake there says. ``default`` ``...``: it must be written."""
    return Field(default, description=allowed.en, json_schema_extra={_CHINESE: allowed.zh}, **bounds)


def allowed_of(field: FieldInfo) -> Said:
    """What a mistake in this field says; nothing where whatever stands there is read elsewhere."""
    extra = field.json_schema_extra
    return Said(str(extra[_CHINESE]), field.description or "") if isinstance(extra, dict) else NOTHING


def _number(default: Any, least: int, most: int) -> Any:
    allowed = Said(f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most} is allowed")
    return _said(default, allowed, ge=least, le=most)


def _span(default: Any, least: float, most: float) -> Any:
    first, last = format_span(least), format_span(most)
    allowed = Said(
        f"应为 {first} 至 {last} 的时长，如 30s 或 5m",
        f"a span of time from {first} to {last} is allowed, such as 30s or 5m",
    )
    return _said(default, allowed, ge=least, le=most)


def _file(default: str) -> Any:
    allowed = Said(
        "应为文件名，从本文件所在目录算起",
        "the name of a file is needed, seen from the folder of this one",
    )
    return _said(default, allowed)


def _or_empty(value: Any) -> Any:
    """A key with nothing behind it is an empty section."""
    return {} if value is None else value


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _may_be_empty(cls, data: Any) -> Any:
        return _or_empty(data)
