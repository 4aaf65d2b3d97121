"""What the cells of one row must agree on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.config.probes import PROTOCOLS, Profiles
from monitor.model.nodes import Address, Kind, ProbeSpec

Found = tuple[str, str, str, str]
"""Column, value, what is allowed, hint."""


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
            "only cameras are points and have a class",
            "leave it empty",
        )
    if "lon" in values or "lat" in values:
        yield from _place(values)
    commissioned, retired = values.get("commissioned"), values.get("retired")
    if commissioned and retired and retired < commissioned:
        yield "retired", str(retired), f"must not be before commissioned, {commissioned}", ""


def _addresses(values: dict[str, Any]) -> Iterator[Found]:
    networks, addresses = values["networks"], values["addresses"]
    if len(addresses) == 1:
        values["addresses"] = addresses * len(networks)
    elif len(addresses) != len(networks):
        written = ";".join(map(str, addresses))
        allowed = f"one address, or one for each network is needed: {';'.join(networks)}"
        yield "address", written, allowed, ""


def _ports(addresses: Sequence[Address], probes: Sequence[ProbeSpec], profiles: Profiles) -> Iterator[Found]:
    """A port must belong to one probe without doubt, and every probe that connects must have one."""
    connecting = [spec for spec in probes if PROTOCOLS[spec.protocol].connects]
    ported = [address for address in addresses if address.port is not None]
    if ported:
        yield from _address_port(ported, connecting, profiles)
    for spec in connecting:
        if spec.port is None and len(ported) < len(addresses):
            yield "probes", spec.name, "a port is needed here or at the address", f"such as {spec.name}:8000"
        if spec.hold and len(connecting) > 1:
            others = ", ".join(other.name for other in connecting if other is not spec)
            allowed = f"it holds its connection and must be the only probe that connects, beside it: {others}"
            yield "probes", spec.name, allowed, "a device gets one connection at a time"


def _address_port(
    ported: Sequence[Address], connecting: Sequence[ProbeSpec], profiles: Profiles
) -> Iterator[Found]:
    address = ported[0]
    if not connecting:
        yield "address", str(address), "has a port, and no probe of this node uses one", ""
        return
    if len(connecting) > 1:
        names = ", ".join(spec.name for spec in connecting)
        hint = f"write it at the probe: {connecting[0].name}:{address.port}"
        yield "address", str(address), f"to which probe does the port belong ({names})?", hint
        return
    spec = connecting[0]
    usual = profiles.by_name[spec.name].port
    clash = next((other for other in ported if spec.port not in (usual, other.port)), None)
    if clash is not None:
        yield (
            "address",
            str(clash),
            f"the probe {spec.name} has another port, {spec.port}",
            "write only one of them",
        )


def _place(values: Mapping[str, Any]) -> Iterator[Found]:
    if "lon" not in values or "lat" not in values:
        missing, other = ("lon", "lat") if "lat" in values else ("lat", "lon")
        yield missing, "", f"is needed beside {other}", ""
        return
    lon, lat = values["lon"], values["lat"]
    if lon is None or lat is None:
        return
    if 73 <= lat <= 135 and 3 <= lon <= 54:
        yield "lat", f"{lat:g}", f"lies in China only as a longitude, and lon is {lon:g}", "swapped?"
    elif not -90 <= lat <= 90:
        yield "lat", f"{lat:g}", "from -90 to 90 degrees are allowed", ""
    elif not -180 <= lon <= 180:
        yield "lon", f"{lon:g}", "from -180 to 180 degrees are allowed", ""
