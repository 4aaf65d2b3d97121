from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor.live.exposition import Gauge, accepts_gzip, label, labels, prefers_openmetrics

GAUGE = Gauge(b"thing", b"A thing.")


@given(node=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_as_a_label(node: str) -> None:
    page = GAUGE.render([labels({"node": node, "network": "video"}) + label("probe", node) + b"} 1\n"])

    for parse, end in ((parse_text, ""), (parse_openmetrics, "# EOF\n")):
        (family,) = parse(page.decode() + end)
        assert [sample.labels for sample in family.samples] == [
            {"node": node, "network": "video", "probe": node}
        ]


def test_quotes_backslashes_newlines_and_chinese_are_written_as_the_format_says() -> None:
    assert labels({"name": '镇"隆\\镇\n'}) == '{name="镇\\"隆\\\\镇\\n"'.encode()


def test_a_family_without_samples_is_left_out() -> None:
    assert GAUGE.render([]) == b""


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", True),
        ("text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.2", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=much", False),
    ],
)
def test_the_format_is_the_one_that_the_scraper_likes_best(accept: str, openmetrics: bool) -> None:
    assert prefers_openmetrics(accept) is openmetrics


@pytest.mark.parametrize(
    ("header", "allowed"),
    [("", False), ("gzip", True), ("br, GZIP;q=0.5", True), ("gzip;q=0", False), ("identity", False)],
)
def test_gzip_is_used_only_where_it_is_allowed(header: str, allowed: bool) -> None:
    assert accepts_gzip(header) is allowed
