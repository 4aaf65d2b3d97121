"""What people write: site.yaml, nodes.csv or .xlsx, regions.csv; read and checked into a Site."""

from __future__ import annotations

from monitor.config.glance import Glance, glance, language_at
from monitor.config.good import keep_good, load_or_last_good
from monitor.config.inventory import Inventory
from monitor.config.mistakes import ConfigError, Mistake
from monitor.config.probes import Profile, Profiles
from monitor.config.reload import Reloader
from monitor.config.restart import as_far_as_it_runs, fixed_of, held_to, restart_keys, restart_note
from monitor.config.settings import (
    Credential,
    JudgeSettings,
    MqttSettings,
    NetworkSettings,
    OutageSettings,
    Region,
)
from monitor.config.site import Site, load_site
from monitor.config.starter import write_starter
from monitor.config.web import OidcSettings, PasswordSettings, TlsSettings, WebSettings

__all__ = [
    "ConfigError",
    "Credential",
    "Glance",
    "Inventory",
    "JudgeSettings",
    "Mistake",
    "MqttSettings",
    "NetworkSettings",
    "OidcSettings",
    "OutageSettings",
    "PasswordSettings",
    "Profile",
    "Profiles",
    "Region",
    "Reloader",
    "Site",
    "TlsSettings",
    "WebSettings",
    "as_far_as_it_runs",
    "fixed_of",
    "glance",
    "held_to",
    "keep_good",
    "language_at",
    "load_or_last_good",
    "load_site",
    "restart_keys",
    "restart_note",
    "write_starter",
]
