"""``probe``: who is meant, what happened step by step, and never a password."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_talk import quanshi, two_cameras
from small_site import camera, make_site, write_site

from monitor.commands.asking import NobodyError, note_on, watches_to_ask
from monitor.config import Site

PASSWORD = "geheim-77"
PAIR = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()


@pytest.fixture
def echoing_camera() -> Iterator[int]:
    """The port of a camera that wants a Basic login and, as bad ones do, repeats it in its answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            while request := connection.recv(4096).decode():
                connection.sendall(_answer(request).encode())


def _answer(request: str) -> str:
    headers = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if ": " in line)
    login = headers.get("Authorization")
    status = "401 Unauthorized\r\nWWW-Authenticate: Basic realm=door" if login is None else "200 OK"
    body = "v=0\r\nm=video 0 RTP/AVP 96\r\n"
    lines = [f"RTSP/1.0 {status}", f"CSeq: {headers['CSeq']}", f"X-Echo: {login} {PASSWORD}"]
    lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    networks = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}
    nodes = [
        camera("gw-1", "video;police", name="边界网关"),
        camera("cam-1", address="127.0.0.7:8554"),
        camera("cam-2", address="[::1]:8554"),
        camera("cam-3", address="cam-three.invalid"),
    ]
    return make_site(tmp_path, nodes, networks=networks, language="en")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("gw-1", ["gw-1 video", "gw-1 police"]),
        ("边界网关", ["gw-1 video", "gw-1 police"]),
        ("127.0.0.2", ["gw-1 police"]),
        ("127.0.0.7", ["cam-1 video"]),
        ("127.0.0.7:8554", ["cam-1 video"]),
        ("::1", ["cam-2 video"]),
        ("[::1]:8554", ["cam-2 video"]),
        ("0:0:0:0:0:0:0:1", ["cam-2 video"]),
        ("cam-three.invalid", ["cam-3 video"]),
    ],
)
def test_a_node_is_found_by_id_name_and_address(site: Site, wanted: str, found: list[str]) -> None:
    watches = watches_to_ask(site, wanted, None)

    assert [f"{watch.node.id} {watch.network}" for watch in watches] == found
    assert note_on(site, watches[0]) == ""


@pytest.mark.parametrize("wanted", ["127.0.0.9", "127.0.0.7:9", "[::1]:9", "elsewhere.invalid", "cam-4"])
def test_an_unknown_address_is_asked_as_a_camera_and_that_is_said(site: Site, wanted: str) -> None:
    (watch,) = watches_to_ask(site, wanted, None)

    assert [probe.name for probe in watch.probes] == ["ping", "rtsp"]
    assert "asked as a camera" in note_on(site, watch)


def test_a_mistyped_id_brings_the_right_one_to_mind(site: Site) -> None:
    assert 'did you mean "cam-' in note_on(site, watches_to_ask(site, "cam-4", None)[0])


def test_a_network_narrows_the_question(site: Site) -> None:
    (watch,) = watches_to_ask(site, "gw-1", "police")

    assert watch.network == "police"


@pytest.mark.parametrize(
    ("wanted", "network", "why"),
    [
        ("not an address", None, "neither a node nor an address"),
        ("999.1.1.1", None, "neither a node nor an address"),
        ("rtsp://admin:secret@127.0.0.1/", None, "neither a node nor an address"),
        ("gw-1", "none", "has no network none, but: video, police"),
        ("cam-1", "police", "is not in the network police"),
    ],
)
def test_what_is_neither_is_refused(site: Site, wanted: str, network: str | None, why: str) -> None:
    with pytest.raises(NobodyError, match=why) as refused:
        watches_to_ask(site, wanted, network)

    assert "secret" not in str(refused.value)


def test_wrong_use_of_probe_exits_2(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")])

    refused = quanshi("probe", "not an address", "--site", tmp_path)

    assert refused.returncode == 2
    assert "不是节点也不是地址" in refused.stderr


def test_each_step_has_its_time_and_the_answer_its_exit_status(tmp_path: Path, open_port: int) -> None:
    two_cameras(tmp_path, open_port)

    up, down = (quanshi("probe", name, "--site", tmp_path) for name in ("河西路口", "cam-2"))

    assert (up.returncode, down.returncode) == (0, 1)
    head, *steps, verdict = up.stdout.splitlines()
    assert head == f"河西路口 · video · tcp · 127.0.0.1 port {open_port}"
    assert [step.split("ms  ")[1] for step in steps] == ["正在连接", "已连接"]
    assert verdict.startswith("  ■ 正常 (ok)  ")
    assert "✕ 拒绝连接 (refused)" in down.stdout


def test_a_name_that_does_not_resolve_is_no_good_answer(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1", address="nowhere.invalid")], language="en")

    asked = quanshi("probe", "cam-1", "--site", tmp_path)

    assert asked.returncode == 1
    assert "◇ name unresolved" in asked.stdout


def test_programs_get_one_document_and_nothing_else(tmp_path: Path, open_port: int) -> None:
    two_cameras(tmp_path, open_port)

    asked = quanshi("probe", f"127.0.0.1:{open_port}", "--json", "--site", tmp_path)

    (told,) = json.loads(asked.stdout)
    assert (told["node"], told["probe"], told["cause"]) == ("cam-1", "tcp", "ok")
    assert [step["what"] for step in told["steps"]] == ["connecting", "connected"]
    assert 0 < told["seconds"] < 5


def test_a_login_is_sent_only_on_wish_and_never_shown(tmp_path: Path, echoing_camera: int) -> None:
    (tmp_path / "credentials.yaml").write_text(f"door: {{user: admin, password: {PASSWORD}}}\n")
    (tmp_path / "credentials.yaml").chmod(0o600)
    probes = {"rtsp": {"ask": "describe", "credential": "door", "path": "/1"}}
    nodes = [camera("cam-1", address=f"127.0.0.1:{echoing_camera}")]
    write_site(tmp_path, nodes, probes=probes, language="en")

    without = quanshi("probe", "cam-1", "--site", tmp_path)
    with_login = quanshi("probe", "cam-1", "--login", "--site", tmp_path)

    assert without.stdout.count("sent ") == 1
    assert with_login.stdout.count("sent ") == 2
    assert with_login.returncode == 0, with_login.stdout
    for shown in (with_login.stdout, with_login.stderr):
        assert PASSWORD not in shown
        assert PAIR not in shown
    assert "X-Echo: Basic *** ***" in with_login.stdout
