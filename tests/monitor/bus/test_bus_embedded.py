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
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tools
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


def cut_in_half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def put_rubbish_before(file: Path) -> None:
    file.write_bytes(b"rubbish\r\n" + file.read_bytes())


def add_an_unknown_command(file: Path) -> None:
    with file.open("ab") as store:
        store.write(b"*2\r\n$5\r\nWHATX\r\n$1\r\na\r\n")


def write_nonsense(file: Path) -> None:
    file.write_text("hello\n")


@pytest.fixture(params=["valkey-server", "redis-server"])
def either_server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EmbeddedServer]:
    """The server that is embedded, and the one that Debian ships: each has its own words for a bad store."""
    if request.param == "redis-server":
        monkeypatch.setenv("PATH", tools.program_paths())
        monkeypatch.setenv("LD_LIBRARY_PATH", tools.env()["LD_LIBRARY_PATH"])
    server = EmbeddedServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("pattern", "breaks"),
    [
        ("*.incr.aof", put_rubbish_before),
        ("*.incr.aof", add_an_unknown_command),
        ("*.incr.aof", Path.unlink),
        ("*.base.rdb", put_rubbish_before),
        ("*.base.rdb", cut_in_half),
        ("*.base.rdb", Path.unlink),
        ("*.manifest", write_nonsense),
        ("*.manifest", cut_in_half),
    ],
)
async def test_a_store_that_cannot_be_loaded_is_moved_aside(
    either_server: EmbeddedServer, pattern: str, breaks: Callable[[Path], None]
) -> None:
    server = either_server
    async with connect(server.url) as redis:
        for number in range(50):
            await redis.xadd("s", {"a": str(number)})
        await redis.bgrewriteaof()
        while (await redis.info("persistence"))["aof_rewrites"] == 0:
            await asyncio.sleep(0.02)
        await redis.xadd("s", {"a": "last"})
    server.stop()
    breaks(max((server.directory / "appendonlydir").glob(pattern)))

    server.start()

    async with connect(server.url) as redis:
        assert await redis.xlen("s") == 0
    (aside,) = server.directory.glob("appendonlydir.broken-*")
    assert list(aside.iterdir())


@pytest.fixture
async def stored(server: EmbeddedServer) -> EmbeddedServer:
    """A server that stands still, with one entry in its store and much about that store in its log."""
    async with connect(server.url) as redis:
        await redis.xadd("s", {"a": "1"})
    server.stop()
    for _ in range(3):
        server.start()
        server.stop()
    with server.log_path.open("a") as log:
        log.write("1:M # Bad file format reading the append only file of a former life\n")
    return server


def instead_of_the_server(folder: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the real server is started by this line of a shell, as ``"$server" "$@"``."""
    script = folder / "valkey-server"
    real = find_server()
    script.write_text(f'#!/bin/sh\nserver={real}\n[ "$1" = --version ] && exec "$server" "$@"\n{command}\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


async def keeps_its_store(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the next good start finds everything, and nothing was moved aside."""
    monkeypatch.undo()
    server.start()
    async with connect(server.url) as redis:
        found = await redis.xlen("s")
    return found == 1 and not list(server.directory.glob("*.broken-*"))


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ('ulimit -v 40000; exec "$server" "$@"', "Background Jobs"),
        ('exec "$server" "$@" --maxmemory lots', "ended with status 1"),
        ('exec "$server" "$@" --unixsocket /nowhere/socket', "No such file or directory"),
    ],
    ids=["cannot allocate", "bad option", "no socket"],
)
async def test_a_start_that_fails_for_another_reason_leaves_the_store_alone(
    stored: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, why: str
) -> None:
    instead_of_the_server(tmp_path, command, monkeypatch)

    with pytest.raises(EmbeddedError, match=why):
        stored.start()

    assert await keeps_its_store(stored, monkeypatch)


async def test_a_server_that_is_killed_while_it_starts_leaves_the_store_alone(
    stored: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = "Bad file format reading the append only file x"
    instead_of_the_server(tmp_path, f"echo '{complaint}'; kill -9 $$", monkeypatch)

    with pytest.raises(EmbeddedError, match="was ended by SIGKILL"):
        stored.start()

    assert await keeps_its_store(stored, monkeypatch)


def test_a_start_need_not_be_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    instead_of_the_server(
        tmp_path, f'while [ -e {hold} ]; do sleep 0.05; done; exec "$server" "$@"', monkeypatch
    )
    server = EmbeddedServer(tmp_path)

    with stopwatch() as elapsed:
        server.begin()
        seen = [server.look() for _ in range(5)]
    assert elapsed() < 1.0
    assert seen == [False] * 5
    hold.unlink()
    while not server.look():
        time.sleep(0.01)
    server.stop()


def test_a_server_that_hangs_is_ended_in_the_time_that_is_given(server: EmbeddedServer) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    with stopwatch() as elapsed:
        assert not server.look()
    assert elapsed() < 0.5
    with stopwatch() as elapsed:
        server.stop(0.7)
    assert elapsed() < 0.9
    assert server.poll() == -signal.SIGKILL


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
