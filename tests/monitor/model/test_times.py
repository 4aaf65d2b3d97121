import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.times import format_span, format_time, parse_span, parse_time

YEAR_1 = -62_135_596_800_000
YEAR_10000 = 253_402_300_800_000


@given(st.integers(YEAR_1, YEAR_10000 - 1))
def test_a_moment_survives_being_written(moment: int):
    assert parse_time(format_time(moment)) == moment


def test_a_moment_is_written_in_utc_with_milliseconds():
    assert format_time(1_795_404_983_441) == "2026-11-23T03:36:23.441Z"


def test_an_early_year_has_four_digits_too():
    assert format_time(parse_time("0999-01-01T00:00:00Z")) == "0999-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T11:36:23.441+08:00", "2026-11-23t03:36:23.441999z", "2026-11-23 03:36:23.441Z"],
)
def test_other_zones_and_finer_digits_are_read(text: str):
    assert parse_time(text) == 1_795_404_983_441


@pytest.mark.parametrize(
    "text", ["2026-11-23T03:36:23.441", "2026-02-30T00:00:00Z", "2026-11-23", "", "0001-01-01T00:00:00+23:59"]
)
def test_what_is_no_moment_is_told_with_the_text(text: str):
    with pytest.raises(ValueError, match="moment"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("5s", 5.0), ("1.5m", 90.0), ("2h", 7_200.0), ("400d", 34_560_000.0), (" 3s ", 3.0)],
)
def test_spans_are_read(text: str, seconds: float):
    assert parse_span(text) == seconds


@pytest.mark.parametrize("text", ["5", "s", "-5s", "5 parsecs", "5s5s", "", "５s"])
def test_what_is_no_span_is_told_with_an_example(text: str):
    with pytest.raises(ValueError, match="such as 5s"):
        parse_span(text)


@given(st.integers(1, 10_000_000))
def test_a_written_span_reads_back(millis: int):
    assert parse_span(format_span(millis / 1000)) == pytest.approx(millis / 1000)


def test_the_shortest_unit_is_written():
    assert [format_span(s) for s in (0.25, 1, 90, 60, 3_600, 86_400)] == [
        "250ms",
        "1s",
        "90s",
        "1m",
        "1h",
        "1d",
    ]
