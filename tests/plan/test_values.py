from __future__ import annotations

import pytest

from casetrail.plan.nodes import Field, Type
from casetrail.plan.values import TIME_FORMATS, bag, fold, format_time, parse

NESTED = {"a": [{"b": "x"}, {"b": ["y", None, {"c": 1}]}, "z", {"c": 2}], "n": 1.5, "t": True, "e": "", "o": {"p": None}}


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("a.b", ["x", "y"]),
        ("a", ["z"]),
        ("a.b.c", ["1"]),
        ("n", ["1.5"]),
        ("t", ["true"]),
        ("e", [""]),
        ("o", []),
        ("o.p", []),
        ("o.p.q", []),
        ("nowhere", []),
    ],
)
def test_a_path_gives_a_bag_of_texts(path: str, texts: list[str]) -> None:
    assert bag(NESTED, Field(path)) == texts


def test_empty_text_is_missing_where_the_contract_says_so() -> None:
    assert bag(NESTED, Field("e", empty_is_missing=True)) == []


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Ab", "ab"), ("ÄÖ", "äö"), ("ΟΔΟΣ", "οδοσ"), ("İ", "i"), ("ẞ", "ß"), ("straße", "straße"), ("\N{KELVIN SIGN}", "k")],
)
def test_fold_is_simple_lower_case(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Type.INTEGER, "42", 42),
        (Type.INTEGER, "42.0", 42),
        (Type.INTEGER, "-7", -7),
        (Type.INTEGER, "1.5", None),
        (Type.INTEGER, " 1", None),
        (Type.INTEGER, "1_000", None),
        (Type.INTEGER, "٣", None),
        (Type.INTEGER, "9223372036854775808", None),
        (Type.NUMBER, "1e3", 1000.0),
        (Type.NUMBER, "nan", None),
        (Type.NUMBER, "1e999", None),
        (Type.BOOLEAN, "TRUE", True),
        (Type.BOOLEAN, "1", None),
        (Type.ADDRESS, "2001:DB8:0::1", "2001:db8::1"),
        (Type.ADDRESS, "::ffff:192.0.2.1", "192.0.2.1"),
        (Type.ADDRESS, "192.0.2.01", None),
        (Type.ADDRESS, "fe80::1%eth0", None),
        (Type.ADDRESS, "Salesforce.com IP", None),
        (Type.TEXT, "Ab", "ab"),
    ],
)
def test_text_reads_as_the_fields_type(kind: Type, text: str, value: object) -> None:
    assert parse(text, Field("x", kind), cased=False) == value


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        ("iso8601", "2026-01-15T09:00:00.123Z"),
        ("iso8601", "2026-01-15 10:00:00.123+01:00"),
        ("iso8601", "2026-01-15T09:00:00.123+0000"),
        ("iso8601", "2026-01-15T09:00:00.123999999"[:23]),
        ("compact", "20260115090000.123"),
        ("epoch_ms", "1768467600123"),
        ("epoch_s", "1768467600.123"),
    ],
)
def test_every_time_format_reads_the_same_instant(time_format: str, text: str) -> None:
    assert TIME_FORMATS[time_format](text) == 1_768_467_600_123_000


@pytest.mark.parametrize("time_format", list(TIME_FORMATS))
def test_a_written_time_reads_back(time_format: str) -> None:
    micros = 1_768_467_600_123_000
    assert TIME_FORMATS[time_format](format_time(micros, time_format)) == micros


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-15", "2026-01-15T09:00:00+99:00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert TIME_FORMATS["iso8601"](text) is None
