"""What on-call reads, word for word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from small_site import camera, make_site

from alerts.compose import Composer
from alerts.model import Alert, Finding, Happening, Severity
from monitor.config import Site

ZONE = ZoneInfo("Asia/Shanghai")
ALERTS = """
link: https://quanshi.example/
contractors: {甲公司: {phone: "0668-1234567"}}
"""


def moment(clock: str) -> int:
    return round(1000 * datetime.fromisoformat(f"2026-10-05 {clock}").replace(tzinfo=ZONE).timestamp())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "alerts.yaml").write_text(ALERTS)
    switch = camera("sw-1", kind="switch", name="镇隆镇接入交换机", region="440983101") | {"class": ""}
    return make_site(tmp_path, [switch], regions={"440983101": "镇隆镇"}, invented=True)


SWITCH = Finding(
    rule="outage",
    subject="7f3a",
    severity=Severity.CRITICAL,
    since=moment("09:36:52"),
    not_before=moment("09:36:48"),
    detected_at=moment("09:36:56"),
    network="video",
    region="440983101",
    kind="switch",
    contractor="甲公司",
    node="sw-1",
    facts={
        "what": "node",
        "name": "镇隆镇接入交换机",
        "cause": "no_reply",
        "affected": 32,
        "classes": {"1": 31},
    },
)
ALERT = Alert("0a1b2c3d", SWITCH, fired_at=moment("09:36:57"))


def test_a_start_says_what_where_since_when_how_many_why_and_whom_to_call(site: Site) -> None:
    title, text = Composer(site, "zh").one(ALERT, Happening.FIRED, moment("09:40:52"))

    assert title == "【故障】镇隆镇接入交换机 离线"
    assert text.splitlines() == [
        "【故障】镇隆镇接入交换机 离线",
        "影响 32 个监测项（一类 31） · 视频专网 · 镇隆镇",
        "开始 09:36:52（至多早 4 秒） · 已 4 分 0 秒",
        "判断：无应答，下挂监测项同时中断",
        "运维：甲公司 0668-1234567",
        "详情 https://quanshi.example/a/0a1b2c3d",
    ]


def test_a_switch_that_fails_alone_takes_nothing_with_it_yet(site: Site) -> None:
    facts = {**SWITCH.facts, "affected": 1, "behind": 32}
    alone = replace(ALERT, finding=replace(SWITCH, facts=facts))

    for language, count, judged in (
        ("zh", "下挂 31 个监测项（一类 31）", "判断：无应答；下挂监测项正在核实"),
        ("en", "31 watches hang on it (class 1: 31)", "cause: no reply; what hangs on it is being asked"),
    ):
        _, text = Composer(site, language).one(alone, Happening.FIRED, moment("09:36:57"))
        assert text.splitlines()[1].split(" · ")[0] == count
        assert judged in text.splitlines()

    _, text = Composer(site, "zh").one(alone, Happening.REPEATED, moment("21:36:57"))
    assert "判断：无应答；未见下挂监测项中断" in text.splitlines()


def test_while_more_follow_a_node_does_not_hang_on_itself(site: Site) -> None:
    facts = {**SWITCH.facts, "affected": 5, "behind": 32, "classes": {"1": 4}}
    some = replace(ALERT, finding=replace(SWITCH, facts=facts))

    _, text = Composer(site, "zh").one(some, Happening.FIRED, moment("09:36:57"))

    assert text.splitlines()[1].startswith("下挂 31 个监测项，已中断 4（一类 4） · ")


def test_an_end_says_from_when_to_when_and_how_long(site: Site) -> None:
    over = replace(ALERT, resolved_at=moment("10:04:10"))

    title, text = Composer(site, "zh").one(over, Happening.RESOLVED, moment("10:04:20"))

    assert title == "【恢复】镇隆镇接入交换机"
    assert text.splitlines()[1:3] == [
        "中断 09:36:52 – 10:04:10，共 27 分 18 秒",
        "32 个监测项曾受影响",
    ]


def test_an_end_of_another_day_says_which(site: Site) -> None:
    over = replace(ALERT, resolved_at=moment("10:04:10"))

    _, text = Composer(site, "zh").one(over, Happening.RESOLVED, moment("10:04:20") + 86_400_000)

    assert text.splitlines()[1] == "中断 10-05 09:36:52 – 10:04:10，共 27 分 18 秒"


def test_the_end_of_what_was_no_outage_names_it_and_says_how_long_it_lasted(site: Site) -> None:
    found = replace(SWITCH, kind="camera", facts={"what": "certificate", "name": "cam-1"})
    over = replace(ALERT, finding=found, resolved_at=moment("10:04:10"))

    title, text = Composer(site, "zh").one(over, Happening.RESOLVED, moment("10:04:20"))
    assert title == "【恢复】cam-1 点位 证书到期 已结束"
    assert text.splitlines()[1] == "持续 09:36:52 – 10:04:10，共 27 分 18 秒"

    title, text = Composer(site, "en").one(over, Happening.RESOLVED, moment("10:04:20"))
    assert title == "[Over] cam-1 point: certificate ending"
    assert text.splitlines()[1] == "lasted 09:36:52 – 10:04:10, 27 min 18 s in all"


def test_english_mirrors_it(site: Site) -> None:
    _, text = Composer(site, "en").one(ALERT, Happening.FIRED, moment("09:40:52"))

    assert text.splitlines() == [
        "[Alert] 镇隆镇接入交换机 switch is down",
        "32 watches affected (class 1: 31) · 视频专网 · 镇隆镇",
        "since 09:36:52 (up to 4 s earlier), for 4 min 0 s",
        "cause: no reply; what hangs on it is down with it",
        "call: 甲公司 0668-1234567",
        "more: https://quanshi.example/a/0a1b2c3d",
    ]


@pytest.mark.parametrize(
    ("ending", "head", "why"),
    [
        ("merged", "【归并】", "已并入另一故障，不再单独通知"),
        ("retired", "【停用】", "已不在监测范围"),
        ("rule_gone", "【撤销】", "规则已取消；状态见系统"),
    ],
)
def test_an_end_that_is_no_recovery_says_so(site: Site, ending: str, head: str, why: str) -> None:
    over = replace(ALERT, resolved_at=moment("10:04:10"), ending=ending)

    title, text = Composer(site, "zh").one(over, Happening.RESOLVED, moment("10:04:20"))

    assert title.startswith(head)
    assert why in text.splitlines()
    assert "曾受影响" not in text
    assert "中断" not in text


def test_an_escalation_says_for_how_long_nobody_has_acknowledged(site: Site) -> None:
    _, text = Composer(site, "zh").one(ALERT, Happening.ESCALATED, moment("09:51:57"))

    assert text.startswith("【升级】镇隆镇接入交换机 离线")
    assert "15 分 0 秒未确认，已升级" in text.splitlines()


@pytest.mark.parametrize(
    ("root", "name", "zh", "en"),
    [
        ("contractor:甲公司", "甲公司", "甲公司 运维的 40 个", "12 of 40 watches looked after by 甲公司"),
        ("region:440983", "信宜市", "信宜市 的 40 个", "12 of 40 watches in 信宜市"),
        ("network:video", "视频专网", "视频专网 内的 40 个", "12 of 40 watches in 视频专网"),
        ("sw-9", "sw-9", "sw-9 下挂的 40 个", "12 of 40 watches that hang on sw-9"),
    ],
)
def test_what_is_suspected_is_told_by_how_many_of_its_own_failed(
    site: Site, root: str, name: str, zh: str, en: str
) -> None:
    facts = {"what": "suspected", "root": root, "name": name, "affected": 12, "behind": 40}
    found = replace(SWITCH, node="", kind="", facts=facts)
    alert = replace(ALERT, finding=found, resolved_at=moment("10:04:10"))

    title, text = Composer(site, "zh").one(alert, Happening.FIRED, moment("09:40:52"))
    assert title == f"【疑似故障】{zh}监测项中 12 个同时离线"
    assert "下挂" not in text.splitlines()[1]

    title, _ = Composer(site, "en").one(alert, Happening.FIRED, moment("09:40:52"))
    assert title == f"[Suspected] {en} went down together"

    title, _ = Composer(site, "zh").one(alert, Happening.RESOLVED, moment("10:04:20"))
    assert title == f"【恢复】{zh.replace('40', '12')}监测项"


@pytest.mark.parametrize(
    ("over", "zh", "en"), [("3d", "近 3 天不", "over 3 d the"), ("1h", "近 1 小时不", "over 1 h the")]
)
def test_a_window_is_told_in_words(site: Site, over: str, zh: str, en: str) -> None:
    facts = {"what": "burn", "name": "信宜市", "over": over, "times": 6.5, "allowed": 0.02}
    alert = replace(ALERT, finding=replace(SWITCH, node="", kind="", facts=facts))

    assert zh in Composer(site, "zh").one(alert, Happening.FIRED, moment("09:40:52"))[1]
    assert en in Composer(site, "en").one(alert, Happening.FIRED, moment("09:40:52"))[1]


def test_what_comes_and_goes_is_not_told_twice_in_one_message(site: Site) -> None:
    facts = {"what": "flapping", "name": "cam-1", "cause": "flapping"}
    alert = replace(ALERT, finding=replace(SWITCH, kind="camera", facts=facts))

    _, text = Composer(site, "zh").one(alert, Happening.FIRED, moment("09:40:52"))
    assert text.count("反复上下线") == 1


def test_a_digest_names_the_first_five(site: Site) -> None:
    alerts = [
        Alert(str(n), replace(SWITCH, kind="camera", facts={"what": "node", "name": f"点位{n}"}), fired_at=0)
        for n in range(7)
    ]

    title, text = Composer(site, "zh").digest(alerts, Happening.FIRED, 600)

    assert title == "【汇总】过去 10 分钟另有 7 条告警新增"
    assert text.splitlines()[1] == "7 个单点离线：点位0、点位1、点位2、点位3、点位4 等"
    assert text.splitlines()[2] == "全部见 https://quanshi.example"
    assert Composer(site, "en").digest(alerts[:2], Happening.RESOLVED, 60)[0] == (
        "[Digest] 2 more alerts are over within 1 min"
    )


def test_a_digest_says_why_it_is_sent_and_groups_what_is_wrong(site: Site) -> None:
    nouns = ["certificate", *["node"] * 6]
    alerts = [
        Alert(str(n), replace(SWITCH, kind="camera", facts={"what": what, "name": f"点位{n}"}), fired_at=0)
        for n, what in enumerate(nouns)
    ]

    title, text = Composer(site, "zh").digest(alerts, Happening.REPEATED, 60)
    assert title == "【汇总】7 条仍未恢复"
    assert text.splitlines()[1:3] == [
        "6 个单点离线：点位1、点位2、点位3、点位4、点位5 等",
        "1 个证书即将到期：点位0",
    ]
    for happening in Happening:
        assert Composer(site, "zh").digest(alerts, happening, 60)[0].startswith("【汇总】")
        assert "点位1" in Composer(site, "zh").one(alerts[1], happening, 60)[0]
    title, text = Composer(site, "en").digest(alerts, Happening.ESCALATED, 60)
    assert title == "[Digest] 7 alerts escalated, nobody has acknowledged them"
    assert text.splitlines()[2] == "1 with a certificate that ends: 点位0 point"
    assert Composer(site, "zh").digest(alerts, Happening.ESCALATED, 60)[0] == "【汇总】7 条无人确认，已升级"


def test_no_finding_is_without_words_whatever_its_facts_lack(site: Site) -> None:
    for what in ("observer", "degraded", "flapping", "crowd", "burn", "budget", "certificate", "new"):
        found = replace(SWITCH, kind="", facts={"what": what}, contractor="", region="", network="")
        for language in ("zh", "en"):
            _, text = Composer(site, language).one(replace(ALERT, finding=found), Happening.FIRED, 10**12)
            assert "{" not in text
            assert "None" not in text


def test_every_message_fits_a_phone(site: Site) -> None:
    _, text = Composer(site, "zh").one(ALERT, Happening.FIRED, moment("09:40:52"))
    assert len(text.splitlines()) <= 8
    assert max(map(len, text.splitlines())) <= 60
