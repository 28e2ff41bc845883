"""Functions and a command of which few queries have need: numbers in other forms, JSON by a path, and the search's time range."""

from __future__ import annotations

import pytest

from casetrail.engines.spl_model import SplError, UnspecifiedError, run
from tests.spl_model.model import START, events, value

RAW = r'{"a": {"b": [{"n": "x", "v": 1}, {"n": "y"}], "t": true}, "z": null}'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("exact(3.14*100)", 314),
        ("pow(10,3)", 1000),
        ("pow(2,0-2)", 0.25),
        ('printf("%x:%x",49152,517)', "c000:205"),
        ('tonumber("c0",16)', 192),
        ('tonumber("0A4",16)', 164),
        ('spath(raw,"a.b{}.n")', ["x", "y"]),
        ('spath(raw,"a.b{}.v")', "1"),
        ('spath(raw,"a.t")', "true"),
        ('spath(raw,"a.b{}")', ['{"n": "x", "v": 1}', '{"n": "y"}']),
        ('spath(raw,"a.missing")', None),
        ('spath(other,"a")', None),
        ('spath("no json","a")', None),
    ],
)
def test_a_value(expression: str, expected: object) -> None:
    assert value(expression, {"raw": RAW}) == expected


@pytest.mark.parametrize("expression", ['printf("%s","a")', 'printf("%d")', 'spath(raw,"a.b{0}")', "pow(2,1,1)"])
def test_what_is_not_modelled_is_refused(expression: str) -> None:
    with pytest.raises(SplError):
        value(expression, {"raw": RAW})


@pytest.mark.parametrize("expression", ['spath(raw,"z")', 'tonumber("c0",99)', 'tonumber("-5",10)', "pow(2,0.5)"])
def test_what_is_not_documented_is_refused(expression: str) -> None:
    with pytest.raises(UnspecifiedError):
        value(expression, {"raw": RAW})


def test_the_time_range_of_the_search() -> None:
    rows = run("id=* | addinfo", events({}), latest=START + 60)
    assert rows[0]["info_max_time"] == START + 60
    assert run("id=* | addinfo", events({}))[0]["info_max_time"] == "+Infinity"
    with pytest.raises(SplError):
        run("id=* | addinfo x", events({}))
