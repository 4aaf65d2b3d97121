"""These need root, as the option does; without it they show that the refusal is clear."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from monitor.demo.netns import Namespace, NetworkError, enter_private_network, join_network

ROOT = os.geteuid() == 0

SCENE = """
import json, os, signal, socket, struct, subprocess, sys, time
from pathlib import Path
from monitor.demo import slow_link
from monitor.demo.city import make_city
from monitor.demo.client import FleetProcess
from monitor.demo.netns import Namespace, NetworkError, enter_private_network
from monitor.demo.plan import plan_of

def ping(host, limit=0.5):
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
        sock.settimeout(limit)
        head = struct.pack("!BBHHH", 8, 0, 0, 4242, 1)
        total = sum(struct.unpack("!4H", head))
        sock.sendto(struct.pack("!BBHHH", 8, 0, ~(total + (total >> 16)) & 0xFFFF, 4242, 1), (host, 0))
        end = time.monotonic() + limit
        while time.monotonic() < end:
            try:
                packet, (sender, _) = sock.recvfrom(100)
            except TimeoutError:
                return "no reply"
            if sender == host and packet[20] == 0:
                return "reply"
        return "no reply"

def connect(host, port):
    try:
        socket.create_connection((host, port), 0.5).close()
    except OSError as error:
        return type(error).__name__
    return "open"

def timed(call):
    begun = time.monotonic()
    call()
    return time.monotonic() - begun

def both(node):
    host = node.addresses[0].host
    return [ping(host), connect(host, city.port)]

enter_private_network()
said = {}
city = make_city(10, seed=3, own_network=True)
node, other = [n for n in city.nodes if n.kind == "camera"][:2]
with Namespace() as network:
    with FleetProcess(plan_of(city), Path(sys.argv[1]), netns=network.path) as fleet:
        said["well"] = both(node)
        fleet.fail([node.id], "vanish")
        said["vanished"], said["other"] = both(node), both(other)
        fleet.clear()
        said["back"] = both(node)
        fleet.fail([node.id], "refuse")
        said["refused"] = both(node)
        host = other.addresses[0].host
        slow_link.TUN, there = "/nowhere/tun", slow_link.TUN
        try:
            network.impair(delay_ms=60)
        except NetworkError as error:
            said["no tun"] = [str(error), ping(host)]
        slow_link.TUN = there
        with socket.create_connection((host, city.port), 0.5) as old:
            network.impair(delay_ms=60)
            said["delays"] = [timed(lambda: ping(host)) for _ in range(5)]
            old.settimeout(5)
            old.sendall(b"OPTIONS * RTSP/1.0\\r\\nCSeq: 1\\r\\n\\r\\n")
            said["old connection"] = old.recv(100).decode()[:8]
        network.impair(loss_percent=50)
        said["replies of 60"] = [ping(host, 0.1) for _ in range(60)].count("reply")
        network.impair()
        said["replies of 20"] = [ping(host) for _ in range(20)].count("reply")
        said["links"] = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True).stdout
        os.kill(network.relay, signal.SIGKILL)
        try:
            while True:
                network.impair()
        except NetworkError as error:
            said["relay killed"] = str(error)
print(json.dumps(said))
"""

KILLED = """
import os, signal
from monitor.demo.netns import Namespace, enter_private_network
enter_private_network()
with Namespace() as network:
    network.impair(delay_ms=60)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def run_scene(tmp_path: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCENE, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def links() -> str:
    return subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen in a network of our own; without root, only that it is refused clearly."""
    if not ROOT:
        return {}
    return run_scene(tmp_path_factory.mktemp("netns"))


def seen(scene: dict[str, Any], when: str, expected: object) -> None:
    if ROOT:
        assert scene[when] == expected
    else:
        refused()


def refused() -> None:
    with pytest.raises(NetworkError, match="needs Linux and root"):
        enter_private_network()


def test_a_well_device_answers_ping_and_connection(scene: dict[str, Any]) -> None:
    seen(scene, "well", ["reply", "open"])


def test_a_vanished_device_answers_neither_and_its_neighbour_both(scene: dict[str, Any]) -> None:
    seen(scene, "vanished", ["no reply", "TimeoutError"])
    seen(scene, "other", ["reply", "open"])
    seen(scene, "back", ["reply", "open"])


def test_a_refusing_device_still_answers_ping(scene: dict[str, Any]) -> None:
    seen(scene, "refused", ["reply", "ConnectionRefusedError"])


def test_delay_is_real_and_one_way(scene: dict[str, Any]) -> None:
    if not ROOT:
        refused()
        return
    assert min(scene["delays"]) >= 0.06
    assert min(scene["delays"]) < 0.12, "a round trip takes it once"


def test_loss_is_real_and_ends(scene: dict[str, Any]) -> None:
    """Half of 60 lost: all or nearly none coming through is less likely than 1 to 10 million."""
    if not ROOT:
        refused()
        return
    assert 10 <= scene["replies of 60"] <= 50
    assert scene["replies of 20"] == 20


def test_a_connection_survives_that_its_wire_becomes_a_slow_one(scene: dict[str, Any]) -> None:
    seen(scene, "old connection", "RTSP/1.0")


def test_a_relay_that_has_ended_is_told(scene: dict[str, Any]) -> None:
    seen(scene, "relay killed", "the process of the slow link has ended")


def test_the_relay_ends_with_its_parent_however_that_ends() -> None:
    if not ROOT:
        refused()
        return
    # The relay has inherited stderr: this waits for it, too.
    done = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")


def test_without_tun_devices_somebody_is_told_what_to_do(scene: dict[str, Any]) -> None:
    advice = (
        "delay and loss need /dev/net/tun (No such file or directory): load the kernel module tun, "
        "or start the container with --device /dev/net/tun and CAP_NET_ADMIN"
    )
    seen(scene, "no tun", [advice, "reply"])


def test_no_wire_is_made_slow_before_there_is_one() -> None:
    with pytest.raises(NetworkError, match="the second network is not entered"):
        Namespace().impair(delay_ms=60)
    assert "quanshi" not in links()


def test_the_machines_own_network_is_never_touched(scene: dict[str, Any]) -> None:
    if ROOT:
        assert "quanshi-tun-out" in scene["links"]
        assert "quanshi-out" not in scene["links"], "the slow wire has replaced the first"
    assert "quanshi" not in links()


def test_the_second_network_is_refused_outside_of_a_private_one() -> None:
    wanted = "enter a private network first" if ROOT else "needs Linux and root"
    with pytest.raises(NetworkError, match=wanted):
        Namespace().__enter__()


def test_a_namespace_that_is_not_there_is_named() -> None:
    wanted = "no network namespace at /nowhere" if ROOT else "needs Linux and root"
    with pytest.raises(NetworkError, match=wanted):
        join_network("/nowhere")


def test_whoever_is_not_root_is_told_what_to_do() -> None:
    code = (
        "import os, sys\n"
        "from monitor.demo.netns import enter_private_network, NetworkError\n"
        "if os.geteuid() == 0: os.seteuid(65534)\n"
        "try: enter_private_network()\n"
        "except NetworkError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "needs Linux and root: run it with sudo" in done.stdout
