"""Panels that stand on several pages, and the ways from one page to another."""

from __future__ import annotations

from collections.abc import Callable

from deploy.grafana.generate import queries as q
from deploy.grafana.generate.dashboard import label_values, uid_of
from deploy.grafana.generate.panels import MOMENT, Column, Panel, Series, table
from deploy.grafana.generate.signs import DEGRADED, DOWN, UNKNOWN, UPSTREAM, Json, named, state_mapping
from deploy.grafana.generate.words import Words


def point_class(words: Words) -> Json:
    """The class of points that a page is about."""
    return label_values(words, "class", "quanshi_availability_target_ratio", first="1")


def to_page(words: Words, name: str, **fields: str) -> tuple[str, str]:
    """The title and address of a page, its variables set from fields of the row that is clicked."""
    chosen = "".join(f"&var-{key}=${{__data.fields.{field}}}" for key, field in fields.items())
    return (words(f"page.{name}"), f"/d/{uid_of(name, words)}?var-ds=${{ds}}{chosen}&${{__url_time_range}}")


def state_series(words: Words, where: str, narrow: Callable[[str], str] = str) -> list[Series]:
    """How many of these are not up, by the state that they are in. ``narrow`` leaves out regions."""
    down = narrow(q.groups(q.DOWN, where))
    by_another = q.or_none(narrow(q.upstream(where)), down)
    return [
        Series(f"{q.total(down)} - {by_another}", words("down"), DOWN),
        Series(by_another, words("upstream"), UPSTREAM),
        Series(q.total(narrow(q.groups(q.DEGRADED, where))), words("degraded"), DEGRADED),
        Series(q.total(narrow(q.unknown(where))), words("unknown"), UNKNOWN),
    ]


def outage_kinds(words: Words) -> list[Json]:
    return named(words, node="outage.node", suspected="outage.suspected", observer="outage.observer")


def outage_table(words: Words, where: str = "") -> Panel:
    """The outages that are open, the largest first."""
    expressions = [
        q.outages("quanshi_outage_affected", where),
        f"1000 * ({q.outages('quanshi_outage_start_timestamp_seconds', where)})",
    ]
    columns = [
        Column("name", words("root")),
        Column("kind", words("kind"), mappings=outage_kinds(words)),
        Column("network", words("variable.network")),
        Column("region_name", words("region")),
        Column("contractor", words("contractor")),
        Column("Value #A", words("affected")),
        Column("Value #B", words("since"), MOMENT),
        Column("root", words("code"), link=to_page(words, "point", node="root")),
    ]
    return table(words, "outages", expressions, columns, sort="Value #A")


def watch_table(words: Words, key: str, where: str, narrow: Callable[[str], str] = str) -> Panel:
    """What is not up, with its name, since when, and whose it is. ``narrow`` leaves out regions."""
    wrong = f"({q.states(where)} != 3)"
    expressions = [
        q.named(narrow(wrong)),
        q.named(narrow(f"({q.since(where)} and on (node, network) {wrong})")),
    ]
    columns = [
        Column("name", words("name")),
        Column("Value #A", words("state"), mappings=state_mapping(words)),
        Column("Value #B", words("since"), MOMENT),
        Column("network", words("variable.network")),
        Column("region_name", words("region")),
        Column("contractor", words("contractor")),
        Column("node", words("code"), link=to_page(words, "point", node="node")),
    ]
    return table(words, key, expressions, columns, sort="Value #A", descends=False)
