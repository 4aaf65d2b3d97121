"""From sections as they are written to settings as they are used."""

from __future__ import annotations

from monitor.config.schema import (
    JudgeSection,
    MqttSection,
    OutageSection,
    RepairSection,
    SiteFile,
    TargetsSection,
)
from monitor.config.settings import DEGRADES, JudgeSettings, MqttSettings, NetworkSettings, OutageSettings
from monitor.model.observations import Cause


def network_settings(written: SiteFile) -> dict[str, NetworkSettings]:
    """A network without a name is called by its key."""
    return {
        key: NetworkSettings(section.name or key, section.shards, tuple(section.witnesses))
        for key, section in written.networks.items()
    }


def judge_settings(written: JudgeSection) -> JudgeSettings:
    """``degrades`` replaces the list that ships, but for ``busy``: a device at its limit is not broken."""
    degrades = DEGRADES if written.degrades is None else frozenset(written.degrades) | {Cause.BUSY}
    return JudgeSettings(
        confirm=written.confirm,
        recover=written.recover,
        retry=tuple(written.retry),
        degrades=degrades,
        flap_changes=written.flap.changes,
        flap_within=written.flap.within,
        flap_settle=written.flap.settle,
        blind_share=written.blind.share,
        blind_least=written.blind.least,
    )


def outage_settings(written: OutageSection) -> OutageSettings:
    return OutageSettings(
        share=written.share,
        least=written.least,
        within=written.within,
        hold=written.hold,
        recheck=written.recheck,
    )


def targets(written: TargetsSection) -> dict[int, float]:
    """Shares by class, of the classes that have a target."""
    return _by_class(written)


def repair_limits(written: RepairSection) -> dict[int, float]:
    """Seconds by class, of the classes that have a limit."""
    return _by_class(written)


def _by_class(written: TargetsSection | RepairSection) -> dict[int, float]:
    values = {1: written.class1, 2: written.class2, 3: written.class3, 9: written.class9}
    return {point_class: value for point_class, value in values.items() if value is not None}


def mqtt_settings(written: MqttSection | None) -> MqttSettings | None:
    if written is None:
        return None
    return MqttSettings(
        url=written.url,
        topic=written.topic,
        will_topic=written.will_topic,
        id_from=written.id,
        credential=written.credential,
        network=written.network,
    )
