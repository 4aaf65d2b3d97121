"""site.yaml: what may stand there, what it comes to, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_folder import SITE, Folder, told

from monitor.config import (
    ConfigError,
    JudgeSettings,
    MqttSettings,
    NetworkSettings,
    OutageSettings,
    WebSettings,
    load_site,
)
from monitor.model.observations import Cause


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_short_site_has_all_defaults(folder: Folder) -> None:
    site = folder.load()
    assert (site.name, site.title) == ("maoming", "maoming")
    assert (site.timezone, site.language) == ("Asia/Shanghai", "zh")
    assert site.path == folder.path / "site.yaml"
    assert site.data == folder.path / "data"
    assert (site.redis, site.ledger) == ("embedded", "sqlite")
    assert site.ledger_url == f"sqlite+aiosqlite:///{folder.path}/data/ledger.db"
    assert (site.listen_host, site.listen_port) == ("127.0.0.1", 8080)
    assert site.networks == {"video": NetworkSettings("视频专网"), "police": NetworkSettings("公安网")}
    assert site.judge == JudgeSettings()
    assert site.outages == OutageSettings()
    assert site.targets == {1: 0.98, 2: 0.95, 3: 0.90}
    assert site.repair == {1: 86400.0, 2: 172800.0, 3: 259200.0}
    assert site.inspections == (9 * 60, 15 * 60, 21 * 60)
    assert site.invented is False
    assert site.mqtt is None
    assert site.web == WebSettings()
    assert (site.concurrency, site.per_uplink) == (2000, 64)
    assert (site.keep, site.retain) == (86400.0, 400 * 86400.0)
    names = ["site.yaml", "credentials.yaml", "regions.csv", "nodes.csv", "alerts.yaml"]
    assert [path.name for path in site.files] == names


def test_every_setting_can_be_said(folder: Folder) -> None:
    site = folder.site("""
name: 茂名
timezone: UTC
language: en
data: /srv/quanshi
redis: rediss://:secret@redis.example:6380/1
ledger: sqlite+aiosqlite:////var/lib/quanshi/ledger.db
listen: "[::]:9090"
concurrency: 500
per_uplink: 20
keep: 2d
retain: 3650d
judge:
  confirm: 2
  recover: 1
  retry: [500ms]
  degrades: [timeout]
  flap: {changes: 4, within: 1m, settle: 30s}
  blind: {share: 60%, least: 3}
outages: {share: 75%, least: 4, within: 1m, hold: 500ms, recheck: 2m}
targets: {class1: 99.5%, class2: ~}
repair: {class1: 12h, class3: ~, class9: 7d}
inspections: [21:30, 9:00, 00:00]
invented: true
mqtt: {url: "mqtts://broker.example", topic: "a/+/b", will_topic: ~, id: device, network: video}
""").load()
    assert (site.name, site.title) == ("maoming", "茂名")
    assert (site.timezone, site.language, site.data) == ("UTC", "en", Path("/srv/quanshi"))
    assert site.ledger_url == "sqlite+aiosqlite:////var/lib/quanshi/ledger.db"
    assert (site.listen_host, site.listen_port) == ("::", 9090)
    assert (site.concurrency, site.per_uplink) == (500, 20)
    assert (site.keep, site.retain) == (172800.0, 3650 * 86400.0)
    assert site.judge == JudgeSettings(
        confirm=2,
        recover=1,
        retry=(0.5,),
        degrades=frozenset((Cause.TIMEOUT, Cause.BUSY)),
        flap_changes=4,
        flap_within=60.0,
        flap_settle=30.0,
        blind_share=0.6,
        blind_least=3,
    )
    assert site.outages == OutageSettings(share=0.75, least=4, within=60.0, hold=0.5, recheck=120.0)
    assert site.targets == {1: 0.995, 3: 0.90}
    assert site.repair == {1: 43200.0, 2: 172800.0, 9: 604800.0}
    assert site.inspections == (0, 9 * 60, 21 * 60 + 30)
    assert site.invented is True
    assert site.mqtt == MqttSettings("mqtts://broker.example", "a/+/b", None, "device", None, "video")
    assert "secret" not in repr(site)


def test_a_target_is_the_share_that_was_written_to_the_last_digit(folder: Folder) -> None:
    for thousandths in range(1, 1001):
        share = thousandths / 1000
        text = f"{thousandths // 10}.{thousandths % 10}%"
        assert folder.site(f"targets: {{class1: {text}}}").load().targets[1] == share


def test_nobody_has_to_inspect(folder: Folder) -> None:
    assert folder.site("inspections: []").load().inspections == ()


def test_an_unknown_key_is_told_with_its_line_and_the_nearest_right_one(folder: Folder) -> None:
    assert folder.site("judge:\n  confrim: 3\n").complaint() == told(
        (
            "site.yaml:6  judge.confrim",
            "not a key of judge (confirm, recover, retry, degrades, flap, blind)",
            'did you mean "confirm"?',
        )
    )


KEYS = (
    "site, name, timezone, language, data, redis, ledger, listen, nodes, regions, credentials, alerts, "
    "networks, probes, judge, outages, targets, repair, inspections, invented, mqtt, web, gb28181, snmp, "
    "concurrency, per_uplink, keep, retain"
)


def test_an_unknown_key_at_the_top_is_told_too(folder: Folder) -> None:
    assert folder.site("probs: {}\n").complaint() == told(
        (
            "site.yaml:5  probs",
            f"not a key of this file ({KEYS})",
            'did you mean "probes"?',
        )
    )


COUNT = "a whole number from 1 to {} is allowed"
RETAIN = "a span of time from 190d to 36500d is allowed, such as 400d: half a year must stay at hand"
SHARE = "a share above 0% and up to 100% is allowed, such as 98%"
BROKER = "a URL without a login is needed, such as mqtt://127.0.0.1:1883 or mqtts://broker"
FILE = "the name of a file is needed, seen from the folder of this one"
REPAIR = "a span of time from 1m to 365d is allowed, such as 30s or 5m"
HOLD = "a span of time from 100ms to 5m is allowed, such as 30s or 5m"
CLOCKS = "a list of up to 24 different times of day is needed, such as [09:00, 15:00, 21:00]"
CAUSES = (
    "a list of causes is needed, from: busy, slow, auth_rejected, not_found, clock_wrong, "
    "certificate_expired, flapping, contradicted, no_reply, timeout, refused, unreachable, "
    "reset, bad_reply, error_reply, tls_failed, heartbeat_missed, reported_off"
)


@pytest.mark.parametrize(
    ("more", "where", "allowed"),
    [
        ("judge: {confirm: three}", '5  judge.confirm = "three"', COUNT.format(100)),
        ("judge: {confirm: 0}", '5  judge.confirm = "0"', COUNT.format(100)),
        (
            "judge:\n  retry:\n    - 1s\n    - 2\n",
            '8  judge.retry[1] = "2"',
            "a list of up to 10 spans is needed, such as [1s, 2s, 4s]",
        ),
        ("retain: 189d", '5  retain = "189d"', RETAIN),
        ("keep: 12:30", '5  keep = "12:30"', "a span of time from 1m to 30d is allowed, such as 30s or 5m"),
        ("language: no", '5  language = "no"', "zh or en is allowed"),
        ("targets: {class1: 98}", '5  targets.class1 = "98"', SHARE),
        ("targets: {class1: 101%}", '5  targets.class1 = "101%"', SHARE),
        (
            "timezone: Asia",
            '5  timezone = "Asia"',
            "a time zone of the IANA database is needed, such as Asia/Shanghai",
        ),
        (
            "listen: 8080",
            '5  listen = "8080"',
            "an own address and a port are needed, such as 127.0.0.1:8080",
        ),
        ("judge: 3", '5  judge = "3"', "keys are needed: confirm, recover, retry, degrades, flap, blind"),
        ("outages: 5s", '5  outages = "5s"', "keys are needed: share, least, within, hold, recheck"),
        ("outages: {least: 1}", '5  outages.least = "1"', "a whole number from 2 to 1000000 is allowed"),
        ("outages: {hold: 6m}", '5  outages.hold = "6m"', HOLD),
        ("outages: {share: 0.6}", '5  outages.share = "0.6"', SHARE.replace("98", "60")),
        ("concurrency:", "5  concurrency", COUNT.format(60000)),
        ("per_uplink: 0", '5  per_uplink = "0"', COUNT.format(60000)),
        ("mqtt: {topic: a/+}", "5  mqtt.url", BROKER),
        (
            "mqtt: {url: mqtt://b, network: vidoe}",
            '5  mqtt.network = "vidoe"',
            "not a network of this site (video, police)",
        ),
        (
            "probes: {Ping: {every: 5s}}",
            "5  probes.Ping",
            "a name here has up to 31 lower-case letters, digits, _ and -, and begins with a letter",
        ),
        ("nodes: gone.csv", '5  nodes = "gone.csv"', "there is no such file beside this one"),
        ("regions: gone.csv", '5  regions = "gone.csv"', "there is no such file beside this one"),
        ("nodes: .", '5  nodes = "."', FILE),
        ('nodes: "a\\0b"', '5  nodes = "a\\x00b"', FILE),
        ("repair: {class1: 24}", '5  repair.class1 = "24"', REPAIR),
        ("repair: {class2: 30s}", '5  repair.class2 = "30s"', REPAIR),
        ("inspections: [09:00, 24:00]", '5  inspections[1] = "24:00"', CLOCKS),
        ("inspections: [9am]", '5  inspections[0] = "9am"', CLOCKS),
        ("inspections: [09:00, 9:00]", "5  inspections", CLOCKS),
        ("inspections: 09:00", '5  inspections = "09:00"', CLOCKS),
        ("invented: maybe", '5  invented = "maybe"', "true or false is allowed"),
        ("judge: {degrades: [ok]}", '5  judge.degrades[0] = "ok"', CAUSES),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(
    folder: Folder, more: str, where: str, allowed: str
) -> None:
    assert folder.site(more).complaint() == told((f"site.yaml:{where}", allowed))


def test_all_mistakes_of_all_files_are_told_together(folder: Folder) -> None:
    folder.write("site.yaml", "networks:\n  video: {shards: 0}\njudge: {confirm: 0}\n")
    folder.write("regions.csv", "code,name\n1,a\n1,b\n")
    assert folder.nodes("cam-1,camera,vidoe,10.0.0.1").complaint() == told(
        ("site.yaml  site", "a short name is needed: letters, digits and . _ - (used in stream keys)"),
        ('site.yaml:2  networks.video.shards = "0"', COUNT.format(1024)),
        ('site.yaml:3  judge.confirm = "0"', COUNT.format(100)),
        ('regions.csv:3  code = "1"', "the same code already stands in line 2"),
        ('nodes.csv:2  network = "vidoe"', "not a network of this site (video)", 'did you mean "video"?'),
    )


@pytest.mark.parametrize(
    ("more", "allowed"),
    [
        ("gb28181: {port: 5060}", "GB/T 28181 is not there yet"),
        ("snmp: v2c", "SNMP is not there yet"),
    ],
)
def test_what_is_not_built_yet_is_a_mistake_and_not_silence(folder: Folder, more: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as caught:
        folder.site(f"{more}\n").load()
    assert [mistake.allowed.en for mistake in caught.value.mistakes] == [allowed]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://quanshi@db.example/quanshi",
        "postgresql://quanshi:hunter2@db.example:6432/quanshi?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql://quanshi@/quanshi?host=/run/postgresql",
        "postgresql:///quanshi?host=/run/postgresql",
        "postgresql://[::1]/quanshi",
    ],
)
def test_a_ledger_may_be_in_postgres(folder: Folder, url: str) -> None:
    site = folder.site(f"ledger: {url}\n").load()
    assert site.ledger_url == url
    assert "hunter2" not in repr(site)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@db.example",
        "postgresql://u:hunter2@db.example/",
        "postgresql://u:hunter2@/quanshi",
        "postgresql://u:hunter2@db.example:0/quanshi",
        "postgresql://u:hunter2@db.example:port/quanshi",
        "postgresql+psycopg://u:hunter2@db.example/quanshi",
        "postgres://u:hunter2@db.example/quanshi",
        "mysql://u:hunter2@db.example/quanshi",
    ],
)
def test_another_ledger_is_a_mistake_that_shows_no_password(folder: Folder, url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        folder.site(f"ledger: {url}\n").load()
    (mistake,) = caught.value.mistakes
    assert mistake.allowed.en == "sqlite or a URL is allowed: postgresql://user@host/database"
    assert "***@" in mistake.value
    assert "hunter2" not in str(mistake)


@pytest.mark.parametrize("key", ["redis", "ledger"])
def test_a_password_in_a_wrong_url_is_not_shown(folder: Folder, key: str) -> None:
    for url in ("amqp://admin:hunter2@host/x", "amqp:admin:hunter2@host/x", "hunter2@host"):
        complaint = folder.site(f"{key}: {url}").complaint()
        assert complaint.startswith(f"site.yaml:5  {key} = ")
        assert "***@host" in complaint
        assert "hunter2" not in complaint


@pytest.mark.parametrize(
    "host",
    [
        "10.1..2",
        "10.1.2",
        "256.0.0.1",
        "a" * 70,
        "bro ker",
        "-broker",
        "broker..example",
        "[::1",
        "224.0.0.1",
    ],
)
def test_a_url_of_a_host_that_cannot_be_is_a_mistake(folder: Folder, host: str) -> None:
    complaint = folder.site(f"mqtt: {{url: 'mqtt://{host}:1883'}}").complaint()
    assert complaint.startswith('site.yaml:5  mqtt.url = "mqtt://')
    assert complaint.endswith(BROKER)
    assert folder.site(f"redis: 'redis://:pw@{host}:6379'").complaint().startswith("site.yaml:5  redis = ")


@pytest.mark.parametrize("host", ["10.0.0.1", "broker_1.example", "[2001:db8::1]", "Broker", "localhost"])
def test_a_url_of_a_host_that_can_be_is_none(folder: Folder, host: str) -> None:
    site = folder.site(f"mqtt: {{url: 'mqtt://{host}:1883'}}\nredis: 'redis://{host}:6379'").load()
    assert site.mqtt is not None
    assert (site.mqtt.url, site.redis) == (f"mqtt://{host}:1883", f"redis://{host}:6379")


def test_a_login_in_the_brokers_url_is_sent_to_the_credentials(folder: Folder) -> None:
    assert folder.site("mqtt: {url: mqtt://admin:hunter2@broker}").complaint() == told(
        (
            'site.yaml:5  mqtt.url = "mqtt://***@broker"',
            BROKER,
            "put the login into the credentials file and name it with  credential: …",
        )
    )


def test_two_networks_may_not_be_confused(folder: Folder) -> None:
    folder.write("site.yaml", "site: x\nnetworks:\n  video: {}\n  police: {name: Video}\n")
    assert folder.complaint() == told(
        ("site.yaml:4  networks.police", "has a name in common with the network video: video")
    )


def test_a_witness_must_be_a_node_that_its_network_sees(folder: Folder) -> None:
    folder.write(
        "site.yaml",
        "site: x\nnetworks:\n  video: {witnesses: [gw-1, cam-2]}\n  police: {witnesses: [cam-1]}\n",
    )
    assert folder.complaint() == told(
        ('site.yaml:3  networks.video.witnesses[0] = "gw-1"', "no node has this id"),
        (
            'site.yaml:3  networks.video.witnesses[1] = "cam-2"',
            "no node has this id",
            'did you mean "cam-1"?',
        ),
        (
            'site.yaml:4  networks.police.witnesses[0] = "cam-1"',
            "a witness of police must be seen from it; this node is in video",
        ),
    )


def test_what_a_row_with_another_mistake_needs_of_the_site_is_told_too(folder: Folder) -> None:
    folder.write("site.yaml", "site: x\nnetworks:\n  video: {witnesses: [cam-1]}\n  police: {}\n")
    folder.nodes("cam-1,camrea,police,10.0.0.1,mqtt", heading="id,kind,network,address,probes")
    complaint = folder.complaint()
    assert "a witness of video must be seen from it; this node is in police" in complaint
    assert "is needed: the node cam-1 has the probe mqtt" in complaint


def test_a_heartbeat_needs_a_broker(folder: Folder) -> None:
    folder.nodes("cam-1,camera,video,10.0.0.1,mqtt", heading="id,kind,network,address,probes")
    assert folder.complaint() == told(
        ("site.yaml  mqtt", "is needed: the node cam-1 has the probe mqtt", "such as  mqtt: {url: …}")
    )


def test_a_site_without_networks_ends_there(folder: Folder) -> None:
    folder.write("site.yaml", "site: x\nnetworks:\n")
    assert folder.complaint() == told(
        ("site.yaml:2  networks", "at least one network is needed, such as  video: {name: 视频专网}")
    )


def test_a_missing_site_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_site(tmp_path / "site.yaml")
    assert str(caught.value) == told(
        ("site.yaml", "does not exist", "quanshi init DIR writes a set to start from")
    )
    assert caught.value.files == (tmp_path / "site.yaml",)


def test_a_folder_is_not_a_site_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a file"):
        load_site(tmp_path)


def test_site_yaml_may_be_gb18030(folder: Folder) -> None:
    folder.write("site.yaml", SITE.encode("gb18030"))
    assert folder.load().networks["video"].name == "视频专网"
