"""What reports say, in both languages. Figures and their order are the story's business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.model.decisions import Reason
from monitor.model.timeline import Verdict
from monitor.trouble import Said

VERDICTS: Final[Mapping[Verdict, Said]] = {
    Verdict.MET: Said("达标", "met"),
    Verdict.MISSED: Said("未达标", "missed"),
    Verdict.NOT_PROVABLE: Said("无法证明", "not provable"),
    Verdict.NO_STATEMENT: Said("不作结论", "no statement"),
}

REASONS: Final[Mapping[Reason, Said]] = {
    Reason.PLANNED_WORK: Said("计划施工", "planned work"),
    Reason.MAINS_POWER: Said("市电停电", "mains power"),
    Reason.ROAD_WORKS: Said("道路施工", "road works"),
    Reason.RELOCATION: Said("迁改", "relocation"),
    Reason.FORCE_MAJEURE: Said("不可抗力", "force majeure"),
}

CLASSES: Final[Mapping[str, Said]] = {
    "1": Said("一类点位", "class-1 points"),
    "2": Said("二类点位", "class-2 points"),
    "3": Said("三类点位", "class-3 points"),
    "9": Said("其他点位", "other points"),
    "none": Said("非点位设备", "devices that are no points"),
}

KINDS: Final[Mapping[str, Said]] = {
    "camera": Said("摄像机", "camera"),
    "recorder": Said("录像机", "recorder"),
    "switch": Said("交换机", "switch"),
    "platform": Said("平台", "platform"),
    "gateway": Said("网关", "gateway"),
    "centre": Said("中心", "centre"),
}

TABLES: Final[Mapping[str, Said]] = {
    "city": Said("全市", "City"),
    "county": Said("区县", "Counties"),
    "town": Said("镇街", "Towns"),
    "network": Said("网络", "Networks"),
    "class": Said("点位类别", "Classes"),
    "kind": Said("设备类型", "Kinds"),
    "contractor": Said("运维单位", "Contractors"),
    "node": Said("点位明细", "Nodes"),
}

SCOPES: Final[Mapping[str, Said]] = {
    "class": Said("点位类别", "class"),
    "region": Said("行政区划", "region"),
    "kind": Said("设备类型", "kind"),
    "network": Said("网络", "network"),
    "contractor": Said("运维单位", "contractor"),
    "node": Said("节点", "node"),
}

WORDS: Final[Mapping[str, Said]] = {
    "title": Said("视频网络可用性报告", "Availability of the video network"),
    "invented": Said(
        "演示数据：点位、地址、单位与故障均为虚构",
        "Demo data: points, addresses, firms and faults are invented",
    ),
    "period": Said("统计周期", "period"),
    "scope": Said("统计范围", "scope"),
    "everything": Said("全部监测项", "all watches"),
    "unfinished": Said("周期未结束，统计截至", "the period is not over, reckoned until"),
    "made": Said("生成时间", "made at"),
    "revision": Said("修订", "revision"),
    "digest": Said("摘要", "digest"),
    "signed_by": Said("审核签字", "signature"),
    "date": Said("日期", "date"),
    "verdict": Said("结论", "verdict"),
    "target": Said("目标", "target"),
    "intact": Said("完好率", "intact rate"),
    "low": Said("下界", "low"),
    "high": Said("上界", "high"),
    "online": Said("在线率（时长）", "online rate (time)"),
    "inspected": Said("在线率（巡检）", "online rate (inspections)"),
    "own": Said("责任内完好率", "own-fault availability"),
    "observed": Said("观测覆盖", "observed"),
    "watches": Said("监测项", "watches"),
    "name": Said("名称", "name"),
    "code": Said("编码", "code"),
    "network": Said("网络", "network"),
    "kind": Said("类型", "kind"),
    "class": Said("类别", "class"),
    "county": Said("区县", "county"),
    "town": Said("镇街", "town"),
    "contractor": Said("运维单位", "contractor"),
    "up": Said("正常 (小时)", "up (h)"),
    "degraded": Said("降级 (小时)", "degraded (h)"),
    "down_own": Said("离线-自身 (小时)", "down, own (h)"),
    "down_upstream": Said("离线-上游 (小时)", "down, upstream (h)"),
    "excluded": Said("剔除 (小时)", "excluded (h)"),
    "unknown": Said("未知 (小时)", "unknown (h)"),
    "faults": Said("故障次数", "faults"),
    "longest": Said("最长故障 (小时)", "longest fault (h)"),
    "mttr": Said("平均修复 (小时)", "MTTR (h)"),
    "mtbf": Said("平均无故障 (小时)", "MTBF (h)"),
    "in_time": Said("按时修复", "repaired in time"),
    "closed": Said("已修复", "repaired"),
    "late": Said("超时未修复", "open past the limit"),
    "changes": Said("状态变化", "changes"),
    "flapping": Said("反复上下线", "times flapping"),
    "outages": Said("故障（1 小时以上）", "Faults of an hour or more"),
    "long_offline": Said("长期离线（72 小时以上）", "Offline for more than 72 hours"),
    "worst": Said("最差点位", "Worst points"),
    "flappers": Said("频繁上下线", "Frequent flappers"),
    "start": Said("开始", "began"),
    "not_before": Said("不早于", "not before"),
    "end": Said("结束", "ended"),
    "lasting": Said("仍在持续", "still lasting"),
    "lasted": Said("持续 (小时)", "lasted (h)"),
    "over_30_days": Said("超过 30 天", "over 30 days"),
    "repair": Said("修复用时 (小时)", "repair (h)"),
    "limit": Said("时限 (小时)", "limit (h)"),
    "cause": Said("原因", "cause"),
    "exclusions": Said("剔除时间", "Excluded time"),
    "corrections": Said("人工更正", "Corrections"),
    "reason": Said("原因", "reason"),
    "note": Said("说明", "note"),
    "requested": Said("申请人", "requested by"),
    "approved": Said("批准人", "approved by"),
    "approved_at": Said("批准时间", "approved at"),
    "afterwards": Said("事后批准", "approved afterwards"),
    "yes": Said("是", "yes"),
    "no": Said("否", "no"),
    "watch_hours": Said("剔除监测时长 (小时)", "time left out (h)"),
    "becomes": Said("更正为", "put right to"),
    "uncorrected": Said("未经更正的完好率", "intact rate without corrections"),
    "unseen": Said("未观测时间", "Time nobody looked"),
    "shard": Said("分片", "shard"),
    "blind": Said("采集失去立足点", "the collector lost its footing"),
    "silent": Said("没有采集", "no collector was looking"),
    "archived": Said("事实已移出台账，见证明页", "its facts have left the database, see the proof"),
    "gone": Said("已移出台账的事实", "facts that have left the database"),
    "gone_files": Said(
        "{} 以前记录的事实已移出数据库，在归档文件 {} 中（quanshi verify 可核验）；本报告将其时间计为未知",
        "facts recorded before {} have left the database; they are in segment file(s) {} (checked by quanshi "
        "verify). This report takes their time as unknown",
    ),
    "gone_before": Said(
        "{} 以前的事实已移出数据库，计为未知", "facts before {} have left the database and count as unknown"
    ),
    "hours": Said("时长 (小时)", "time (h)"),
    "days": Said("每日完好率", "Intact rate by day"),
    "inspections": Said("巡检时刻在线率", "Online rate at inspections"),
    "moment": Said("时刻", "moment"),
    "online_count": Said("在线", "online"),
    "known_count": Said("已知", "known"),
    "expected_count": Said("应在线", "expected"),
    "budgets": Said("误差预算", "Error budget"),
    "whole": Said("预算 (设备小时)", "budget (device-hours)"),
    "used": Said("已用 (设备小时)", "used (device-hours)"),
    "used_at_most": Said("最多已用 (设备小时)", "used at most (device-hours)"),
    "left": Said("剩余", "left"),
    "gone_at": Said("预计用尽", "gone at this rate"),
    "lasts": Said("本周期内不会用尽", "lasts for the period"),
    "method": Said("统计方法", "Method"),
    "proof": Said("证明", "Proof"),
    "inventories": Said("节点表版本", "versions of the node list"),
    "nodes": Said("节点", "nodes"),
    "rules": Said("规则版本", "version of the rules"),
    "links": Said("台账记录数", "links of the ledger"),
    "head": Said("台账链头", "head of the ledger"),
    "key": Said("公钥 (Ed25519)", "public key (Ed25519)"),
    "signature": Said("签名", "signature"),
    "software": Said("生成软件（文字版本）", "made by (version of its wording)"),
    "check": Said("核验方法", "how to check"),
    "check_how": Said(
        "quanshi verify 本文件：核对内容与签名；加 --ledger ledger.db 并核对台账",
        "quanshi verify THIS-FILE checks content and signature; with --ledger ledger.db the ledger too",
    ),
    "nothing": Said("没有", "none"),
    "total": Said("合计", "total"),
}

METHOD: Final[tuple[tuple[Said, Said], ...]] = (
    (
        Said("完好率", "Intact rate"),
        Said(
            "正常时长 ÷（正常 + 降级 + 离线时长），按毫秒累计；多个点位先加总时长再相除，不对比率取平均。",
            "Time up ÷ (up + degraded + down), summed by the millisecond. Of several watches the times "
            "are added "
            "up first and divided then; rates are never averaged.",
        ),
    ),
    (
        Said("在线率（时长）", "Online rate (time)"),
        Said("（正常 + 降级）÷（正常 + 降级 + 离线时长）。", "(Up + degraded) ÷ (up + degraded + down)."),
    ),
    (
        Said("在线率（巡检）", "Online rate (inspections)"),
        Said(
            "各巡检时刻在线数之和 ÷ 已知状态数之和。与按时长的在线率并列，从不混用。",
            "Online at each inspection, summed, ÷ known at each, summed. Shown beside the rate by time, "
            "never mixed.",
        ),
    ),
    (
        Said("责任内完好率", "Own-fault availability"),
        Said(
            "同完好率，但不计因上游故障造成的离线时长。",
            "As the intact rate, with the time left out for which something upstream was at fault.",
        ),
    ),
    (
        Said("上界与下界", "Bounds"),
        Said(
            "状态变化的真实时刻位于「不早于」与「开始」之间；这段存疑时间和未观测时间，下界全部计为离线，"
            "上界全部计为正常。反复上下线的时间整段存疑。",
            "The true moment of a change lies between «not before» and «began». That doubt, and all time "
            "nobody "
            "looked, counts as down in the low bound and as up in the high one. Flapping time is doubt as "
            "a whole.",
        ),
    ),
    (
        Said("结论", "Verdict"),
        Said(
            "下界不低于目标为达标；上界低于目标为未达标；其余为无法证明。全部时间被剔除时不作结论。",
            "Met only if the low bound reaches the target, missed only if the high bound does not; else not "
            "provable. Where all time is excluded there is no statement.",
        ),
    ),
    (
        Said("未知", "Unknown"),
        Said(
            "没有采集覆盖的时间是未知，既不算正常也不算离线；每次采集都留有「视野」记录为证。",
            "Time that no collector covered is unknown, neither up nor down; each collector proves its "
            "looking by "
            "«sights» in the ledger.",
        ),
    ),
    (
        Said("剔除", "Exclusions"),
        Said(
            "仅剔除由一人申请、另一人批准的时间；事后批准者标明。每项剔除列于本报告。",
            "Only time that one person asked for and another approved is left out; what was approved "
            "afterwards is "
            "marked. Every exclusion is listed here.",
        ),
    ),
    (
        Said("分母", "Denominators"),
        Said(
            "按每一时刻有效的节点表版本计算在用监测项；之后改名、移区或删除不影响已有数字。"
            "区划与网络的名称及隶属取周期内最后有效的版本。",
            "The watches in service by the node list valid at each moment; what is renamed, moved or "
            "deleted later "
            "changes no figure. Regions and networks are called, and lie, as the last list of the period "
            "has it.",
        ),
    ),
    (
        Said("故障与修复", "Faults and repairs"),
        Said(
            "离线直至再次应答为一次故障；无人观测不算修复。修复用时不含剔除时间；平均修复 = "
            "已修复故障用时之和 ÷ 次数；"
            "平均无故障 =（正常 + 降级时长）÷ 故障次数。短于确认时间的中断不计。",
            "A fault lasts from down until it answers again; that nobody looked repairs nothing. Excluded "
            "time stops "
            "the clock of a repair. MTTR = time of closed repairs ÷ their number; MTBF = (up + degraded) "
            "÷ faults. "
            "Interruptions shorter than their confirmation are not counted.",
        ),
    ),
    (
        Said("误差预算", "Error budget"),
        Said(
            "（1 − 目标）× 周期内未剔除的设备小时；已用 = 降级与离线时长；按当前速度预计用尽时刻。",
            "(1 − target) × the device-hours of the period that are not excluded; used = time degraded or "
            "down; the "
            "forecast goes on at the rate so far.",
        ),
    ),
)
"""Every figure in words: heading and sentence."""
