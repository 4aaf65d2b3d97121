"""These need root, as the option does; without it they show that the refusal is clear."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.demo import netns
from monitor.demo.netns import Namespace, NetworkError, enter_private_network, join_network

ROOT = os.geteuid() == 0

SCENE = """
import contextlib, json, socket, struct, subprocess, sys, time
from pathlib import Path
from monitor.demo.city import make_city
from monitor.demo.client import FleetProcess
from monitor.demo import netns
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
        try:
            network.impair(delay_ms=60)
            begun = time.monotonic()
            ping(host)
            said["delay"] = time.monotonic() - begun
            network.impair(loss_percent=50)
            said["replies of 60"] = [ping(host, 0.1) for _ in range(60)].count("reply")
            network.impair(loss_percent=0)
            said["replies of 20"] = [ping(host) for _ in range(20)].count("reply")
        except NetworkError as error:
            said["no netem"] = str(error)
    said["links"] = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True).stdout
print(json.dumps(said))
"""


def run_scene(tmp_path: Path) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SCENE, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout)
    return said


def links() -> str:
    return subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What was seen in a network of our own; without root, only that it is refused clearly."""
    if not ROOT:
        return {}
    return run_scene(tmp_path_factory.mktemp("netns"))


def seen(scene: dict[str, object], when: str, expected: object) -> None:
    if ROOT:
        assert scene[when] == expected
    else:
        with pytest.raises(NetworkError, match="needs Linux and root"):
            enter_private_network()


def test_a_well_device_answers_ping_and_connection(scene: dict[str, object]) -> None:
    seen(scene, "well", ["reply", "open"])


def test_a_vanished_device_answers_neither_and_its_neighbour_both(scene: dict[str, object]) -> None:
    seen(scene, "vanished", ["no reply", "TimeoutError"])
    seen(scene, "other", ["reply", "open"])
    seen(scene, "back", ["reply", "open"])


def test_a_refusing_device_still_answers_ping(scene: dict[str, object]) -> None:
    seen(scene, "refused", ["reply", "ConnectionRefusedError"])


def impaired(scene: dict[str, object], what: str) -> float | None:
    """What was measured on an impaired link; None where the kernel cannot impair one, and says so."""
    if "no netem" not in scene:
        return float(str(scene[what]))
    assert "kernel module sch_netem" in str(scene["no netem"])
    assert not os.environ.get("CI"), "CI must have sch_netem: delay and loss are untested without it"
    return None


def test_delay_is_real_or_clearly_refused(scene: dict[str, object]) -> None:
    if not ROOT:
        seen(scene, "delay", None)
    elif (seconds := impaired(scene, "delay")) is not None:
        assert seconds >= 0.06


def test_loss_is_real_or_clearly_refused(scene: dict[str, object]) -> None:
    """Half of 60 lost: all or nearly none coming through is less likely than 1 to 10 million."""
    if not ROOT:
        seen(scene, "replies of 60", None)
    elif (replies := impaired(scene, "replies of 60")) is not None:
        assert 10 <= replies <= 50
        assert impaired(scene, "replies of 20") == 20, "and it ends"


@pytest.mark.parametrize(
    ("wished", "settings"),
    [
        ({"delay_ms": 60.0}, ["delay", "60.0ms", "loss", "0.0%"]),
        ({"loss_percent": 5.0}, ["delay", "0.0ms", "loss", "5.0%"]),
    ],
)
def test_what_is_wished_is_what_the_kernel_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, wished: dict[str, float], settings: list[str]
) -> None:
    """Also where the kernel would refuse it."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(netns, "_need", lambda *_: None)
    monkeypatch.setattr(netns, "_run", lambda *command: asked.append(command))

    Namespace().impair(**wished)

    ((*_, kind, delay, span, loss, share),) = asked
    assert (kind, [delay, span, loss, share]) == ("netem", settings)


def test_the_machines_own_network_is_never_touched(scene: dict[str, object]) -> None:
    if ROOT:
        assert "quanshi-out" in str(scene["links"])
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
