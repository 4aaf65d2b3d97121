"""``web`` in site.yaml: how pages are reached and who is let in, and the outline that the map draws."""

from __future__ import annotations

import json
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import pytest
from config_folder import Folder, told

from monitor.config import (
    ConfigError,
    OidcSettings,
    PasswordSettings,
    TlsSettings,
    WebSettings,
    load_or_last_good,
    load_site,
    write_starter,
)
from monitor.config.good import keep_good

RING = [[110.9, 21.6], [111.0, 21.6], [111.0, 21.7], [110.9, 21.6]]
AREA = {"type": "Polygon", "coordinates": [RING]}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def collection(*features: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features})


def drawn(folder: Folder, content: str) -> Any:
    folder.write("city.geojson", content)
    return json.loads(folder.site("web: {map: city.geojson}\n").load().web.map)


def test_nobody_may_look_unless_the_site_says_so(folder: Folder) -> None:
    web = folder.load().web
    assert web == WebSettings()
    assert (web.anonymous, web.metrics, web.proxies) == ("none", "open", ())
    assert (web.idle, web.password) == (1800.0, PasswordSettings(12, 90 * 86400.0))


def test_the_former_word_for_proxies_means_those_of_this_machine(folder: Folder) -> None:
    folder.site("web: {behind_proxy: yes}\n")
    assert [str(each) for each in folder.load().web.proxies] == ["127.0.0.0/8", "::1/128"]


def test_a_proxy_is_an_address_or_a_network(folder: Folder) -> None:
    folder.site("web: {proxies: [proxy.example, 10.44.0.1/24]}\n")
    with pytest.raises(ConfigError) as raised:
        folder.load()
    assert len(raised.value.mistakes) == 2


def test_all_of_it_can_be_said(folder: Folder) -> None:
    for name in ("cert.pem", "key.pem"):
        folder.write(name, "")
    folder.write("city.geojson", json.dumps(AREA))
    folder.write("credentials.yaml", "sso: {token: hush}\n")
    site = folder.site("""
web:
  url: https://quanshi.example.local/
  tls: {certificate: cert.pem, key: key.pem}
  proxies: [10.44.0.1, 10.45.0.0/24, "fd00::/64"]
  anonymous: viewer
  idle: 2h
  password: {length: 16, age: 0}
  metrics: "[::1]:9108"
  map: city.geojson
  oidc:
    issuer: https://id.example/realms/city
    client: quanshi
    secret: sso
    claim: realm_roles
    roles: {viewer: [staff], operator: [duty, lead]}
""").load()
    assert site.web == WebSettings(
        url="https://quanshi.example.local",
        tls=TlsSettings(folder.path / "cert.pem", folder.path / "key.pem"),
        proxies=(ip_network("10.44.0.1/32"), ip_network("10.45.0.0/24"), ip_network("fd00::/64")),
        anonymous="viewer",
        idle=7200.0,
        password=PasswordSettings(16, 0.0),
        metrics="listen",
        metrics_listen=("::1", 9108),
        map=site.web.map,
        oidc=OidcSettings(
            "https://id.example/realms/city",
            "quanshi",
            "sso",
            "realm_roles",
            {"viewer": frozenset({"staff"}), "operator": frozenset({"duty", "lead"})},
        ),
    )
    assert json.loads(site.web.map)["features"][0]["geometry"] == AREA
    assert "hush" not in repr(site)


KEYS = "keys are needed: url, tls, proxies, anonymous, idle, password, metrics, map, oidc"
URL = "a URL without a path is needed, such as https://quanshi.example"
ISSUER = "the https URL of an OpenID provider is needed, such as https://id.example/realms/city"
METRICS = "open, token, or an own address and a port are allowed, such as 127.0.0.1:9108"
AGE = "a span of time up to 3650d, or 0 for ever, is allowed, such as 90d"
ROLES = "keys are needed: viewer, operator, approver, auditor, admin, security, such as  viewer: [staff]"
NO_FILE = "there is no such file beside this one"


@pytest.mark.parametrize(
    ("written", "where", "allowed"),
    [
        ("open", 'web = "open"', KEYS),
        ("{url: quanshi.example}", 'web.url = "quanshi.example"', URL),
        ("{url: 'https://q.example/pages'}", 'web.url = "https://q.example/pages"', URL),
        ("{url: 'https://me:hush@q.example'}", 'web.url = "https://***@q.example"', URL),
        ("{url: 'javascript:alert(1)'}", 'web.url = "javascript:alert(1)"', URL),
        ("{anonymous: admin}", 'web.anonymous = "admin"', "none or viewer is allowed"),
        ("{idle: 10s}", 'web.idle = "10s"', "a span of time from 1m to 12h is allowed, such as 30s or 5m"),
        ("{password: {length: 6}}", 'web.password.length = "6"', "a whole number from 8 to 64 is allowed"),
        ("{password: {age: 90}}", 'web.password.age = "90"', AGE),
        ("{metrics: closed}", 'web.metrics = "closed"', METRICS),
        ("{map: gone.geojson}", 'web.map = "gone.geojson"', NO_FILE),
        ("{tls: {certificate: nodes.csv, key: gone.pem}}", 'web.tls.key = "gone.pem"', NO_FILE),
        (
            "{tls: {certificate: nodes.csv}}",
            "web.tls.key",
            "the name of a PEM file with the certificate's key is needed",
        ),
        (
            "{oidc: {issuer: 'http://id.example', client: q, roles: {}}}",
            'web.oidc.issuer = "http://id.example"',
            ISSUER,
        ),
        (
            "{oidc: {issuer: 'https://a:hush@id.example', client: q, roles: {}}}",
            'web.oidc.issuer = "https://***@id.example"',
            ISSUER,
        ),
        ("{oidc: {issuer: 'https://id.example', client: q}}", "web.oidc.roles", ROLES),
        (
            "{oidc: {issuer: 'https://id.example', client: q, secret: hush, roles: {}}}",
            "web.oidc.secret",
            "not the name of an entry in the credentials file, credentials.yaml",
        ),
    ],
)
def test_a_wrong_value_is_told_with_what_is_allowed(
    folder: Folder, written: str, where: str, allowed: str
) -> None:
    complaint = folder.site(f"web: {written}\n").complaint()
    assert complaint == told((f"site.yaml:5  {where}", allowed))
    assert "hush" not in complaint


def test_a_role_that_is_none_is_told_with_the_nearest(folder: Folder) -> None:
    written = "web: {oidc: {issuer: 'https://id.example', client: q, roles: {operators: [a]}}}\n"
    assert folder.site(written).complaint() == told(
        (
            "site.yaml:5  web.oidc.roles.operators",
            "not a key of web.oidc.roles (viewer, operator, approver, auditor, admin, security)",
            'did you mean "operator"?',
        )
    )


def test_the_secret_of_a_provider_is_the_token_of_its_entry(folder: Folder) -> None:
    folder.write("credentials.yaml", "sso: {user: a, password: hush}\n")
    written = "web: {oidc: {issuer: 'https://id.example', client: q, secret: sso, roles: {}}}\n"
    assert folder.site(written).complaint() == told(
        ("site.yaml:5  web.oidc.secret", "this entry of the credentials file has no token")
    )


def test_a_provider_on_this_machine_needs_no_tls(folder: Folder) -> None:
    for issuer in ("http://127.0.0.1:5556/dex", "http://[::1]:5556", "http://localhost:5556"):
        web = folder.site(f"web: {{oidc: {{issuer: '{issuer}', client: q, roles: {{}}}}}}\n").load().web
        assert web.oidc is not None
        assert web.oidc.issuer == issuer


def test_an_outline_is_cut_down_to_what_the_map_draws(folder: Folder) -> None:
    line = {"type": "LineString", "coordinates": [[110.12345678, 21, 33.5], [111, 22]]}
    named = {"type": "Feature", "properties": {"name": "茂名", "secret": 1}, "geometry": line, "id": 7}
    assert drawn(folder, collection(named, {"type": "Feature", "geometry": AREA, "properties": None})) == {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": "茂名"},
                "geometry": {"type": "LineString", "coordinates": [[110.123457, 21.0], [111.0, 22.0]]},
            },
            {"type": "Feature", "properties": {"name": ""}, "geometry": AREA},
        ],
    }


@pytest.mark.parametrize(
    "content",
    [
        "",
        "city",
        "[]",
        "{}",
        collection(),
        collection(1),
        collection({"type": "Feature", "geometry": None}),
        json.dumps({"type": "Point", "coordinates": [110, 21]}),
        json.dumps({"type": "Polygon", "coordinates": []}),
        json.dumps({"type": "Polygon", "coordinates": [[[400000.0, 2389000.0]]]}),
        json.dumps({"type": "Polygon", "coordinates": [[[True, False]]]}),
        json.dumps({"type": "LineString", "coordinates": [["110", "21"]]}),
        '{"type": "LineString", "coordinates": [[NaN, 21], [110, 21]]}',
        '{"type": "LineString", "coordinates": [[1e999, 21], [110, 21]]}',
        '{"type": "LineString", "coordinates": [[' + "1" * 400 + ", 21], [110, 21]]}",
        "[" * 100_000,
    ],
)
def test_what_is_no_outline_is_a_mistake_in_its_own_file(folder: Folder, content: str) -> None:
    folder.write("city.geojson", content)
    assert folder.site("web: {map: city.geojson}\n").complaint() == told(
        ("city.geojson", "is not GeoJSON of areas or lines, in degrees of longitude and latitude")
    )


def test_an_outline_with_a_mistake_leaves_the_last_good_one(folder: Folder) -> None:
    good = drawn(folder, json.dumps(AREA))
    site = load_site(folder.path / "site.yaml")
    assert folder.path / "city.geojson" in site.files
    keep_good(site, site.data)
    folder.write("city.geojson", "{")
    kept = load_or_last_good(folder.path / "site.yaml")
    assert isinstance(kept.refused, ConfigError)
    assert json.loads(kept.web.map) == good


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_starter_shows_of_web_is_valid_and_says_the_defaults(
    tmp_path: Path, language: Literal["zh", "en"]
) -> None:
    path = write_starter(tmp_path, language)[0]
    text = path.read_text(encoding="utf-8")
    shown = re.search(r"^# web:\n(?:#   .*\n)+", text, re.MULTILINE)
    assert shown is not None
    section = re.sub(r"^# ", "", shown[0], flags=re.MULTILINE)
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("")
    (tmp_path / "city.geojson").write_text(json.dumps(AREA))
    (tmp_path / "credentials.yaml").write_text("sso: {token: a}\n")
    path.write_text(f"{text}\n{section}", encoding="utf-8")
    web, default = load_site(path).web, WebSettings()
    for name in ("anonymous", "idle", "password", "metrics"):
        assert getattr(web, name) == getattr(default, name)
    assert web.oidc is not None
    assert web.tls is not None
