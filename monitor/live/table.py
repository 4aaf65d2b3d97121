"""``quanshi status`` for people: the status document as tables that can be read aloud."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from monitor.live.status import Status, alone, not_listed, wide_outages
from monitor.model.observations import Cause, State
from monitor.model.outages import OutageKind
from monitor.words import CAUSES, PHRASES, SIGNS, STATES, age, local_time, percent, span

_ORDER: Final = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)
_STYLES: Final = {
    State.UP: "#9cc7b5",
    State.DEGRADED: "#e0a83a",
    State.DOWN: "bold #ff5a4f",
    State.UNKNOWN: "#8696a7",
}
_SHOWN_DOWN: Final = 30
_SHOWN_OUTAGES: Final = 10
_SHOWN_CHANGES: Final = 8


def render_status(status: Status, width: int = 80, *, color: bool = False) -> str:
    """The status in the site's language; signs always, colours only on wish. Every line ends."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        color_system="truecolor" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(picture(status))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def picture(status: Status, lines: int | None = None) -> RenderableType:
    """The same for a live terminal, to be drawn again and again. ``lines``: no higher than this."""
    return _Picture(status, lines)


class _Picture:
    """Everything for which there is room; first what is wrong, then what changed."""

    def __init__(self, status: Status, lines: int | None) -> None:
        self._status = status
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        status = self._status
        top, note = Group(_head(status), Text(), _networks(status), Text()), _reload_error(status)
        room = self._lines
        if room is not None:
            room -= len(console.render_lines(Group(top, *note), options, pad=False))
        outages, down, changes = _rows(status, room)
        yield Group(top, *_outages(status, outages), *_down(status, down), *_changes(status, changes), *note)


def _rows(status: Status, room: int | None) -> tuple[int, int, int]:
    """How many rows each table gets: outages, what is down by itself, changes. None has a head alone.

    Each of the first two gets one before the other gets a second, and changes get what these leave.
    """
    outages = min(_SHOWN_OUTAGES, len(wide_outages(status)))
    down = min(_SHOWN_DOWN, len(alone(status)))
    changes = min(_SHOWN_CHANGES, len(status["changes"]))
    if room is None:
        return outages, down, changes
    # The titles stay, with their counts; a table costs its head beside its rows.
    room -= 1 + 2 * bool(outages)
    first_outage, first_down = bool(outages) and room >= 2, bool(down)
    room -= 2 * first_outage
    first_down = first_down and room >= 2
    room -= 2 * first_down
    more_outages = max(0, min(outages - 1, room)) if first_outage else 0
    room -= more_outages
    more_down = max(0, min(down - 1, room)) if first_down else 0
    room -= more_down
    return first_outage + more_outages, first_down + more_down, max(0, min(changes, room - 2))


def _reload_error(status: Status) -> list[RenderableType]:
    if not status["reload_error"]:
        return []
    words = PHRASES[status["language"]]
    return [Text(), Text(f"{words['reload']}\n{status['reload_error']}", _STYLES[State.DEGRADED])]


def _sign(state: State, text: str) -> Text:
    return Text(f"{SIGNS[state]} {text}", _STYLES[state])


def _head(status: Status) -> Text:
    words = PHRASES[status["language"]]
    now = local_time(status["time"], status["timezone"], status["time"])
    head = Text.assemble((f"{status['site']} · {words['product']}", "bold"), f"  {now}\n")
    head.append(f"{words['online']} {percent(status['online_ratio'])}  ")
    head.append(f"{words['intact']} {percent(status['intact_ratio'])}  ")
    head.append(f"{words['target']} {percent(status['target'])}  ")
    head.append(f"({words[status['scope']]})", "dim")
    return head


def _networks(status: Status) -> Table:
    language = status["language"]
    words = PHRASES[language]
    table = _table(words["network"], gap=1)
    table.add_column(words["watches"], justify="right")
    for state in _ORDER:
        table.add_column(_sign(state, STATES[language][state]), justify="right", no_wrap=True)
    table.add_column(words["collector"])
    for network in status["networks"].values():
        counts = [str(network["states"][state.value]) for state in _ORDER]
        collectors = Text("\n").join(_collector(each, language) for each in network["collectors"])
        table.add_row(Text(_printable(network["name"])), str(network["watches"]), *counts, collectors)
    return table


def _collector(collector: Mapping[str, Any], language: str) -> Text:
    words = PHRASES[language]
    text = f"{collector['name']} {words[collector['footing']]}"
    if collector["sight_age"] is not None:
        text += " · " + words["ago"].format(span(collector["sight_age"], language))
    return _sign(State.UNKNOWN, text) if collector["blind"] else Text(text)


def _outages(status: Status, rows: int) -> list[RenderableType]:
    """Above single nodes: each root with how many are down for it."""
    language, now = status["language"], status["time"]
    words = PHRASES[language]
    outages = wide_outages(status)
    if not outages:
        return []
    table = _table(words["root"], words["network"], words["since"], words["for"])
    table.add_column(words["affected"], justify="right", no_wrap=True)
    table.add_column(words["cause"], no_wrap=True, overflow="ellipsis")
    for each in outages[:rows]:
        unseen = each["kind"] == OutageKind.OBSERVER.value
        name = _printable(each["name"])
        if each["kind"] == OutageKind.SUSPECTED.value:
            name = words["suspected"].format(name)
        table.add_row(
            _sign(State.UNKNOWN if unseen else State.DOWN, name),
            Text(_network_name(status, each["network"])),
            local_time(each["since"], status["timezone"], now),
            age(each["since"], now, language),
            str(each["affected"]),
            CAUSES[language][Cause(each["cause"])],
        )
    title = words["outages"].format(len(outages)) + _hidden(language, len(outages) - table.row_count)
    return [_sign(State.DOWN, title), *_filled(table), Text()]


def _down(status: Status, rows: int) -> list[RenderableType]:
    language, now = status["language"], status["time"]
    words = PHRASES[language]
    total = status["down_total"]
    if not total:
        return [Text(words["none"])]
    table = _table(words["name"], words["network"], words["region"], words["since"], words["for"])
    table.add_column(words["cause"], no_wrap=True, overflow="ellipsis")
    for each in alone(status)[:rows]:
        table.add_row(
            _sign(State.DOWN, _printable(each["name"])),
            Text(_network_name(status, each["network"])),
            Text(_printable(each["region_name"])),
            local_time(each["since"], status["timezone"], now),
            age(each["since"], now, language),
            CAUSES[language][Cause(each["cause"])],
        )
    by_themselves = not_listed(status, 0)
    title = words["down"].format(total)
    if by_themselves < total:
        title += words["split"].format(behind=total - by_themselves, alone=by_themselves)
    title += _hidden(language, by_themselves - table.row_count)
    return [_sign(State.DOWN, title), *_filled(table)]


def _hidden(language: str, count: int) -> str:
    return PHRASES[language]["hidden"].format(count) if count else ""


def _filled(table: Table) -> Sequence[Table]:
    """A head with nothing under it would read as if there were nothing."""
    return [table] if table.row_count else []


def _changes(status: Status, rows: int) -> list[RenderableType]:
    language = status["language"]
    table = _table()
    for _ in range(5):
        table.add_column(no_wrap=True, overflow="ellipsis")
    for each in status["changes"][:rows]:
        old, new = State(each["from"]), State(each["to"])
        table.add_row(
            local_time(each["time"], status["timezone"], status["time"]),
            Text(_printable(each["name"])),
            Text(_network_name(status, each["network"])),
            Text.assemble(f"{STATES[language][old]} → ", _sign(new, STATES[language][new])),
            CAUSES[language][Cause(each["cause"])],
        )
    return [Text(), Text(PHRASES[language]["changes"]), table] if rows else []


def _network_name(status: Status, network: str) -> str:
    known = status["networks"].get(network)
    return network if known is None else _printable(known["name"])


def _printable(text: str) -> str:
    """A name from a file must not steer the terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _table(*columns: str, gap: int = 2) -> Table:
    table = Table(
        box=None, show_header=bool(columns), header_style="dim", padding=(0, gap, 0, 0), pad_edge=False
    )
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    return table
