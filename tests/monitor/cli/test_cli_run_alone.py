"""One role by itself, and what stops it before it begins."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from cli_talk import COMMAND, environment, on_terminal, plain, quanshi, running, unsent, wait_until
from small_site import camera, write_site

from monitor.bus.embedded import EmbeddedServer


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("collect",), "--network"),
        (("collect", "--network", "none"), "video"),
        (("collect", "--network", "video", "--shard", "2/2"), "K/N"),
        (("collect", "--network", "video", "--shard", "²/3"), "K/N"),
        (("collect", "--network", "video", "--shard", "1"), "K/N"),
        (("monitor", "--network", "video"), "run collect"),
        (("--network", "video"), "run collect"),
        (("watch",), "collect"),
    ],
)
def test_wrong_use_of_run_exits_2(tmp_path: Path, arguments: tuple[str, ...], word: str) -> None:
    write_site(tmp_path, [camera("cam-1")])

    refused = quanshi("run", *arguments, "--site", tmp_path)

    assert refused.returncode == 2, refused.stderr
    assert word in refused.stderr
    assert "Traceback" not in refused.stderr


def test_one_of_several_shards_must_be_named(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")], networks={"video": {"shards": 2}}, language="en")

    refused = quanshi("run", "collect", "--network", "video", "--site", tmp_path)

    assert refused.returncode == 2
    assert "video has 2 shards: --shard 0/2 … 1/2" in refused.stderr


@pytest.mark.parametrize("role", [(), ("monitor",)], ids=["all", "one"])
def test_a_site_with_mistakes_is_not_run(tmp_path: Path, role: tuple[str, ...]) -> None:
    write_site(tmp_path, [camera("cam-1", "vidoe")])

    refused = quanshi("run", *role, "--site", tmp_path)

    assert refused.returncode == 1
    assert 'network = "vidoe"' in refused.stderr
    assert "Traceback" not in refused.stderr


def test_roles_by_themselves_wait_for_a_server_say_so_and_go_on_when_it_comes(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1", address="127.0.0.1:9", probes="tcp@1s")])
    data = tmp_path / "data"
    place = ("--site", tmp_path)
    with (
        running(tmp_path / "1.log", "collect", "--network", "video", "--shard", "0/1", *place) as collect,
        running(tmp_path / "2.log", "monitor", *place) as monitor,
        running(tmp_path / "3.log", "alert", *place) as alert,
    ):
        for role in (collect, monitor, alert):
            role.wait_for("waiting for the embedded server")
        server = EmbeddedServer(data)
        server.start()
        monitor.wait_for("restored")
        try:
            for role in (collect, alert):
                role.wait_for("bus flows again")
            wait_until(lambda: '"down": 1' in quanshi("status", "--json", *place).stdout, what="a change")
            # A hang-up means "read your files": nobody ends of it.
            for role in (collect, monitor, alert):
                role.process.send_signal(signal.SIGHUP)
            monitor.wait_for("reloaded")
            assert alert.process.poll() is None
            assert collect.stop() < 5
        finally:
            server.stop()
        assert collect.process.returncode == 0
        assert unsent(data) == 0


def test_a_second_collector_of_a_shard_says_who_has_it(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")])
    arguments = ("collect", "--network", "video", "--site", tmp_path)
    with running(tmp_path / "log", *arguments) as first:
        first.wait_for("looking")

        status, shown = on_terminal("run", *arguments)

        assert status == 1
        assert plain(shown).splitlines()[-3] == "采集的发件箱无法使用"
        assert f"process {first.process.pid}" in shown
        assert "Traceback" not in shown


def test_a_taken_port_is_told_without_a_traceback(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        place = f"127.0.0.1:{other.getsockname()[1]}"
        write_site(tmp_path, [camera("cam-1")], listen=place, language="en")

        status, shown = on_terminal("run", "monitor", "--site", tmp_path)

    assert status == 1
    what, where, advice = plain(shown).splitlines()[-3:]
    assert what == "this address cannot be listened on"
    assert where == f"  {place}: Address already in use"
    assert "change listen:" in advice
    assert "Traceback" not in shown


def test_a_ledger_that_is_none_is_told_without_a_traceback(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")])
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ledger.db").write_bytes(b"no database at all" * 100)

    refused = quanshi("run", "monitor", "--site", tmp_path)

    assert refused.returncode == 1
    said = [json.loads(line) for line in refused.stderr.splitlines()]
    assert "no SQLite database" in next(line["where"] for line in said if line["event"] == "cannot run")


def test_a_data_directory_that_cannot_be_is_told(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")])
    (tmp_path / "data").write_text("a file")

    for role in ((), ("alert",)):
        refused = quanshi("run", *role, "--site", tmp_path)

        assert refused.returncode == 1
        assert json.loads(refused.stderr.splitlines()[-1])["what"] == "the data directory cannot be used"


def test_a_redis_out_of_reach_is_waited_for_and_its_password_stays_secret(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")], redis="redis://quanshi:geheim@127.0.0.1:1/0")
    with running(tmp_path / "log", "collect", "--network", "video", "--site", tmp_path) as collect:
        collect.wait_for("bus interrupted")
        assert collect.process.poll() is None
        collect.stop()

    said = collect.log.read_text()
    assert "127.0.0.1:1" in said
    assert "geheim" not in said


def test_a_redis_address_that_is_unclear_hides_its_password(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")], redis="redis://quanshi:ge@h/eim@127.0.0.1:1/0")

    refused = quanshi("run", "alert", "--site", tmp_path)

    assert refused.returncode == 1
    assert "percent-encoded" in refused.stderr
    assert "eim" not in refused.stderr


def test_too_few_open_files_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    write_site(tmp_path, [camera("cam-1")])
    limit = ["prlimit", "--nofile=130"]
    refused = subprocess.run(
        [*limit, *COMMAND, "run", "collect", "--network", "video", "--site", tmp_path],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert refused.returncode == 1, refused.stderr
    said = json.loads(refused.stderr.splitlines()[-1])
    assert said["what"] == "too few open files are allowed"
    assert "ulimit -n" in said["where"]
