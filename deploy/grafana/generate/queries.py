"""What the pages ask in PromQL, with the two rules that hold for every question.

Of two monitors the follower shows every watch as unknown: ``max`` takes the leader's word of what is known,
and ``min`` of what is not. And unknown is neither good nor bad: a rate is of what is known, and without
anything known there is none.
"""

from __future__ import annotations

from typing import Final

CLASS: Final = 'kind="camera",class="$class"'
"""Camera points of the chosen class."""

NODES: Final = "max by (node, name, contractor) (quanshi_node_info)"
REGIONS: Final = "max by (region, region_name) (quanshi_region_info)"
COUNTIES: Final = "max by (region, county, county_name) (quanshi_region_info)"
NETWORKS: Final = "max by (network, network_name) (quanshi_network_info)"
TARGET: Final = 'max(quanshi_availability_target_ratio{class="$class"})'

ANY_REGION: Final = 'region!=""'
EVERY_COUNTY: Final = 'region=~"[0-9]{6}"'
EVERY_TOWN: Final = 'region=~"[0-9]{9}"'
"""By the digits of their codes: GB/T 2260 and GB/T 10114."""

_GROUP: Final = "network, region, class, kind, state"
_WATCH: Final = "node, network, region"


def groups(states: str, where: str) -> str:
    """Counts of watches by group; ``states`` is a matcher of states without the unknown ones."""
    return f"max by ({_GROUP}) (quanshi_nodes{{{where},{states}}})"


def unknown(where: str) -> str:
    return f'min by ({_GROUP}) (quanshi_nodes{{{where},state="unknown"}})'


KNOWN: Final = 'state!="unknown"'
ONLINE: Final = 'state=~"up|degraded"'
INTACT: Final = 'state="up"'
DEGRADED: Final = 'state="degraded"'
DOWN: Final = 'state="down"'


def upstream(where: str) -> str:
    """1 for each watch that is down for an outage above it, by watch and region."""
    return f"max by ({_WATCH}) (quanshi_node_upstream{{{where}}})"


def in_area(vector: str) -> str:
    """Of what has a region, what lies in the chosen county and town."""
    return f'{vector} and on (region) quanshi_region_info{{county="$county",region=~"$town"}}'


def by_county(vector: str) -> str:
    """What has a region, with the county that it lies in."""
    return f"{vector} * on (region) group_left (county, county_name) {COUNTIES}"


def by_town(vector: str) -> str:
    """What has a region, with its name."""
    return f"{vector} * on (region) group_left (region_name) {REGIONS}"


def by_network(vector: str) -> str:
    """What has a network, with its name."""
    return f"({vector}) * on (network) group_left (network_name) {NETWORKS}"


def total(vector: str, by: str = "") -> str:
    """The sum of these, for each ``by``."""
    return f"sum by ({by}) ({vector})" if by else f"sum({vector})"


def share(part: str, whole: str, by: str = "") -> str:
    """Of the whole; no sample where there is nothing."""
    return f"{total(part, by)} / ({total(whole, by)} > 0)"


def or_none(part: str, whole: str, by: str = "") -> str:
    """The sum of what may have no sample at all, and 0 where there is the whole that it is a part of."""
    return f"({total(part, by)} or 0 * {total(whole, by)})"


def states(where: str) -> str:
    """The state of each watch, 4 for what is down for an outage above it."""
    return (
        f"(max by ({_WATCH}) (quanshi_node_state{{{where}}}) unless on (node, network) quanshi_node_upstream"
        f" or ({upstream(where)} + 3))"
    )


def since(where: str) -> str:
    """Since when the state of each watch holds, in milliseconds, by the monitor that may be believed."""
    believed = "and on (job, instance) (quanshi_monitor_ready == 1)"
    return f"1000 * max by ({_WATCH}) (quanshi_node_state_since_timestamp_seconds{{{where}}} {believed})"


def named(vector: str) -> str:
    """Watches with what people call them and where they stand."""
    return (
        f"({vector}) * on (node) group_left (name, contractor) {NODES}"
        f" * on (region) group_left (region_name) {REGIONS}"
    )


def outages(metric: str, where: str = "") -> str:
    """Of each open outage, with the name of its root's region if that has one."""
    each = f"max by (network, kind, root, name, region, contractor) ({metric}{{{where}}})"
    return f"{by_town(each)} or ({each} unless on (region) {REGIONS})"


def availability(window: str, where: str = 'region=""') -> str:
    """Of the chosen class, over all networks, by region."""
    matchers = f'network="",{where},class="$class",window="{window}"'
    return f"max by (region) (quanshi_availability_ratio{{{matchers}}})"


def budget(where: str = 'region=""') -> str:
    """What is left this month of the budget of the chosen class, over all networks, by region."""
    return f'max by (region) (quanshi_error_budget_remaining_ratio{{network="",{where},class="$class"}})'


def burn(window: str) -> str:
    """How many times as fast as it may the budget of the chosen class goes, by window.

    Without a sample where less than half of the window was seen.
    """
    of = f'network="",region="",class="$class",window=~"{window}"'
    bad = f"1 - max by (window) (quanshi_availability_ratio{{{of}}})"
    seen = f"max by (window) (quanshi_availability_seen_ratio{{{of}}}) >= 0.5"
    return f"({bad}) / scalar(1 - {TARGET}) and on (window) {seen}"
