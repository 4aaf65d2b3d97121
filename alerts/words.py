"""Everything that messages say, in both languages: no exclamation marks, no loud capitals (design §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.model.said import Said

HEADS: Final[Mapping[str, Said]] = {
    "fired": Said("故障", "Alert"),
    "suspected": Said("疑似故障", "Suspected"),
    "repeated": Said("仍未恢复", "Still going on"),
    "escalated": Said("升级", "Escalated"),
    "worse": Said("故障加重", "Worse"),
    "resolved": Said("恢复", "Over"),
    "merged": Said("归并", "Merged"),
    "retired": Said("停用", "Retired"),
    "rule_gone": Said("撤销", "Withdrawn"),
}
"""In brackets before the title."""

ENDINGS: Final[Mapping[str, Said]] = {
    "merged": Said("已并入另一故障，不再单独通知", "is a part of another outage now, told there"),
    "retired": Said("已不在监测范围", "is not watched any more"),
    "rule_gone": Said("规则已取消；状态见系统", "its rule was removed; see the system for its state"),
}
"""Why an alert is over, where nothing has recovered."""

LABELS: Final[Mapping[str, Said]] = {
    "judged": Said("判断：", "cause: "),
    "contractor": Said("运维：", "call: "),
    "link": Said("详情 ", "more: "),
    "all": Said("全部见 ", "all: "),
}

NOUNS: Final[Mapping[str, Said]] = {
    "node": Said("离线", "is down"),
    "suspected": Said("可能离线", "may be down"),
    "observer": Said("观测中断", "does not see"),
    "degraded": Said("降级", "is degraded"),
    "flapping": Said("反复上下线", "comes and goes"),
    "crowd": Said("同时离线过多", "has too many down at once"),
    "burn": Said("误差预算消耗过快", "burns its error budget too fast"),
    "budget": Said("误差预算不足", "runs out of its error budget"),
    "certificate": Said("证书即将到期", "has a certificate that ends"),
    "pipeline": Said("监测系统自身异常", "the monitor itself is in trouble"),
    "other": Said("异常", "is not as it should be"),
}
"""What is the matter, behind the name."""

MATTERS: Final[Mapping[str, Said]] = {
    "observer": Said("观测中断", "sight lost"),
    "degraded": Said("降级", "degraded"),
    "flapping": Said("反复上下线", "coming and going"),
    "crowd": Said("同时离线过多", "too many down at once"),
    "burn": Said("误差预算消耗过快", "error budget burning too fast"),
    "budget": Said("误差预算不足", "error budget running out"),
    "certificate": Said("证书到期", "certificate ending"),
    "pipeline": Said("监测系统自身异常", "trouble of the monitor itself"),
    "other": Said("异常", "trouble"),
}
"""What an end is the end of, behind the name. Of outages the name says enough."""

OUTAGES: Final = frozenset({"node", "suspected", "observer"})
"""What interrupts something; of all else an end says how long it lasted."""

SUMS: Final[Mapping[str, Said]] = {
    "node": Said("个单点离线", "down"),
    "suspected": Said("个疑似故障", "may be down"),
    "observer": Said("个采集器观测中断", "seeing nothing"),
    "degraded": Said("个降级", "degraded"),
    "flapping": Said("个反复上下线", "coming and going"),
    "crowd": Said("处同时离线过多", "with too many down at once"),
    "burn": Said("项误差预算消耗过快", "burning the error budget too fast"),
    "budget": Said("项误差预算不足", "running out of error budget"),
    "certificate": Said("个证书即将到期", "with a certificate that ends"),
    "pipeline": Said("项监测系统自身异常", "in trouble within the monitor itself"),
    "other": Said("项异常", "not as they should be"),
}
"""What is the matter with so many, in a digest."""

SHARED: Final[Mapping[str, Said]] = {
    "region": Said("{name} 的 ", "in {name}"),
    "contractor": Said("{name} 运维的 ", "looked after by {name}"),
    "network": Said("{name} 内的 ", "in {name}"),
    "node": Said("{name} 下挂的 ", "that hang on {name}"),
}
"""What those have in common that failed together, by the kind of it; a node is one that nobody asks."""

JUDGED: Final[Mapping[str, Said]] = {
    "node": Said("{cause}，下挂监测项同时中断", "{cause}; what hangs on it is down with it"),
    "node_first": Said("{cause}；下挂监测项正在核实", "{cause}; what hangs on it is being asked"),
    "node_only": Said(
        "{cause}；未见下挂监测项中断", "{cause}; nothing that hangs on it is known to be down with it"
    ),
    "node_alone": Said(
        "{cause}，上级节点正常或未监测", "{cause}; what it hangs on answers or is not watched"
    ),
    "suspected": Said(
        "多个监测项同时中断，共同上级无法探测", "many failed together; what they share cannot be asked"
    ),
    "suspected_group": Said(
        "多个监测项同时中断，未见上级节点故障", "many failed together, and nothing above them was found down"
    ),
    "observer": Said(
        "采集器失去立足点或无消息，其监测项为未知", "a collector is blind or silent; its watches are unknown"
    ),
    "degraded": Said("有应答，但{cause}", "it answers, but: {cause}"),
    "flapping": Said(
        "短时间内多次离线又恢复", "it went down and came back several times within a short while"
    ),
    "crowd": Said("{known} 个中 {down} 个离线（{share}）", "{down} of {known} are down ({share})"),
    "burn": Said(
        "近 {over}不完好比例为允许值（{allowed}）的 {times} 倍",
        "over {over} the share not intact is {times} times what may be ({allowed})",
    ),
    "budget": Said(
        "本月已用 {used_hours} / {total_hours} 设备小时，用尽时间 {gone_at}",
        "{used_hours} of {total_hours} device-hours of the month are used; gone {gone_at}",
    ),
    "certificate": Said("到期 {expires}", "ends {expires}"),
}
"""Why, by what the finding is about."""

TROUBLES: Final[Mapping[str, Said]] = {
    "silent": Said("监测主程序无消息，状态可能已过期", "the monitor says nothing: what is shown may be old"),
    "ledger": Said("台账拒绝写入", "the ledger takes nothing"),
    "settings": Said(
        "配置有误，沿用旧配置：{error}", "the settings have mistakes, the former ones hold: {error}"
    ),
    "sight": Said("采集 {name} 已 {value} 秒无观测证明", "no proof of looking from {name} for {value} s"),
    "outbox": Said("采集 {name} 积压 {value} 条事件", "{value} events wait in the outbox of {name}"),
    "lag": Said("{name} 落后 {value} 条事件", "{name} is {value} events behind"),
    "delivery": Said("渠道 {channel} 无法送达：{error}", "the channel {channel} delivers nothing: {error}"),
}
"""What is the matter with our own pipeline."""

UNITS: Final = (
    (86_400, Said("天", "d")),
    (3_600, Said("小时", "h")),
    (60, Said("分", "min")),
    (1, Said("秒", "s")),
)
"""Of spans of time, in seconds."""

CLASSES: Final[Mapping[str, Said]] = {
    "1": Said("一类", "class 1"),
    "2": Said("二类", "class 2"),
    "3": Said("三类", "class 3"),
    "9": Said("其他类", "other"),
}
