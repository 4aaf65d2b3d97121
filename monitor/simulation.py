"""``quanshi sim``: the simulated devices alone, for trying a site against them."""

from __future__ import annotations

import ipaddress
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from monitor.config import Site, load_site
from monitor.demo.city import make_city
from monitor.demo.client import FleetProcess, free_port
from monitor.demo.faults import read_script
from monitor.demo.plan import Device, Plan, plan_of
from monitor.demo.process import FleetError
from monitor.demo.site_files import write_site
from monitor.model.nodes import ProbeSpec

_USUAL: Final = 554


class SimulationError(Exception):
    """The devices cannot be played: what is in the way."""


def simulate(
    path: Path,
    *,
    script: Path | None,
    points: int,
    directory: Path | None,
    wildcard: bool,
    tell: Callable[[str], None],
) -> int:
    """Play the devices of a site, or of a generated city, until SIGTERM or Ctrl-C. The exit code.

    Raises SimulationError, and ConfigError for a site with mistakes.
    """
    folder = directory or path.parent
    if points:
        city = make_city(points, port=free_port())
        tell(f"{write_site(city, folder)}")
        plan = plan_of(city)
    else:
        site = load_site(path)
        folder = site.data
        plan = plan_of_site(site)
    try:
        fleet = FleetProcess(plan, folder / "fleet", wildcard=wildcard)
        with fleet:
            if script is not None:
                fleet.play(read_script(script))
            tell(
                json.dumps(
                    {**fleet.ready, "control": str(fleet.control_path), "truth": str(fleet.truth_path)}
                )
            )
            _wait()
    except (FleetError, ValueError) as error:
        raise SimulationError(str(error)) from error
    return 0


def plan_of_site(site: Site) -> Plan:
    """The devices of a site, if all of them stand on loopback and listen on one port."""
    devices, ports = [], set()
    for node in site.inventory.nodes.values():
        hosts = {}
        for network, address in zip(node.networks, node.addresses, strict=True):
            if not _is_loopback(address.host):
                raise SimulationError(
                    f"{node.id}: {address.host}: 只能模拟回环地址 / only loopback can be simulated"
                )
            hosts[network] = address.host
            ports |= {address.port or spec.port or _USUAL for spec in node.probes if _connects(spec)}
        devices.append(Device(node.id, hosts, node.parents, None))
    if len(ports) != 1:
        shown = ", ".join(map(str, sorted(ports))) or "-"
        raise SimulationError(
            f"模拟设备共用一个端口 / simulated devices share one port, this site has: {shown}"
        )
    return Plan(ports.pop(), tuple(devices))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def _connects(spec: ProbeSpec) -> bool:
    return spec.protocol not in ("ping", "mqtt")


def _wait() -> None:
    """Until SIGTERM or SIGINT."""
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    signal.sigwait(stops)
