"""The page ``/``: what is, at one glance. Rendered here whole; it needs no script and asks again by itself.

Every text that comes from a file or from the network passes :func:`_text`: a node's name may hold HTML.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from monitor.live.status import Status, alone, not_listed, wide_outages
from monitor.model.observations import Cause, State
from monitor.model.outages import OutageKind
from monitor.words import CAUSES, PHRASES, SIGNS, STATES, age, local_time, percent, span

REFRESH: Final = 5
"""Seconds after which a browser asks for the page again."""

_ORDER: Final = (State.UP, State.DEGRADED, State.DOWN, State.UNKNOWN)


def page_of(status: Status) -> str:
    """The whole document for a status, in the language of the site."""
    language = status["language"]
    words = PHRASES[language]
    title = f"{_text(status['site'])} · {words['product']}"
    return f"""<!DOCTYPE html>
<html lang="{"zh-CN" if language == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{REFRESH}">
<title>{title}</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/style.css">
</head>
<body>
<header><h1>{title}</h1><time>{_clock(status, status["time"])}</time></header>
<main>
{_reload(status)}
{_headline(status)}
<section><h2>{words["network"]}</h2>{_networks(status)}</section>
<section><h2>{words["down"]} <b>{status["down_total"]}</b></h2>{_down(status)}</section>
<section><h2>{words["changes"]}</h2>{_changes(status)}</section>
</main>
<footer><a href="/metrics">{words["metrics"]}</a> <a href="/api/v1/status">{words["status"]}</a></footer>
</body>
</html>
"""


def _text(text: str) -> str:
    return escape(text, quote=True)


def _clock(status: Status, moment: str | None) -> str:
    return local_time(moment, status["timezone"], status["time"])


def _state(state: State, text: str) -> str:
    """A text with the sign and colour of a state. ``text`` is escaped already."""
    return f'<span class="{state.value}"><i aria-hidden="true">{SIGNS[state]}</i> {text}</span>'


def _reload(status: Status) -> str:
    if not status["reload_error"]:
        return ""
    words = PHRASES[status["language"]]
    return f'<pre class="notice">{words["reload"]}\n{_text(status["reload_error"])}</pre>'


def _headline(status: Status) -> str:
    words = PHRASES[status["language"]]
    target = status["target"]
    figures = [
        _figure(words[name], status[f"{name}_ratio"], None if status["scope"] == "all" else target)
        for name in ("online", "intact")
    ]
    goal = f"<p>{words['target']}<b>{percent(target)}</b></p>"
    return f'<section class="figures">{"".join(figures)}{goal}<p>{words[status["scope"]]}</p></section>'


def _figure(word: str, ratio: float | None, target: float | None) -> str:
    """A ratio, in the colour of trouble only when it is known to miss its target."""
    missed = ratio is not None and target is not None and ratio < target
    colour = State.DOWN.value if missed else ""
    return f'<p>{word}<b class="{colour}">{percent(ratio)}</b></p>'


def _networks(status: Status) -> str:
    language = status["language"]
    words = PHRASES[language]
    heads = [words["network"], words["watches"]]
    heads += [_state(state, STATES[language][state]) for state in _ORDER]
    rows = [
        [
            _text(network["name"]),
            str(network["watches"]),
            *[_count(state, network["states"][state.value]) for state in _ORDER],
            "<br>".join(_collector(each, language) for each in network["collectors"]),
        ]
        for network in status["networks"].values()
    ]
    return _table([*heads, words["collector"]], rows)


def _count(state: State, count: int) -> str:
    """A count; nought has no colour."""
    return f'<span class="{state.value}">{count}</span>' if count else "0"


def _collector(collector: Mapping[str, Any], language: str) -> str:
    words = PHRASES[language]
    text = f"{_text(collector['name'])} {words[collector['footing']]}"
    if collector["sight_age"] is not None:
        text += " · " + words["ago"].format(span(collector["sight_age"], language))
    return _state(State.UNKNOWN, text) if collector["blind"] else text


def _down(status: Status) -> str:
    language, now = status["language"], status["time"]
    words = PHRASES[language]
    if not status["down_total"]:
        return f"<p>{words['none']}</p>"
    rows = [
        [
            _state(State.DOWN, _named(each)),
            _network_name(status, each["network"]),
            _text(each["region_name"]),
            _clock(status, each["since"]),
            age(each["since"], now, language),
            CAUSES[language][Cause(each["cause"])],
        ]
        for each in alone(status)
    ]
    heads = [words[name] for name in ("name", "network", "region", "since", "for", "cause")]
    hidden = not_listed(status, len(rows))
    return (
        _outages(status) + _table(heads, rows) + (f"<p>{words['more'].format(hidden)}</p>" if hidden else "")
    )


def _outages(status: Status) -> str:
    """Above single nodes: each root with how many are down for it."""
    language, now = status["language"], status["time"]
    words = PHRASES[language]
    rows = [
        [
            _state(
                State.DOWN if each["kind"] != OutageKind.OBSERVER.value else State.UNKNOWN, _root(each, words)
            ),
            _network_name(status, each["network"]),
            _text(each["region_name"]),
            _clock(status, each["since"]),
            age(each["since"], now, language),
            str(each["affected"]),
            CAUSES[language][Cause(each["cause"])],
        ]
        for each in wide_outages(status)
    ]
    heads = ("root", "network", "region", "since", "for", "affected", "cause")
    return _table([words[name] for name in heads], rows) if rows else ""


def _root(outage: Mapping[str, Any], words: Mapping[str, str]) -> str:
    name = f'<span title="{_text(outage["root"])}">{_text(outage["name"])}</span>'
    return words["suspected"].format(name) if outage["kind"] == OutageKind.SUSPECTED.value else name


def _changes(status: Status) -> str:
    language = status["language"]
    words = PHRASES[language]
    if not status["changes"]:
        return f"<p>{words['empty']}</p>"
    rows = [
        [
            _clock(status, each["time"]),
            _named(each),
            _network_name(status, each["network"]),
            f"{STATES[language][State(each['from'])]} → "
            + _state(State(each["to"]), STATES[language][State(each["to"])]),
            CAUSES[language][Cause(each["cause"])],
        ]
        for each in status["changes"]
    ]
    return _table([words[name] for name in ("time", "name", "network", "change", "cause")], rows)


def _named(each: Mapping[str, Any]) -> str:
    return f'<span title="{_text(each["node"])}">{_text(each["name"])}</span>'


def _network_name(status: Status, network: str) -> str:
    known = status["networks"].get(network)
    return _text(network if known is None else known["name"])


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are escaped already."""
    head = "".join(f"<th>{cell}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
