"""``load_site``: everything that people wrote, read and checked as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from monitor.config.alerting import Alerting
from monitor.config.alerting_read import Around, defaults, load_alerting
from monitor.config.credentials import load_credentials
from monitor.config.files import ABSENT, START_FROM, Stamp, decode, read_bytes, stamp
from monitor.config.inventory import Inventory
from monitor.config.mistakes import CellError, ConfigError, Mistakes
from monitor.config.nodes import SHEET as NODE_SHEET
from monitor.config.nodes import NodeTable, Words, read_nodes
from monitor.config.outline import read_outline
from monitor.config.probes import Profiles, read_profiles
from monitor.config.references import NO_FILE, References
from monitor.config.regions import SHEET as REGION_SHEET
from monitor.config.regions import read_regions
from monitor.config.schema import SiteFile
from monitor.config.settings import (
    Credential,
    JudgeSettings,
    MqttSettings,
    NetworkSettings,
    OutageSettings,
    Region,
    ledger_url,
)
from monitor.config.tables import read_table
from monitor.config.translate import (
    judge_settings,
    mqtt_settings,
    network_settings,
    outage_settings,
    repair_limits,
    targets,
)
from monitor.config.validate import read_site_file
from monitor.config.web import WebSettings, web_settings
from monitor.config.yamlfile import Document, Where, dotted, parse
from monitor.model.said import Said

_SITE_LIMIT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Site:
    """A checked site. ``title`` is what people call it, ``name`` where nobody said. ``path`` is site.yaml;
    ``data`` and ``alerts`` (in which ``alerting`` is) are absolute.


    ``targets`` are shares and ``repair`` the seconds that a repair may take, both by class; ``inspections``
    are times of day in minutes after midnight, in order; ``invented``: nothing here is real; ``keep`` is
    for how many seconds streams stay for outside readers, ``retain`` for how many facts stay in the ledger
    before they leave for files; ``files`` were read or, when absent, looked for, and were in the state
    ``stamps`` before that; ``sources`` names them by what they hold (``nodes``, …). ``refused`` is why the
    files as they are now are not what this was read from: it is the last good copy of them then.
    """

    path: Path
    name: str
    title: str
    timezone: str
    language: str
    data: Path
    redis: str = field(repr=False)
    ledger: str = field(repr=False)
    listen_host: str
    listen_port: int
    web: WebSettings
    networks: Mapping[str, NetworkSettings]
    judge: JudgeSettings
    outages: OutageSettings
    targets: Mapping[int, float]
    repair: Mapping[int, float]
    inspections: tuple[int, ...]
    invented: bool
    mqtt: MqttSettings | None
    credentials: Mapping[str, Credential]
    concurrency: int
    per_uplink: int
    keep: float
    retain: float
    alerts: Path
    alerting: Alerting
    profiles: Profiles
    regions: Mapping[str, Region]
    inventory: Inventory
    files: tuple[Path, ...]
    stamps: tuple[Stamp, ...] = field(repr=False)
    sources: Mapping[str, Path] = field(repr=False)
    refused: ConfigError | None = field(default=None, repr=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def ledger_url(self) -> str:
        """For SQLAlchemy's asyncio engines."""
        return ledger_url(self.ledger, self.data)


def load_site(path: Path) -> Site:
    """The site described by this site.yaml and the files it names.

    Raises ConfigError with all mistakes in all of them, and nothing else: whatever the files hold.
    """
    return _Loader(path).load()


def load_copy(path: Path, folder: Path) -> Site:
    """The same from copies in ``folder``, named by :func:`copy_name`, as if they stood in their places.

    ``files`` and ``stamps`` are those of the originals. Raises ConfigError.
    """
    return _Loader(path, folder).load()


def copy_name(key: str, original: Path) -> str:
    return key + original.suffix


class _Loader:
    """One reading of a site. Each file has its own list of mistakes; they are joined at the end."""

    def __init__(self, path: Path, copies: Path | None = None) -> None:
        self._path = path.absolute()
        self._copies = copies
        self._sources: dict[str, Path] = {}
        self._files: dict[Path, Stamp] = {}
        self._lists: list[Mistakes] = []
        self._mistakes = self._list(path.name)
        self._document = Document()

    def load(self) -> Site:
        written = self._site_file()
        if written is None:
            raise self._error()
        profiles = read_profiles(written.probes, self._document, self._mistakes)
        credentials = self._credentials(written)
        regions = self._regions(written)
        names = {key: network.name or key for key, network in written.networks.items()}
        nodes = self._nodes(written, Words(names, regions, profiles))
        references = References(written, self._document, self._mistakes, credentials)
        references.check_names(nodes)
        alerting = self._alerting(written, credentials, regions)
        outline = self._outline(written)
        references.check_web(self._path.parent)
        if any(self._lists):
            raise self._error()
        site = self._site(written, profiles, credentials or {}, regions or {}, nodes)
        web = web_settings(written.web, self._path.parent, outline)
        return replace(site, alerting=alerting, web=web)

    def _site(
        self,
        written: SiteFile,
        profiles: Profiles,
        credentials: Mapping[str, Credential],
        regions: Mapping[str, Region],
        nodes: NodeTable,
    ) -> Site:
        return Site(
            path=self._path,
            name=written.site,
            title=written.name or written.site,
            timezone=written.timezone,
            language=written.language,
            data=self._path.parent / written.data,
            redis=written.redis,
            ledger=written.ledger,
            listen_host=written.listen.host,
            listen_port=written.listen.port or 0,
            web=WebSettings(),
            networks=MappingProxyType(network_settings(written)),
            judge=judge_settings(written.judge),
            outages=outage_settings(written.outages),
            targets=MappingProxyType(targets(written.targets)),
            repair=MappingProxyType(repair_limits(written.repair)),
            inspections=tuple(written.inspections),
            invented=written.invented,
            mqtt=mqtt_settings(written.mqtt),
            credentials=MappingProxyType(dict(credentials)),
            concurrency=written.concurrency,
            per_uplink=written.per_uplink,
            keep=written.keep,
            retain=written.retain,
            alerts=self._path.parent / written.alerts,
            alerting=Alerting(),
            profiles=profiles,
            regions=MappingProxyType(dict(regions)),
            inventory=Inventory(
                nodes.nodes,
                ZoneInfo(written.timezone),
                (regions or {}).values(),
                {key: network.name or key for key, network in written.networks.items()},
            ),
            files=tuple(self._files),
            stamps=tuple(self._files.values()),
            sources=MappingProxyType(self._sources),
        )

    def _list(self, file: str) -> Mistakes:
        self._lists.append(Mistakes(file))
        return self._lists[-1]

    def _error(self) -> ConfigError:
        return ConfigError((mistake for found in self._lists for mistake in found), self._files)

    def _track(self, key: str, path: Path) -> Path:
        """Remember the state of a file before it is read: a change after this moment is noticed.

        Returns where to read it.
        """
        self._files[path] = stamp(path)
        self._sources[key] = path
        return path if self._copies is None else self._copies / copy_name(key, path)

    def _site_file(self) -> SiteFile | None:
        try:
            content = read_bytes(self._track("site", self._path), _SITE_LIMIT)
        except FileNotFoundError:
            self._mistakes.add(None, "", "", ABSENT, START_FROM)
            return None
        except CellError as error:
            self._mistakes.add(None, "", "", error.allowed, error.hint)
            return None
        text = decode(content, self._mistakes)
        if text is None:
            return None
        self._document = parse(text, self._mistakes)
        return (
            None
            if self._mistakes and not self._document.data
            else read_site_file(self._document, self._mistakes)
        )

    def _credentials(self, written: SiteFile) -> Mapping[str, Credential] | None:
        """None when they could not be read: then nothing is said of names that may be among them."""
        path, mistakes = self._named(written, "credentials")
        try:
            return load_credentials(path, mistakes)
        except FileNotFoundError:
            self._note_absent(written, "credentials")
            return {}

    def _regions(self, written: SiteFile) -> Mapping[str, Region] | None:
        """None when there are none that a cell could be checked against."""
        path, mistakes = self._named(written, "regions")
        try:
            return read_regions(read_table(path, REGION_SHEET, mistakes), mistakes) or None
        except FileNotFoundError:
            self._note_absent(written, "regions")
        except CellError as error:
            mistakes.add(None, "", "", error.allowed, error.hint)
        return None

    def _alerting(
        self,
        written: SiteFile,
        credentials: Mapping[str, Credential] | None,
        regions: Mapping[str, Region] | None,
    ) -> Alerting:
        path, mistakes = self._named(written, "alerts")
        folder = self._path.parent
        around = Around(folder, written.language, tuple(written.networks), credentials, regions)
        try:
            return load_alerting(path, around, mistakes)
        except FileNotFoundError:
            self._note_absent(written, "alerts")
            return defaults(written.language)

    def _outline(self, written: SiteFile) -> bytes:
        if written.web.map is None:
            return b""
        path = self._track("map", self._path.parent / written.web.map)
        try:
            return read_outline(path)
        except FileNotFoundError:
            self._note(("web", "map"), written.web.map, NO_FILE)
        except CellError as error:
            self._list(written.web.map).add(None, "", "", error.allowed, error.hint)
        return b""

    def _nodes(self, written: SiteFile, words: Words) -> NodeTable:
        path, mistakes = self._named(written, "nodes")
        try:
            return read_nodes(read_table(path, NODE_SHEET, mistakes), words, mistakes)
        except FileNotFoundError:
            self._note_absent(written, "nodes", needed=True)
        except CellError as error:
            mistakes.add(None, "", "", error.allowed, error.hint)
        return NodeTable()

    def _named(self, written: SiteFile, key: str) -> tuple[Path, Mistakes]:
        name: str = getattr(written, key)
        return self._track(key, self._path.parent / name), self._list(name)

    def _note_absent(self, written: SiteFile, key: str, *, needed: bool = False) -> None:
        """A file that somebody named must exist; one by its default name only if it is needed."""
        if needed or key in written.model_fields_set:
            self._note((key,), getattr(written, key), NO_FILE)

    def _note(self, where: Where, value: str, allowed: Said) -> None:
        self._mistakes.add(self._document.line(where), dotted(where), value, allowed)
