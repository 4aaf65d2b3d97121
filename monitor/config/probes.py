"""Probe profiles, and the cells that name them: ``ping``, ``rtsp@10s``, ``tcp:8000@1m``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from monitor.config.addresses import PORT
from monitor.config.mistakes import CellError, Mistakes, did_you_mean
from monitor.config.schema import ProfileSection
from monitor.config.yamlfile import Document, Where, dotted
from monitor.model.nodes import ProbeSpec
from monitor.model.said import NOTHING, Said
from monitor.model.times import format_span, parse_span

FORM: Final = Said(
    "写法：名字、名字:端口、名字@间隔 或 名字:端口@间隔，如 rtsp:8554@10s",
    "a probe is written name, name:port, name@interval or name:port@interval, such as rtsp:8554@10s",
)
_UNIT: Final = Said("间隔为数字加 ms、s、m、h 或 d", "an interval is a number and ms, s, m, h or d")
_INTERVAL: Final = Said("间隔应为 100ms 至 1d", "an interval is from 100ms to 1d")
_NOT_BEFORE_INTERVAL: Final = Said("不短于间隔", "be at least the interval")
_WITHIN_INTERVAL: Final = Said("短于间隔", "be shorter than the interval")
_WITHIN_TIMEOUT: Final = Said("短于 timeout", "be shorter than the timeout")
_SAY_WHICH: Final = Said("用  protocol: …  写明", "say which with  protocol: …")
_CELL: Final = re.compile(r"([^:@\s]+)(?::([0-9]{1,5}))?(?:@([^:@\s]+))?", re.ASCII)
_SHRUNK: Final = 0.8
"""How much of an interval a default timeout may take when the interval is shorter than it."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a protocol's probes are like unless somebody says otherwise. Spans in seconds."""

    every: float
    timeout: float
    slow: float | None = None
    port: int | None = None
    keys: frozenset[str] = frozenset()
    connects: bool = True


_COMMON: Final = frozenset(("protocol", "every", "timeout"))
_TCP: Final = _COMMON | {"port", "slow", "hold", "tls"}
PROTOCOLS: Final[Mapping[str, Protocol]] = {
    "ping": Protocol(5.0, 2.0, slow=1.0, keys=_COMMON | {"slow"}, connects=False),
    "tcp": Protocol(30.0, 3.0, slow=2.0, keys=_TCP),
    "rtsp": Protocol(30.0, 5.0, slow=2.0, port=554, keys=_TCP | {"path", "ask", "credential"}),
    "http": Protocol(60.0, 10.0, slow=5.0, port=80, keys=_TCP | {"path", "credential"}),
    # ``every`` is the heartbeat's own interval; three missed ones are silence.
    "mqtt": Protocol(30.0, 90.0, keys=_COMMON, connects=False),
}
_TLS_PORTS: Final = {"http": 443, "rtsp": 322}


@dataclass(frozen=True, slots=True)
class Profile:
    """A named way to ask. ``timeout`` and ``slow`` are None where only the protocol's default holds."""

    name: str
    protocol: str
    every: float
    timeout: float | None = None
    port: int | None = None
    slow: float | None = None
    path: str = "/"
    ask: str = "options"
    tls: bool = False
    hold: bool = False
    credential: str | None = None

    def spec(self, port: int | None = None, every: float | None = None) -> ProbeSpec:
        """The complete probe, with what a cell overrides. Raises CellError."""
        if port is not None and not PROTOCOLS[self.protocol].connects:
            said = Said(f"{self.protocol} 没有端口", f"{self.protocol} has no port")
            raise CellError(f"{self.name}:{port}", said)
        every = self.every if every is None else every
        timeout = self._timeout(every)
        return ProbeSpec(
            name=self.name,
            protocol=self.protocol,
            every=every,
            timeout=timeout,
            port=self.port if port is None else port,
            slow=self._slow(timeout),
            path=self.path,
            ask=self.ask,
            tls=self.tls,
            hold=self.hold,
            credential=self.credential,
        )

    def _timeout(self, every: float) -> float:
        """A poll must be answered before the next one; a heartbeat may be late, but not be due twice."""
        default = PROTOCOLS[self.protocol].timeout
        if self.protocol == "mqtt":
            if self.timeout is not None and self.timeout < every:
                raise self._disagree("timeout", self.timeout, _NOT_BEFORE_INTERVAL, every)
            return self.timeout or every * 3
        if self.timeout is None:
            return default if default < every else round(every * _SHRUNK, 3)
        if self.timeout >= every:
            raise self._disagree("timeout", self.timeout, _WITHIN_INTERVAL, every)
        return self.timeout

    def _slow(self, timeout: float) -> float | None:
        default = PROTOCOLS[self.protocol].slow
        if self.slow is None:
            return default if default is not None and default < timeout else None
        if self.slow >= timeout:
            raise self._disagree("slow", self.slow, _WITHIN_TIMEOUT, timeout)
        return self.slow

    def _disagree(self, what: str, value: float, must: Said, other: float) -> CellError:
        span, limit = format_span(value), format_span(other)
        allowed = Said(
            f"{self.name} 的 {what} {span} 须{must.zh} {limit}",
            f"{what} {span} of {self.name} must {must.en}, {limit}",
        )
        return CellError(f"{self.name}@{limit}", allowed)


class Profiles:
    """The profiles of a site by name, the built-in ones among them."""

    def __init__(self, by_name: Mapping[str, Profile]) -> None:
        self.by_name = by_name
        # Thousands of rows hold the same few cells; one spec for all of them saves memory too.
        self._read: dict[str, ProbeSpec] = {}

    def probe(self, text: str) -> ProbeSpec:
        """The probe that ``name[:port][@every]`` asks for. Raises CellError."""
        spec = self._read.get(text)
        if spec is None:
            spec = self._read[text] = self._parse(text)
        return spec

    def _parse(self, text: str) -> ProbeSpec:
        match = _CELL.fullmatch(text)
        if match is None:
            raise CellError(text, FORM)
        name, port, every = match.groups()
        profile = self.by_name.get(name.casefold())
        if profile is None:
            names = Said.listed(self.by_name)
            said = Said(f"不是本站点的探测方式（{names.zh}）", f"not a probe of this site ({names.en})")
            raise CellError(text, said, did_you_mean(name, self.by_name))
        return profile.spec(_port(text, port), _interval(text, every))


def _port(text: str, port: str | None) -> int | None:
    if port is not None and not 1 <= int(port) <= 65535:
        raise CellError(text, PORT)
    return None if port is None else int(port)


def _interval(text: str, every: str | None) -> float | None:
    if every is None:
        return None
    try:
        seconds = parse_span(every)
    except ValueError:
        raise CellError(text, FORM, _UNIT) from None
    if not 0.1 <= seconds <= 86400:
        raise CellError(text, _INTERVAL)
    return seconds


def read_profiles(sections: Mapping[str, ProfileSection], document: Document, mistakes: Mistakes) -> Profiles:
    """The built-in profiles, changed and joined by those of the site; what is wrong is noted.

    A profile with a mistake stands as its protocol's default, so that cells which name it are not
    mistakes too.
    """
    reader = _ProfileReader(document, mistakes)
    profiles = {name: _default(name, name) for name in PROTOCOLS}
    return Profiles(profiles | {name: reader.profile(name, section) for name, section in sections.items()})


def _default(name: str, protocol: str) -> Profile:
    return Profile(name, protocol, PROTOCOLS[protocol].every, port=PROTOCOLS[protocol].port)


class _ProfileReader:
    def __init__(self, document: Document, mistakes: Mistakes) -> None:
        self._document = document
        self._mistakes = mistakes

    def profile(self, name: str, section: ProfileSection) -> Profile:
        protocol = self._protocol(name, section.protocol)
        if protocol is None:
            return _default(name, name if name in PROTOCOLS else "ping")
        given = {
            key: value for key in section.model_fields_set if (value := getattr(section, key)) is not None
        }
        allowed = PROTOCOLS[protocol].keys
        for key in sorted(given.keys() - allowed):
            some = Said.listed(sorted(allowed))
            said = Said(
                f"{protocol} 没有这个设置（{some.zh}）", f"{protocol} has no such setting ({some.en})"
            )
            self._note(("probes", name, key), "", said)
        usable = {key: value for key, value in given.items() if key in allowed - {"protocol"}}
        if usable.get("tls") and protocol in _TLS_PORTS:
            usable.setdefault("port", _TLS_PORTS[protocol])
        profile = replace(_default(name, protocol), **usable)
        try:
            profile.spec()
        except CellError as error:
            self._note(("probes", name), "", error.allowed)
            # The port is kept: else every node with such a probe would be told that it lacks one.
            return replace(_default(name, protocol), port=profile.port)
        return profile

    def _protocol(self, name: str, said: str | None) -> str | None:
        """What this profile speaks; None when a mistake was noted."""
        spoken = said or name
        where: Where = ("probes", name, "protocol") if said else ("probes", name)
        if spoken not in PROTOCOLS:
            some, hint = Said.listed(PROTOCOLS), did_you_mean(spoken, PROTOCOLS) if said else _SAY_WHICH
            allowed = Said(f"不是协议（{some.zh}）", f"not a protocol ({some.en})")
            self._note(where, said or "", allowed, hint)
            return None
        if name in PROTOCOLS and spoken != name:
            allowed = Said(
                f"名字 {name} 只能用协议 {name}，用别的协议须另取名字",
                f"the profile {name} speaks {name}; one that does not needs another name",
            )
            self._note(where, spoken, allowed)
            return None
        return spoken

    def _note(self, where: Where, value: str, allowed: Said, hint: Said = NOTHING) -> None:
        self._mistakes.add(self._document.line(where), dotted(where), value, allowed, hint)


def spec_text(spec: ProbeSpec) -> str:
    """All of a probe in one line that never changes its form: part of an inventory version."""
    parts = [str(spec), f"timeout={format_span(spec.timeout)}"]
    if spec.protocol != spec.name:
        parts.append(f"protocol={spec.protocol}")
    if spec.slow is not None:
        parts.append(f"slow={format_span(spec.slow)}")
    if spec.path != "/":
        parts.append(f"path={spec.path}")
    if spec.ask != "options":
        parts.append(f"ask={spec.ask}")
    parts += [name for name in ("tls", "hold") if getattr(spec, name)]
    if spec.credential:
        parts.append(f"credential={spec.credential}")
    return " ".join(parts)
