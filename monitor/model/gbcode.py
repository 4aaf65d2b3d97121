"""The 20-digit device code of GB/T 28181-2022, annex E.

``centre 8 + industry 2 + type 3 + network 1 + serial 6``; the first six digits of the centre are the
administrative division (GB/T 2260), the next two the grass-roots unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from monitor.model.said import Said, SaidError

TYPES: Final = {
    111: "DVR", 112: "video server", 113: "encoder", 114: "decoder", 115: "video matrix",
    116: "audio matrix", 117: "alarm controller", 118: "NVR", 120: "online image collector",
    121: "checkpoint", 122: "multi-sensor device", 123: "car-park gate", 124: "person gate",
    125: "security check", 130: "HVR", 131: "camera", 132: "IP camera", 133: "display",
    134: "alarm input", 135: "alarm output", 136: "voice input", 137: "voice output",
    138: "mobile transmission", 139: "other peripheral", 140: "relay alarm output", 141: "barrier",
    142: "smart door", 143: "credential reader", 200: "signalling server", 201: "web server",
    202: "media server", 203: "proxy server", 204: "security server", 205: "alarm server",
    206: "database server", 207: "GIS server", 208: "management server", 209: "access gateway",
    210: "media storage", 211: "signalling security gateway", 215: "business group",
    216: "virtual organisation", 300: "centre user", 400: "terminal user",
    500: "application platform", 501: "operations platform", 502: "analysis system",
    503: "image library", 505: "analysis device",
}  # fmt: skip

NETWORKS: Final = {
    0: "police video network", 1: "police video network", 2: "industry network",
    3: "political and legal network", 4: "police mobile network", 5: "police intranet",
    6: "e-government extranet", 7: "internet", 8: "dedicated line", 9: "reserved",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GBCode:
    """A parsed code. ``network`` 0 and 1 are the private video network, 5 the police intranet."""

    text: str
    region: str
    unit: str
    industry: int
    type: int
    network: int
    serial: int

    @property
    def type_name(self) -> str:
        """English name of the type, or ``extension`` for 600–999 and ``reserved`` for the gaps."""
        if self.type >= 600:
            return "extension"
        return TYPES.get(self.type, "reserved")

    @property
    def network_name(self) -> str:
        return NETWORKS[self.network]

    @property
    def is_camera(self) -> bool:
        return self.type in (131, 132)

    @property
    def is_platform(self) -> bool:
        return 200 <= self.type <= 299 or self.type in (500, 501)

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> GBCode:
    """The parts of a code. Raises SaidError that says which part is wrong and what is allowed."""
    if not (text.isascii() and text.isdigit()):
        raise _no_code(text, Said("只能有数字 0-9", "only the digits 0-9 are allowed"))
    if len(text) != 20:
        raise _no_code(text, Said(f"有 {len(text)} 位，应为 20 位", f"has {len(text)} digits, 20 are needed"))
    if not 11 <= int(text[:2]) <= 82:
        start = text[:2]
        raise _no_code(
            text,
            Said(f"以 {start} 开头，省级代码为 11 至 82", f"starts with {start}, a province is 11 to 82"),
        )
    kind = int(text[10:13])
    if kind < 111:
        digits = text[10:13]
        raise _no_code(
            text,
            Said(
                f"类型 {digits}（第 11-13 位），应为 111 至 999",
                f"type {digits} (digits 11-13), allowed are 111 to 999",
            ),
        )
    return GBCode(
        text=text,
        region=text[:6],
        unit=text[6:8],
        industry=int(text[8:10]),
        type=kind,
        network=int(text[13]),
        serial=int(text[14:]),
    )


def _no_code(text: str, why: Said) -> SaidError:
    return SaidError(Said(f"国标编码 {text!r}：{why.zh}", f"GB code {text!r}: {why.en}"))


def looks_like(text: str) -> bool:
    """Whether somebody meant a GB code: 18 digits or more and nothing else."""
    return len(text) >= 18 and text.isascii() and text.isdigit()
