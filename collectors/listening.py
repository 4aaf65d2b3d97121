"""Keeps a collector's source running as its site says, through reloads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from collectors.protocols.base import Login
from collectors.watcher import Watcher
from monitor.config import MqttSettings, Site

if TYPE_CHECKING:
    from collectors.sources.mqtt import MqttSource, Told

MQTT = "mqtt"


class Listening:
    """The MQTT source of one collector: there while the site has a broker and nodes that speak through it."""

    def __init__(self, network: str, watcher: Watcher) -> None:
        self._network = network
        self._watcher = watcher
        self._source: MqttSource | None = None
        self._task: asyncio.Task[None] | None = None
        self._fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._settings: tuple[MqttSettings, Login | None] | None = None
        watcher.hearsay.regained = self._hear_anew

    def follow(self, site: Site) -> None:
        """Listen as ``site`` says from now on; a source whose broker is the same goes on undisturbed."""
        told = self._told()
        wanted = _settings_for(site, self._network) if told else None
        if self._source is not None and wanted == self._settings:
            self._source.watch(told)
            return
        self.stop()
        self._settings = wanted
        if wanted is not None:
            self._start(*wanted, told)
        elif told:
            # Its network is not the one that the broker is in: nobody will ever hear them here.
            self._watcher.source_turned(True, self._watcher.clock.now())

    async def run(self) -> None:
        """Until cancelled. A source that ends by a fault of ours raises it here."""
        await self._fault

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._source = None

    def _hear_anew(self) -> None:
        if self._source is not None:
            self._source.hear_anew()

    def _start(self, settings: MqttSettings, login: Login | None, told: Mapping[str, Told]) -> None:
        # Imported only where there is a broker: the client costs memory in every collector.
        from collectors.sources.mqtt import MqttSource

        watcher = self._watcher
        self._source = source = MqttSource(
            settings,
            login,
            told,
            tell=watcher.told,
            still=watcher.hearsay.still,
            lost=watcher.source_turned,
            clock=watcher.clock.now,
        )
        self._task = asyncio.create_task(_forever(source), name="mqtt source")
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._fault.done():
            self._fault.set_exception(error)

    def _told(self) -> dict[str, Told]:
        """Whom to listen for: a device says the id that its node has."""
        speaking = [
            (node, spec)
            for node, ward in self._watcher.roster.wards.items()
            for spec in ward.watch.probes
            if spec.protocol == MQTT
        ]
        if not speaking:
            return {}
        from collectors.sources.mqtt import Told

        return {node: Told(node, spec.name, spec.timeout, spec.every) for node, spec in speaking}


async def _forever(source: MqttSource) -> None:
    await source.run()


def _settings_for(site: Site, network: str) -> tuple[MqttSettings, Login | None] | None:
    settings = site.mqtt
    if settings is None or settings.network not in (None, network):
        return None
    if settings.credential is None:
        return settings, None
    credential = site.credentials[settings.credential]
    return settings, Login(credential.user, credential.password)
