"""``quanshi sim``: the simulated devices alone, for trying a site against them."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from monitor.config import ConfigError, Mistake, Site, load_site
from monitor.demo.city import make_city
from monitor.demo.client import FleetProcess, free_port
from monitor.demo.faults import Fault, read_script
from monitor.demo.plan import Device, Plan, plan_of
from monitor.demo.process import FleetError
from monitor.demo.site_files import INVENTED, write_site
from monitor.model.nodes import ProbeSpec
from monitor.trouble import Said, Trouble

_USUAL: Final = 554
_LOOK_EVERY: Final = 0.5
_MARK: Final = INVENTED.encode()


def simulate(
    plan: Plan,
    folder: Path,
    *,
    script: list[Fault],
    wildcard: bool,
    ready: Callable[[FleetProcess], None],
) -> None:
    """Play these devices until somebody interrupts (KeyboardInterrupt is left to the caller).

    ``ready`` is called once all answer. Raises Trouble.
    """
    try:
        with FleetProcess(plan, folder, wildcard=wildcard) as fleet:
            fleet.play(script)
            ready(fleet)
            _wait_for_end(fleet)
    except (FleetError, OSError) as error:
        raise Trouble(
            Said("模拟设备无法运行", "the simulated devices cannot run"),
            str(error),
            Said("消除这个原因后重试", "try again when this is out of the way"),
        ) from error


def _wait_for_end(fleet: FleetProcess) -> NoReturn:
    while fleet.poll() is None:
        time.sleep(_LOOK_EVERY)
    raise FleetError("the process of the devices has ended")


def invented_site(points: int, folder: Path) -> tuple[Path, Plan]:
    """A generated city, written into a folder without a real site: its site.yaml and its devices.

    Raises Trouble.
    """
    keep_what_is_real(folder)
    try:
        city = make_city(points, port=free_port())
        return write_site(city, folder), plan_of(city)
    except (OSError, ValueError, FleetError) as error:
        raise Trouble(
            Said("无法生成城市", "the city cannot be made"),
            str(error),
            Said("换一个目录或点位数量", "choose another folder or number of points"),
        ) from error


def keep_what_is_real(folder: Path) -> None:
    """Raises Trouble where the folder holds files of a site that was not invented by us."""
    present = [name for name in ("site.yaml", "nodes.csv", "regions.csv") if not _is_ours(folder / name)]
    if present:
        raise Trouble(
            Said("不覆盖已有的文件", "what is there already is not overwritten"),
            f"{folder}: {', '.join(present)}",
            Said("用 --dir 指定一个新目录", "name a new folder with --dir"),
        )


def _is_ours(path: Path) -> bool:
    """Whether nothing real is lost with this file."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MARK)) == _MARK
    except FileNotFoundError:
        return True
    except OSError:  # whatever it is, it was not written by us
        return False


def script_of(path: Path) -> list[Fault]:
    """The faults in this file. Raises ConfigError."""
    allowed = "its columns (.csv) or keys (.jsonl) are fault, from, to, delay, root, nodes"
    try:
        faults = read_script(path)
    except (OSError, KeyError, ValueError) as error:
        raise ConfigError([Mistake(path.name, None, "", "", str(error), allowed)]) from error
    if not faults:
        raise ConfigError([Mistake(path.name, None, "", "", "holds no fault", allowed)])
    return faults


def plan_of_site(path: Path) -> tuple[Site, Plan]:
    """A site and its devices, if all of them stand on loopback and listen on one port.

    Raises Trouble, and ConfigError for a site with mistakes.
    """
    site = load_site(path)
    devices, ports = [], set()
    for node in site.inventory.nodes.values():
        hosts = {}
        for network, address in zip(node.networks, node.addresses, strict=True):
            if not _is_loopback(address.host):
                raise _cannot(site, f"{node.id}: {address.host}", _ONLY_LOOPBACK)
            hosts[network] = address.host
            ports |= {address.port or spec.port or _USUAL for spec in node.probes if _connects(spec)}
        devices.append(Device(node.id, hosts, node.parents, None))
    if len(ports) > 1:
        raise _cannot(site, ", ".join(map(str, sorted(ports))), _ONE_PORT)
    return site, Plan(ports.pop() if ports else _USUAL, tuple(devices))


_ONLY_LOOPBACK: Final = Said(
    "只能模拟本机地址（127.0.0.0/8）：请改 nodes.csv，或用 --points N 生成一座城市",
    "only addresses of this machine (127.0.0.0/8) are played: change nodes.csv, "
    "or let --points N make a city",
)
_ONE_PORT: Final = Said(
    "全部设备须共用一个端口：请在 site.yaml 的 probes 和 nodes.csv 中写同一个，或用 --points N 生成一座城市",
    "all devices must share one port: write the same into probes of site.yaml and nodes.csv, "
    "or let --points N make a city",
)


def _cannot(site: Site, where: str, advice: Said) -> Trouble:
    what = Said("这个站点无法模拟", "this site cannot be simulated")
    return Trouble(what, f"{site.path}: {where}", advice, site.language)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def _connects(spec: ProbeSpec) -> bool:
    return spec.protocol not in ("ping", "mqtt")
