"""alerts.yaml: what may stand there, and what is said of a mistake."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from config_folder import Folder, told

from monitor.config import Credential
from monitor.config.alerting import (
    KINDS,
    Alerting,
    AlertmanagerSettings,
    Burn,
    Called,
    ChannelSettings,
    CommandSettings,
    FallbackSettings,
    MailSettings,
    Match,
    MqttChannelSettings,
    Override,
    RobotSettings,
    Shift,
    SmsSettings,
    Step,
    WebhookSettings,
    type_name,
)

LOGINS = "ding: {token: geheim1, secret: geheim2}\nlogin: {user: u, password: geheim3}\nhook: {url: 'http://h/geheim4'}\n"
TWO = (
    "channels:\n  a: {type: webhook, url: 'http://127.0.0.1:1/'}\n  b: {type: command, command: [page]}\n"
    "people: {zhang: {name: 张三, phone: '138'}, li: {}}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    made.write("credentials.yaml", LOGINS)
    made.write("regions.csv", "code,name\n440983,信宜市\n")
    return made


def read(folder: Folder, text: str) -> Alerting:
    folder.write("alerts.yaml", text)
    return folder.load().alerting


def mistakes(folder: Folder, text: str) -> str:
    folder.write("alerts.yaml", text)
    return folder.complaint()


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "channels:\nroutes:\nrules:\n"])
def test_without_settings_all_rules_are_as_they_ship_and_nobody_is_told(
    folder: Folder, text: str | None
) -> None:
    alerting = folder.load().alerting if text is None else read(folder, text)
    assert [rule.kind for rule in alerting.rules] == list(KINDS)
    assert [rule.name for rule in alerting.rules] == list(KINDS)
    assert (alerting.channels, alerting.routes, alerting.language) == ({}, (), "zh")


def test_one_channel_is_enough(folder: Folder) -> None:
    alerting = read(folder, "channels: {a: {type: webhook, url: 'http://127.0.0.1:1/'}}\n")
    (route,) = alerting.routes
    assert (route.to, route.match, route.repeat) == (("a",), Match(), 14_400.0)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        (
            "{type: dingtalk, credential: ding, limit: 10/1m}",
            RobotSettings("x", Credential(token="geheim1", secret="geheim2"), (10, 60.0), type="dingtalk"),
        ),
        ("{type: webhook, credential: hook}", WebhookSettings("x", Credential(url="http://h/geheim4"))),
        (
            "{type: alertmanager, url: ['http://a:9093', 'http://b:9093']}",
            AlertmanagerSettings("x", urls=("http://a:9093", "http://b:9093")),
        ),
        (
            "{type: mail, host: m, security: tls, from: a@b, to: c@d, credential: login}",
            MailSettings(
                "x", Credential("u", "geheim3"), host="m", sender="a@b", security="tls", to=("c@d",)
            ),
        ),
        (
            "{type: sms, url: 'http://h/', template: '{phone}', success: '\"code\":0'}",
            SmsSettings("x", url="http://h/", template="{phone}", success='"code":0'),
        ),
        (
            "{type: mqtt, url: 'mqtt://h', topic: quanshi/alerts}",
            MqttChannelSettings("x", url="mqtt://h", topic="quanshi/alerts"),
        ),
        (
            "{type: command, command: [/bin/page, '{title}'], within: 5s}",
            CommandSettings("x", command=("/bin/page", "{title}"), within=5.0),
        ),
    ],
)
def test_channels_of_every_type(folder: Folder, text: str, settings: ChannelSettings) -> None:
    site = folder.write("alerts.yaml", f"channels: {{x: {text}}}\n") and folder.load()
    assert site.alerting.channels["x"] == settings
    assert type_name(settings) in text
    assert "geheim" not in repr(site)


def test_a_certificate_file_is_seen_from_the_folder_of_the_site(folder: Folder) -> None:
    text = "channels: {x: {type: mail, host: m, from: a@b, authority: tls/ca.pem}}\n"
    channel = read(folder, text).channels["x"]
    assert isinstance(channel, MailSettings)
    assert channel.authority == folder.path / "tls/ca.pem"


def test_people_are_called_as_each_channel_calls_them(folder: Folder) -> None:
    text = "people: {zhang: {phone: '138', mail: a@b, feishu: ou_1}, li: {phone: '139'}}\n"
    people = read(folder, text).people
    asked = ("sms", "dingtalk", "wecom", "command", "mail", "feishu")
    assert [people["zhang"].address(kind) for kind in asked] == ["138", "138", "138", "138", "a@b", "ou_1"]
    assert people["li"].address("feishu") == ""
    assert people["li"].name == "li"
    assert "138" not in repr(people)


def test_routes_say_who_when_and_how_often(folder: Folder) -> None:
    alerting = read(
        folder,
        TWO + "schedules: {duty: {rota: [{who: zhang}]}}\n"
        "routes:\n"
        "  - {match: {network: video, region: '440983', severity: [critical], classes: 1}, to: a, \n"
        "     people: [duty, li],\n"
        "     repeat: off, escalate: [{after: 1h, to: b}, {after: 15m, to: [a, b], people: zhang}],\n"
        "     fallback: {to: b, after: 2m}, group_interval: 0s}\n"
        "  - {to: [a, b], name: rest, language: en}\n",
    )
    first, rest = alerting.routes
    assert first.match == Match(
        networks=("video",), regions=("440983",), severities=("critical",), classes=(1,)
    )
    assert first.called == Called(("duty",), ("li",))
    assert (first.repeat, first.group_interval, first.name) == (None, 0.0, "route-1")
    assert first.escalate == (Step(900.0, ("a", "b"), Called((), ("zhang",))), Step(3600.0, ("b",)))
    assert first.fallback == FallbackSettings(("b",), 120.0)
    assert (rest.name, rest.language, rest.to) == ("rest", "en", ("a", "b"))


def test_a_rota_has_shifts_turns_holidays_and_overrides(folder: Folder) -> None:
    text = """
people: {a: {}, b: {}}
schedules:
  duty:
    rota:
      - {days: mon-fri, from: "08:00", to: 18:00, who: a}
      - {days: [sat, sun], who: [a, b]}
      - {days: fri-mon, from: 18:00, to: "08:00", weeks: [[a], b]}
    first: 2026-01-05
    overrides: [{from: 2026-10-01 08:00, to: 2026-10-02, who: b}]
    holidays: 2026-10-01
    holiday_rota: [{who: b}]
"""
    duty = read(folder, text).schedules["duty"]
    assert duty.rota == (
        Shift(frozenset(range(5)), 480, 1080, ("a",)),
        Shift(frozenset((5, 6)), 0, 0, ("a", "b")),
        Shift(frozenset((4, 5, 6, 0)), 1080, 480, (), (("a",), ("b",))),
    )
    assert duty.overrides == (
        Override(datetime.fromisoformat("2026-10-01T08:00"), datetime.fromisoformat("2026-10-02"), ("b",)),
    )
    assert (duty.first, duty.holidays) == (date(2026, 1, 5), {date(2026, 10, 1)})


def test_rules_are_switched_off_changed_and_several(folder: Folder) -> None:
    text = """
rules:
  outage: off
  degraded: {for: 1h, severity: info}
  crowd:
    - {share: 5%}
    - {name: big, share: 50%, groups: network, networks: video}
  burn: {windows: [{times: 3, over: 6h, also: 1h}]}
  pipeline: {silent: 2m}
"""
    rules = {rule.name: rule for rule in read(folder, text).rules}
    assert "outage" not in rules
    assert (rules["degraded"].span, rules["degraded"].severity) == (3600.0, "info")
    assert (rules["crowd"].share, rules["big"].share, rules["big"].kind) == (0.05, 0.5, "crowd")
    assert (rules["big"].groups, rules["big"].match.networks) == (("network",), ("video",))
    assert rules["burn"].burns == (Burn(3.0, "6h", "1h", "warning"),)
    assert rules["pipeline"].limits["silent"] == 120.0


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("channles: {}", ("alerts.yaml:1  channles", "not a key of this file", 'did you mean "channels"?')),
        (
            "channels:\n  a: {type: webhok}",
            ('alerts.yaml:2  channels.a.type = "webhok"', "one of these types", 'did you mean "webhook"?'),
        ),
        (
            "channels:\n  a:\n    type: webhook\n    url: http://h/x\n    colour: red",
            (
                "alerts.yaml:5  channels.a.colour",
                "not a key of channels.a (type, credential, limit, url, proxy)",
            ),
        ),
        (
            "channels:\n  a: {type: dingtalk, credential: dingg}",
            ('alerts.yaml:2  channels.a.credential = "dingg"', "not in the credentials file"),
        ),
        (
            "channels:\n  a: {type: dingtalk, credential: login}",
            ('alerts.yaml:2  channels.a.credential = "login"', "with token or url is needed"),
        ),
        ("channels:\n  a: {type: webhook}", ("alerts.yaml:2  channels.a.credential", "with url is needed")),
        (TWO.rstrip(), ("alerts.yaml:1  channels", "there are several channels, and no routes")),
        (
            TWO + "routes:\n  - {to: c}",
            ('alerts.yaml:6  routes[0].to[0] = "c"', "there is no channel of this name (a, b)"),
        ),
        (TWO + "routes:\n  - {people: zhang}", ("alerts.yaml:6  routes[0].to", "the names of channels")),
        (
            TWO + "routes:\n  - {to: a, people: zang}",
            ('routes[0].people[0] = "zang"', "there is no schedule and no person", 'mean "zhang"?'),
        ),
        (
            TWO + "routes:\n  - {to: a, match: {network: vidoe}}",
            ("routes[0].match.network[0]", "no network", '"video"?'),
        ),
        (
            TWO + "routes:\n  - {to: a, match: {region: '440999'}}",
            ("routes[0].match.region[0]", "there is no region of this name (440983)"),
        ),
        (
            TWO + "routes:\n  - {to: a, match: {rules: outages}}",
            ("routes[0].match.rules[0]", 'did you mean "outage"?'),
        ),
        (
            TWO + "routes:\n  - {to: a, escalate: [{after: 15, to: b}]}",
            ('routes[0].escalate[0].after = "15"', "such as 15m"),
        ),
        (
            "rules:\n  outage:\n    least: 0",
            ('alerts.yaml:3  rules.outage.least = "0"', "from 1 to 1000000"),
        ),
        ("rules:\n  outage: 5", ("alerts.yaml:2  rules.outage", "keys are needed here")),
        (
            "rules:\n  crowd:\n    - {}\n    - {share: 10}",
            ('alerts.yaml:4  rules.crowd[1].share = "10"', "10%"),
        ),
        ("rules:\n  crowd: [{name: x}, {name: x}]", ("rules.crowd[1].name", "another rule has this name")),
        ("rules: {offlin: off}", ("rules.offlin", 'did you mean "offline"?')),
        ("schedules:\n  d: {rota: [{days: mo}]}", ("schedules.d.rota[0].days", "such as mon-fri")),
        ("schedules:\n  d: {rota: [{days: mon}]}", ("schedules.d.rota[0]", "either who or weeks")),
        (
            TWO + "routes: [{to: a}]\nschedules: {zhang: {}}",
            ("schedules.zhang", "a person has the same name"),
        ),
        ("dead_man: {every: 1m}", ("alerts.yaml:1  dead_man", "url is needed, or a credential with url")),
    ],
)
def test_a_mistake_says_where_and_what_is_allowed(folder: Folder, text: str, lines: tuple[str, ...]) -> None:
    complaint = mistakes(folder, text + "\n")
    assert complaint.count("alerts.yaml:") == 1, complaint
    for line in lines:
        assert line in complaint


def test_all_mistakes_are_told_at_once(folder: Folder) -> None:
    text = "channels: {a: {type: x}}\nroutes: [{to: b}]\nrules: {outage: {least: x}}\nnonsense: 1\n"
    assert mistakes(folder, text).count("alerts.yaml:") == 4


def test_no_mistake_shows_what_may_hold_a_token(folder: Folder) -> None:
    text = (
        "link: 'ftp://geheim'\nchannels:\n  a: {type: webhook, url: 'ftp://h/geheim', proxy: 'geheim@x'}\n"
        "  b: {type: mqtt, url: 'mqtt://u:geheim@h', topic: t}\nroutes: [{to: a}]\n"
    )
    complaint = mistakes(folder, text)
    assert complaint.count("alerts.yaml:") == 4
    assert "geheim" not in complaint


def test_a_named_file_must_be_there(folder: Folder) -> None:
    folder.site("alerts: rules.yaml\n")
    assert folder.complaint() == told(
        ('site.yaml:5  alerts = "rules.yaml"', "there is no such file beside this one")
    )


@pytest.mark.parametrize(
    "entry", ["{token: t}", "{url: 'http://h/'}", "{token: t, secret: s, user: u, password: p}"]
)
def test_a_credential_may_be_a_token_or_a_url(folder: Folder, entry: str) -> None:
    folder.write("credentials.yaml", f"x: {entry}\n")
    assert "x" in folder.load().credentials


@pytest.mark.parametrize("entry", ["{secret: s}", "{user: u}", "{token: t, password: p}", "{}"])
def test_a_credential_of_too_little_is_a_mistake(folder: Folder, entry: str) -> None:
    folder.write("credentials.yaml", f"x: {entry}\n")
    assert folder.complaint().startswith("credentials.yaml:1  x\n")


def test_a_probe_needs_a_login_and_not_a_token(folder: Folder) -> None:
    folder.site("probes: {rtsp: {credential: ding}}\n")
    assert "has no user and password" in folder.complaint()
