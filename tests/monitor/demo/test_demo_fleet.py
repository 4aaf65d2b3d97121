import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from demo_people import OPTIONS, People, own_port

from monitor.demo.city import make_city
from monitor.demo.client import FleetProcess
from monitor.demo.faults import EXPECTED, FaultKind
from monitor.demo.plan import Plan, plan_of
from monitor.demo.process import FleetError
from monitor.demo.truth import TruthRow, read_truth
from monitor.demo.wire import GARBAGE, DemoLogin
from monitor.model.nodes import Kind, Level
from monitor.model.times import format_time, wall_clock

FILES = {"plan": "fleet.json", "truth": "truth.csv", "control": "control"}
Eventually = Callable[[Callable[[], object]], None]


def truth_of(people: People, node: str) -> list[TruthRow]:
    return [row for row in people.fleet.truth() if row.node == node]


def test_every_device_answers_at_its_own_address(people: People) -> None:
    cameras = [node for node in people.city.nodes if node.kind is Kind.CAMERA]
    for node in cameras[-20:]:
        assert people.ask(node).startswith(b"RTSP/1.0 200 OK\r\nCSeq: 7\r\n")
    platform = next(node for node in people.city.nodes if node.kind is Kind.PLATFORM)
    assert people.ask(platform, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 200 OK")


def test_a_held_connection_is_answered_again_and_again(people: People) -> None:
    with people.connect(people.camera()) as sock:
        for _ in range(5):
            sock.sendall(OPTIONS)
            assert sock.recv(4096).startswith(b"RTSP/1.0 200")


def test_a_request_may_come_byte_by_byte(people: People) -> None:
    with people.connect(people.camera()) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in OPTIONS:
            sock.sendall(bytes([byte]))
        assert sock.recv(4096).startswith(b"RTSP/1.0 200")


def test_refuse_is_a_real_refusal_and_resets_who_was_connected(people: People) -> None:
    node = people.camera()
    with people.connect(node) as held:
        held.sendall(OPTIONS)
        held.recv(4096)
        people.fleet.fail([node.id], "refuse")
        with pytest.raises(ConnectionRefusedError):
            people.ask(node)
        with pytest.raises(ConnectionResetError):
            held.recv(1)
    people.fleet.clear([node.id])
    assert people.ask(node).startswith(b"RTSP/1.0 200")


def test_vanish_leaves_connecting_without_any_reply(people: People) -> None:
    node = people.camera()
    with people.connect(node) as held:
        held.sendall(OPTIONS)
        held.recv(4096)
        people.fleet.fail([node.id], "vanish")
        with pytest.raises(TimeoutError):
            people.connect(node)
        held.sendall(OPTIONS)
        with pytest.raises(TimeoutError):
            held.recv(1)
    people.fleet.clear([node.id])
    assert people.ask(node, timeout=2).startswith(b"RTSP/1.0 200")


def test_hang_takes_the_connection_and_never_answers(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "hang")
    with people.connect(node) as sock:
        sock.sendall(OPTIONS)
        with pytest.raises(TimeoutError):
            sock.recv(1)
    people.fleet.clear([node.id])


def test_slow_answers_after_the_delay(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "slow", delay=0.25)
    begun = time.monotonic()
    assert people.ask(node, timeout=2).startswith(b"RTSP/1.0 200")
    assert 0.25 <= time.monotonic() - begun < 1.0
    people.fleet.clear([node.id])


def test_garbage_is_no_protocol(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "garbage")
    assert people.ask(node) == GARBAGE
    people.fleet.clear([node.id])


def test_reset_ends_the_connection_with_an_rst(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "reset")
    with pytest.raises(ConnectionResetError):
        people.ask(node)
    people.fleet.clear([node.id])


def test_busy_is_453_in_rtsp_and_503_in_http(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "busy")
    assert people.ask(node).startswith(b"RTSP/1.0 453")
    assert people.ask(node, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503")
    people.fleet.clear([node.id])


def test_a_reboot_refuses_for_its_time_and_then_works_by_itself(
    people: People, eventually: Eventually
) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "reboot", to=format_time(wall_clock() + 300))
    with pytest.raises(ConnectionRefusedError):
        people.ask(node)
    eventually(lambda: not people.fleet.faults())
    assert people.ask(node).startswith(b"RTSP/1.0 200")
    (row,) = truth_of(people, node.id)
    assert row.ended is not None
    assert 300 <= row.ended - row.began + 5 < 800


def test_flapping_refuses_and_works_in_turns(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "flapping", delay=0.1)
    seen = set()
    for _ in range(40):
        try:
            seen.add(people.ask(node)[:12])
        except (ConnectionRefusedError, ConnectionResetError):
            seen.add(b"refused")
        time.sleep(0.02)
    assert seen == {b"refused", b"RTSP/1.0 200"}
    people.fleet.clear([node.id])
    assert people.ask(node).startswith(b"RTSP/1.0 200")


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind not in {"will", "silent"}])
def test_truth_holds_the_moments_between_which_a_fault_was_seen(people: People, kind: FaultKind) -> None:
    node = people.camera()
    before = wall_clock()
    people.fleet.fail([node.id], kind)
    begun = wall_clock()
    people.fleet.clear([node.id])
    after = wall_clock()
    (row,) = truth_of(people, node.id)
    assert (row.fault, row.network, row.address) == (kind, "video", node.addresses[0].host)
    assert row.expected == EXPECTED[kind]
    assert row.ended is not None
    assert row.ended_by is not None
    assert before <= row.began <= row.began_by <= begun <= row.ended <= row.ended_by <= after


def test_a_node_in_two_networks_has_two_rows_of_truth(people: People) -> None:
    boundary = next(node for node in people.city.nodes if len(node.networks) == 2)
    people.fleet.fail([boundary.id], "refuse")
    people.fleet.clear([boundary.id])
    rows = truth_of(people, boundary.id)
    assert {row.network for row in rows} == {"video", "police"}
    assert {row.address for row in rows} == {str(address) for address in boundary.addresses}


def test_a_switch_takes_everything_behind_it_and_gives_it_back(people: People) -> None:
    switch = [n for n in people.city.nodes if n.kind is Kind.SWITCH and n.level is Level.TOWN][-1]
    behind = people.city.behind(switch.id)
    people.fleet.fail([switch.id], "vanish", behind=True)
    rows = [row for row in people.fleet.truth() if row.root == switch.id]
    assert {row.node for row in rows} == set(behind)
    for node in behind[-2:]:
        with pytest.raises(TimeoutError):
            people.connect(people.city.by_id[node], timeout=0.2)
    assert people.fleet.clear([behind[-1]]) == 1, "a group ends as a whole"
    for node in behind[-2:]:
        people.connect(people.city.by_id[node], timeout=2).close()


def test_faults_are_booked_for_later_and_called_off(people: People) -> None:
    node = people.camera()
    begin, end = wall_clock() + 60_000, wall_clock() + 90_000
    times = {"from": format_time(begin), "to": format_time(end)}
    number = people.fleet.fail([], "hang", addresses=[str(node.addresses[0])], **times)
    (listed,) = [fault for fault in people.fleet.faults() if fault["number"] == number]
    assert not listed["active"]
    assert (listed["nodes"], listed["from"]) == ([node.id], format_time(begin))
    assert people.fleet.clear([node.id]) == 1
    assert truth_of(people, node.id) == [], "it never happened"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"nodes": ["nobody"], "fault": "hang"}, "no node 'nobody' in this fleet"),
        ({"addresses": ["127.0.0.1"], "fault": "hang"}, "no address '127.0.0.1' in this fleet"),
        ({"nodes": [], "fault": "hang"}, 'a fault needs "nodes" or "addresses"'),
        ({"nodes": ["x"], "fault": "sulk"}, "unknown fault 'sulk'; known are refuse, hang,"),
        ({"nodes": ["x"], "fault": "hang", "untill": None}, "unknown key 'untill'; known are"),
        ({"hello": 1}, "not understood"),
        ([], "not understood"),
        ({"nodes": 5, "fault": "hang"}, "not iterable"),
    ],
)
def test_a_bad_request_is_answered_with_what_is_wrong(people: People, request_: object, error: str) -> None:
    reply = raw(people, json.dumps(request_).encode())
    assert not reply["ok"]
    assert error in reply["error"]


def test_what_is_no_json_is_answered_too(people: People) -> None:
    assert not raw(people, b"\x00\xff{")["ok"]


def raw(people: People, line: bytes) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(5)
        sock.connect(str(people.fleet.control_path))
        sock.sendall(line + b"\n")
        reply: dict[str, object] = json.loads(sock.makefile("rb").readline())
        return reply


def test_two_faults_at_once_on_one_node_are_refused(people: People) -> None:
    node = people.camera()
    people.fleet.fail([node.id], "hang")
    with pytest.raises(FleetError, match=r"has a hang then \(fault \d+\): clear it first"):
        people.fleet.fail([node.id], "busy")
    people.fleet.clear([node.id])


def test_a_fault_that_ends_before_it_begins_is_refused(people: People) -> None:
    with pytest.raises(FleetError, match="ends before it begins"):
        people.fleet.fail([people.camera().id], "hang", to=format_time(wall_clock() - 1000))


def test_a_device_without_a_heartbeat_cannot_fall_silent(people: People) -> None:
    with pytest.raises(FleetError, match="has no MQTT heartbeat"):
        people.fleet.fail([people.camera().id], "silent")


def test_the_truth_file_is_complete_when_the_fleet_has_stopped(tmp_path: Path) -> None:
    city = make_city(5, seed=12, port=own_port(12))
    first, second, *_ = (node.id for node in city.nodes if node.kind is Kind.CAMERA)
    with FleetProcess(plan_of(city), tmp_path) as fleet:
        fleet.fail([first], "hang")
        fleet.clear()
        fleet.fail([second], "busy")
    rows = {row.node: row for row in read_truth(tmp_path / "truth.csv")}
    assert rows[first].ended is not None
    assert rows[second].ended is None, "it still lasted"


def test_cameras_with_a_login_challenge_a_description(tmp_path: Path) -> None:
    city = make_city(3, seed=13, port=own_port(13))
    people = People(city, FleetProcess(plan_of(city, login=DemoLogin("demo", "invented")), tmp_path))
    with people.fleet:
        node = people.camera()
        assert people.ask(node, OPTIONS.replace(b"OPTIONS", b"DESCRIBE")).startswith(b"RTSP/1.0 401")
        assert people.ask(node).startswith(b"RTSP/1.0 200")


def test_a_wildcard_fleet_answers_for_all_with_one_socket_and_says_what_it_cannot_do(tmp_path: Path) -> None:
    city = make_city(30, seed=14, port=own_port(14))
    people = People(city, FleetProcess(plan_of(city), tmp_path, wildcard=True))
    with people.fleet as fleet:
        assert fleet.ready["listeners"] == 1
        node, other = people.camera(), people.camera()
        fleet.fail([node.id], "busy")
        assert people.ask(node).startswith(b"RTSP/1.0 453")
        assert people.ask(other).startswith(b"RTSP/1.0 200"), "only the one that failed"
        with pytest.raises(FleetError, match="refuse needs a listening socket per address"):
            fleet.fail([other.id], "refuse")
        with socket.create_connection(("127.0.0.1", city.port), 1) as stranger:
            assert stranger.recv(1) == b"", "an address outside the plan is no device"


def test_a_fleet_that_cannot_listen_says_where_and_why(tmp_path: Path) -> None:
    city = make_city(3, seed=15, port=own_port(15))
    host = city.watches[0].address.host
    with socket.create_server((host, city.port)), pytest.raises(FleetError) as caught:
        FleetProcess(plan_of(city), tmp_path).start()
    assert str(caught.value) == f"cannot listen on {host}:{city.port}: Address already in use"


def test_a_fleet_with_too_few_descriptors_says_what_to_do(tmp_path: Path) -> None:
    city = make_city(30, seed=16, port=own_port(16))
    plan_of(city).write(tmp_path / "fleet.json")
    command = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (500, 500)); "
        "import monitor.demo.process as p; p.raise_descriptor_limit = lambda wanted: 500; "
        "from monitor.demo.fleet import main; sys.exit(main(sys.argv[1:]))"
    )
    files = [f"--{name}={tmp_path / file}" for name, file in FILES.items()]
    done = subprocess.run(
        [sys.executable, "-c", command, *files],
        capture_output=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert "raise it (ulimit -n" in json.loads(done.stdout)["error"]


def test_a_file_that_is_no_plan_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"port": 1}')
    with pytest.raises(ValueError, match=r"plan.json is no plan of a fleet: KeyError"):
        Plan.read(tmp_path / "plan.json")


def test_a_plan_survives_its_file(tmp_path: Path) -> None:
    plan = plan_of(make_city(10))
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan
    assert "虚构" in (tmp_path / "plan.json").read_text(encoding="utf-8")


def test_a_killed_parent_leaves_no_fleet_behind(tmp_path: Path, eventually: Eventually) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from monitor.demo.city import make_city; from monitor.demo.plan import plan_of\n"
        "from monitor.demo.client import FleetProcess, free_port\n"
        "fleet = FleetProcess(plan_of(make_city(3, seed=17, port=free_port(17))), Path(sys.argv[1]))\n"
        "fleet.start(); print(fleet.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    fleet = int(parent.stdout.readline())
    assert Path(f"/proc/{fleet}").exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    eventually(lambda: not Path(f"/proc/{fleet}").exists() or is_zombie(fleet))


def is_zombie(pid: int) -> bool:
    return ") Z " in Path(f"/proc/{pid}/stat").read_text()


def test_out_of_descriptors_the_fleet_turns_away_and_lives_on(tmp_path: Path, eventually: Eventually) -> None:
    city = make_city(3, seed=18, port=own_port(18))
    people = People(city, FleetProcess(plan_of(city), tmp_path))
    with people.fleet as fleet:
        node = people.camera()
        open_now = len(list(Path(f"/proc/{fleet.pid}/fd").iterdir()))
        resource.prlimit(fleet.pid, resource.RLIMIT_NOFILE, (open_now + 10, open_now + 10))
        crowd = [people.connect(node) for _ in range(40)]
        turned_away = 0
        for sock in crowd:
            sock.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                turned_away += sock.recv(1) == b""
        assert turned_away >= 20
        for sock in crowd:
            sock.close()
        eventually(lambda: fleet.stats()["open"] == 0)
        assert people.ask(node).startswith(b"RTSP/1.0 200")
        assert fleet.stats()["shed"] == turned_away


def test_alone_the_fleet_ends_in_good_order_on_ctrl_c(tmp_path: Path) -> None:
    plan_of(make_city(3, seed=19, port=own_port(19))).write(tmp_path / "fleet.json")
    files = [f"--{name}={tmp_path / file}" for name, file in FILES.items()]
    command = [sys.executable, "-m", "monitor.demo.fleet", *files]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as alone:
        assert alone.stdout is not None
        assert json.loads(alone.stdout.readline())["ready"]
        os.kill(alone.pid, signal.SIGINT)
        assert alone.wait(5) == 0
    assert not (tmp_path / "control").exists()


def test_as_a_child_the_fleet_leaves_ctrl_c_to_its_parent(tmp_path: Path) -> None:
    city = make_city(3, seed=20, port=own_port(20))
    with FleetProcess(plan_of(city), tmp_path) as fleet:
        os.kill(fleet.pid, signal.SIGINT)
        assert fleet.stats()["devices"] == len(city.nodes)
