"""What a fleet is told to be: its devices, written as one JSON file beside the site."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from monitor.demo.city import City
from monitor.demo.heartbeat import Broker
from monitor.demo.wire import DemoLogin

INVENTED: Final = "演示数据, 全部虚构 / invented data"


@dataclass(frozen=True, slots=True)
class Device:
    """One node of the inventory as the fleet plays it: ``hosts`` by network."""

    node: str
    hosts: dict[str, str]
    parents: tuple[str, ...] = ()
    beat: float | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(data["node"], dict(data["hosts"]), tuple(data["parents"]), data["beat"])


@dataclass(frozen=True, slots=True)
class Plan:
    """The devices, the one port on which all of them listen, and where their heartbeats go."""

    port: int
    devices: tuple[Device, ...]
    broker: Broker | None = None
    login: DemoLogin | None = None

    def write(self, path: Path) -> None:
        data = {"invented": INVENTED, **asdict(self)}
        path.write_text(json.dumps(data, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises OSError, or ValueError for a file that is no plan."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                port=int(data["port"]),
                devices=tuple(Device.from_json(device) for device in data["devices"]),
                broker=Broker(**data["broker"]) if data["broker"] else None,
                login=DemoLogin(**data["login"]) if data["login"] else None,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no plan of a fleet: {type(error).__name__}: {error}") from error


def plan_of(city: City, *, broker: Broker | None = None, login: DemoLogin | None = None) -> Plan:
    """The plan that plays this city. Without a broker nobody beats."""
    return Plan(city.port, tuple(_device(city, node_id, broker) for node_id in city.by_id), broker, login)


def _device(city: City, node_id: str, broker: Broker | None) -> Device:
    node = city.by_id[node_id]
    hosts = {network: address.host for network, address in zip(node.networks, node.addresses, strict=True)}
    beats = [probe.every for probe in node.probes if probe.protocol == "mqtt" and broker]
    return Device(node.id, hosts, node.parents, beats[0] if beats else None)
