from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from bus_ledger import stopwatch
from redis.asyncio import Redis

from monitor.bus import embedded
from monitor.bus.client import connect
from monitor.bus.contact import check_server
from monitor.bus.embedded import EmbeddedError, EmbeddedServer, find_server, socket_path


async def test_it_answers_as_soon_as_it_is_started(bus: Redis) -> None:
    assert await bus.ping()
    assert "valkey" in await check_server(bus)


async def test_it_stores_streams_and_refuses_rather_than_forgets(bus: Redis) -> None:
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction"}
    found = {name: (await bus.config_get(name))[name] for name in wanted}
    assert found == wanted
    assert (await bus.config_get("maxmemory"))["maxmemory"] == str(512 << 20)


def test_it_listens_on_no_port_and_for_nobody_else(server: EmbeddedServer) -> None:
    assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    assert server.process is not None
    listening = Path(f"/proc/{server.process.pid}/net/tcp").read_text()
    inodes = {str(fd.readlink()) for fd in Path(f"/proc/{server.process.pid}/fd").iterdir()}
    assert not [line for line in listening.splitlines()[1:] if f"socket:[{line.split()[9]}]" in inodes]


def test_it_stops_at_once_and_leaves_no_socket(server: EmbeddedServer) -> None:
    with stopwatch() as elapsed:
        server.stop()
    assert elapsed() < 0.5
    assert server.poll() == 0
    assert not server.socket.exists()


async def test_after_kill_9_it_comes_back_with_its_streams(server: EmbeddedServer) -> None:
    async with connect(server.url) as redis:
        await redis.xadd("s", {"a": "1"})
        await asyncio.sleep(1.2)  # everysec
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        assert server.poll() == -signal.SIGKILL
        server.start()
        assert await redis.xlen("s") == 1


async def test_half_a_command_at_the_end_of_its_store_is_cut_off(server: EmbeddedServer) -> None:
    async with connect(server.url) as redis:
        await redis.xadd("s", {"a": "1"})
    server.stop()
    (log,) = (server.directory / "appendonlydir").glob("*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*5\r\n$4\r\nXADD\r\n$1\r\ns\r\n")
    server.start()
    async with connect(server.url) as redis:
        assert await redis.xlen("s") == 1


async def test_a_store_that_cannot_be_loaded_is_moved_aside(server: EmbeddedServer) -> None:
    async with connect(server.url) as redis:
        await redis.xadd("s", {"a": "1"})
    server.stop()
    (log,) = (server.directory / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"rubbish\r\n" + log.read_bytes())
    server.start()
    async with connect(server.url) as redis:
        assert await redis.xlen("s") == 0
    assert list(server.directory.glob("appendonlydir.broken-*"))


def test_a_second_server_on_the_same_data_is_refused_with_the_holder_named(server: EmbeddedServer) -> None:
    second = EmbeddedServer(server.directory.parent)
    with pytest.raises(EmbeddedError, match=f"in use by process {os.getpid()}"):
        second.start()
    second.stop()
    assert server.socket.exists()


def test_starting_twice_keeps_the_server(server: EmbeddedServer) -> None:
    before = server.process
    server.start()
    assert server.process is before


def test_a_stale_socket_does_not_matter(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    server.directory.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(server.socket))
    server.start()
    with socket.socket(socket.AF_UNIX) as fresh:
        fresh.connect(str(server.socket))
        fresh.sendall(b"PING\r\n")
        assert fresh.recv(16) == b"+PONG\r\n"
    server.stop()


def test_a_directory_that_others_may_write_is_refused(tmp_path: Path) -> None:
    (tmp_path / "redis").mkdir()
    (tmp_path / "redis").chmod(0o777)
    with pytest.raises(EmbeddedError, match="can be written by others: chmod go-w"):
        EmbeddedServer(tmp_path).start()


def test_a_link_instead_of_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "redis").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(EmbeddedError, match="no directory of its own"):
        EmbeddedServer(tmp_path).start()


def test_the_socket_of_a_long_path_has_a_short_name_that_stays_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("a-directory-with-a-long-name-" * 4) / "data"
    assert socket_path(tmp_path) == tmp_path / "redis" / "quanshi.sock"
    assert socket_path(deep) == socket_path(deep.parent / "." / "data")
    assert socket_path(deep) != socket_path(deep.parent / "other")
    assert len(os.fsencode(socket_path(deep))) <= 100


async def test_a_server_on_a_long_path_works(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("一个很长的目录名字" * 6))
    server.start()
    try:
        assert stat.S_IMODE(server.socket.parent.stat().st_mode) == 0o700
        async with connect(server.url) as redis:
            assert await redis.ping()
    finally:
        server.stop()
        server.socket.parent.rmdir()


def test_bad_options_end_in_a_clear_error_and_nothing_is_left_running(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path, maxmemory="lots")
    with pytest.raises(EmbeddedError, match="ended with status 1"):
        server.start()
    assert server.poll() == 1
    again = EmbeddedServer(tmp_path)
    again.start()
    again.stop()


def test_it_must_be_started_from_the_main_thread(tmp_path: Path) -> None:
    errors: list[EmbeddedError] = []

    def start() -> None:
        try:
            EmbeddedServer(tmp_path).start()
        except EmbeddedError as error:
            errors.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


PARENT = """
import signal, sys, time
from pathlib import Path
from monitor.bus.embedded import EmbeddedServer
# As a supervisor does, which waits for its signals in one call.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
server = EmbeddedServer(Path(sys.argv[1]))
server.start()
print(server.process.pid, flush=True)
time.sleep(60)
"""


def start_parent(data: Path) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-c", PARENT, str(data)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_it_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent, server_pid = start_parent(tmp_path)
    assert is_running(server_pid)
    parent.kill()
    parent.communicate()
    give_up = time.monotonic() + 5
    while is_running(server_pid) and time.monotonic() < give_up:
        time.sleep(0.02)
    assert not is_running(server_pid)


def test_the_next_one_waits_for_the_server_of_a_killed_parent_to_end(tmp_path: Path) -> None:
    parent, server_pid = start_parent(tmp_path)
    parent.kill()
    parent.communicate()
    server = EmbeddedServer(tmp_path)
    server.start()
    try:
        assert not is_running(server_pid)
    finally:
        server.stop()


def test_ctrl_c_in_the_terminal_does_not_reach_it(server: EmbeddedServer) -> None:
    assert server.process is not None
    assert os.getpgid(server.process.pid) != os.getpgid(0)


def fake_binary(path: Path, version: str) -> None:
    path.write_text(f'#!/bin/sh\necho "Redis server v={version} sha=0 malloc=libc"\n')
    path.chmod(0o755)


def test_a_server_on_the_path_is_taken_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    fake_binary(tmp_path / "redis-server", "5.0.14")
    assert find_server() != tmp_path / "redis-server"
    fake_binary(tmp_path / "redis-server", "7.0.15")
    assert find_server() == tmp_path / "redis-server"


def test_without_any_server_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(embedded, "_bundled_server", lambda: None)
    with pytest.raises(EmbeddedError, match="no valkey-server or redis-server"):
        find_server()


def test_the_server_in_the_wheel_is_found_and_runs_here() -> None:
    bundled = embedded._bundled_server()
    assert bundled is not None
    assert embedded._version(str(bundled)) >= (9, 1)
