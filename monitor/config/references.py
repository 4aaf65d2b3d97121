"""What site.yaml names and must be elsewhere: networks, credentials, nodes, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from monitor.config.mistakes import Mistakes, did_you_mean
from monitor.config.nodes import NO_NODE, NodeTable
from monitor.config.schema import SiteFile
from monitor.config.settings import Credential
from monitor.config.tables import plain
from monitor.config.yamlfile import Document, Where, dotted
from monitor.model.said import NOTHING, Said

NO_FILE: Final = Said("本目录中没有这个文件", "there is no such file beside this one")
_NO_LOGIN: Final = Said(
    "账号文件中的这一项没有 user 和 password", "this entry of the credentials file has no user and password"
)
_NO_TOKEN: Final = Said("账号文件中的这一项没有 token", "this entry of the credentials file has no token")
_NOT_ASKED: Final = Said("该节点不探测，无法作见证", "nobody asks this node, so it can witness nothing")
_SUCH_AS: Final = Said("如  mqtt: {url: …}", "such as  mqtt: {url: …}")


class References:
    """Checks what is written against what there is, and notes what is wrong.

    ``credentials`` None: they could not be read, and nothing is said of names that may be among them.
    """

    def __init__(
        self,
        written: SiteFile,
        document: Document,
        mistakes: Mistakes,
        credentials: Mapping[str, Credential] | None,
    ) -> None:
        self._written = written
        self._document = document
        self._mistakes = mistakes
        self._credentials = credentials

    def check_names(self, nodes: NodeTable) -> None:
        """Networks by their names, logins by theirs, nodes by their ids."""
        written = self._written
        self._check_network_names()
        if written.mqtt is not None and written.mqtt.network not in (None, *written.networks):
            some = Said.listed(written.networks)
            allowed = Said(f"不是本站点的网络（{some.zh}）", f"not a network of this site ({some.en})")
            self._note(("mqtt", "network"), written.mqtt.network or "", allowed)
        for where, name in () if self._credentials is None else _named_credentials(written):
            self._check_login(where, name, self._credentials or {})
        self._check_witnesses(nodes)
        if written.mqtt is None:
            self._check_mqtt_unused(nodes)

    def check_web(self, folder: Path) -> None:
        """Files of TLS, and the provider's secret: not shown, for somebody may have put it there itself."""
        tls, oidc = self._written.web.tls, self._written.web.oidc
        for key, name in () if tls is None else (("certificate", tls.certificate), ("key", tls.key)):
            if not (folder / name).is_file():
                self._note(("web", "tls", key), name, NO_FILE)
        if oidc is None or oidc.secret is None or self._credentials is None:
            return
        where, file = ("web", "oidc", "secret"), self._written.credentials
        if oidc.secret not in self._credentials:
            allowed = Said(
                f"不是账号文件 {file} 中的名字", f"not the name of an entry in the credentials file, {file}"
            )
            self._note(where, "", allowed)
        elif not self._credentials[oidc.secret].token:
            self._note(where, "", _NO_TOKEN)

    def _check_login(self, where: Where, name: str, known: Mapping[str, Credential]) -> None:
        if name not in known:
            file = self._written.credentials
            allowed = Said(f"账号文件 {file} 中没有此名字", f"not in the credentials file, {file}")
            self._note(where, name, allowed, did_you_mean(name, known))
        elif not known[name].user:
            self._note(where, name, _NO_LOGIN)

    def _check_network_names(self) -> None:
        """A cell may name a network by its key or its name, so these must differ."""
        known: dict[str, str] = {}
        for key, network in self._written.networks.items():
            for word in {plain(key), plain(network.name or key)}:
                other = known.setdefault(word, key)
                if other != key:
                    allowed = Said(
                        f"与网络 {other} 重名：{word}",
                        f"has a name in common with the network {other}: {word}",
                    )
                    self._note(("networks", key), "", allowed)

    def _check_witnesses(self, nodes: NodeTable) -> None:
        networks = self._written.networks
        known = nodes.by_id() if any(network.witnesses for network in networks.values()) else {}
        for key, network in networks.items():
            for place, witness in enumerate(network.witnesses):
                where = ("networks", key, "witnesses", place)
                node = known.get(witness)
                if nodes.lines and witness not in nodes.lines:
                    self._note(where, witness, NO_NODE, did_you_mean(witness, nodes.lines))
                elif node is not None and not node.probes:
                    self._note(where, witness, _NOT_ASKED)
                elif node is not None and node.networks and key not in node.networks:
                    self._note(where, witness, _unseen(key, node.networks))

    def _check_mqtt_unused(self, nodes: NodeTable) -> None:
        """A heartbeat that nobody could ever hear would make its node unknown for ever."""
        for node in nodes.seen():
            if any(spec.protocol == "mqtt" for spec in node.probes):
                allowed = Said(
                    f"须写：节点 {node.id} 的探测方式含 mqtt",
                    f"is needed: the node {node.id} has the probe mqtt",
                )
                self._note(("mqtt",), "", allowed, _SUCH_AS)
                return

    def _note(self, where: Where, value: str, allowed: Said, hint: Said = NOTHING) -> None:
        self._mistakes.add(self._document.line(where), dotted(where), value, allowed, hint)


def _unseen(network: str, networks: Iterable[str]) -> Said:
    some = Said.listed(networks)
    return Said(
        f"{network} 的见证节点须在该网络中；此节点在 {some.zh}",
        f"a witness of {network} must be seen from it; this node is in {some.en}",
    )


def _named_credentials(written: SiteFile) -> Iterable[tuple[Where, str]]:
    for name, section in written.probes.items():
        if section.credential is not None:
            yield ("probes", name, "credential"), section.credential
    if written.mqtt is not None and written.mqtt.credential is not None:
        yield ("mqtt", "credential"), written.mqtt.credential
