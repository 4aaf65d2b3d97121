"""The real servers are here and run: a test that leans on them fails for its own reason only."""

from __future__ import annotations

import http.server
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator

import pytest
import servers
import tools

VERSION_OPTIONS = {
    "mosquitto": "-h",
    "prometheus": "--version",
    "promtool": "--version",
    "amtool": "--version",
    "fping": "--version",
    "redis-server": "--version",
    "openssl": "version",
}


@pytest.mark.parametrize(("name", "option"), VERSION_OPTIONS.items())
def test_each_program_runs_and_names_itself(name: str, option: str) -> None:
    command = [tools.find(name), option]
    done = subprocess.run(command, env=tools.env(), capture_output=True, text=True, timeout=20)
    assert name.removesuffix("-server") in (done.stdout + done.stderr).lower()


def test_a_missing_program_fails_with_the_command_that_brings_it() -> None:
    with pytest.raises(tools.ToolMissingError, match=r"no-such-server .*make tools"):
        tools.find("no-such-server")


def test_the_broker_answers_a_connect(mosquitto: servers.Mosquitto) -> None:
    connect = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test"
    assert exchange(mosquitto.port, connect) == b"\x20\x02\x00\x00"


def test_the_rtsp_server_answers_options_and_describes_its_tone(
    rtsp_server: Callable[..., servers.RtspServer],
) -> None:
    port = rtsp_server().port
    assert b"200 OK" in ask(port, "OPTIONS")
    described = ask(port, "DESCRIBE")
    assert b"application/sdp" in described
    assert b"m=audio" in described


def test_the_rtsp_server_wants_the_login_it_was_given(rtsp_server: Callable[..., servers.RtspServer]) -> None:
    port = rtsp_server(user="viewer", password="secret").port
    refused = ask(port, "DESCRIBE")
    assert b"401 Unauthorized" in refused
    assert b"WWW-Authenticate: Digest" in refused
    assert b"200 OK" in ask(port, "DESCRIBE", "Authorization: Basic dmlld2VyOnNlY3JldA==\r\n")


def test_prometheus_scrapes_what_it_is_told_to(
    prometheus: Callable[..., servers.Prometheus], page_of_one_metric: int
) -> None:
    server = prometheus(f"127.0.0.1:{page_of_one_metric}")
    servers.wait_for(lambda: server.query("answer"))
    assert list(server.query("answer").values()) == [42.0]
    assert server.scrape_errors() == []


@pytest.fixture
def page_of_one_metric() -> Iterator[int]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(b"answer 42\n")

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    with http.server.HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def ask(port: int, method: str, header: str = "") -> bytes:
    url = f"rtsp://127.0.0.1:{port}/live"
    return exchange(port, f"{method} {url} RTSP/1.0\r\nCSeq: 1\r\n{header}\r\n".encode())


def exchange(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        return client.recv(65536)
