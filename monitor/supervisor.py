"""Starts the roles of one machine and keeps them running. The only module that knows all three packages.

Every role is a process of its own (``quanshi run ROLE``); they speak only through the bus. The
supervisor is always there and does almost nothing, so it is small: what a site says is read in a child
that ends again, and between two deaths or signals it sleeps in one system call.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from monitor.bus.embedded import EmbeddedError, EmbeddedServer, embedded_url, socket_path
from monitor.bus.locks import FileLock
from monitor.datadir import lock_data, make_data
from monitor.kept import WAITED_FOR, Kept, KeptRole, KeptServer
from monitor.logs import complain, set_up
from monitor.model.said import SaidError
from monitor.refusals import expected, is_for_people, refusal
from monitor.trouble import Said, Trouble

if TYPE_CHECKING:
    from alerts.replay import Said as Rehearsed
    from collectors.explain import Explanation
    from monitor.config import Site
    from monitor.model.events import Payload
    from monitor.model.nodes import Watch

Work = Callable[[asyncio.Event], Awaitable[None]]

log = structlog.get_logger(__name__)

STARTED_WITH: Final = "QUANSHI_STARTED_WITH"
"""How a role hears what its supervisor was started with. Not on its command line, which all may read."""

LAST_WORDS: Final = 3.3
"""Seconds that collectors have to stop: their last words need the others. Then they are killed."""

OTHERS: Final = 0.8
"""Seconds that the others have at least, after the collectors."""

SERVER: Final = 0.7
"""Seconds that the embedded server has after them all. Together it stays under 5."""

LOOK_EVERY: Final = 0.03
"""Seconds between two looks at an embedded server that does not answer yet."""


def redis_url(site: Site) -> str:
    """Where the roles of this site find Redis."""
    return embedded_url(site.data) if site.redis == "embedded" else site.redis


@dataclass(slots=True)
class Supervisor:
    """The children of one site. :meth:`run` returns when all have stopped."""

    path: Path
    roles: list[KeptRole] = field(default_factory=list)
    server: KeptServer | None = None
    _lock: FileLock | None = None

    def run(self) -> int:
        """Start everything, keep it running until SIGTERM or SIGINT, stop it. The exit code."""
        plan = self._read_plan()
        if plan is None:
            return 1
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
        try:
            self._take(plan)
            self._watch()
        except EmbeddedError as error:
            complain(refusal(error, "", plan["language"]))
            return 1
        except Trouble as trouble:
            complain(trouble)
            return 1
        finally:
            self._stop()
        return 0

    def _read_plan(self) -> dict[str, Any] | None:
        """What to start. None for a site with mistakes, which were printed then."""
        answer = subprocess.run(
            [sys.executable, "-m", "monitor.cli", "plan", "--site", str(self.path)],
            stdout=subprocess.PIPE,
            check=False,
        )
        if answer.returncode != 0:
            return None
        plan: dict[str, Any] = json.loads(answer.stdout)
        return plan

    def _take(self, plan: dict[str, Any]) -> None:
        """Own the data directory, and prepare what it needs. Raises Trouble."""
        data = Path(plan["data"])
        make_data(data, plan["language"])
        self._lock = lock_data(data, plan["language"])
        if plan["embedded"]:
            self.server = KeptServer(EmbeddedServer(data))
        common = ("--site", str(self.path))
        told = {STARTED_WITH: json.dumps(plan["fixed"])}
        self.roles = [KeptRole(role, ("run", role, *common), told) for role in ("monitor", "alert")]
        for network, shards in plan["shards"].items():
            for shard in range(shards):
                part = ("--network", network, "--shard", f"{shard}/{shards}")
                name = f"collect {network} {shard}/{shards}"
                self.roles.append(KeptRole(name, ("run", "collect", *common, *part), told))

    def _kept(self) -> list[Kept]:
        """Everything."""
        return [*([self.server] if self.server else []), *self.roles]

    def _watch(self) -> None:
        """Start everything, and again what dies, until somebody says stop. Raises EmbeddedError.

        Nothing in here waits but for signals, so that each is heeded and every death is seen at once.
        """
        if self.server is not None:
            self.server.start()
        waiting = self.roles
        while True:
            if self.server is not None:
                self.server.mend()
            if self.server is None or self.server.ready:  # the first time the others wait for it
                for role in waiting:
                    role.plan_start()
                waiting = []
            for role in self.roles:
                role.mend()
            received = signal.sigtimedwait(WAITED_FOR, self._patience())
            number = received.si_signo if received is not None else None
            if number in (signal.SIGTERM, signal.SIGINT):
                return
            if number == signal.SIGHUP:
                for role in self.roles:
                    role.signal(signal.SIGHUP)

    def _patience(self) -> float:
        """Seconds until there is something to do; long when only signals can bring it."""
        planned = [kept.restart_at for kept in self._kept() if kept.restart_at is not None]
        least = max(0.0, min(planned) - time.monotonic()) if planned else 3600.0
        return min(least, LOOK_EVERY) if self.server is not None and self.server.starting else least

    def _stop(self) -> None:
        """Collectors first, so that their last words are heard; then the others; then the server."""
        begun = time.monotonic()
        collectors = [role for role in self.roles if role.name.startswith("collect")]
        others = [role for role in self.roles if role not in collectors]
        for group, seconds in ((collectors, LAST_WORDS), (others, LAST_WORDS + OTHERS)):
            for role in group:
                role.signal(signal.SIGTERM)
            for role in group:
                role.wait(begun + seconds)
        if self.server is not None:
            self.server.stop(SERVER)
        if self._lock is not None:
            self._lock.release()


def become(path: Path) -> None:
    """Replace this process by the supervisor of a site. Does not return."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "monitor.supervisor", str(path)])  # noqa: S606 - our own


def plan_of(site: Site) -> dict[str, Any]:
    """What a supervisor must know of a site: ``shards`` by network, ``data``, ``embedded``, ``language``.

    ``fixed`` is for its roles: what only a restart changes.
    """
    from monitor.config import fixed_of

    return {
        "shards": {network: settings.shards for network, settings in site.networks.items()},
        "data": str(site.data),
        "embedded": site.redis == "embedded",
        "language": site.language,
        "fixed": fixed_of(site),
    }


def site_to_run(path: Path, fixed: Mapping[str, Any] | None = None) -> Site:
    """The site described there; the last good one while its files hold mistakes, which is logged then.

    ``fixed`` is what those were started with who run already, whatever the files say by now. Raises
    ConfigError for mistakes where nothing good was kept.
    """
    from monitor.config import held_to, load_or_last_good

    site = load_or_last_good(path, None if fixed is None else Path(fixed["data"]))
    if site.refused is not None:
        log.error(
            "files hold a mistake, going on with the last good ones",
            mistakes=len(site.refused.mistakes),
            first=str(site.refused.mistakes[0]),
            all_of_them=f"quanshi check --site {path}",
        )
    return site if fixed is None else held_to(fixed, site)


class PostError(SaidError):
    """The site has no such network, or its shard must be named."""


def run_role(path: Path, role: str, network: str | None, shard: tuple[int, int] | None) -> int:
    """Be one role until SIGTERM or SIGINT. The exit code. ``shard`` None: the only one of its network.

    Raises ConfigError for a site with mistakes, PostError for a network or shard that it does not have,
    and Trouble for what somebody must mend before the role can run.
    """
    site = site_to_run(path, json.loads(os.environ.pop(STARTED_WITH, "null")))
    place = _post(site, network, shard) if role == "collect" else (0, 1)
    # While it loads, for seconds on a busy machine, a signal simply ends the process.
    work = _work_of(role, site, network, place)
    make_data(site.data, site.language)
    if site.refused is None:
        from monitor.config import keep_good

        keep_good(site, site.data)
    _mention_server(site)
    try:
        asyncio.run(_until_told(work))
    except expected() as error:
        if not is_for_people(error):
            raise
        raise refusal(error, f"{site.listen_host}:{site.listen_port}", site.language) from error
    return 0


def _post(site: Site, network: str | None, shard: tuple[int, int] | None) -> tuple[int, int]:
    """The shard that is meant."""
    if network is None or network not in site.networks:
        there = Said.listed(site.networks)
        said = Said(
            f"本站点没有网络 {network}，只有：{there.zh}",
            f"this site has no network {network}, but: {there.en}",
        )
        raise PostError(said)
    shards = site.networks[network].shards
    if shard is None:
        if shards > 1:
            parts = f"--shard 0/{shards} … {shards - 1}/{shards}"
            said = Said(f"{network} 分为 {shards} 片：{parts}", f"{network} has {shards} shards: {parts}")
            raise PostError(said)
        return 0, 1
    if shard[1] != shards:
        # Not refused: until everything is started anew by the new number, this one still looks.
        log.warning("the site has another number of shards", network=network, site=shards, here=shard[1])
    return shard


def _mention_server(site: Site) -> None:
    """A role by itself does not start the embedded server: say what it will wait for."""
    if site.redis == "embedded" and not socket_path(site.data).exists():
        log.warning(
            "waiting for the embedded server: `quanshi run` starts it; or set redis: to a URL in site.yaml",
            socket=str(socket_path(site.data)),
        )


def _work_of(role: str, site: Site, network: str | None, shard: tuple[int, int]) -> Work:
    """What the role does until the event is set. Loads only its own package: each pays for what it uses."""
    if role == "collect":
        from collectors.role import Post
        from collectors.role import run as collect

        assert network is not None  # noqa: S101 - a collector without one was refused
        return lambda stop: collect(site, Post(network, *shard), redis_url(site), stop)
    if role == "monitor":
        from monitor.role import run as keep

        return lambda stop: keep(site, redis_url(site), stop)
    from alerts.role import run as tell

    return lambda stop: tell(site, redis_url(site), stop)


async def _until_told(work: Work) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await work(stop)


def explain(site: Site, watch: Watch, *, login: bool) -> list[Explanation]:
    """Ask one watch once and tell each step. Credentials are sent only with ``login``."""
    from collectors.explain import explain as ask

    return asyncio.run(ask(site, watch, login=login))


def rehearse(
    site: Site, heard: Iterable[tuple[int, Payload]], until: int
) -> tuple[list[Rehearsed], tuple[str, ...]]:
    """What would have been said of what was heard, and which rules were left out."""
    from alerts.replay import LEFT_OUT, replay

    return list(replay(site, heard, until)), LEFT_OUT


if __name__ == "__main__":
    set_up("supervisor")
    sys.exit(Supervisor(Path(sys.argv[1])).run())
