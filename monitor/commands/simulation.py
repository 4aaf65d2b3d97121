"""``quanshi sim``: the simulated devices alone, for trying a site against them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from monitor.commands.sim_site import Scene, invented_scene, scene_of_site
from monitor.demo.broker import BrokerProcess
from monitor.demo.client import FleetProcess
from monitor.demo.faults import Fault, write_script
from monitor.demo.netns import NetworkError, enter_command, own_network
from monitor.demo.process import FleetError
from monitor.demo.script import script
from monitor.model.times import wall_clock
from monitor.trouble import Said, Trouble

_LOOK_EVERY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for. ``points`` None: play the site at ``path`` instead of a generated city.

    ``seed`` makes a script of faults for ``seconds``; None: play ``faults``. ``seconds`` None: until
    stopped. ``delay`` (seconds) and ``loss`` (per cent) are those of the link, in a network namespace.
    """

    path: Path
    folder: Path
    points: int | None = None
    faults: list[Fault] = field(default_factory=list)
    seed: int | None = None
    seconds: float | None = None
    wildcard: bool = False
    broker: bool = False
    netns: bool = False
    delay: float = 0.0
    loss: float = 0.0


@dataclass(frozen=True, slots=True)
class Places:
    """What somebody needs to use the devices: where all is. None: there is no such thing."""

    ready: dict[str, Any]
    site: Path
    control: Path
    truth: Path
    script: Path | None
    broker: str | None
    enter: str | None
    """What to write before a command that shall reach the devices."""

    def named(self) -> dict[str, str | None]:
        places = (self.site, self.control, self.truth, self.script, self.broker, self.enter)
        names = ("site", "control", "truth", "script", "broker", "enter")
        return {
            name: None if place is None else str(place) for name, place in zip(names, places, strict=True)
        }


def simulate(wish: Wish, tell: Callable[[Places], None]) -> None:
    """Play the devices for as long as is wished, or until somebody interrupts (KeyboardInterrupt is left
    to the caller). ``tell`` is called once all answer. Raises Trouble and ConfigError.
    """
    try:
        with ExitStack() as stack:
            netns = stack.enter_context(own_network(wish.delay, wish.loss)) if wish.netns else None
            scene = _scene(wish)
            broker = _broker(stack, scene) if wish.broker else None
            fleet = FleetProcess(scene.plan, wish.folder / "fleet", wildcard=wish.wildcard, netns=netns)
            stack.enter_context(fleet)
            written = _play(wish, scene, fleet)
            tell(_places(wish, scene, fleet, written))
            _wait_for_end(fleet, broker, wish.seconds)
    except (FleetError, NetworkError, OSError) as error:
        raise Trouble(
            Said("模拟设备无法运行", "the simulated devices cannot run"),
            str(error),
            Said("消除这个原因后重试", "try again when this is out of the way"),
        ) from error


def _scene(wish: Wish) -> Scene:
    if wish.points is None:
        return scene_of_site(wish.path, broker=wish.broker, netns=wish.netns)
    seed = 1 if wish.seed is None else wish.seed
    return invented_scene(wish.points, wish.folder, seed=seed, broker=wish.broker, netns=wish.netns)


def _broker(stack: ExitStack, scene: Scene) -> BrokerProcess | None:
    place = scene.plan.broker
    return None if place is None else stack.enter_context(BrokerProcess(place.port, place.host))


def _play(wish: Wish, scene: Scene, fleet: FleetProcess) -> Path | None:
    """Book the faults. Where a script was made for it: the file that it was written to."""
    if wish.seed is None or wish.seconds is None:
        fleet.play(wish.faults)
        return None
    beats = scene.plan.broker is not None
    start = wall_clock() + 500
    faults = script(scene.city, wish.seed, start, wish.seconds, heartbeats=beats, wildcard=wish.wildcard)
    # A name of its own: a script that somebody wrote there is not lost.
    path = wish.folder / f"script-{wish.seed}.jsonl"
    write_script(path, faults)
    fleet.play(faults)
    return path


def _places(wish: Wish, scene: Scene, fleet: FleetProcess, written: Path | None) -> Places:
    place = scene.plan.broker
    return Places(
        ready=fleet.ready,
        site=scene.site,
        control=fleet.control_path,
        truth=fleet.truth_path,
        script=written,
        broker=None if place is None else place.url,
        enter=enter_command(os.getpid()) if wish.netns else None,
    )


def _wait_for_end(fleet: FleetProcess, broker: BrokerProcess | None, seconds: float | None) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    while end is None or time.monotonic() < end:
        if fleet.poll() is not None:
            raise FleetError("the process of the devices has ended")
        if broker is not None and broker.poll() is not None:
            raise FleetError("the MQTT broker has ended")
        time.sleep(_LOOK_EVERY if end is None else max(0.0, min(_LOOK_EVERY, end - time.monotonic())))
