"""What the cells of one row must agree on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from monitor.config.probes import PROTOCOLS, Profiles
from monitor.model.nodes import Address, Kind, ProbeSpec
from monitor.model.said import NOTHING, Said

Found = tuple[str, str, Said, Said]
"""Column, value, what is allowed, hint."""

_NO_CLASS: Final = Said("只有摄像机是点位，才有类别", "only cameras are points and have a class")
_LEAVE_EMPTY: Final = Said("此格留空", "leave it empty")
_ONE_CONNECTION: Final = Said("一台设备同时只能有一个连接", "a device gets one connection at a time")
_NO_PORT: Final = Said("此处或地址中须写端口", "a port is needed here or at the address")
_PORT_UNUSED: Final = Said(
    "写了端口，但该节点的探测方式都不用端口", "has a port, and no probe of this node uses one"
)
_ONLY_ONE: Final = Said("只写其中一个", "write only one of them")
_SWAPPED: Final = Said("经纬度是否写反？", "swapped?")


def check_row(values: dict[str, Any], profiles: Profiles) -> Iterator[Found]:
    """What is wrong between the cells of a row.

    ``values`` are by the names of Node's fields: empty cells left out, None where one could not be read
    (and is a mistake already). One address for several networks is written out to one for each.
    """
    if values.get("networks") and values.get("addresses"):
        yield from _addresses(values)
    if values.get("addresses") and values.get("probes"):
        yield from _ports(values["addresses"], values["probes"], profiles)
    if values.get("point_class") and values.get("kind") not in (None, Kind.CAMERA):
        yield (
            "class",
            str(values["point_class"]),
            _NO_CLASS,
            _LEAVE_EMPTY,
        )
    if "lon" in values or "lat" in values:
        yield from _place(values)
    commissioned, retired = values.get("commissioned"), values.get("retired")
    if commissioned and retired and retired < commissioned:
        said = Said(f"不得早于启用日期 {commissioned}", f"must not be before commissioned, {commissioned}")
        yield "retired", str(retired), said, NOTHING


def _addresses(values: dict[str, Any]) -> Iterator[Found]:
    networks, addresses = values["networks"], values["addresses"]
    if len(addresses) == 1:
        values["addresses"] = addresses * len(networks)
    elif len(addresses) != len(networks):
        written, names = ";".join(map(str, addresses)), ";".join(networks)
        allowed = Said(
            f"应为一个地址，或每个网络各一个：{names}",
            f"one address, or one for each network is needed: {names}",
        )
        yield "address", written, allowed, NOTHING


def _ports(addresses: Sequence[Address], probes: Sequence[ProbeSpec], profiles: Profiles) -> Iterator[Found]:
    """A port must belong to one probe without doubt, and every probe that connects must have one."""
    connecting = [spec for spec in probes if PROTOCOLS[spec.protocol].connects]
    ported = [address for address in addresses if address.port is not None]
    if ported:
        yield from _address_port(ported, connecting, profiles)
    for spec in connecting:
        if spec.port is None and len(ported) < len(addresses):
            yield "probes", spec.name, _NO_PORT, Said(f"如 {spec.name}:8000", f"such as {spec.name}:8000")
        if spec.hold and len(connecting) > 1:
            others = Said.listed(other.name for other in connecting if other is not spec)
            allowed = Said(
                f"它保持连接，须是唯一建立连接的探测方式，另有：{others.zh}",
                f"it holds its connection and must be the only probe that connects, beside it: {others.en}",
            )
            yield "probes", spec.name, allowed, _ONE_CONNECTION


def _address_port(
    ported: Sequence[Address], connecting: Sequence[ProbeSpec], profiles: Profiles
) -> Iterator[Found]:
    address = ported[0]
    if not connecting:
        yield "address", str(address), _PORT_UNUSED, NOTHING
        return
    if len(connecting) > 1:
        names, example = Said.listed(spec.name for spec in connecting), f"{connecting[0].name}:{address.port}"
        allowed = Said(
            f"端口属于哪个探测方式（{names.zh}）？", f"to which probe does the port belong ({names.en})?"
        )
        hint = Said(f"写在探测方式上：{example}", f"write it at the probe: {example}")
        yield "address", str(address), allowed, hint
        return
    spec = connecting[0]
    usual = profiles.by_name[spec.name].port
    clash = next((other for other in ported if spec.port not in (usual, other.port)), None)
    if clash is not None:
        allowed = Said(
            f"探测方式 {spec.name} 写的是另一个端口 {spec.port}",
            f"the probe {spec.name} has another port, {spec.port}",
        )
        yield "address", str(clash), allowed, _ONLY_ONE


def _place(values: Mapping[str, Any]) -> Iterator[Found]:
    if "lon" not in values or "lat" not in values:
        missing, other = ("lon", "lat") if "lat" in values else ("lat", "lon")
        yield missing, "", Said(f"写了 {other} 就要写它", f"is needed beside {other}"), NOTHING
        return
    lon, lat = values["lon"], values["lat"]
    if lon is None or lat is None:
        return
    if 73 <= lat <= 135 and 3 <= lon <= 54:
        allowed = Said(
            f"在中国只可能是经度，而 lon 为 {lon:g}",
            f"lies in China only as a longitude, and lon is {lon:g}",
        )
        yield "lat", f"{lat:g}", allowed, _SWAPPED
    elif not -90 <= lat <= 90:
        yield "lat", f"{lat:g}", _degrees(90), NOTHING
    elif not -180 <= lon <= 180:
        yield "lon", f"{lon:g}", _degrees(180), NOTHING


def _degrees(most: int) -> Said:
    return Said(f"应为 -{most} 至 {most} 度", f"from -{most} to {most} degrees are allowed")
