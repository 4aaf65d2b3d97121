"""``status`` where nobody answers, or somebody else does."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cli_talk import COMMAND, PATIENCE, environment, quanshi
from small_site import camera, write_site

from monitor.config import ConfigError, glance
from monitor.web import client

Answering = Callable[[bytes], int]


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Call it with the bytes that a server says to whoever connects; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(said: bytes) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.recv(4096)
                connection.sendall(said)
                if said:
                    connection.close()

    def start(said: bytes) -> int:
        threading.Thread(target=serve, args=(said,), daemon=True).start()
        return listener.getsockname()[1]

    yield start
    listener.close()


def note(data: Path, port: int) -> Path:
    """What a monitor that listens there would have left."""
    data.mkdir()
    told = {"url": f"http://127.0.0.1:{port}", "pid": 1, "token": "t"}
    (data / "monitor.json").write_text(json.dumps(told))
    return data


def http(body: str) -> bytes:
    return f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(("language", "word"), [("zh", "监测未运行"), ("en", "no monitor is running")])
def test_nobody_runs_is_said_in_the_language_of_the_site(tmp_path: Path, language: str, word: str) -> None:
    path = write_site(tmp_path, [camera("cam-1", "vidoe")], language=language)

    answer = quanshi("status", "--site", path)

    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [word, f"  {tmp_path / 'data'}", f"  quanshi run --site {path}"]


def test_a_monitor_that_was_killed_does_not_count_as_running(tmp_path: Path, free_port: int) -> None:
    with pytest.raises(client.MonitorAwayError) as away:
        client.fetch_status(note(tmp_path / "data", free_port))

    assert away.value.url == ""
    assert client.ask_status(tmp_path / "data") is None


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH\r\n", http("[]"), http("{}"), http("no json"), b"HTTP/1.0 404 No\r\n\r\n"]
)
def test_somebody_else_on_its_port_is_not_taken_for_it(
    tmp_path: Path, answering: Answering, said: bytes
) -> None:
    data = note(tmp_path / "data", answering(said))

    assert client.ask_status(data) is None
    if not said.startswith(b"HTTP/1.0 200"):
        assert client.is_ready(data)[0] is False


def test_the_monitor_of_another_site_is_not_taken_for_ours(tmp_path: Path, answering: Answering) -> None:
    path = write_site(tmp_path, [camera("cam-1")])
    note(tmp_path / "data", answering(http('{"site": "elsewhere", "networks": {}}')))

    answer = quanshi("status", "--site", path)

    assert answer.returncode == 1
    assert "监测未运行" in answer.stderr


def test_data_that_only_another_user_may_read_are_told_apart(tmp_path: Path, free_port: int) -> None:
    path = write_site(tmp_path, [camera("cam-1")], language="en")
    data = note(tmp_path / "data", free_port)
    data.chmod(0)
    # Root may read everything, unless it gives up just that.
    as_others = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []

    answer = subprocess.run(
        [*as_others, *COMMAND, "status", "--site", path],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=PATIENCE,
    )

    data.chmod(0o700)
    assert answer.returncode == 1
    what, where, advice = answer.stderr.splitlines()
    assert what == "the data directory is another user's"
    assert where == f"  {data}"
    assert "as the user that quanshi runs as" in advice


def test_one_that_runs_and_is_silent_is_told_apart(
    tmp_path: Path, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.3)
    port = answering(b"")

    with pytest.raises(client.MonitorAwayError, match="does not answer") as away:
        client.fetch_status(note(tmp_path / "data", port))

    assert away.value.url == f"http://127.0.0.1:{port}"


def test_a_glance_needs_only_what_it_looks_for(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("site: maoming\nlanguage: en\ndata: facts\nnetworks: {a: }\nprobes: 7\ncolour: red\n")

    seen = glance(path)

    assert (seen.name, seen.language, seen.data) == ("maoming", "en", tmp_path / "facts")


@pytest.mark.parametrize(
    "content", [None, "site: [", "- a list", "site: maoming\nnetworks: {a: }\nlanguage: fr\n", "\xff\xfe\xfd"]
)
def test_a_glance_that_cannot_see_that_says_why(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "site.yaml").write_text(content, encoding="latin-1")

    with pytest.raises(ConfigError) as refused:
        glance(tmp_path / "site.yaml")

    assert refused.value.mistakes
    assert quanshi("status", "--site", tmp_path / "site.yaml").returncode == 1
